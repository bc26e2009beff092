/** Which method `auto` takes, and that it says why. 16³ voxels: 24 views are many. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Backend } from "../../src/backend/backend.js";
import { createBackend } from "../../src/backend/create.js";
import { circularTrajectory } from "../../src/geometry/index.js";
import { createProjector } from "../../src/projector/createProjector.js";
import { type AutoOptions, auto } from "../../src/reconstruction/auto.js";
import { fdk } from "../../src/reconstruction/fdk.js";
import { sheppLogan } from "../../src/volume/phantom/sheppLogan.js";
import { cube, simulated, voxels } from "./gates.js";

const grid = cube(16);
const truth = sheppLogan({ density: 0.5 }).voxelize(grid);
let backend: Backend;
beforeAll(async () => {
  backend = await createBackend({ prefer: "wasm" });
});
afterAll(async () => {
  expect(backend.liveBytes).toBe(0);
  await backend[Symbol.asyncDispose]();
});

async function scan(views: number, rangeDeg = 360) {
  const detector = { rows: 24, columns: 24, pixelSize: [4 / 24, 4 / 24] as const };
  const A = createProjector({ backend, grid, ...circularTrajectory({ detector, sid: 5, sdd: 7, views, rangeDeg }) });
  return { A, projections: await simulated(A, truth, 0.005, 1) };
}

/** What was chosen, and the figures that tell it. */
async function chosen(views: number, options: AutoOptions = {}, rangeDeg?: number) {
  const { A, projections } = await scan(views, rangeDeg);
  // 6 epochs are enough to see which method runs
  const { volume, used, warnings } = await auto(A, projections, { iterations: 6, ...options });
  volume.dispose();
  A.dispose();
  expect(warnings[0]).toEqual({ defect: "method-chosen", message: used.why });
  return used;
}

test("24 views all around are FDK, with its bits and no voxel below 0", async () => {
  const { A, projections } = await scan(24);
  const run = await auto(A, projections);
  expect(run.used).toMatchObject({ method: "fdk", why: expect.stringMatching(/24 views all around/) });
  expect(await voxels(run)).toEqual(await voxels(await fdk(A, projections, { nonNegative: true })));
  A.dispose();
});

test.each<[string, number, AutoOptions, number, RegExp]>([
  ["23 views", 23, {}, 360, /23 views are few, FDK would need 24/],
  ["60 views over 150 degrees", 60, {}, 150, /cover 15\d degrees only/],
  ["an upper bound", 24, { upper: 2 }, 360, /FDK cannot heed upper/],
])("%s ask for auto-tv", async (_what, views, options, range, why) => {
  expect(await chosen(views, options, range)).toMatchObject({ method: "auto-tv", why: expect.stringMatching(why) });
});

test("rays are weighted where a mean pixel counts fewer than 10,000 photons, and not where it counts more", async () => {
  expect(await chosen(12, { photonsPerPixel: 5000, electronicNoise: 10 })).toMatchObject({ weighted: true });
  expect(await chosen(12, { photonsPerPixel: 1e6 })).toMatchObject({ weighted: false });
  expect(await chosen(12)).toMatchObject({ weighted: false });
});

test.each([
  ["photonsPerPixel", 0],
  ["electronicNoise", -1],
])("refuses %s = %f, and options that it does not have", async (field, value) => {
  const { A, projections } = await scan(12);
  await expect(auto(A, projections, { [field]: value })).rejects.toMatchObject({ detail: { field } });
  await expect(auto(A, projections, { lambda: 1 } as AutoOptions)).rejects.toThrow(/no option 'lambda'/);
  A.dispose();
});
