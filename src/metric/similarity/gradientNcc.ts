import { fault, refuseUnknownOptions } from "../../core/index.js";
import { correlation } from "./correlation.js";
import { checkRange } from "./epsilon.js";
import { chainFeatures, sobelFeatures } from "./features.js";
import { gaussianFeatures } from "./gaussian.js";
import { type CorrelationWindowOptions, correlationWindow, describeWindow } from "./ncc.js";
import type { PlaneSize } from "./plane.js";
import type { Similarity } from "./similarity.js";

export interface GradientNccOptions extends CorrelationWindowOptions {
  /** Pixels: a Gaussian blur (mirrored border) before the derivative; 0: none. @default 0 */
  readonly sigma?: number;
  /**
   * Sobel pixels whose neighbors lie outside of the image: `exclude` leaves them out, `zero` takes 0 for what is outside
   * (DiffDRR, nanodrr), which makes an edge of the image's border. @default "exclude"
   */
  readonly border?: "exclude" | "zero";
}

const OPTIONS = ["patchSize", "stride", "epsilon", "trim", "leastValid", "sigma", "border"] as const;

/**
 * Normalized cross correlation (see `ncc`) of the Sobel images in x and y, mean of the two. Blind to offsets and slow
 * gradients of brightness. The mask is eroded by what the filters look at: 1 pixel, and with `sigma`
 * floor(3 sigma + 0.5) more.
 * Source: Penney et al., IEEE Trans. Med. Imaging 17(4), 1998 (gradient correlation).
 *
 * @throws INVALID_ARGUMENT (defects `unknown-option`, `out-of-range`); on `prepare` SHAPE_MISMATCH (`too-small`)
 */
export function gradientNcc(options: GradientNccOptions = {}): Similarity {
  refuseUnknownOptions("gradientNcc", options, OPTIONS);
  const { sigma = 0, border = "exclude", ...windowOptions } = options;
  checkRange("sigma", sigma, 0, 1000);
  if (border !== "exclude" && border !== "zero")
    throw fault("INVALID_ARGUMENT", `found border = '${border}'; expected 'exclude' or 'zero'`, {
      defect: "out-of-range",
      field: "border",
    });
  const window = correlationWindow(windowOptions);
  const features = (size: PlaneSize) => {
    const sobel = sobelFeatures(size);
    if (sigma === 0) return sobel;
    return chainFeatures(gaussianFeatures(size, sigma, Math.floor((6 * sigma + 1) / 2), "reflect"), sobel, size);
  };
  const blur = sigma > 0 ? `, sigma ${sigma} px` : "";
  return correlation({
    name: `gradient ncc (${describeWindow(window)}${blur}, border ${border})`,
    features,
    windows: [window],
    borderCounts: border === "zero",
  });
}

/**
 * `gradientNcc` in windows of 16 x 16 pixels, 8 apart, epsilon a hundredth of the whole image's variance: what settles a
 * registration under gain, scatter and foreign objects, since a window that fits nothing costs its own share only.
 *
 * @throws INVALID_ARGUMENT (defects `unknown-option`, `out-of-range`); on `prepare` SHAPE_MISMATCH (`too-small`)
 */
export const localGradientNcc = (options: GradientNccOptions = {}): Similarity =>
  gradientNcc({ patchSize: 16, stride: 8, epsilon: { ofVariance: 0.01 }, ...options });
