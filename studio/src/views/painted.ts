/** The canvases that are painted, for the scene to hang up in space. */
import { signal } from "@preact/signals";
import type { Plane } from "tomograd/report";
import type { Radiograph } from "../state/drr";
import type { SlicePicture } from "../worker/protocol";

/** A slice as painted. */
export interface PaintedSlice {
  readonly canvas: HTMLCanvasElement;
  readonly picture: SlicePicture;
}

export const paintedSlices = signal<Partial<Record<Plane, PaintedSlice>>>({});
/** The radiograph as painted. Set anew at every painting, so that who reads it paints again. */
export const paintedDrr = signal<{ readonly canvas: HTMLCanvasElement; readonly picture: Radiograph } | undefined>(
  undefined,
);
