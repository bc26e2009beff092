/** The matrices that `backproject` reads: voxel centers of a grid to columns and rows of the views of a circular scan. */
import { add, apply3, dot, inverse3, linearPart, scale, subtract, translationPart, type Vec3 } from "../core/linear.js";
import { pixelFunctions } from "../geometry/points.js";
import type { Grid } from "../volume/grid.js";
import type { CircularScan, CircularView } from "./circularScan.js";

/** Where the isocenter lies in a grid: index coordinates, the third counted from slice -`firstSlice`. */
export interface Anchor {
  readonly isocenter: Vec3;
  readonly index: Vec3;
  readonly firstSlice: number;
  /** Index-to-world, 3x3. */
  readonly linear: readonly number[];
}

/** Index coordinates are rounded to this many voxels, far below what float32 positions can tell. */
const SNAP = 2 ** -20;

/**
 * Positions are counted from the isocenter and rounded, so that a slab of a grid has the numbers of the whole grid, to
 * the last bit: its affine differs in the translation alone.
 */
export function anchorOf(grid: Grid, isocenter: Vec3, voxelShift: number): Anchor {
  const linear = linearPart(grid.indexToWorld);
  const fromOrigin = apply3(inverse3(linear), subtract(isocenter, translationPart(grid.indexToWorld)));
  const [x, y, z] = fromOrigin.map((q) => SNAP * Math.round((q + voxelShift) / SNAP));
  const slice = Math.floor(z);
  return { isocenter, index: [x, y, z - slice], firstSlice: -slice, linear };
}

/**
 * 12 numbers of a view: rows U, V, W of `backproject`, W = 1 in the plane of the isocenter (parallel rays: everywhere),
 * `firstColumn` added to the columns.
 */
export function viewMatrix(
  { view }: CircularView,
  { isocenter, index, linear }: Anchor,
  firstColumn: number,
): number[] {
  const { origin, columnOf, rowOf, alongOf } = pixelFunctions(view);
  const toAxis = subtract(isocenter, origin);
  // f(X) = f . (X - origin) over the voxel's index q: X = isocenter + linear (q - index)
  const over = (f: Vec3, factor: number): number[] => {
    const step = [0, 1, 2].map((a) => factor * dot(f, [linear[a], linear[3 + a], linear[6 + a]]));
    return [...step, factor * dot(f, toAxis) - step[0] * index[0] - step[1] * index[1] - step[2] * index[2]];
  };
  if (view.beam === "parallel") {
    const [u, v] = [over(columnOf, 1), over(rowOf, 1)];
    u[3] += firstColumn;
    return [...u, ...v, 0, 0, 0, 1];
  }
  const unit = 1 / dot(alongOf, toAxis);
  return [...over(add(columnOf, scale(alongOf, firstColumn)), unit), ...over(rowOf, unit), ...over(alongOf, unit)];
}

export const matricesOf = (views: readonly CircularView[], anchor: Anchor, firstColumn: number): Float64Array =>
  Float64Array.from(views.flatMap((view) => viewMatrix(view, anchor, firstColumn)));

/**
 * The constant factor of a filtered view. Cone: (radius / depth of the axis along the detector's normal) over the pixel
 * pitch seen at the axis; the first is 1 unless the detector is turned away from the axis. Parallel: 1 over the pitch
 * across the rays.
 */
export function viewFactor({ view, radius, across }: CircularView, { isocenter }: CircularScan): number {
  if (view.beam === "parallel") return 1 / Math.abs(dot(view.columnStep, across));
  const { alongOf, origin } = pixelFunctions(view);
  const share = dot(alongOf, subtract(isocenter, origin));
  const depth = share / Math.hypot(...alongOf);
  return radius / depth / (share * Math.hypot(...view.columnStep));
}
