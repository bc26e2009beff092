/** Turning the array so that its axes run along named world directions; no voxel moves in the world. */
import { fault, multiply4, type Vec3 } from "../core/index.js";
import { voxelArray, voxelType } from "./createVolume.js";
import type { Grid, Quantity, Volume } from "./grid.js";
import { matchAxes, orientation, voxelCount } from "./gridFrame.js";

const LETTERS = ["RL", "AP", "SI"];

/**
 * Permutes and flips the axes of the array so that they run as `letters` say ("RAS": x to the right, y to anterior,
 * z to superior), to the nearest axis; the affine changes along, so every voxel keeps its world position. Oblique grids
 * stay oblique. Copies, unless the axes already run so.
 * @throws INVALID_ARGUMENT (defect `bad-orientation`)
 */
export function reorient<Q extends Quantity>(volume: Volume<Q>, letters = "RAS"): Volume<Q> {
  const wanted = [...letters].map((letter) => ({
    world: LETTERS.findIndex((pair) => pair.includes(letter)),
    positive: LETTERS.some((pair) => pair[0] === letter),
  }));
  if (wanted.length !== 3 || [0, 1, 2].some((world) => !wanted.some((axis) => axis.world === world)))
    throw fault("INVALID_ARGUMENT", `an orientation is one of R or L, A or P, S or I in any order, got '${letters}'`, {
      defect: "bad-orientation",
      letters,
    });
  if (orientation(volume.grid) === letters) return volume;
  const present = matchAxes(volume.grid);
  const source = wanted.map(({ world }) => present.findIndex((axis) => axis.world === world));
  const flipped = wanted.map(({ positive }, axis) => present[source[axis]].positive !== positive);
  return rearrange(volume, source, flipped);
}

/** Reverses one axis of the array (0, 1, 2) and the affine with it: the voxels stay where they are in the world. Copies. */
export function flip<Q extends Quantity>(volume: Volume<Q>, axis: 0 | 1 | 2): Volume<Q> {
  return rearrange(
    volume,
    [0, 1, 2],
    [0, 1, 2].map((a) => a === axis),
  );
}

/** New axis a is the old axis source[a], reversed where flipped[a]. */
function rearrange<Q extends Quantity>(volume: Volume<Q>, source: number[], flipped: boolean[]): Volume<Q> {
  const { grid, values } = volume;
  const stride = [1, grid.size[0], grid.size[0] * grid.size[1]];
  const size: Vec3 = [grid.size[source[0]], grid.size[source[1]], grid.size[source[2]]];
  const newToOld = new Array<number>(16).fill(0);
  newToOld[15] = 1;
  let start = 0;
  const step = source.map((old, axis) => {
    newToOld[4 * old + axis] = flipped[axis] ? -1 : 1;
    if (!flipped[axis]) return stride[old];
    newToOld[4 * old + 3] = size[axis] - 1;
    start += (size[axis] - 1) * stride[old];
    return -stride[old];
  });
  const target: Grid = { size, indexToWorld: multiply4(grid.indexToWorld, newToOld) };
  const out = voxelArray(voxelType(values), voxelCount(target));
  let o = 0;
  for (let k = 0; k < size[2]; k++)
    for (let j = 0; j < size[1]; j++) {
      let from = start + k * step[2] + j * step[1];
      for (let i = 0; i < size[0]; i++, from += step[0]) out[o++] = values[from];
    }
  return { quantity: volume.quantity, grid: target, values: out };
}
