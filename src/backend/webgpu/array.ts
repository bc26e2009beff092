import type { DeviceArray } from "../backend.js";
import type { Slot } from "./bufferPool.js";
import type { Range } from "./layout.js";

/** A range of elements in a buffer of its own, from the buffer's start. */
export interface Part extends Range {
  readonly slot: Slot;
}

/** An array on the device. Tables ("f64") stay on the host, in float64, until a kernel writes them. */
export interface GpuArray extends DeviceArray {
  /** None while `numbers` holds the elements. */
  parts: readonly Part[];
  /** What a table holds; undefined once a kernel has written it. */
  numbers?: Float64Array<ArrayBuffer>;
  /** Of a list ("u32"): its largest number. */
  largest?: number;
}

/** Arrays that passed the check of their backend are arrays of this one. */
export const gpuArray = (array: DeviceArray): GpuArray => array as GpuArray;

/** [nx, ny, nz] of a volume. */
export const sizeOf = ({ shape }: DeviceArray): readonly [number, number, number] =>
  shape.kind === "volume" ? shape.size : [0, 0, 0];

/** Views, rows and columns of projections. */
export const imagesOf = ({ shape }: DeviceArray): { views: number; rows: number; columns: number } =>
  shape.kind === "projections" ? shape : { views: 0, rows: 0, columns: 0 };
