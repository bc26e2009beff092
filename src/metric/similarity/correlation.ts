import { center, centeredCopy } from "./center.js";
import type { EpsilonParts } from "./epsilon.js";
import type { FeatureFilter } from "./features.js";
import { globalTerm } from "./globalTerm.js";
import { addWeightedGram } from "./gram.js";
import { type LocalWindows, localTerm } from "./localTerm.js";
import { overViews, type PlaneComparison, type PlaneSize, planesOf } from "./plane.js";
import type { Similarity } from "./similarity.js";
import type { CorrelationTerm, FeaturePair, JacobianImages } from "./term.js";
import { clearInvalid, validPixels } from "./validPixels.js";

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
  // Without a mask the same pixels count at every call, so the fixed images can be centered beforehand.
  const always = validPixels(size, filter.reach, borderCounts);
  const masked = validPixels(size, filter.reach, borderCounts);
  const fixedFeatures = fixedImages.map((image) => featuresOf(image, filter));
  const centeredFixed = fixedFeatures.map((images) => images.map((image) => centeredCopy(image, always)));
  const maskedFixed = perFeature(() => centeredCopy(plane(), always));
  const moving = perFeature(() => centeredCopy(plane(), always));
  const movingImages = moving.map(({ image }) => image);
  const pairs = moving.map(
    ({ image }): FeaturePair => ({
      moving: image,
      fixed: image,
      valid: undefined,
      count: 0,
      movingVariance: 0,
      fixedVariance: 0,
      movingFloor: 0,
      fixedFloor: 0,
    }),
  );
  const cotangents = perFeature(plane);
  const gramWeight = plane();
  let features: JacobianImages[] = [];
  let featureValues: Float64Array[] = [];
  let pixels = always;

  return {
    compare(view, image, mask, cotangent) {
      pixels = mask ? masked : always;
      if (mask) masked.update(mask);
      filter.apply(image, movingImages);
      let value = 0;
      for (let k = 0; k < filter.features; k++) {
        const pair = pairs[k];
        const fixed = mask ? maskedFixed[k] : centeredFixed[view][k];
        if (mask) {
          fixed.image.set(fixedFeatures[view][k]);
          center(fixed, pixels);
        }
        center(moving[k], pixels);
        pair.fixed = fixed.image;
        pair.fixedVariance = fixed.variance;
        pair.fixedFloor = fixed.floor;
        pair.movingVariance = moving[k].variance;
        pair.movingFloor = moving[k].floor;
        pair.count = n - pixels.invalidCount;
        pair.valid = pixels.invalidCount > 0 ? pixels.valid : undefined;
        if (cotangent) cotangents[k].fill(0);
        for (const term of terms[k]) value += term.compare(pair, cotangent ? cotangents[k] : undefined);
        if (cotangent) clearInvalid(cotangents[k], pixels);
      }
      if (cotangent) filter.adjoint(cotangents, cotangent);
      return value;
    },
    addHessian(jacobian, hessian) {
      const { lanes, parameters } = jacobian;
      if (features[0]?.parameters !== parameters) {
        features = perFeature(() => ({ values: new Float64Array(n * lanes), lanes, parameters }));
        featureValues = features.map(({ values }) => values);
      }
      filter.apply(jacobian.values, featureValues, lanes);
      for (let k = 0; k < filter.features; k++) {
        clearInvalid(features[k].values, pixels, lanes);
        gramWeight.fill(0);
        for (const term of terms[k]) {
          term.addWeights(gramWeight);
          term.addCorrections(pairs[k], features[k], hessian);
        }
        addWeightedGram(features[k].values, lanes, gramWeight, parameters, hessian);
      }
    },
  };
}

function featuresOf(image: Float64Array, filter: FeatureFilter): Float64Array[] {
  const images = Array.from({ length: filter.features }, () => new Float64Array(image.length));
  filter.apply(image, images);
  return images;
}
