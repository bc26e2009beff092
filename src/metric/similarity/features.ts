import type { PlaneSize } from "./plane.js";

/** A linear map from an image to one or more images of its size, and its transpose. */
export interface FeatureFilter {
  readonly features: number;
  /** Pixels around a place that its features look at. */
  readonly reach: number;
  /** Fills each of `out` with a feature image; of several images at once, [pixel][lane], if `lanes` is not 1. */
  apply(image: Float64Array, out: readonly Float64Array[], lanes?: number): void;
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
  const single = sobelRows(rows, columns, 1);
  let several = single;
  return {
    features: 2,
    reach: 1,
    apply(image, out, lanes = 1) {
      if (lanes > 1 && several.lanes !== lanes) several = sobelRows(rows, columns, lanes);
      const work = lanes === 1 ? single : several;
      for (let r = 0; r < rows; r++) {
        sumRows(work, image, image, r);
        sobelOfSums(work, out[0], out[1], r);
      }
    },
    // Both kernels change their sign when they are turned around, so each is minus its own transpose.
    adjoint(cotangents, image) {
      for (let r = 0; r < rows; r++) {
        sumRows(single, cotangents[0], cotangents[1], r);
        putTransposed(single, image, r);
      }
    },
  };
}

/** Sums over three rows, with a column of zeros on both sides; and a row of zeros. */
interface SobelRows {
  readonly rows: number;
  /** Numbers in a row: columns times lanes. */
  readonly width: number;
  readonly lanes: number;
  readonly smooth: Float64Array;
  readonly step: Float64Array;
  readonly zeros: Float64Array;
}

function sobelRows(rows: number, columns: number, lanes: number): SobelRows {
  const width = columns * lanes;
  const sums = () => new Float64Array(width + 2 * lanes);
  return { rows, width, lanes, smooth: sums(), step: sums(), zeros: new Float64Array(width) };
}

/** smooth <- above + 2 here + below of x; step <- above - below of y. */
function sumRows({ rows, width, lanes, smooth, step, zeros }: SobelRows, x: Float64Array, y: Float64Array, r: number) {
  const here = r * width;
  const above = r > 0 ? here - width : 0;
  const below = r < rows - 1 ? here + width : 0;
  const xAbove = r > 0 ? x : zeros;
  const yAbove = r > 0 ? y : zeros;
  const xBelow = r < rows - 1 ? x : zeros;
  const yBelow = r < rows - 1 ? y : zeros;
  for (let c = 0; c < width; c++) {
    smooth[c + lanes] = xAbove[above + c] + 2 * x[here + c] + xBelow[below + c];
    step[c + lanes] = yAbove[above + c] - yBelow[below + c];
  }
}

function sobelOfSums({ width, lanes, smooth, step }: SobelRows, gx: Float64Array, gy: Float64Array, r: number): void {
  const start = r * width;
  for (let c = 0; c < width; c++) {
    gx[start + c] = smooth[c] - smooth[c + 2 * lanes];
    gy[start + c] = step[c] + 2 * step[c + lanes] + step[c + 2 * lanes];
  }
}

function putTransposed({ width, smooth, step }: SobelRows, image: Float64Array, r: number): void {
  const start = r * width;
  for (let c = 0; c < width; c++)
    image[start + c] = smooth[c + 2] - smooth[c] - step[c] - 2 * step[c + 1] - step[c + 2];
}

/** `first`, which gives one image, and then `second`. */
export function chainFeatures(
  first: FeatureFilter,
  second: FeatureFilter,
  { rows, columns }: PlaneSize,
): FeatureFilter {
  const between = [new Float64Array(rows * columns)];
  let betweenLanes = between;
  return {
    features: second.features,
    reach: first.reach + second.reach,
    apply(image, out, lanes = 1) {
      if (lanes > 1 && betweenLanes[0].length !== image.length) betweenLanes = [new Float64Array(image.length)];
      const images = lanes === 1 ? between : betweenLanes;
      first.apply(image, images, lanes);
      second.apply(images[0], out, lanes);
    },
    adjoint(cotangents, image) {
      second.adjoint(cotangents, between[0]);
      first.adjoint(between, image);
    },
  };
}
