import { fault } from "../../core/index.js";

/** Numbers of any typed array, read only. */
export type Samples = Float32Array | Float64Array | Int16Array | Uint16Array | Uint8Array;

/** Mean of (x - truth)², float64. @throws SHAPE_MISMATCH (defect `length`) */
export function mse(x: Samples, truth: Samples): number {
  checkLengths(x, truth, truth.length);
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += (x[i] - truth[i]) ** 2;
  return sum / x.length;
}

/** Refuses arrays that are empty or not both of `length`. @throws SHAPE_MISMATCH (defect `length`) */
export function checkLengths(x: Samples, truth: Samples, length: number): void {
  if (length > 0 && x.length === length && truth.length === length) return;
  throw fault(
    "SHAPE_MISMATCH",
    `both arrays need the same number of values (${length}, not 0), got ${x.length} and ${truth.length}`,
    { defect: "length", expected: length, lengths: [x.length, truth.length] },
  );
}
