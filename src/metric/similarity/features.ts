import type { PlaneSize } from "./plane.js";

/** A linear map from an image to one or more images of its size, and its transpose. */
export interface FeatureFilter {
  readonly features: number;
  /** Pixels around a place that its features look at. */
  readonly reach: number;
  /** Fills each of `out` with a feature image. */
  apply(image: Float64Array, out: readonly Float64Array[]): void;
  /** image <- the transpose of `apply` at the cotangents of all feature images. */
  adjoint(cotangents: readonly Float64Array[], image: Float64Array): void;
}

/** The image itself. */
export const identityFeatures: FeatureFilter = {
  features: 1,
  reach: 0,
  apply: (image, [out]) => out.set(image),
  adjoint: ([cotangent], image) => image.set(cotangent),
};

/**
 * The two Sobel images, outside of the image 0: x [[1,0,-1],[2,0,-2],[1,0,-1]] and y [[1,2,1],[0,0,0],[-1,-2,-1]], as
 * cross-correlations.
 */
export function sobelFeatures({ rows, columns }: PlaneSize): FeatureFilter {
  const zeroRow = new Float64Array(columns);
  // Sums of three rows, with a column of zeros on both sides.
  const smooth = new Float64Array(columns + 2);
  const step = new Float64Array(columns + 2);

  /** smooth <- above + 2 here + below of x; step <- above - below of y. */
  const acrossRows = (x: Float64Array, y: Float64Array, r: number) => {
    const here = r * columns;
    const above = r > 0 ? here - columns : 0;
    const below = r < rows - 1 ? here + columns : 0;
    const xAbove = r > 0 ? x : zeroRow;
    const yAbove = r > 0 ? y : zeroRow;
    const xBelow = r < rows - 1 ? x : zeroRow;
    const yBelow = r < rows - 1 ? y : zeroRow;
    for (let c = 0; c < columns; c++) {
      smooth[c + 1] = xAbove[above + c] + 2 * x[here + c] + xBelow[below + c];
      step[c + 1] = yAbove[above + c] - yBelow[below + c];
    }
  };
  return {
    features: 2,
    reach: 1,
    apply(image, [gx, gy]) {
      for (let r = 0; r < rows; r++) {
        acrossRows(image, image, r);
        for (let c = 0, i = r * columns; c < columns; c++, i++) {
          gx[i] = smooth[c] - smooth[c + 2];
          gy[i] = step[c] + 2 * step[c + 1] + step[c + 2];
        }
      }
    },
    // Both kernels change their sign when they are turned around, so each is minus its own transpose.
    adjoint([gx, gy], image) {
      for (let r = 0; r < rows; r++) {
        acrossRows(gx, gy, r);
        for (let c = 0, i = r * columns; c < columns; c++, i++)
          image[i] = smooth[c + 2] - smooth[c] - step[c] - 2 * step[c + 1] - step[c + 2];
      }
    },
  };
}

/** `first`, which gives one image, and then `second`. */
export function chainFeatures(
  first: FeatureFilter,
  second: FeatureFilter,
  { rows, columns }: PlaneSize,
): FeatureFilter {
  const between = [new Float64Array(rows * columns)];
  return {
    features: second.features,
    reach: first.reach + second.reach,
    apply(image, out) {
      first.apply(image, between);
      second.apply(between[0], out);
    },
    adjoint(cotangents, image) {
      second.adjoint(cotangents, between[0]);
      first.adjoint(between, image);
    },
  };
}
