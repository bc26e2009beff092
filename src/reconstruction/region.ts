/** Reconstruction of a part of the object: a region of interest, or one slab after the other. */
import { fault } from "../core/errors.js";
import type { Vec3 } from "../core/linear.js";
import { toDevice, toHost } from "../projector/arrays.js";
import type { Projector } from "../projector/types.js";
import type { Grid, Projections, Volume } from "../volume/grid.js";
import { axisStep, type CropOptions, gridCorners, indexToWorld, worldToIndex } from "../volume/index.js";
import { lengthsOfRays } from "./sums.js";

/** A slab of a grid along its third axis. */
export interface Slab {
  /** The voxels that are reconstructed: the slab and its margins. */
  readonly block: CropOptions;
  /** Index of the slab's first voxel plane in the grid, and in the block; number of planes that are kept. */
  readonly first: number;
  readonly offset: number;
  readonly planes: number;
}

/**
 * Cuts a grid along its third axis (z of a volume in usual order) into slabs of nearly equal thickness.
 * `margin`: planes that are reconstructed on both sides and thrown away; 0 for methods that are exact plane by plane.
 * @throws INVALID_ARGUMENT if there are more slabs than planes
 */
export function cutSlabs({ size }: Grid, count: number, margin: number): Slab[] {
  const [nx, ny, nz] = size;
  if (!Number.isInteger(count) || count < 1 || count > nz)
    throw fault("INVALID_ARGUMENT", `slabs must be an integer from 1 to the ${nz} planes of the grid, not ${count}`, {
      field: "slabs",
    });
  return Array.from({ length: count }, (_, i) => {
    const first = Math.floor((i * nz) / count);
    const end = Math.floor(((i + 1) * nz) / count);
    const from = Math.max(0, first - margin);
    const to = Math.min(nz, end + margin);
    const block = { start: [0, 0, from], size: [nx, ny, to - from] } as const;
    return { block, first, offset: first - from, planes: end - first };
  });
}

/** The grid with voxels `factor` times as large that covers the same box or a little more, centered alike. */
export function coarserGrid(grid: Grid, factor: number): Grid {
  const size: Vec3 = [
    Math.ceil(grid.size[0] / factor),
    Math.ceil(grid.size[1] / factor),
    Math.ceil(grid.size[2] / factor),
  ];
  const steps = [0, 1, 2].map((axis) => axisStep(grid, axis).map((x) => x * factor));
  const middle = indexToWorld(grid, [(grid.size[0] - 1) / 2, (grid.size[1] - 1) / 2, (grid.size[2] - 1) / 2]);
  const origin = [0, 1, 2].map((row) =>
    [0, 1, 2].reduce((sum, axis) => sum - (steps[axis][row] * (size[axis] - 1)) / 2, middle[row]),
  );
  const rows = [0, 1, 2].flatMap((row) => [steps[0][row], steps[1][row], steps[2][row], origin[row]]);
  return { size, indexToWorld: [...rows, 0, 0, 0, 1] };
}

/**
 * For each voxel of `grid` the share that lies outside of `region`, by axis: 1 - share[0][i] share[1][j] share[2][k].
 * @throws INVALID_GEOMETRY (defect `oblique-region`) if the axes of the two grids differ
 */
function insideShares(grid: Grid, region: Grid): [Float64Array, Float64Array, Float64Array] {
  const corners = gridCorners(region).map((corner) => worldToIndex(grid, corner));
  const share = (axis: number): Float64Array => {
    const along = corners.map((corner) => corner[axis]);
    const [low, high] = [Math.min(...along), Math.max(...along)];
    // a box along the axes has all its corners on one of two planes
    if (along.some((x) => Math.min(x - low, high - x) > 1e-6 * grid.size[axis]))
      throw fault("INVALID_GEOMETRY", "the axes of a region must be those of the grid that it is cut from", {
        defect: "oblique-region",
      });
    return Float64Array.from({ length: grid.size[axis] }, (_, i) =>
      Math.max(0, Math.min(i + 0.5, high) - Math.max(i - 0.5, low)),
    );
  };
  return [share(0), share(1), share(2)];
}

/**
 * A volume without what lies in a region; voxels that the region's border cuts keep the share outside.
 * @throws INVALID_GEOMETRY (defect `oblique-region`)
 */
export function outsideOf(whole: Volume, region: Grid): Volume {
  const [nx, ny, nz] = whole.grid.size;
  const [sx, sy, sz] = insideShares(whole.grid, region);
  const values = Float32Array.from(whole.values);
  for (let k = 0, at = 0; k < nz; k++)
    for (let j = 0; j < ny; j++) {
      const line = sy[j] * sz[k];
      for (let i = 0; i < nx; i++, at++) values[at] *= 1 - sx[i] * line;
    }
  return { ...whole, values };
}

/**
 * Projections of what lies in a region alone: p - A x, with x what lies outside of it (`outsideOf` a reconstruction of
 * the whole object, as a rule on coarser voxels).
 *
 * `A`: on the grid of `outside`. `projections`: line integrals, [view][row][column]. Interior problem by subtraction:
 * Ziegler et al., Med. Phys. 35(4), 2008.
 * @throws SHAPE_MISMATCH, OUT_OF_MEMORY
 */
export async function regionProjections(A: Projector, outside: Volume, projections: Projections): Promise<Projections> {
  using x = toDevice(A.backend, outside, "outside of the region");
  using image = A.apply(x);
  const { values } = await toHost(image);
  for (let i = 0; i < values.length; i++) values[i] = projections.values[i] - values[i];
  return { ...projections, values };
}

/** 1 for every ray that meets the grid of `A`, else 0: [view][row][column]. */
export async function raysThrough(A: Projector): Promise<Float32Array> {
  return Float32Array.from(await lengthsOfRays(A), (length) => (length > 0 ? 1 : 0));
}
