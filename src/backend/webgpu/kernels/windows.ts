/**
 * The pixels whose rays may meet a voxel, found on the host in float64: the window of a box around the voxel in the
 * detector of each view. A voxel X lies in the view at column U/W and row V/W, where (U, V, W) is affine in X and W the depth,
 * 1 in the detector. Over the box X + δ the column moves by (U' - (U/W) W')·δ / (W + W'·δ), hence by at most
 * |U' - (U/W) W'|·e / (W - |W'|·e) for half extents e; rows likewise. W - |W'|·e > 0: the source is beyond the box.
 */
import { add, cross, dot, norm, scale, subtract, type Vec3 } from "../../../core/linear.js";
import type { Model, Rays } from "../../kernels.js";

/** Where one view sees cells; cells are counted from the central one, pixels from the central one. */
export interface ViewWindow {
  /** Coefficients of x, y, z and 1. */
  readonly column: readonly number[];
  readonly row: readonly number[];
  readonly depth: readonly number[];
  /** Half extents of the box around a voxel outside of which no ray counts it. */
  readonly half: Vec3;
}

/** The windows of a call. */
export interface Windows {
  readonly views: readonly ViewWindow[];
  /** Pixels in the window of four voxels in the middle of the volume, in the mean of the views. */
  readonly rays: number;
}

/** Four voxels along z share a window: from the middle of the lowest to that of the four, cells. */
export const TO_MIDDLE = 1.5;
/** Of lines in float32, cells: their error is 2e-5 at 256 cells across and grows with that. */
const MARGIN = 1e-3;
/** More pixels than this in a window of four voxels leave too few invocations with too much to do each. */
const MOST_RAYS = 4096;
/** Of the depth of the middle: of the nearest point of a box, far above what float32 makes of it. */
const LEAST_DEPTH = 1e-2;
/** Sine of the angle between a ray and a detector that is seen from its edge: windows would be as long as the detector. */
const LEAST_SINE = 1e-2;

/** Of float32 pixel coordinates, pixels: a part of a thousandth, and 16 roundings of the farthest pixel. */
export const pixelMargin = (rows: number, columns: number): number => 1e-3 + Math.max(rows, columns) * 2 ** -20;

/** The axis along which every ray of a view has its largest step, if there is one: they form a convex cone. */
function soleAxis(corners: readonly Vec3[]): number | undefined {
  return [0, 1, 2].find((axis) => {
    const sign = Math.sign(corners[0][axis]);
    return corners.every((d) => {
      const others = Math.max(...d.map((value, i) => (i === axis ? 0 : Math.abs(value))));
      return sign * d[axis] > others * (1 + MARGIN);
    });
  });
}

/** The box outside of which a voxel has the weight 0: its own (Siddon), or up to its neighbors' centers. */
function halfExtents(model: Model, directions: readonly Vec3[]): Vec3 {
  if (model === "siddon") return [0.5 + MARGIN, 0.5 + MARGIN, 0.5 + MARGIN];
  const half: [number, number, number] = [1 + MARGIN, 1 + MARGIN, 1 + MARGIN];
  // Joseph reads planes of centers across the dominant axis
  const axis = model === "joseph" ? soleAxis(directions) : undefined;
  if (axis !== undefined) half[axis] = MARGIN;
  return half;
}

const vectorAt = (view: ArrayLike<number>, at: number): Vec3 => [view[at], view[at + 1], view[at + 2]];

/** Of a detector. */
interface Image {
  readonly rows: number;
  readonly columns: number;
}

/** The window of a view (18 numbers of `Rays.views`); undefined where its rays do not leave the detector. */
function windowOf(
  view: ArrayLike<number>,
  { model, beam }: Pick<Rays, "model" | "beam">,
  center: Vec3,
  { rows, columns }: Image,
): ViewWindow | undefined {
  const [byColumn, byRow] = [vectorAt(view, 6), vectorAt(view, 9)];
  const first = subtract(vectorAt(view, 3), center);
  const cone = beam === "cone";
  const origin = cone ? subtract(vectorAt(view, 0), center) : first;
  const [c0, r0] = [Math.floor(columns / 2), Math.floor(rows / 2)];
  const pixelAt = (c: number, r: number) => add(first, add(scale(byColumn, c), scale(byRow, r)));
  const toward = cone ? subtract(pixelAt(c0, r0), origin) : vectorAt(view, 0);
  const normal = cross(byColumn, byRow);
  const determinant = dot(normal, toward);
  if (!(Math.abs(determinant) > LEAST_SINE * norm(byColumn) * norm(byRow) * norm(toward))) return undefined;
  // rows of the inverse of [column step, row step, toward], which points to the central pixel
  const [u, v, w] = [cross(byRow, toward), cross(toward, byColumn), normal].map((row) => scale(row, 1 / determinant));
  const affine = (row: Vec3, shift: number) => [...row, shift - dot(row, origin)];
  const corners = [0, columns - 1].flatMap((c) => [0, rows - 1].map((r) => subtract(pixelAt(c, r), origin)));
  return {
    column: affine(u, cone ? 0 : -c0),
    row: affine(v, cone ? 0 : -r0),
    depth: cone ? affine(w, 0) : [0, 0, 0, 1],
    half: halfExtents(model, cone ? corners : [toward]),
  };
}

/** Pixels in the window of the four voxels around a point, as the shader finds it; infinite where the window fails. */
function raysAround({ column, row, depth, half }: ViewWindow, at: Vec3, { rows, columns }: Image): number {
  const extents: Vec3 = [half[0], half[1], half[2] + TO_MIDDLE];
  const value = (numbers: readonly number[]) => dot(vectorAt(numbers, 0), at) + numbers[3];
  const reach = (numbers: Vec3) => numbers.reduce((sum, n, i) => sum + Math.abs(n) * extents[i], 0);
  const w = value(depth);
  const nearest = w - reach(vectorAt(depth, 0));
  if (!(nearest > LEAST_DEPTH * w)) return Infinity;
  const across = ([numbers, most]: readonly [readonly number[], number]) => {
    const moved = subtract(vectorAt(numbers, 0), scale(vectorAt(depth, 0), value(numbers) / w));
    return Math.min(most, (2 * reach(moved)) / nearest + 1);
  };
  return across([column, columns]) * across([row, rows]);
}

/** The outermost middles of four voxels along z, those that only fill up the four included. */
function outermost(size: Vec3, center: Vec3): Vec3[] {
  const ends = (axis: number, beyond: number) => [
    0.5 + beyond - center[axis],
    size[axis] - 0.5 + beyond - center[axis],
  ];
  return ends(0, 0).flatMap((x) => ends(1, 0).flatMap((y) => ends(2, TO_MIDDLE).map((z): Vec3 => [x, y, z])));
}

/**
 * The windows of views (18 numbers each, as in `Rays.views`); undefined where a gather does not apply: a source in the
 * volume or beside it, a detector that is seen from its edge, or far more pixels than voxels.
 */
export function windowsOf(
  views: Float64Array,
  rays: Pick<Rays, "model" | "beam">,
  { size, ...image }: Image & { readonly size: Vec3 },
): Windows | undefined {
  const center: Vec3 = [Math.floor(size[0] / 2), Math.floor(size[1] / 2), Math.floor(size[2] / 2)];
  const middles = outermost(size, center);
  const found: ViewWindow[] = [];
  let inMiddle = 0;
  for (let at = 0; at < views.length; at += 18) {
    const view = windowOf(views.subarray(at, at + 18), rays, center, image);
    if (!view || middles.some((point) => raysAround(view, point, image) > MOST_RAYS)) return undefined;
    inMiddle += raysAround(view, [0, 0, 0], image);
    found.push(view);
  }
  return { views: found, rays: inMiddle / found.length };
}
