/** How pictures are shown. */
import { computed, effect, signal } from "@preact/signals";
import type { Model } from "tomograd/backend";
import type { DisplayPreset, DisplayWindow } from "tomograd/report";
import type { Shown } from "../worker/protocol";
import { patient } from "./patient";

/** A window of the slices by name; HU. */
export interface SliceWindow {
  readonly name: string;
  readonly level: number;
  readonly width: number;
}

export const SLICE_WINDOWS: readonly SliceWindow[] = [
  { name: "Lung", level: -500, width: 1500 },
  { name: "Bone", level: 400, width: 1800 },
  { name: "Soft tissue", level: 40, width: 400 },
];

/** Which volume the slices cut, and which the live radiograph is of. */
export const sliced = signal<Shown>("volume");
export const radiographed = signal<Exclude<Shown, "difference">>("volume");

/** The window of the slices; undefined: all values of the volume. */
export const sliceLevel = signal<{ readonly level: number; readonly width: number } | undefined>(SLICE_WINDOWS[2]);

// windows in HU mean nothing to other numbers
effect(() => {
  const hounsfield = patient.value?.quantity === "hounsfield";
  if (patient.value) sliceLevel.value = hounsfield ? (sliceLevel.peek() ?? SLICE_WINDOWS[2]) : undefined;
});

/** Grey from black to white, in the volume's values. */
export const sliceWindow = computed<DisplayWindow>(() => {
  const [low, high] = patient.value?.range ?? [0, 1];
  const chosen = sliceLevel.value;
  if (sliced.value === "difference") {
    const half = (chosen?.width ?? Math.max(1e-6, high - low)) / 2;
    return { low: -half, high: half };
  }
  if (!chosen) return { low, high: high > low ? high : low + 1 };
  return { low: chosen.level - chosen.width / 2, high: chosen.level + chosen.width / 2 };
});

/** How the rays of the radiograph meet voxels. */
export const RAY_MODELS = ["siddon", "joseph", "trilinear"] as const satisfies readonly Model[];
export const rayModel = signal<Model>("siddon");
export const drrPreset = signal<DisplayPreset>("radiograph");
/** The window of the radiograph where it is held while the C-arm moves; undefined: each picture has its own. */
export const heldWindow = signal<DisplayWindow | undefined>(undefined);

/** Whether labels lie over the slices, and how strongly (0 to 1). */
export const labelOpacity = signal(0.45);
export const crosshairShown = signal(true);

/** The tab that is open. */
export const panel = signal("look");
/** The view that fills the page, by its name; undefined: all are shown. */
export const enlarged = signal<string | undefined>(undefined);
