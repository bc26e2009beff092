import type { Output } from "./runCase.js";

/** How far values are from those expected. */
export interface Errors {
  /** 99th percentile of |found - expected| over the largest |expected|. */
  readonly percentile99: number;
  readonly worst: number;
}

/** Errors relative to the largest expected magnitude; where all is 0, anything else is an infinite error. */
export function relativeErrors(found: ArrayLike<number>, expected: ArrayLike<number>): Errors {
  let largest = 0;
  for (let i = 0; i < expected.length; i++) largest = Math.max(largest, Math.abs(expected[i]));
  const errors = Float64Array.from({ length: expected.length }, (_, i) => {
    const error = Math.abs(found[i] - expected[i]);
    if (Number.isNaN(error)) return Infinity;
    return error === 0 ? 0 : error / largest;
  }).sort();
  return { percentile99: errors[Math.floor(0.99 * (errors.length - 1))], worst: errors[errors.length - 1] };
}

/** True if two arrays have the same bytes. */
export function sameBytes(a: Output, b: Output): boolean {
  if (a.byteLength !== b.byteLength) return false;
  const [x, y] = [a, b].map((array) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  return x.every((byte, i) => byte === y[i]);
}

/** Sum of a b in float64. */
export function innerProduct(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i] * b[i];
  return total;
}
