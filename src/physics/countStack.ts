import { fault } from "../core/index.js";

/** Images as a detector gave them: [view][row][column]. */
export interface ImageStack {
  readonly views: number;
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array | Float64Array;
}

/** @throws SHAPE_MISMATCH (defect `length`) unless the numbers fill the stack */
export function checkStack(what: string, { views, rows, columns, values }: ImageStack): void {
  const whole = [views, rows, columns].every((n) => Number.isInteger(n) && n > 0);
  if (!whole || values.length !== views * rows * columns)
    throw fault(
      "SHAPE_MISMATCH",
      `${what}: ${views} views of ${rows} x ${columns} pixels need as many values, got ${values.length}`,
      { defect: "length" },
    );
}

/** The median of some numbers; reorders them. NaN for none. */
export function medianOf(values: Float64Array): number {
  const n = values.length;
  if (n === 0) return Number.NaN;
  values.sort();
  return n % 2 === 1 ? values[(n - 1) / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

/** A robust standard deviation: 1.4826 times the median distance from the median; NaN left out. */
export function robustDeviation(values: ArrayLike<number>): number {
  const finite = Float64Array.from(values).filter(Number.isFinite);
  const center = medianOf(finite);
  return 1.4826 * medianOf(finite.map((value) => Math.abs(value - center)));
}
