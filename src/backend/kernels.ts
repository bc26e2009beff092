/**
 * THE list of kernels: numbers and device arrays in, arrays out. A backend supplies code or a reason for every name.
 *
 * Precision: an array of type "real" is float64 on `reference` and float32 elsewhere. Tables ("f64") are small arrays
 * that every backend takes and gives in float64. No array may be bound twice in one call.
 *
 * Index coordinates: voxel i occupies [i, i + 1] along its axis, its center is i + 1/2, the volume is the box [0, n].
 */
import type { DeviceArray } from "./backend.js";

/** A number, or a flat "real" array of one element (keeps scalars of iterative solvers on the device). */
export type Scalar = number | DeviceArray;

/** How a line integral is discretized; see `Discretization`. */
export type Model = "siddon" | "joseph" | "trilinear";

/**
 * How a line integral is discretized. The result is in mm times the unit of the volume.
 *
 * - `siddon`: exact for piecewise constant voxels. A point on a face belongs to the upper voxel.
 * - `joseph`: for each plane of voxel centers of the dominant axis u (largest |d_u| in index units, ties: x before y
 *   before z), bilinear interpolation in the plane (zero outside the grid, so it ramps to zero within one cell of the
 *   outer centers) times the mm length of the ray per unit of u, times the fraction of [k, k + 1] that lies between
 *   source and end (extent "segment").
 * - `trilinear`: sum of step * f(position at distance (m + 1/2) * step from the source along the ray), f = trilinear
 *   interpolation with zero outside; extent "segment" weights each sample with the part of [m step, (m + 1) step] that
 *   lies in [0, length]. Parallel rays: distances are counted from the pixel, m over all integers.
 *   With `interval`: `samples` points at alpha = from + (to - from) m / (samples - 1) of the way from source to end, each
 *   weighted (to - from) * length / (samples - 1).
 */
export interface Discretization {
  readonly model: Model;
  /** mm, needed by trilinear without `interval`. */
  readonly step?: number;
  /** Trilinear only, cone beams and free rays only. */
  readonly interval?: { readonly from: number; readonly to: number; readonly samples: number };
  /** "segment": from source to pixel (parallel beams: the whole line). "line": the whole line through both. */
  readonly extent: "segment" | "line";
}

/** Rays of views: one per pixel. */
export interface Rays extends Discretization {
  readonly beam: "cone" | "parallel";
  /**
   * f64 table, flat, 18 numbers a view: source (cone) or direction (parallel, from source to detector, any length),
   * first pixel center, step from column to column, step from row to row, all in index coordinates; then the metric
   * G = AᵀA of index-to-world A (mm²): Gxx, Gyy, Gzz, Gxy, Gxz, Gyz.
   */
  readonly views: DeviceArray;
  /** u32, flat: pixels (row * columns + column, each once) to compute in every view; the others are left alone (accumulate) or become 0. */
  readonly pixels?: DeviceArray;
}

/** Rays one by one. */
export interface FreeRays extends Discretization {
  /** f64 table, flat, 6 numbers a ray: source and end in index coordinates. */
  readonly rays: DeviceArray;
  /** The 6 numbers of G as in `Rays.views`. */
  readonly metric: readonly number[];
}

/** Of `backproject`: where W is not above this, there is no projection. W is 1 at the rotation axis in filtered methods. */
export const NEAREST_DEPTH = 1e-3;

/** Every kernel by name, with its arguments. */
export interface KernelArguments {
  // ---- elementwise, on arrays of any one shape -------------------------------------------------------------------
  /** out <- value */
  fill: { out: DeviceArray; value: number };
  /** out <- x */
  copy: { out: DeviceArray; x: DeviceArray };
  /** y <- a x + b y */
  axpby: { a: Scalar; x: DeviceArray; b: Scalar; y: DeviceArray };
  /** y <- x y */
  multiply: { x: DeviceArray; y: DeviceArray };
  /** x <- min(max(x, lower), upper) */
  clamp: { x: DeviceArray; lower: number; upper: number };
  /** x <- 1/x where x > threshold, else 0 */
  reciprocalOrZero: { x: DeviceArray; threshold: number };
  /** x <- -1, 0 or 1 */
  sign: { x: DeviceArray };
  /**
   * x <- piecewise linear function through the knots (flat f64 table: x0, y0, x1, y1, ... with x ascending), constant
   * before the first, continued with the last slope after the last.
   */
  mapPiecewise: { x: DeviceArray; knots: DeviceArray };
  /** out <- x where labels = label, else 0. `labels`: u8 volume of the same size. */
  selectLabel: { out: DeviceArray; x: DeviceArray; labels: DeviceArray; label: number };
  // ---- reductions: out is a flat "real" array --------------------------------------------------------------------
  /** out[0] <- sum of x */
  sum: { out: DeviceArray; x: DeviceArray };
  /** out[0] <- sum of |x| */
  sumAbsolute: { out: DeviceArray; x: DeviceArray };
  /** out[0] <- sum of x² */
  sumSquares: { out: DeviceArray; x: DeviceArray };
  /** out[0] <- sum of x y (x and y are two arrays) */
  dot: { out: DeviceArray; x: DeviceArray; y: DeviceArray };
  /** out[0] <- sum of (x - y) (y - z): below 0 where the step from y to z turned back on the step from x to y */
  dotDifferences: { out: DeviceArray; x: DeviceArray; y: DeviceArray; z: DeviceArray };
  /**
   * out[0] <- sum of w (y - x + x ln(x / y)), w = 1 without weights: the Kullback-Leibler divergence of y from x, which is
   * half the Poisson deviance of counts x where y is expected. Needs x >= 0, and y > 0 where x is; where x is 0 the term is w y.
   */
  kullbackLeibler: { out: DeviceArray; x: DeviceArray; y: DeviceArray; weights?: DeviceArray };
  /** out[0], out[1] <- minimum and maximum of x */
  extrema: { out: DeviceArray; x: DeviceArray };
  // ---- regularizer: smoothed isotropic total variation of a volume, sum of sqrt(|grad|² + delta²) - delta with
  //      forward differences of neighboring voxels, zero at the far faces -------------------------------------------
  totalVariation: { out: DeviceArray; x: DeviceArray; delta: number };
  /** out <- out + weight * gradient of totalVariation */
  totalVariationGradient: { out: DeviceArray; x: DeviceArray; delta: number; weight: number };
  /**
   * Step of the separable quadratic surrogate of data term + weight * totalVariation at `at`:
   * out <- min(max(at - (scale out + weight g) / (curvature + weight c), lower), upper), g = gradient of totalVariation,
   * c = 2 (n w + the w of the three predecessors), w = 1 / sqrt(|grad|² + delta²), n = number of forward differences
   * inside the grid. `out` holds the gradient of the data term before. Where curvature is infinite, out <- at (clamped).
   * Source: Kim, Ramani, Fessler, IEEE Trans. Med. Imaging 34(1), 2015; c is Huber's (half-quadratic) curvature.
   */
  surrogateStep: {
    out: DeviceArray;
    at: DeviceArray;
    curvature: DeviceArray;
    scale: number;
    delta: number;
    weight: number;
    lower: number;
    upper: number;
  };
  // The proximal map of weight * (unsmoothed) total variation in the metric `curvature`, on its dual: a vector q of length
  // at most 1 in each voxel, the components across the far faces 0. gradᵀ q = q(predecessor) - q, summed over the axes.
  /**
   * One step of fast gradient projection: with x(r) = min(max(y - weight gradᵀ r / curvature, lower), upper),
   * q+ = (r + s grad x(r)) / max(1, its length); r <- q+ + momentum (q+ - q); q <- q+; s = step times the smallest curvature
   * of the voxel and its three successors (at most 1e30): with step 1 / (12 weight) it converges.
   * Source: Beck, Teboulle, IEEE Trans. Image Processing 18(11), 2009.
   */
  totalVariationDualStep: {
    y: DeviceArray;
    curvature: DeviceArray;
    qx: DeviceArray;
    qy: DeviceArray;
    qz: DeviceArray;
    rx: DeviceArray;
    ry: DeviceArray;
    rz: DeviceArray;
    weight: number;
    step: number;
    momentum: number;
    lower: number;
    upper: number;
  };
  /** x <- min(max(x - weight gradᵀ q / curvature, lower), upper) */
  totalVariationPrimal: {
    x: DeviceArray;
    curvature: DeviceArray;
    qx: DeviceArray;
    qy: DeviceArray;
    qz: DeviceArray;
    weight: number;
    lower: number;
    upper: number;
  };
  // ---- image metric ----------------------------------------------------------------------------------------------
  /**
   * Global NCC of each view with eps inside the roots (population variances, `docs/conventions.md`):
   * value[view], and cotangent <- d(sum of values)/d(predicted).
   */
  normalizedCrossCorrelation: {
    value: DeviceArray;
    cotangent: DeviceArray;
    predicted: DeviceArray;
    target: DeviceArray;
    epsilon: number;
  };
  // ---- optimizers on the device ----------------------------------------------------------------------------------
  /**
   * Adam (Kingma and Ba 2015), step counted from 1: m <- b1 m + (1 - b1) g; v <- b2 v + (1 - b2) g²;
   * x <- max(lower, x - rate * (m / (1 - b1^step)) / (sqrt(v / (1 - b2^step)) + epsilon)).
   * Where g, m and v are 0 the update is 0: those elements are skipped (and not bounded by `lower`).
   */
  adamStep: {
    x: DeviceArray;
    m: DeviceArray;
    v: DeviceArray;
    gradient: DeviceArray;
    step: number;
    rate: number;
    beta1: number;
    beta2: number;
    epsilon: number;
    lower?: number;
  };
  /** velocity <- momentum velocity + gradient; x <- max(lower, x - rate velocity) */
  sgdStep: {
    x: DeviceArray;
    velocity: DeviceArray;
    gradient: DeviceArray;
    rate: number;
    momentum: number;
    lower?: number;
  };
  // ---- projectors ------------------------------------------------------------------------------------------------
  /** out (projections) <- [out +] A volume */
  project: Rays & { out: DeviceArray; volume: DeviceArray; accumulate: boolean };
  /** out (volume) <- [out +] Aᵀ image; the exact transpose of `project` */
  projectAdjoint: Rays & { out: DeviceArray; image: DeviceArray; accumulate: boolean };
  /**
   * `project` (same bits) and, from the same pass, the derivative of every pixel with respect to the two points that
   * define its ray: jacobian is a projections array of 6 * views images, image 6 * view + c = derivative with respect
   * to coordinate c (index coordinates) of the source (c < 3; parallel beams: of the direction) and of the pixel (c >= 3).
   * Crossings move, lookups are constant (Siddon); the dominant axis is held fixed (Joseph).
   */
  projectLineJacobian: Rays & { out: DeviceArray; jacobian: DeviceArray; volume: DeviceArray };
  /**
   * out (f64 table, 12 numbers a view) <- sum over the pixels of cotangent times: g_source; g_pixel; column * g_pixel;
   * row * g_pixel = cotangents of source (or direction), first pixel, column step and row step, index coordinates.
   * The jacobian's first view belongs to view `firstView` of the cotangent (so that long scans run in batches).
   */
  viewGradient: { out: DeviceArray; jacobian: DeviceArray; cotangent: DeviceArray; firstView: number };
  /** out (projections) <- maximum of the voxels that each ray meets between source and pixel (0 where it meets none) */
  projectMaximum: Rays & { out: DeviceArray; volume: DeviceArray };
  /** out (flat) <- [out +] A volume */
  projectRays: FreeRays & { out: DeviceArray; volume: DeviceArray; accumulate: boolean };
  /** out (volume) <- [out +] Aᵀ values (flat) */
  projectRaysAdjoint: FreeRays & { out: DeviceArray; values: DeviceArray; accumulate: boolean };
  /** out (f64 table, 6 numbers a ray) <- derivative of each ray's integral with respect to its source and end, index coordinates */
  projectRaysJacobian: FreeRays & { out: DeviceArray; volume: DeviceArray };
  // ---- filtered backprojection -----------------------------------------------------------------------------------
  /**
   * image <- every row, zero padded to the length L, circularly convolved with the real even filter whose transform is
   * `response` (f64 table): its values at frequencies 0 .. L/2 (cycles per L columns). L = 2 (response length - 1) is a
   * power of two, at least 2 and the number of columns.
   */
  filterRows: { image: DeviceArray; response: DeviceArray };
  /**
   * out (volume) <- [out +] sum over the views of image(U/W, V/W) / W² at every voxel, where (U, V, W) is the view's
   * 3x4 matrix times the voxel's center (i + 1/2, j + 1/2, firstSlice + k + 1/2, 1) and (U/W, V/W) are column and row,
   * pixel centers at 0, 1, ...; bilinear between pixel centers, zero outside. Voxels with W <= NEAREST_DEPTH, beside or
   * behind the source, receive nothing. A slab of slices from `firstSlice` on has the bits that the whole would have.
   * `matrices`: f64 table, 12 numbers a view, row-major.
   */
  backproject: {
    out: DeviceArray;
    image: DeviceArray;
    matrices: DeviceArray;
    firstSlice: number;
    accumulate: boolean;
  };
}

/** The name of a kernel. */
export type KernelName = keyof KernelArguments;

/** Every name once; the order of `docs/backends.md`. */
export const KERNEL_NAMES = [
  "fill",
  "copy",
  "axpby",
  "multiply",
  "clamp",
  "reciprocalOrZero",
  "sign",
  "mapPiecewise",
  "selectLabel",
  "sum",
  "sumAbsolute",
  "sumSquares",
  "dot",
  "dotDifferences",
  "kullbackLeibler",
  "extrema",
  "totalVariation",
  "totalVariationGradient",
  "surrogateStep",
  "totalVariationDualStep",
  "totalVariationPrimal",
  "normalizedCrossCorrelation",
  "adamStep",
  "sgdStep",
  "project",
  "projectAdjoint",
  "projectLineJacobian",
  "viewGradient",
  "projectMaximum",
  "projectRays",
  "projectRaysAdjoint",
  "projectRaysJacobian",
  "filterRows",
  "backproject",
] as const satisfies readonly KernelName[];

/** Code or a reason, for every name; leaving one out does not compile. */
export type KernelTable = {
  readonly [K in KernelName]: { run(args: KernelArguments[K]): void } | { readonly unsupported: string };
};
