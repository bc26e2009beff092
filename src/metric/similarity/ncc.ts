import { fault, refuseUnknownOptions } from "../../core/index.js";
import { type CorrelationWindow, correlation } from "./correlation.js";
import { checkCount, checkRange, type Epsilon, epsilonParts } from "./epsilon.js";
import { identityFeatures } from "./features.js";
import type { Similarity } from "./similarity.js";

/** Windows of a correlation. */
export interface CorrelationWindowOptions {
  /** Pixels along a square window; undefined: the whole image. @default undefined */
  readonly patchSize?: number;
  /** Pixels between neighboring windows. @default 1 */
  readonly stride?: number;
  /**
   * Added to the variances: a number, in the square of the images' unit, or a share of the whole image's variance.
   * @default 0 for whole images, { ofVariance: 0.01 } for windows
   */
  readonly epsilon?: Epsilon;
  /** Share (0 to below 1) of the pixels that fit worst, left out; for whole images. @default 0 */
  readonly trim?: number;
  /** Windows with a smaller share of pixels that count are left out. @default 0.6 */
  readonly leastValid?: number;
}

const WINDOW_OPTIONS = ["patchSize", "stride", "epsilon", "trim", "leastValid"] as const;

/** Checks options and fills in defaults. @throws INVALID_ARGUMENT */
export function correlationWindow(options: CorrelationWindowOptions, weight = 1): CorrelationWindow {
  const { patchSize, stride = 1, trim = 0, leastValid = 0.6 } = options;
  const epsilon = epsilonParts(options.epsilon ?? (patchSize === undefined ? 0 : { ofVariance: 0.01 }));
  checkRange("trim", trim, 0, 0.99);
  checkRange("leastValid", leastValid, 0, 1);
  checkCount("stride", stride);
  if (patchSize === undefined) return { weight, epsilon, trim };
  checkCount("patchSize", patchSize, 2);
  if (trim > 0)
    throw fault("INVALID_ARGUMENT", `found trim = ${trim} with patchSize = ${patchSize}; trim is for whole images`, {
      defect: "out-of-range",
      field: "trim",
    });
  return { weight, epsilon, trim, local: { window: patchSize, stride, leastValid } };
}

/** A window in a name: "64 px every 8, eps 0.01 of the variance". */
export function describeWindow({ epsilon, local, trim }: CorrelationWindow): string {
  const where = local ? `${local.window} px every ${local.stride}` : "whole image";
  const eps = epsilon.relative > 0 ? `${epsilon.relative} of the variance` : `${epsilon.absolute}`;
  return `${where}, epsilon ${eps}${trim > 0 ? `, trim ${trim}` : ""}`;
}

/**
 * Normalized cross correlation of whole images or the mean of that of windows (local NCC): mean of â f̂ with
 * x̂ = (x - mean) / sqrt(variance + epsilon), population variances. In [-1, 1]; 1 for images that differ by gain and offset
 * (epsilon 0). A constant image or window has value and gradient 0 with epsilon 0.
 *
 * With `trim`, pixels with the largest |â - f̂| over the whole image are left out first (found once, by a histogram, and
 * held fixed in the derivative): a few foreign objects then do no harm.
 * A mask removes pixels; windows with less than `leastValid` of them left are dropped.
 * Gauss-Newton matrix: mean of dâ/dc dâ/dd. Source of the derivative: algebra, checked by differences.
 *
 * @throws INVALID_ARGUMENT (defects `unknown-option`, `out-of-range`); on `prepare` SHAPE_MISMATCH (`too-small`)
 */
export function ncc(options: CorrelationWindowOptions = {}): Similarity {
  refuseUnknownOptions("ncc", options, WINDOW_OPTIONS);
  const window = correlationWindow(options);
  return correlation({
    name: `ncc (${describeWindow(window)})`,
    features: () => identityFeatures,
    windows: [window],
    borderCounts: true,
  });
}

/** A window size of `multiscaleNcc`. */
export interface ScaleOptions extends CorrelationWindowOptions {
  /** Factor of this window's correlation in the sum. */
  readonly weight: number;
}

/**
 * Weighted sum of correlations with several windows, as whole image and 13 x 13 with 0.5 each.
 * @throws INVALID_ARGUMENT (defects `unknown-option`, `out-of-range`); on `prepare` SHAPE_MISMATCH (`too-small`)
 */
export function multiscaleNcc(
  scales: readonly ScaleOptions[] = [{ weight: 0.5 }, { weight: 0.5, patchSize: 13 }],
): Similarity {
  checkCount("the number of scales", scales.length);
  const windows = scales.map(({ weight, ...options }) => {
    refuseUnknownOptions("a scale of multiscaleNcc", options, WINDOW_OPTIONS);
    checkRange("weight", weight, 0, Number.MAX_VALUE);
    return correlationWindow(options, weight);
  });
  return correlation({
    name: `multiscale ncc (${windows.map((window) => `${window.weight} x ${describeWindow(window)}`).join("; ")})`,
    features: () => identityFeatures,
    windows,
    borderCounts: true,
  });
}
