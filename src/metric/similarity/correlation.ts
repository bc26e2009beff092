import { CONSTANT, type EpsilonParts } from "./epsilon.js";
import { eroder } from "./erode.js";
import type { FeatureFilter } from "./features.js";
import { globalTerm } from "./globalTerm.js";
import { addWeightedGram } from "./gram.js";
import { type LocalWindows, localTerm } from "./localTerm.js";
import { overViews, type PlaneComparison, type PlaneSize, planesOf } from "./plane.js";
import type { Similarity } from "./similarity.js";
import type { CorrelationTerm, FeaturePair } from "./term.js";

/** One window size of a correlation. */
export interface CorrelationWindow {
  readonly weight: number;
  readonly epsilon: EpsilonParts;
  /** Undefined: the whole image. */
  readonly local?: LocalWindows;
  /** Share of the worst pixels that a whole image leaves out. */
  readonly trim: number;
}

export interface CorrelationOptions {
  readonly name: string;
  readonly features: (size: PlaneSize) => FeatureFilter;
  readonly windows: readonly CorrelationWindow[];
  /** Whether features that look beyond the image count. */
  readonly borderCounts: boolean;
}

/** Weighted sum over windows of the normalized cross correlation, averaged over the feature images. */
export function correlation({ name, features, windows, borderCounts }: CorrelationOptions): Similarity {
  return {
    name,
    sense: "maximize",
    prepare(fixed) {
      const size = { rows: fixed.rows, columns: fixed.columns };
      const planes = planesOf(fixed);
      return overViews(
        { views: fixed.views, ...size },
        comparison(planes, size, features(size), windows, borderCounts),
      );
    },
  };
}

function comparison(
  fixedImages: readonly Float64Array[],
  size: PlaneSize,
  filter: FeatureFilter,
  windows: readonly CorrelationWindow[],
  borderCounts: boolean,
): PlaneComparison {
  const n = size.rows * size.columns;
  const share = 1 / filter.features;
  const plane = () => new Float64Array(n);
  const perFeature = <T>(make: () => T): T[] => Array.from({ length: filter.features }, make);
  const terms = perFeature(() =>
    windows.map(
      ({ weight, epsilon, local, trim }): CorrelationTerm =>
        local ? localTerm(size, weight * share, epsilon, local) : globalTerm(n, weight * share, epsilon, trim),
    ),
  );
  const fixedFeatures = fixedImages.map((image) => {
    const images = perFeature(plane);
    filter.apply(image, images);
    return images;
  });
  const pairs = perFeature(
    (): FeaturePair => ({
      moving: plane(),
      fixed: plane(),
      valid: undefined,
      count: 0,
      movingVariance: 0,
      fixedVariance: 0,
      movingFloor: 0,
      fixedFloor: 0,
    }),
  );
  const movingFeatures = pairs.map((pair) => pair.moving);
  const cotangents = perFeature(plane);
  const valid = new Uint8Array(n);
  const erode = eroder(size, filter.reach, borderCounts);
  const allValid = borderCounts || filter.reach === 0;
  const gramWeight = plane();
  const zeros = plane();
  let jacobianFeatures: Float64Array[][] = [];
  let columns: Float64Array[][] = [];

  return {
    compare(view, moving, mask, cotangent) {
      const masked = mask !== undefined || !allValid;
      if (masked) erode(mask, valid);
      filter.apply(moving, movingFeatures);
      let value = 0;
      for (let k = 0; k < filter.features; k++) {
        const pair = pairs[k];
        pair.valid = masked ? valid : undefined;
        pair.fixed.set(fixedFeatures[view][k]);
        center(pair.fixed, pair.valid, found);
        pair.fixedVariance = found.variance;
        pair.fixedFloor = found.floor;
        center(pair.moving, pair.valid, found);
        pair.movingVariance = found.variance;
        pair.movingFloor = found.floor;
        pair.count = found.count;
        if (cotangent) cotangents[k].fill(0);
        for (const term of terms[k]) value += term.compare(pair, cotangent ? cotangents[k] : undefined);
        if (cotangent && pair.valid) clear(cotangents[k], pair.valid);
      }
      if (cotangent) filter.adjoint(cotangents, cotangent);
      return value;
    },
    addHessian(jacobian, hessian) {
      const p = jacobian.length;
      if (jacobianFeatures.length !== p) {
        jacobianFeatures = Array.from({ length: p }, () => perFeature(plane));
        columns = Array.from({ length: filter.features }, (_, k) => jacobianFeatures.map((images) => images[k]));
      }
      for (let c = 0; c < p; c++) filter.apply(jacobian[c], jacobianFeatures[c]);
      for (let k = 0; k < filter.features; k++) {
        const { valid: counts } = pairs[k];
        if (counts) for (const image of columns[k]) clear(image, counts);
        gramWeight.fill(0);
        for (const term of terms[k]) {
          term.addWeights(gramWeight);
          term.addCorrections(pairs[k], columns[k], hessian);
        }
        addWeightedGram(columns[k], gramWeight, zeros, hessian);
      }
    },
  };
}

const found = { count: 0, variance: 0, floor: 0 };

/** Takes the mean of the valid pixels from them, sets the others to 0, and finds the variance. */
function center(image: Float64Array, valid: Uint8Array | undefined, out: typeof found): void {
  const n = image.length;
  let sum = 0;
  let count = n;
  if (valid) {
    count = 0;
    for (let i = 0; i < n; i++) {
      if (valid[i] === 0) image[i] = 0;
      else count++;
      sum += image[i];
    }
  } else for (let i = 0; i < n; i++) sum += image[i];
  const mean = count > 0 ? sum / count : 0;
  let squares = 0;
  for (let i = 0; i < n; i++) {
    const x = valid && valid[i] === 0 ? 0 : image[i] - mean;
    image[i] = x;
    squares += x * x;
  }
  out.count = count;
  out.variance = count > 0 ? squares / count : 0;
  out.floor = CONSTANT * (mean * mean);
}

/** image <- 0 where not valid. */
function clear(image: Float64Array, valid: Uint8Array): void {
  for (let i = 0; i < image.length; i++) if (valid[i] === 0) image[i] = 0;
}
