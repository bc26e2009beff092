/** Volumes that tests share. */
import { createRandom, type Vec3 } from "../../src/core/index.js";
import { type Grid, indexToWorld, type Quantity, type Volume, voxelCount } from "../../src/volume/index.js";

/** 7 x 5 x 6 voxels, rotated, flipped and sheared. */
export const shearedGrid: Grid = {
  size: [7, 5, 6],
  indexToWorld: [-2.07, -0.98, -0.38, -31, 0.38, -0.21, 2.67, 12, 0.63, 1.68, 0.57, 5, 0, 0, 0, 1],
};

/** Uniform random Hounsfield units in [-1000, 2000), int16. */
export function randomHounsfield(grid: Grid, seed = 1): Volume<"hounsfield"> {
  const random = createRandom(seed);
  const values = Int16Array.from({ length: voxelCount(grid) }, () => Math.floor(random.uniform() * 3000) - 1000);
  return { quantity: "hounsfield", grid, values };
}

/** A volume that holds f(world point) at each voxel center, float64. */
export function sampled<Q extends Quantity>(grid: Grid, quantity: Q, f: (point: Vec3) => number): Volume<Q> {
  const values = new Float64Array(voxelCount(grid));
  let o = 0;
  for (let k = 0; k < grid.size[2]; k++)
    for (let j = 0; j < grid.size[1]; j++)
      for (let i = 0; i < grid.size[0]; i++) values[o++] = f(indexToWorld(grid, [i, j, k]));
  return { quantity, grid, values };
}

/** Every voxel as "x,y,z -> value" with world mm to 1e-6, sorted: what a volume shows, whatever its array order. */
export function worldContent(volume: Volume): string[] {
  const { grid, values } = volume;
  const lines: string[] = [];
  for (let v = 0; v < values.length; v++) {
    const i = v % grid.size[0];
    const j = Math.floor(v / grid.size[0]) % grid.size[1];
    const k = Math.floor(v / (grid.size[0] * grid.size[1]));
    const at = indexToWorld(grid, [i, j, k]).map((x) => (Math.round(x * 1e6) / 1e6 || 0).toFixed(6));
    lines.push(`${at} -> ${values[v]}`);
  }
  return lines.sort();
}
