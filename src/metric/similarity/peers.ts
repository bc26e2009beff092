import { fault, refuseUnknownOptions } from "../../core/index.js";
import { gradientNcc } from "./gradientNcc.js";
import { mutualInformation } from "./mutualInformation.js";
import { multiscaleNcc, ncc } from "./ncc.js";
import type { Similarity } from "./similarity.js";

/** What DiffDRR and nanodrr let a correlation choose. */
export interface PeerNccOptions {
  /** Pixels along a window, at every place of the image; undefined: the whole image. @default undefined */
  readonly patchSize?: number;
  /** Added to the variances. @default 1e-5 for DiffDRR, 1e-7 for nanodrr */
  readonly epsilon?: number;
}

/** DiffDRR 0.4.9, `NormalizedCrossCorrelation2d`. @throws INVALID_ARGUMENT */
export function diffdrrNcc({ patchSize, epsilon = 1e-5, ...rest }: PeerNccOptions = {}): Similarity {
  refuseUnknownOptions("diffdrrNcc", rest, ["patchSize", "epsilon"]);
  return ncc({ patchSize, epsilon });
}

/** nanodrr 0.1.6, `NormalizedCrossCorrelation2d`. @throws INVALID_ARGUMENT */
export function nanodrrNcc({ patchSize, epsilon = 1e-7, ...rest }: PeerNccOptions = {}): Similarity {
  refuseUnknownOptions("nanodrrNcc", rest, ["patchSize", "epsilon"]);
  return ncc({ patchSize, epsilon });
}

/** Windows of the multiscale correlations of DiffDRR and nanodrr, in pairs. */
export interface PeerScales {
  /** Pixels along each window; null: the whole image. @default [null, 13] */
  readonly patchSizes?: readonly (number | null)[];
  /** Factors in the sum. @default [0.5, 0.5] */
  readonly patchWeights?: readonly number[];
}

/** DiffDRR 0.4.9, `MultiscaleNormalizedCrossCorrelation2d`; it has an epsilon but always adds 1e-5. @throws INVALID_ARGUMENT, SHAPE_MISMATCH (`length`) */
export function diffdrrMultiscaleNcc({ patchSizes, patchWeights, ...rest }: PeerScales = {}): Similarity {
  refuseUnknownOptions("diffdrrMultiscaleNcc", rest, ["patchSizes", "patchWeights"]);
  return multiscaleNcc(peerScales(1e-5, patchSizes, patchWeights));
}

/** nanodrr 0.1.6, `MultiscaleNormalizedCrossCorrelation2d`. @throws INVALID_ARGUMENT, SHAPE_MISMATCH (`length`) */
export function nanodrrMultiscaleNcc(options: PeerScales & { readonly epsilon?: number } = {}): Similarity {
  const { patchSizes, patchWeights, epsilon = 1e-4, ...rest } = options;
  refuseUnknownOptions("nanodrrMultiscaleNcc", rest, ["patchSizes", "patchWeights", "epsilon"]);
  return multiscaleNcc(peerScales(epsilon, patchSizes, patchWeights));
}

function peerScales(
  epsilon: number,
  sizes: PeerScales["patchSizes"] = [null, 13],
  weights: readonly number[] = [0.5, 0.5],
) {
  if (sizes.length !== weights.length)
    throw fault(
      "SHAPE_MISMATCH",
      `found ${sizes.length} patchSizes and ${weights.length} patchWeights; expected a weight for each size; give both`,
      { defect: "length", expected: sizes.length, length: weights.length },
    );
  return sizes.map((size, i) => ({ patchSize: size ?? undefined, weight: weights[i], epsilon }));
}

/**
 * DiffDRR 0.4.9, `GradientNormalizedCrossCorrelation2d`: Sobel images with zeros outside. Its `sigma` is without effect
 * (the blurred image is thrown away), hence not offered. @throws INVALID_ARGUMENT
 */
export function diffdrrGradientNcc({ patchSize, epsilon = 1e-5, ...rest }: PeerNccOptions = {}): Similarity {
  refuseUnknownOptions("diffdrrGradientNcc", rest, ["patchSize", "epsilon"]);
  return gradientNcc({ patchSize, epsilon, border: "zero" });
}

/** nanodrr 0.1.6, `GradientNormalizedCrossCorrelation2d`; sigma of its blur in pixels, 1 unless given. @throws INVALID_ARGUMENT */
export function nanodrrGradientNcc(options: PeerNccOptions & { readonly sigma?: number } = {}): Similarity {
  const { patchSize, epsilon = 1e-7, sigma = 1, ...rest } = options;
  refuseUnknownOptions("nanodrrGradientNcc", rest, ["patchSize", "epsilon", "sigma"]);
  return gradientNcc({ patchSize, epsilon, sigma, border: "zero" });
}

/** Parameters of DiffDRR's mutual information; see `mutualInformation` for their meaning. */
export interface PeerMutualInformationOptions {
  /** Of the Gaussian window, in the unit of the images. @default 0.1 */
  readonly sigma?: number;
  /** From 0 to 1. @default 256 */
  readonly numBins?: number;
  /** Added to sums and in logarithms. @default 1e-10 */
  readonly epsilon?: number;
  /** Divide by the mean entropy. @default true */
  readonly normalize?: boolean;
}

/** DiffDRR 0.4.9, `MutualInformation`; images with values from 0 to 1. @throws INVALID_ARGUMENT */
export function diffdrrMutualInformation(options: PeerMutualInformationOptions = {}): Similarity {
  const { sigma, numBins, epsilon, normalize = true, ...rest } = options;
  refuseUnknownOptions("diffdrrMutualInformation", rest, ["sigma", "numBins", "epsilon", "normalize"]);
  return mutualInformation({ window: "gaussian", sigma, bins: numBins, epsilon, normalize });
}
