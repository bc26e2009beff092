import { fault, multiply4, type Vec3 } from "../core/index.js";
import { voxelArray } from "./createVolume.js";
import type { Grid, Quantity, Volume } from "./grid.js";
import { validateGrid, voxelCount } from "./gridFrame.js";

/**
 * Averages a volume over the cells of a grid of another size in the same box: along an axis of M voxels made into N, cell
 * k is the mean of the input, constant in each voxel, over [k M / N, (k + 1) M / N), with fractions of voxels at the ends.
 * The box in the world stays, so the spacing grows by M / N and the affine moves by half of what the spacing gained.
 * The mean of all voxels is kept. Float64 sums; gives float64 from float64, else float32.
 * @throws INVALID_GEOMETRY (defect `bad-dimension`), INVALID_ARGUMENT for labels (defect `interpolated-labels`)
 */
export function boxResample<Q extends Quantity>(volume: Volume<Q>, size: Vec3): Volume<Q> {
  if (volume.quantity === "label")
    throw fault("INVALID_ARGUMENT", "labels have no mean: resample them with 'nearest'", {
      defect: "interpolated-labels",
    });
  const { grid, values } = volume;
  const target = boxGrid(grid, size);
  const [alongX, alongY, alongZ] = [0, 1, 2].map((axis) => overlaps(grid.size[axis], size[axis]));
  const [nx, ny, nz] = grid.size;
  const plane = new Float64Array(size[0] * size[1]);
  const row = new Float64Array(size[0]);
  const sums = new Float64Array(voxelCount(target));
  for (let k = 0; k < nz; k++) {
    plane.fill(0);
    for (let j = 0; j < ny; j++) {
      row.fill(0);
      const start = nx * (j + ny * k);
      gather(row, alongX, values, start);
      for (let e = alongY.first[j]; e < alongY.first[j + 1]; e++)
        accumulate(plane, alongY.cell[e] * size[0], row, alongY.weight[e]);
    }
    for (let e = alongZ.first[k]; e < alongZ.first[k + 1]; e++)
      accumulate(sums, alongZ.cell[e] * plane.length, plane, alongZ.weight[e]);
  }
  if (values instanceof Float64Array) return { quantity: volume.quantity, grid: target, values: sums };
  const out = voxelArray("float32", sums.length);
  out.set(sums);
  return { quantity: volume.quantity, grid: target, values: out };
}

/** The grid of `size` voxels that fills the same box in the world. @throws INVALID_GEOMETRY (defect `bad-dimension`) */
export function boxGrid(grid: Grid, size: Vec3): Grid {
  const [fx, fy, fz] = [0, 1, 2].map((axis) => grid.size[axis] / size[axis]);
  const newToOld = [fx, 0, 0, (fx - 1) / 2, 0, fy, 0, (fy - 1) / 2, 0, 0, fz, (fz - 1) / 2, 0, 0, 0, 1];
  validateGrid({ size, indexToWorld: grid.indexToWorld });
  return { size: [...size], indexToWorld: multiply4(grid.indexToWorld, newToOld) };
}

/** Entries first[i] .. first[i + 1] are the cells that input voxel i shares in, and its share of each. */
interface Overlaps {
  readonly first: Uint32Array;
  readonly voxel: Uint32Array;
  readonly cell: Uint32Array;
  readonly weight: Float64Array;
}

/** Voxel i = [i, i + 1) against cells [k M / N, (k + 1) M / N); multiplied by N all ends are integers, so shares are exact. */
function overlaps(count: number, cells: number): Overlaps {
  const first = new Uint32Array(count + 1);
  const voxel: number[] = [];
  const cell: number[] = [];
  const weight: number[] = [];
  for (let i = 0; i < count; i++) {
    for (let k = Math.floor((i * cells) / count); k < cells && k * count < (i + 1) * cells; k++) {
      const shared = Math.min((i + 1) * cells, (k + 1) * count) - Math.max(i * cells, k * count);
      if (shared <= 0) continue;
      voxel.push(i);
      cell.push(k);
      weight.push(shared / count);
    }
    first[i + 1] = cell.length;
  }
  return { first, voxel: Uint32Array.from(voxel), cell: Uint32Array.from(cell), weight: Float64Array.from(weight) };
}

/** Adds a row of voxels to the cells that it shares in: one loop, as most of the time goes here. */
function gather(
  cells: Float64Array,
  { voxel, cell, weight }: Overlaps,
  values: ArrayLike<number>,
  start: number,
): void {
  for (let e = 0; e < cell.length; e++) cells[cell[e]] += weight[e] * values[start + voxel[e]];
}

function accumulate(out: Float64Array, offset: number, x: Float64Array, weight: number): void {
  for (let i = 0; i < x.length; i++) out[offset + i] += weight * x[i];
}
