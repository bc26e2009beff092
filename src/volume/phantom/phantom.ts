/** Sums of bodies whose voxels and line integrals are both known: the truth that projectors are held to. */
import { add, fault, refuseUnknownOptions, scale, subtract, type Vec3 } from "../../core/index.js";
import type { Trajectory, View } from "../../geometry/view.js";
import type { Grid, Projections, Quantity, Volume } from "../grid.js";
import { axisStep, indexToWorld, validateGrid, voxelCount } from "../gridFrame.js";
import { type Body, createBody, type Shape } from "./shapes.js";

export interface VoxelizeOptions {
  /** Each voxel is the mean of this many points along each axis, at (m + 1/2) / n of it; 1 samples the center alone. @default 3 */
  readonly subsamples?: number;
}

/** "segment": from source to pixel (parallel beams: the whole line); "line": the whole line through both. */
export type Extent = "segment" | "line";

/** Which part of a line is integrated. */
export interface LineOptions {
  /** @default "segment" */
  readonly extent?: Extent;
}

/** A body of known shape. */
export interface Phantom<Q extends Quantity = Quantity> {
  readonly quantity: Q;
  readonly shapes: readonly Shape[];
  /** Density at a world point, RAS mm. */
  valueAt(point: Vec3): number;
  /** Voxels as float64: means of point samples. @throws INVALID_GEOMETRY, INVALID_ARGUMENT */
  voxelize(grid: Grid, options?: VoxelizeOptions): Volume<Q> & { readonly values: Float64Array };
  /** Exact line integrals, float64 [view][row][column]. */
  project(trajectory: Trajectory, options?: LineOptions): Projections & { readonly values: Float64Array };
  /** Exact integrals of single rays: 6 numbers each, source and end in world mm. One number a ray, float64. */
  integrate(rays: ArrayLike<number>, options?: LineOptions): Float64Array;
}

/**
 * The sum of some shapes.
 * @throws INVALID_GEOMETRY, INVALID_ARGUMENT for shapes that cannot exist (see `createBody`)
 */
export function createPhantom<Q extends Quantity = "attenuation">(shapes: readonly Shape[], quantity?: Q): Phantom<Q> {
  const bodies = shapes.map(createBody);
  const integral = (origin: Vec3, direction: Vec3, from: number, to: number) => {
    let sum = 0;
    for (const body of bodies) sum += body.integral(origin, direction, from, to);
    return sum;
  };
  const between = (source: Vec3, end: Vec3, extent: Extent) => {
    const direction = subtract(end, source);
    if (direction.every((d) => d === 0)) return 0;
    return extent === "line"
      ? integral(source, direction, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY)
      : integral(source, direction, 0, 1);
  };
  const through = (view: View, pixel: Vec3, extent: Extent) =>
    view.beam === "cone" ? between(view.source, pixel, extent) : between(pixel, add(pixel, view.direction), "line");
  const known: Q = quantity ?? ("attenuation" as Q);

  return {
    quantity: known,
    shapes,
    valueAt: (point) => bodies.reduce((sum, body) => sum + body.valueAt(point), 0),

    voxelize(grid, options = {}) {
      refuseUnknownOptions("voxelize", options, ["subsamples"]);
      const { subsamples = 3 } = options;
      validateGrid(grid);
      if (!Number.isInteger(subsamples) || subsamples < 1)
        throw fault("INVALID_ARGUMENT", `subsamples is a count >= 1, got ${subsamples}`, { defect: "out-of-range" });
      const values = new Float64Array(voxelCount(grid));
      for (const body of bodies) addBody(body, grid, subsamples, values);
      return { quantity: known, grid, values };
    },

    project(trajectory, options = {}) {
      const extent = readExtent("project", options);
      const { detector, views } = trajectory;
      const values = new Float64Array(views.length * detector.rows * detector.columns);
      let o = 0;
      for (const view of views)
        for (let row = 0; row < detector.rows; row++)
          for (let column = 0; column < detector.columns; column++) {
            const pixel = add(view.firstPixel, add(scale(view.columnStep, column), scale(view.rowStep, row)));
            values[o++] = through(view, pixel, extent);
          }
      return { ...trajectory, values };
    },

    integrate(rays, options = {}) {
      const extent = readExtent("integrate", options);
      if (rays.length % 6 !== 0)
        throw fault("SHAPE_MISMATCH", `a ray is 6 numbers, source and end, got ${rays.length} numbers`, {
          defect: "length",
        });
      return Float64Array.from({ length: rays.length / 6 }, (_, r) => {
        const at = (o: number): Vec3 => [rays[6 * r + o], rays[6 * r + o + 1], rays[6 * r + o + 2]];
        return between(at(0), at(3), extent);
      });
    },
  };
}

function readExtent(where: string, options: LineOptions): Extent {
  refuseUnknownOptions(where, options, ["extent"]);
  const { extent = "segment" } = options;
  if (extent !== "segment" && extent !== "line")
    throw fault("INVALID_ARGUMENT", `extent is 'segment' or 'line', got '${extent}'`, { defect: "out-of-range" });
  return extent;
}

/**
 * Adds a body to voxels, row of sample points by row: the row's line meets the body in one span, so only the points in it
 * are touched, and those of uniform bodies need no test. Sample m of a row lies at index (m + 1/2) / subsamples - 1/2.
 */
function addBody(body: Body, grid: Grid, subsamples: number, values: Float64Array): void {
  const [nx, ny, nz] = grid.size;
  const sample = (m: number) => (m + 0.5) / subsamples - 0.5;
  const step = axisStep(grid, 0);
  const share = 1 / subsamples ** 3;
  for (let mz = 0; mz < nz * subsamples; mz++)
    for (let my = 0; my < ny * subsamples; my++) {
      const origin = indexToWorld(grid, [0, sample(my), sample(mz)]);
      const span = body.span(origin, step);
      if (!span) continue;
      const first = Math.max(0, Math.ceil((span[0] + 0.5) * subsamples - 0.5));
      const last = Math.min(nx * subsamples, Math.ceil((span[1] + 0.5) * subsamples - 0.5));
      const row = nx * (Math.floor(my / subsamples) + ny * Math.floor(mz / subsamples));
      for (let mx = first; mx < last; mx++) {
        const value = body.uniform ? body.density : body.valueAt(add(origin, scale(step, sample(mx))));
        values[row + Math.floor(mx / subsamples)] += share * value;
      }
    }
}
