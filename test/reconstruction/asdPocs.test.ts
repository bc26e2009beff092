/** ASD-POCS on the Shepp-Logan head of 32³ voxels, 16 noisy views. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Backend } from "../../src/backend/backend.js";
import { createBackend } from "../../src/backend/create.js";
import { createProjector } from "../../src/projector/createProjector.js";
import type { Projector } from "../../src/projector/types.js";
import { asdPocs } from "../../src/reconstruction/asdPocs.js";
import { fdk } from "../../src/reconstruction/fdk.js";
import { sart } from "../../src/reconstruction/ossart.js";
import type { Projections } from "../../src/volume/grid.js";
import { sheppLogan } from "../../src/volume/phantom/sheppLogan.js";
import { cube, relativeError, simulated, views, voxels } from "./gates.js";

const grid = cube(32);
const truth = sheppLogan({ density: 0.5 }).voxelize(grid);
let backend: Backend;
let A: Projector;
let projections: Projections;

beforeAll(async () => {
  backend = await createBackend({ prefer: "wasm" });
  A = createProjector({ backend, grid, ...views(16, 64, 0), model: "joseph" });
  projections = await simulated(A, truth, 0.03, 5);
});
afterAll(async () => {
  A.dispose();
  expect(backend.liveBytes).toBe(0);
  await backend[Symbol.asyncDispose]();
});

test("ten epochs come at least 1.3 times nearer to the head than ten of SART, from which they start", async () => {
  const plain = relativeError(await voxels(await sart(A, projections, { iterations: 10 })), truth.values);
  const run = await asdPocs(A, projections);
  const found = relativeError(await voxels(run), truth.values);
  console.log(`ASD-POCS ${found.toFixed(4)}, SART ${plain.toFixed(4)}`);
  expect(found).toBeLessThan(plain / 1.3);
  expect(run.history[9].figures?.length).toBeLessThanOrEqual(run.history[0].figures?.length as number);
});

test("without steps along total variation it is SART with a relaxation of its own", async () => {
  const run = await asdPocs(A, projections, { iterations: 3, steps: 0 });
  const plain = await sart(A, projections, { iterations: 3, relaxationDecay: 0.9999 });
  expect(await voxels(run)).toEqual(await voxels(plain));
});

test("epsilon is 0.15 of the misfit of FDK unless given", async () => {
  const { volume } = await fdk(A, projections);
  const image = A.apply(volume);
  const values = await backend.download(image.array);
  for (const resource of [image, volume]) resource.dispose();
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += (values[i] - projections.values[i]) ** 2;
  const { used, ...run } = await asdPocs(A, projections, { iterations: 1 });
  run.volume.dispose();
  // float32 sums over 65536 rays
  expect(used.epsilon).toBeCloseTo(0.15 * Math.sqrt(squares), 4);
  const given = await asdPocs(A, projections, { iterations: 1, epsilon: 7 });
  given.volume.dispose();
  expect(given.used.epsilon).toBe(7);
});

test("where FDK refuses the scan, epsilon must be given", async () => {
  const order = [0, 5, 2, 9, 1, 12, 4];
  const shifted = order.map((view, i) => {
    const { beam, ...rest } = A.views[view];
    if (beam !== "cone" || !("source" in rest)) throw new Error("cone beams are meant");
    return { beam, ...rest, source: [rest.source[0], rest.source[1], 0.3 * i] as const };
  });
  using free = createProjector({ backend, grid, detector: A.detector, views: shifted, model: "joseph" });
  const data = await simulated(free, truth, 0.01, 6);
  await expect(asdPocs(free, data)).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
    detail: { defect: "no-epsilon" },
  });
  const run = await asdPocs(free, data, { epsilon: 1 });
  expect(relativeError(await voxels(run), truth.values)).toBeLessThan(0.5);
});

test.each([
  ["epsilon", -1],
  ["alpha", 0],
  ["steps", 1.5],
  ["maximumRatio", 2],
  ["reduction", 0],
  ["relaxation", 2],
  ["relaxationDecay", 1.1],
])("refuses %s = %f", async (field, value) => {
  await expect(asdPocs(A, projections, { [field]: value })).rejects.toMatchObject({ detail: { field } });
});
