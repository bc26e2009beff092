import { fault } from "../../core/index.js";

/** What is added to variances: a number in the square of the images' unit, or a share of the variance of the whole image. */
export type Epsilon = number | { readonly ofVariance: number };

/** epsilon = absolute + relative * variance of the whole image. */
export interface EpsilonParts {
  readonly absolute: number;
  readonly relative: number;
}

/** @throws INVALID_ARGUMENT (defect `out-of-range`) */
export function epsilonParts(epsilon: Epsilon): EpsilonParts {
  const parts =
    typeof epsilon === "number" ? { absolute: epsilon, relative: 0 } : { absolute: 0, relative: epsilon.ofVariance };
  checkRange("epsilon", parts.absolute + parts.relative, 0, Number.MAX_VALUE);
  return parts;
}

/** @throws INVALID_ARGUMENT (defect `out-of-range`) */
export function checkRange(field: string, value: number, low: number, high: number): void {
  if (value >= low && value <= high) return;
  throw fault("INVALID_ARGUMENT", `found ${field} = ${value}; expected a number from ${low} to ${high}`, {
    defect: "out-of-range",
    field,
    value,
  });
}

/** @throws INVALID_ARGUMENT (defect `out-of-range`) */
export function checkCount(field: string, value: number, low = 1): void {
  if (Number.isInteger(value) && value >= low) return;
  throw fault("INVALID_ARGUMENT", `found ${field} = ${value}; expected a whole number of at least ${low}`, {
    defect: "out-of-range",
    field,
    value,
  });
}

/**
 * Variances up to this share of the whole image's (a standard deviation of 1e-6 of it) are rounding: such a window is flat,
 * its correlation is 0.
 */
export const FLAT = 1e-12;

/** The same for a whole image, as a share of the square of its mean: float64 images of one value stay below. */
export const CONSTANT = 1e-26;
