import { fault, refuseUnknownOptions } from "../../core/index.js";
import { checkRange } from "./epsilon.js";
import { eroder } from "./erode.js";
import { gaussianFeatures } from "./gaussian.js";
import { overViews, type PlaneComparison, type PlaneSize, planesOf } from "./plane.js";
import type { Similarity } from "./similarity.js";

export interface StructuralSimilarityOptions {
  /** Span that values can take, in their unit. @default the largest value of each fixed image */
  readonly range?: number;
  /**
   * `zero`: the window of a pixel near the border sees 0 outside. `valid`: only pixels whose window lies inside count.
   * @default "valid"
   */
  readonly border?: "zero" | "valid";
}

const REACH = 5;
const SIGMA = 1.5;

/**
 * SSIM of each view as `ssim2d` has it (11 x 11 Gaussian, sigma 1.5 pixels), with its derivative. 1 for equal images; to be
 * maximized. With a mask, pixels count whose whole window lies in it. No normal equations: it is no sum of squares.
 * Source: Wang et al., IEEE Trans. Image Processing 13(4), 2004.
 *
 * @throws INVALID_ARGUMENT (defects `unknown-option`, `out-of-range`; on `prepare` for fixed images without a value above 0)
 */
export function structuralSimilarity(options: StructuralSimilarityOptions = {}): Similarity {
  refuseUnknownOptions("structuralSimilarity", options, ["range", "border"]);
  const { range, border = "valid" } = options;
  if (border !== "valid" && border !== "zero")
    throw fault("INVALID_ARGUMENT", `found border = '${border}'; expected 'zero' or 'valid'`, {
      defect: "out-of-range",
      field: "border",
    });
  if (range !== undefined) checkRange("range", range, Number.MIN_VALUE, Number.MAX_VALUE);
  return {
    name: `structural similarity (${border} border${range === undefined ? "" : `, range ${range}`})`,
    sense: "maximize",
    prepare(fixed) {
      const { views, rows, columns } = fixed;
      const planes = planesOf(fixed);
      const ranges = planes.map((plane) => range ?? plane.reduce((high, x) => Math.max(high, x), 0));
      for (const one of ranges)
        checkRange("range (the largest value of a fixed image)", one, Number.MIN_VALUE, Number.MAX_VALUE);
      return overViews({ views, rows, columns }, comparison(planes, { rows, columns }, ranges, border === "zero"));
    },
  };
}

function comparison(
  fixedImages: readonly Float64Array[],
  size: PlaneSize,
  ranges: readonly number[],
  outsideCounts: boolean,
): PlaneComparison {
  const n = size.rows * size.columns;
  const gaussian = gaussianFeatures(size, SIGMA, REACH, "zero");
  const erode = eroder(size, REACH, outsideCounts);
  const valid = new Uint8Array(n);
  const plane = () => new Float64Array(n);
  const products = plane();
  const [meanA, squareA, cross] = [plane(), plane(), plane()];
  const [toMean, toSquare, toCross] = [plane(), plane(), plane()];
  const blurred = (fill: (i: number) => number, out: Float64Array) => {
    for (let i = 0; i < n; i++) products[i] = fill(i);
    gaussian.apply(products, [out]);
    return out;
  };
  const fixed = fixedImages.map((t) => ({
    t,
    mean: blurred((i) => t[i], plane()),
    square: blurred((i) => t[i] * t[i], plane()),
  }));

  return {
    compare(view, moving, mask, cotangent) {
      const { t, mean, square } = fixed[view];
      erode(mask, valid);
      blurred((i) => moving[i], meanA);
      blurred((i) => moving[i] * moving[i], squareA);
      blurred((i) => moving[i] * t[i], cross);
      const c1 = (0.01 * ranges[view]) ** 2;
      const c2 = (0.03 * ranges[view]) ** 2;
      let count = 0;
      for (let i = 0; i < n; i++) count += valid[i];
      let sum = 0;
      for (let i = 0; i < n; i++) {
        const weight = valid[i] === 0 ? 0 : 1 / count;
        const [ma, mt] = [meanA[i], mean[i]];
        const a1 = 2 * ma * mt + c1;
        const a2 = 2 * (cross[i] - ma * mt) + c2;
        const b1 = ma * ma + mt * mt + c1;
        const b2 = squareA[i] - ma * ma + square[i] - mt * mt + c2;
        const value = (a1 * a2) / (b1 * b2);
        sum += weight * value;
        // To the blurred a, a² and a t, the others held fixed.
        toMean[i] = weight * ((2 * mt * (a2 - a1)) / (b1 * b2) + 2 * ma * value * (1 / b2 - 1 / b1));
        toSquare[i] = (-weight * value) / b2;
        toCross[i] = (2 * weight * a1) / (b1 * b2);
      }
      if (!cotangent) return sum;
      gaussian.adjoint([toMean], cotangent);
      gaussian.adjoint([toSquare], products);
      for (let i = 0; i < n; i++) cotangent[i] += 2 * moving[i] * products[i];
      gaussian.adjoint([toCross], products);
      for (let i = 0; i < n; i++) cotangent[i] += t[i] * products[i];
      return sum;
    },
  };
}
