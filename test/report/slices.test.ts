import { expect, test } from "vitest";
import { multiply4 } from "../../src/core/index.js";
import { sliceThreePlanes, sliceVolume } from "../../src/report/index.js";
import type { Grid, Volume } from "../../src/volume/index.js";

/** 5 x 7 x 9 voxels of 2 x 2 x 3 mm, world axes, middle voxel at the origin. */
const grid: Grid = { size: [5, 7, 9], indexToWorld: [2, 0, 0, -4, 0, 2, 0, -6, 0, 0, 3, -12, 0, 0, 0, 1] };

/** 1 in the voxel with index (i, j, k), else 0. */
function spot(grid: Grid, [i, j, k]: readonly number[], quantity: Volume["quantity"] = "density"): Volume {
  const values = new Float32Array(grid.size[0] * grid.size[1] * grid.size[2]);
  values[i + grid.size[0] * (j + grid.size[1] * k)] = 1;
  return { quantity, grid, values };
}

/** [row, column] of the largest pixel, as fractions of the picture from 0 (top, left) to 1. */
function place(volume: Volume, plane: "axial" | "coronal" | "sagittal") {
  const { values, rows, columns } = sliceVolume(volume, plane);
  const at = values.indexOf(Math.max(...values));
  return [(Math.floor(at / columns) + 0.5) / rows, ((at % columns) + 0.5) / columns];
}

test("the patient's right is on the image's left, anterior and superior are up, anterior is left in sagittal slices", () => {
  const [right, anterior, superior] = [spot(grid, [4, 3, 4]), spot(grid, [2, 6, 4]), spot(grid, [2, 3, 8])];
  expect(place(right, "axial")).toEqual([0.5, 0.1]);
  expect(place(right, "coronal")[1]).toBe(0.1);
  expect(place(anterior, "axial")[0]).toBeLessThan(0.1);
  expect(place(anterior, "sagittal")[1]).toBeLessThan(0.1);
  expect(place(superior, "coronal")[0]).toBeLessThan(0.1);
  expect(place(superior, "sagittal")[0]).toBeLessThan(0.1);
  expect(sliceThreePlanes(right).map(({ plane, letters }) => plane + Object.values(letters).join(""))).toEqual([
    "axialRLAP",
    "coronalRLSI",
    "sagittalAPSI",
  ]);
});

test("slices have square pixels of the smallest spacing: 5 x 9 voxels of 2 x 3 mm give 14 rows and 5 columns", () => {
  const slice = sliceVolume(spot(grid, [2, 3, 4]), "coronal");
  expect([slice.rows, slice.columns, slice.pixelSize]).toEqual([14, 5, [2, 2]]);
  expect(slice.position).toBe(0);
});

test("an axial slice through voxel centers shows those voxels, mirrored into the radiological view", () => {
  const values = Float32Array.from({ length: 5 * 7 * 9 }, (_, i) => i);
  const slice = sliceVolume({ quantity: "unknown", grid, values }, "axial", { through: [0, 0, -12] });
  const voxels = Array.from({ length: 35 }, (_, p) => values[4 - (p % 5) + 5 * (6 - Math.floor(p / 5))]);
  // Index coordinates are computed in float64 from mm below 20, hence far below one unit of these values.
  for (const [p, value] of slice.values.entries()) expect(value).toBeCloseTo(voxels[p], 4);
});

test("storing the array in another order or direction does not change the picture", () => {
  const values = Float32Array.from({ length: 5 * 7 * 9 }, (_, i) => Math.sin(i));
  const plain: Volume = { quantity: "unknown", grid, values };
  // New index (a, b, c) = (8 - k, i, 6 - j).
  const newToOld = [0, 1, 0, 0, 0, 0, -1, 6, -1, 0, 0, 8, 0, 0, 0, 1];
  const stored = new Float32Array(values.length);
  for (let a = 0; a < 9; a++)
    for (let b = 0; b < 5; b++)
      for (let c = 0; c < 7; c++) stored[a + 9 * (b + 5 * c)] = values[b + 5 * (6 - c + 7 * (8 - a))];
  const turned: Volume = {
    quantity: "unknown",
    grid: { size: [9, 5, 7], indexToWorld: multiply4(grid.indexToWorld, newToOld) },
    values: stored,
  };
  const expected = sliceThreePlanes(plain).map((slice) => [...slice.values]);
  const pictures = sliceThreePlanes(turned).map((slice) => [...slice.values]);
  // Values of magnitude 1 in float32, interpolated: a few units of 6e-8.
  for (const [i, picture] of pictures.entries())
    for (const [p, value] of picture.entries()) expect(value).toBeCloseTo(expected[i][p], 6);
});

test("labels are never mixed, and outside an oblique grid the picture shows the given value", () => {
  const c = Math.SQRT1_2;
  const oblique: Grid = { size: [6, 6, 1], indexToWorld: [c, -c, 0, 0, c, c, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1] };
  const labels: Volume = { quantity: "label", grid: oblique, values: new Uint8Array(36).fill(3) };
  labels.values[14] = 7;
  const slice = sliceVolume(labels, "axial", { outside: 0 });
  expect(new Set(slice.values)).toEqual(new Set([0, 3, 7]));
  expect(slice.values[0]).toBe(0);
  // The box around 6 x 6 turned by 45 degrees is 6 sqrt 2 = 8.49 wide.
  expect([slice.rows, slice.columns]).toEqual([8, 8]);
});
