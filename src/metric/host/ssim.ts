/**
 * Structural similarity with a Gaussian window (Wang, Bovik, Sheikh, Simoncelli, IEEE Trans. Image Processing 13(4), 2004):
 * SSIM = (2 mx mt + C1)(2 cov + C2) / ((mx² + mt² + C1)(vx + vt + C2)), C1 = (0.01 range)², C2 = (0.03 range)²; means and
 * (population) variances weighted by an 11 x 11 Gaussian of sigma 1.5 pixels; the result is the mean over pixels. Float64.
 */
import { fault, refuseUnknownOptions, type Vec3 } from "../../core/index.js";
import { checkLengths, type Samples } from "./mse.js";
import { checkPositive, largest } from "./psnr.js";

/** Pixels on each side of the window's center. */
const REACH = 5;
const SIGMA = 1.5;

/** Weights of the center and of the pixels 1 to 5 away; their sum over the 11 is 1. */
const WEIGHTS = (() => {
  const raw = Array.from({ length: REACH + 1 }, (_, d) => Math.exp(-(d * d) / (2 * SIGMA * SIGMA)));
  const sum = raw.reduce((total, w, d) => total + (d === 0 ? w : 2 * w), 0);
  return raw.map((w) => w / sum);
})();

export interface SsimOptions {
  /** In the unit of the values: the span that they can take. @default the largest value of the truth */
  readonly range?: number;
}

/** Size of the images and parameters of SSIM. */
export interface Ssim2dOptions extends SsimOptions {
  readonly rows: number;
  readonly columns: number;
  /**
   * `zero`: every pixel counts, outside the image is 0. `valid`: only pixels whose whole window lies inside (what
   * scikit-image gives with Gaussian weights and population covariance). @default "zero"
   */
  readonly border?: "zero" | "valid";
}

/**
 * SSIM of two images, [row][column].
 * @throws SHAPE_MISMATCH (also for `valid` images under 11 x 11: defect `too-small`), INVALID_ARGUMENT for a bad range
 */
export function ssim2d(x: Samples, truth: Samples, options: Ssim2dOptions): number {
  refuseUnknownOptions("ssim2d", options, ["rows", "columns", "range", "border"]);
  const { rows, columns, range = largest(truth), border = "zero" } = options;
  checkLengths(x, truth, rows * columns);
  checkPositive("the range", range);
  const margin = border === "valid" ? REACH : 0;
  if (Math.min(rows, columns) <= 2 * margin)
    throw fault("SHAPE_MISMATCH", `an image of ${rows} x ${columns} holds no whole window of 11 x 11`, {
      defect: "too-small",
      rows,
      columns,
    });
  return sliceSsim(rows, columns, margin)(x, truth, { start: 0, row: columns, column: 1 }, range);
}

export interface Ssim3dOptions extends SsimOptions {
  /** [nx, ny, nz]; values x fastest. */
  readonly size: Vec3;
}

/**
 * SSIM of two volumes as R2-Gaussian scores them: `ssim2d` (border `zero`) of every slice whose truth has a value above 0,
 * mean over the slices across each axis, then mean of the three axes.
 * @throws SHAPE_MISMATCH, INVALID_ARGUMENT for a bad range or a truth without a value above 0 (defect `out-of-range`)
 */
export function ssim3d(x: Samples, truth: Samples, options: Ssim3dOptions): number {
  refuseUnknownOptions("ssim3d", options, ["size", "range"]);
  const { size, range = largest(truth) } = options;
  checkLengths(x, truth, size[0] * size[1] * size[2]);
  checkPositive("the range", range);
  checkPositive("the largest value of the truth", largest(truth));
  const stride = [1, size[0], size[0] * size[1]];
  let sum = 0;
  for (let axis = 0; axis < 3; axis++) {
    const [column, row] = [0, 1, 2].filter((other) => other !== axis);
    const score = sliceSsim(size[row], size[column], 0);
    let total = 0;
    let slices = 0;
    for (let s = 0; s < size[axis]; s++) {
      const place = { start: s * stride[axis], row: stride[row], column: stride[column] };
      if (!hasSignal(truth, place, size[row], size[column])) continue;
      total += score(x, truth, place, range);
      slices++;
    }
    sum += total / slices;
  }
  return sum / 3;
}

/** Where an image lies in an array: pixel (r, c) at start + r row + c column. */
interface Place {
  readonly start: number;
  readonly row: number;
  readonly column: number;
}

function hasSignal(values: Samples, { start, row, column }: Place, rows: number, columns: number): boolean {
  for (let r = 0; r < rows; r++)
    for (let c = 0, v = start + r * row; c < columns; c++, v += column) if (values[v] > 0) return true;
  return false;
}

/** The SSIM of images of one size, with buffers made once: means over pixels at least `margin` away from the border. */
function sliceSsim(rows: number, columns: number, margin: number) {
  const width = columns + 2 * REACH;
  const padded = () => new Float64Array(width * (rows + 2 * REACH));
  // The window is separable. Five fields are blurred: x, truth, x², truth², x truth; their zero frames are never written.
  const fields = Array.from({ length: 5 }, padded);
  const blurred = Array.from({ length: 5 }, padded);
  const [x1, t1, xx, tt, xt] = fields;
  const first = REACH * width + REACH;

  return (x: Samples, truth: Samples, { start, row, column }: Place, range: number): number => {
    for (let r = 0; r < rows; r++)
      for (let c = 0, v = start + r * row, p = first + r * width; c < columns; c++, v += column, p++) {
        const a = x[v];
        const b = truth[v];
        x1[p] = a;
        t1[p] = b;
        xx[p] = a * a;
        tt[p] = b * b;
        xt[p] = a * b;
      }
    for (let f = 0; f < 5; f++) {
      blur(fields[f], blurred[f], 1, rows, columns, first, width);
      blur(blurred[f], fields[f], width, rows, columns, first, width);
    }
    const c1 = (0.01 * range) ** 2;
    const c2 = (0.03 * range) ** 2;
    let sum = 0;
    for (let r = margin; r < rows - margin; r++)
      for (let c = margin, p = first + r * width + margin; c < columns - margin; c++, p++) {
        const mx = x1[p];
        const mt = t1[p];
        const spread = xx[p] - mx * mx + tt[p] - mt * mt;
        sum += ((2 * mx * mt + c1) * (2 * (xt[p] - mx * mt) + c2)) / ((mx * mx + mt * mt + c1) * (spread + c2));
      }
    return sum / ((rows - 2 * margin) * (columns - 2 * margin));
  };
}

/** out <- the Gaussian mean of neighbors `stride` apart, inside the frame only. */
function blur(
  from: Float64Array,
  out: Float64Array,
  stride: number,
  rows: number,
  columns: number,
  first: number,
  width: number,
): void {
  const [w0, w1, w2, w3, w4, w5] = WEIGHTS;
  const [s2, s3, s4, s5] = [2 * stride, 3 * stride, 4 * stride, 5 * stride];
  for (let r = 0; r < rows; r++)
    for (let p = first + r * width, end = p + columns; p < end; p++)
      out[p] =
        w0 * from[p] +
        w1 * (from[p - stride] + from[p + stride]) +
        w2 * (from[p - s2] + from[p + s2]) +
        w3 * (from[p - s3] + from[p + s3]) +
        w4 * (from[p - s4] + from[p + s4]) +
        w5 * (from[p - s5] + from[p + s5]);
}
