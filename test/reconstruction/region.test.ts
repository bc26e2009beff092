import { afterAll, beforeAll, expect, test } from "vitest";
import type { Backend } from "../../src/backend/backend.js";
import { createBackend } from "../../src/backend/create.js";
import { createRandom } from "../../src/core/random.js";
import { circularTrajectory, type Detector } from "../../src/geometry/index.js";
import { createProjector, toDevice, toHost } from "../../src/projector/index.js";
import { coarserGrid, cutSlabs, outsideOf, raysThrough, regionProjections } from "../../src/reconstruction/index.js";
import type { Grid, Volume } from "../../src/volume/grid.js";
import { blockGrid, blockOfBox, createGrid, crop, gridCenter, gridCorners } from "../../src/volume/index.js";

const grid = createGrid({ size: [12, 10, 14], spacing: [4, 5, 3], center: [3, -2, 7] });
const random = createRandom(3);
const object: Volume = {
  quantity: "attenuation",
  grid,
  values: Float32Array.from({ length: 12 * 10 * 14 }, () => 0.02 * random.uniform()),
};
const scanWith = (detector: Detector) =>
  circularTrajectory({ detector, sid: 300, sdd: 400, views: 5, isocenter: gridCenter(grid) });
const scan = scanWith({ rows: 16, columns: 18, pixelSize: [5, 5] });

let backend: Backend;
beforeAll(async () => {
  backend = await createBackend({ prefer: "reference" });
});
afterAll(async () => {
  expect(backend.liveBytes).toBe(0);
  await backend[Symbol.asyncDispose]();
});

async function project(volume: Volume, along = scan) {
  using A = createProjector({ backend, grid: volume.grid, ...scanOf(along) });
  using x = toDevice(backend, volume);
  using image = A.apply(x);
  return toHost(image);
}
const scanOf = ({ detector, views }: typeof scan) => ({ detector, views });

test("what a region adds to the projections is what remains when all else is subtracted, to 1e-12", async () => {
  const block = { start: [3, 2, 4], size: [6, 5, 7] } as const;
  const region = crop(object, block);
  using A = createProjector({ backend, grid, ...scanOf(scan) });
  const remaining = await regionProjections(A, outsideOf(object, region.grid), await project(object));
  const { values } = await project(region);
  // float64 sums of 14 terms of about 0.1
  for (let i = 0; i < values.length; i++) expect(Math.abs(remaining.values[i] - values[i])).toBeLessThan(1e-12);
});

test("voxels twice as large serve as well: exactly up to a border on their faces, by their share where it cuts them", async () => {
  const uniform = (where: Grid): Volume => ({
    quantity: "attenuation",
    grid: where,
    values: new Float32Array(where.size[0] * where.size[1] * where.size[2]).fill(0.02),
  });
  const coarse = coarserGrid(grid, 2);
  using A = createProjector({ backend, grid: coarse, ...scanOf(scan) });
  const whole = await project(uniform(grid));
  const sum = (array: ArrayLike<number>) => Array.from(array).reduce((a, b) => a + b, 0);

  const onFaces = blockGrid(grid, { start: [2, 2, 4], size: [6, 6, 8] });
  const exact = await project(uniform(onFaces));
  const remaining = await regionProjections(A, outsideOf(uniform(coarse), onFaces), whole);
  // 0.02 is stored as float32 on both sides; sums of lengths in float64
  for (let i = 0; i < exact.values.length; i++)
    expect(Math.abs(remaining.values[i] - exact.values[i])).toBeLessThan(1e-10);

  // the share keeps the sum over a detector that is fine enough to integrate the border: pixels of a quarter
  const fine = scanWith({ rows: 80, columns: 90, pixelSize: [1, 1] });
  using B = createProjector({ backend, grid: coarse, ...scanOf(fine) });
  const cutting = blockGrid(grid, { start: [3, 2, 5], size: [6, 5, 6] });
  const cut = await regionProjections(B, outsideOf(uniform(coarse), cutting), await project(uniform(grid), fine));
  const ratio = sum(cut.values) / sum((await project(uniform(cutting), fine)).values);
  expect(Math.abs(ratio - 1)).toBeLessThan(0.02);
});

test("a coarser grid covers the box of the finer one and shares its center", () => {
  const coarse = coarserGrid(grid, 4);
  expect(coarse.size).toEqual([3, 3, 4]);
  for (const [i, x] of gridCenter(coarse).entries()) expect(x).toBeCloseTo(gridCenter(grid)[i], 12);
  const lowest = (g: Grid) => [0, 1, 2].map((axis) => Math.min(...gridCorners(g).map((p) => p[axis])));
  for (const [i, x] of lowest(coarse).entries()) expect(x).toBeLessThanOrEqual(lowest(grid)[i] + 1e-12);
});

test("slabs cover every plane once, with their margins inside the grid", () => {
  const slabs = cutSlabs(grid, 3, 2);
  const kept = slabs.flatMap(({ first, planes }) => Array.from({ length: planes }, (_, i) => first + i));
  expect(kept).toEqual(Array.from({ length: 14 }, (_, i) => i));
  for (const { block, first, offset } of slabs) {
    expect(block.start[2] + offset).toBe(first);
    expect(block.start[2]).toBeGreaterThanOrEqual(0);
    expect(block.start[2] + block.size[2]).toBeLessThanOrEqual(14);
  }
  expect(() => cutSlabs(grid, 15, 0)).toThrow(/slabs must be an integer from 1 to the 14 planes/);
});

test("a region turned against the grid is refused by name", () => {
  const turned: Grid = { size: [4, 4, 4], indexToWorld: [3, -1, 0, 0, 1, 3, 0, 0, 0, 0, 3, 0, 0, 0, 0, 1] };
  expect(() => outsideOf(object, turned)).toThrow(
    expect.objectContaining({ code: "INVALID_GEOMETRY", detail: { defect: "oblique-region" } }),
  );
});

test("rays that miss a region have weight 0, the others 1", async () => {
  const region = blockGrid(grid, blockOfBox(grid, [-5, -6, 0], [5, 6, 12]));
  using A = createProjector({ backend, grid: region, ...scanOf(scan) });
  const weights = await raysThrough(A);
  const { values } = await project({
    quantity: "attenuation",
    grid: region,
    values: new Float32Array(region.size[0] * region.size[1] * region.size[2]).fill(1),
  });
  expect(weights.some((w) => w === 0)).toBe(true);
  for (let i = 0; i < values.length; i++) expect(weights[i]).toBe(values[i] > 0 ? 1 : 0);
});
