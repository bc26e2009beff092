/** Cutting and widening volumes; what stays keeps its place in the world. */
import { affine, fault, linearPart, refuseUnknownOptions, type Vec3 } from "../core/index.js";
import { airValue, voxelArray, voxelType } from "./createVolume.js";
import type { Grid, Quantity, Volume } from "./grid.js";
import { indexToWorld, validateGrid, voxelCount, worldToIndex } from "./gridFrame.js";

export interface CropOptions {
  /** Index of the first voxel that is kept. */
  readonly start: Vec3;
  /** Voxels that are kept. */
  readonly size: Vec3;
}

/** Cuts a block out of a volume (copies). @throws INVALID_ARGUMENT if the block leaves the volume (defect `out-of-range`) */
export function crop<Q extends Quantity>(volume: Volume<Q>, options: CropOptions): Volume<Q> {
  refuseUnknownOptions("crop", options, ["start", "size"]);
  const { start, size } = options;
  const whole = volume.grid.size;
  const inside = (axis: number) =>
    Number.isInteger(start[axis]) &&
    Number.isInteger(size[axis]) &&
    start[axis] >= 0 &&
    size[axis] > 0 &&
    start[axis] + size[axis] <= whole[axis];
  if (![0, 1, 2].every(inside))
    throw fault(
      "INVALID_ARGUMENT",
      `a block of [${size}] voxels from [${start}] does not lie in ${whole.join(" x ")}`,
      {
        defect: "out-of-range",
        start: [...start],
        size: [...size],
      },
    );
  return moveBlock(volume, start, size, 0);
}

export interface PadOptions {
  /** Voxels added before the first one of each axis. @default [0, 0, 0] */
  readonly before?: Vec3;
  /** Voxels added after the last one of each axis. @default [0, 0, 0] */
  readonly after?: Vec3;
  /** What new voxels hold. @default -1000 for Hounsfield units, else 0 */
  readonly value?: number;
}

/** Adds voxels around a volume (copies). @throws INVALID_ARGUMENT for counts that are no integers >= 0 (defect `out-of-range`) */
export function pad<Q extends Quantity>(volume: Volume<Q>, options: PadOptions): Volume<Q> {
  refuseUnknownOptions("pad", options, ["before", "after", "value"]);
  const { before = [0, 0, 0], after = [0, 0, 0], value = airValue(volume.quantity) } = options;
  if (![...before, ...after].every((n) => Number.isInteger(n) && n >= 0))
    throw fault("INVALID_ARGUMENT", `padding is counted in voxels >= 0, got [${before}] and [${after}]`, {
      defect: "out-of-range",
      before: [...before],
      after: [...after],
    });
  const [nx, ny, nz] = volume.grid.size;
  const size: Vec3 = [nx + before[0] + after[0], ny + before[1] + after[1], nz + before[2] + after[2]];
  return moveBlock(volume, [-before[0], -before[1], -before[2]], size, value);
}

/**
 * The smallest block of voxels whose centers include all those inside a world box (axis-aligned, RAS mm): what to give to
 * `crop`. @throws INVALID_ARGUMENT if the box misses the grid (defect `out-of-range`)
 */
export function blockOfBox(grid: Grid, lower: Vec3, upper: Vec3): CropOptions {
  const corners = Array.from({ length: 8 }, (_, c) =>
    worldToIndex(grid, [(c & 1 ? upper : lower)[0], (c & 2 ? upper : lower)[1], (c & 4 ? upper : lower)[2]]),
  );
  const first = (axis: number) => Math.max(0, Math.ceil(Math.min(...corners.map((q) => q[axis])) - 1e-9));
  const last = (axis: number) =>
    Math.min(grid.size[axis] - 1, Math.floor(Math.max(...corners.map((q) => q[axis])) + 1e-9));
  const start: Vec3 = [first(0), first(1), first(2)];
  const size: Vec3 = [last(0) - start[0] + 1, last(1) - start[1] + 1, last(2) - start[2] + 1];
  if (size.some((n) => n <= 0))
    throw fault("INVALID_ARGUMENT", `the box from [${lower}] to [${upper}] mm holds no voxel center of the grid`, {
      defect: "out-of-range",
      lower: [...lower],
      upper: [...upper],
    });
  return { start, size };
}

/** The grid of a block of voxels, in its place in the world; the block may reach beyond the grid. @throws INVALID_GEOMETRY */
export function blockGrid(grid: Grid, { start, size }: CropOptions): Grid {
  const target: Grid = { size, indexToWorld: affine(linearPart(grid.indexToWorld), indexToWorld(grid, start)) };
  validateGrid(target);
  return target;
}

/** The block [start, start + size) of a volume that goes on for ever with `value`. */
function moveBlock<Q extends Quantity>(volume: Volume<Q>, start: Vec3, size: Vec3, value: number): Volume<Q> {
  const { grid, values } = volume;
  const [nx, ny, nz] = grid.size;
  const target = blockGrid(grid, { start, size });
  const out = voxelArray(voxelType(values), voxelCount(target));
  if (value !== 0) out.fill(value);
  const from = Math.max(0, start[0]);
  const to = Math.min(nx, start[0] + size[0]);
  for (let k = Math.max(0, start[2]); k < Math.min(nz, start[2] + size[2]); k++)
    for (let j = Math.max(0, start[1]); j < Math.min(ny, start[1] + size[1]); j++) {
      const row = nx * (j + ny * k);
      out.set(
        values.subarray(row + from, row + to),
        from - start[0] + size[0] * (j - start[1] + size[1] * (k - start[2])),
      );
    }
  return { quantity: volume.quantity, grid: target, values: out };
}
