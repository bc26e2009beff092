import { fault, refuseUnknownOptions } from "../../core/index.js";
import { mse, type Samples } from "./mse.js";

export interface PsnrOptions {
  /** In the unit of the values; the signal that noise is compared with. @default the largest value of the truth */
  readonly peak?: number;
}

/**
 * Peak signal-to-noise ratio, 10 log10(peak² / mse), dB, float64; infinite for equal arrays.
 * @throws SHAPE_MISMATCH, INVALID_ARGUMENT for a peak that is not above 0 (defect `out-of-range`)
 */
export function psnr(x: Samples, truth: Samples, options: PsnrOptions = {}): number {
  refuseUnknownOptions("psnr", options, ["peak"]);
  const { peak = largest(truth) } = options;
  checkPositive("the peak", peak);
  return 10 * Math.log10((peak * peak) / mse(x, truth));
}

/** The largest value. */
export function largest(values: Samples): number {
  let high = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) if (values[i] > high) high = values[i];
  return high;
}

/** @throws INVALID_ARGUMENT (defect `out-of-range`) */
export function checkPositive(name: string, value: number): void {
  if (value > 0 && Number.isFinite(value)) return;
  throw fault(
    "INVALID_ARGUMENT",
    `${name} must be above 0, got ${value}; a truth without positive values needs it given`,
    {
      defect: "out-of-range",
      value,
    },
  );
}
