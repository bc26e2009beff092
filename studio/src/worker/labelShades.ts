/** Labels as what rays add up: four volumes, whatever the number of labels. */
import type { Vec3, Volume } from "tomograd";
import { boxGrid, spacing } from "tomograd/volume";
import { labelColor } from "../labelColors";

/** Most voxels along an axis: the labels' shadow has no more pixels than can show these. */
const MOST = 160;

/**
 * Weight (1/mm), and weight times red, green and blue (0..1): an integral of the first along a ray is the length of its way
 * through labels, each in units of the label's own thickness, and the others over it are the mean color by these.
 */
export type LabelShades = readonly [weight: Volume, red: Volume, green: Volume, blue: Volume];

/** Means over larger voxels where there are many. `labels`: 0 is none. */
export function labelShades(labels: Volume): LabelShades {
  const { grid, values } = labels;
  const along = (axis: number) => Math.ceil(grid.size[axis] / Math.ceil(grid.size[axis] / MOST));
  const coarse = boxGrid(grid, [along(0), along(1), along(2)]);
  const [nx, ny, nz] = grid.size;
  const [mx, my, mz] = coarse.size;
  const sums = Array.from({ length: 4 }, () => new Float32Array(mx * my * mz));
  const thickness = thicknesses(labels);
  const share = (mx * my * mz) / (nx * ny * nz);
  const cells = [0, 1, 2].map((axis) =>
    Uint32Array.from({ length: grid.size[axis] }, (_, i) => ((i + 0.5) * coarse.size[axis]) / grid.size[axis]),
  );
  let [last, adds] = [0, [0, 0, 0, 0]];
  for (let k = 0, at = 0; k < nz; k++)
    for (let j = 0; j < ny; j++) {
      const row = mx * (cells[1][j] + my * cells[2][k]);
      for (let i = 0; i < nx; i++, at++) {
        const label = values[at];
        if (label === 0) continue;
        if (label !== last) {
          const weight = share / (thickness.get(label) ?? 1);
          adds = [weight, ...labelColor(label).map((level) => (weight * level) / 255)];
          last = label;
        }
        for (let c = 0; c < 4; c++) sums[c][row + cells[0][i]] += adds[c];
      }
    }
  const [weight, red, green, blue] = sums.map((values) => ({ quantity: "density" as const, grid: coarse, values }));
  return [weight, red, green, blue];
}

/** mm of each label: 6 V / S with the faces of its voxels as S, which is the side of a cube and a ball's mean chord. */
function thicknesses({ grid, values }: Volume): ReadonlyMap<number, number> {
  const mm = spacing(grid);
  const steps: Vec3 = [1, grid.size[0], grid.size[0] * grid.size[1]];
  const faces: Vec3 = [mm[1] * mm[2], mm[0] * mm[2], mm[0] * mm[1]];
  const found = new Map<number, { voxels: number; surface: number }>();
  const [nx, ny, nz] = grid.size;
  let last = 0;
  let of = { voxels: 0, surface: 0 };
  for (let k = 0, at = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, at++) {
        const label = values[at];
        if (label === 0) continue;
        if (label !== last) {
          of = found.get(label) ?? { voxels: 0, surface: 0 };
          found.set(label, of);
          last = label;
        }
        of.voxels++;
        if (i === 0 || values[at - steps[0]] !== label) of.surface += faces[0];
        if (i === nx - 1 || values[at + steps[0]] !== label) of.surface += faces[0];
        if (j === 0 || values[at - steps[1]] !== label) of.surface += faces[1];
        if (j === ny - 1 || values[at + steps[1]] !== label) of.surface += faces[1];
        if (k === 0 || values[at - steps[2]] !== label) of.surface += faces[2];
        if (k === nz - 1 || values[at + steps[2]] !== label) of.surface += faces[2];
      }
  const voxel = mm[0] * mm[1] * mm[2];
  return new Map([...found].map(([label, { voxels, surface }]) => [label, (6 * voxels * voxel) / surface]));
}
