import { afterAll, beforeAll, expect, test } from "vitest";
import type { Backend } from "../../src/backend/backend.js";
import { createBackend } from "../../src/backend/create.js";
import { createRandom } from "../../src/core/random.js";
import { circularTrajectory } from "../../src/geometry/index.js";
import { toDevice, toHost } from "../../src/projector/arrays.js";
import { createProjector, type ProjectorOptions } from "../../src/projector/createProjector.js";
import type { Projector } from "../../src/projector/types.js";
import { type Checkpoint, holdCheckpoint } from "../../src/reconstruction/checkpoint.js";
import { type FitOptions, fit as fitVolume } from "../../src/reconstruction/fit.js";
import type { Grid, Projections, Volume } from "../../src/volume/grid.js";

const n = 10;
const grid: Grid = {
  size: [n, n, n],
  indexToWorld: [4, 0, 0, -18, 0, 4, 0, -18, 0, 0, 4, -18, 0, 0, 0, 1],
};
const truth: Volume = { quantity: "attenuation", grid, values: new Float32Array(n ** 3) };
const random = createRandom(5);
for (let i = 0; i < n ** 3; i++) truth.values[i] = 0.02 * random.uniform();

let backend: Backend;
let A: Projector;
let projections: Projections;

beforeAll(async () => {
  backend = await createBackend({ prefer: "reference" });
  const { detector, views } = circularTrajectory({
    detector: { rows: 12, columns: 14, pixelSize: [6, 6] },
    sid: 300,
    sdd: 400,
    views: 6,
  });
  A = createProjector({ backend, grid, detector, views });
  using device = toDevice(backend, truth);
  using image = A.apply(device);
  projections = await toHost(image);
});

afterAll(async () => {
  A.dispose();
  expect(backend.liveBytes).toBe(0);
  await backend[Symbol.asyncDispose]();
});

/** Runs and returns the voxels and the losses. */
async function run(options: FitOptions) {
  const result = await fitVolume(A, projections, options);
  using volume = result.volume;
  return { ...result, values: (await toHost(volume)).values, losses: result.history.map(({ value }) => value) };
}

test("the loss falls by more than 100 in 60 steps of Adam from zeros", async () => {
  const { losses, stopped } = await run({ iterations: 60 });
  expect(stopped).toBe("iterations");
  expect(losses[0] / losses[59]).toBeGreaterThan(100);
});

test("with 3 ordered subsets, the loss of a step is that of its two views", async () => {
  const { losses } = await run({ iterations: 3, subsets: 3, learningRate: 1e-12 });
  const pixels = 12 * 14;
  const squares = Array.from({ length: 6 }, (_, view) =>
    Array.from(projections.values.subarray(view * pixels, (view + 1) * pixels)).reduce((sum, p) => sum + p * p, 0),
  );
  // order of the subsets: 0, 2, 1; 1e-9: the volume has moved by 1e-12 per step
  for (const [i, m] of [0, 2, 1].entries())
    expect(losses[i]).toBeCloseTo((squares[m] + squares[m + 3]) / (2 * pixels), 9);
});

test.each<[string, FitOptions]>([
  ["Adam with 2 subsets", { subsets: 2 }],
  ["SGD with momentum", { optimizer: "sgd", momentum: 0.9, learningRate: 1e-5 }],
  ["a fifth of the rays, redrawn", { rayFraction: 0.2, seed: 7 }],
])("%s: 4 + 5 steps by checkpoint give the same bits as 9", async (_name, options) => {
  let checkpoint: Checkpoint | undefined;
  const whole = await run({
    ...options,
    iterations: 9,
    checkpointEvery: 4,
    onCheckpoint: async (state) => {
      checkpoint ??= structuredClone(await holdCheckpoint(state));
    },
  });
  expect(checkpoint?.iteration).toBe(4);
  const rest = await run({ ...options, iterations: 9, resume: checkpoint });
  expect(rest.values).toEqual(whole.values);
  expect(rest.losses).toEqual(whole.losses);
});

test("a checkpoint of another run is refused", async () => {
  let checkpoint: Checkpoint | undefined;
  await run({
    iterations: 3,
    checkpointEvery: 2,
    onCheckpoint: async (state) => {
      checkpoint = await holdCheckpoint(state);
    },
  });
  await expect(run({ iterations: 4, resume: checkpoint })).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
    detail: { defect: "wrong-checkpoint" },
  });
});

test("abort returns the volume so far and its checkpoint", async () => {
  const controller = new AbortController();
  let checkpoint: Checkpoint | undefined;
  const { stopped, history } = await run({
    iterations: 50,
    signal: controller.signal,
    onIteration: ({ iteration }) => {
      if (iteration === 4) controller.abort();
    },
    onCheckpoint: async (state) => {
      checkpoint = await holdCheckpoint(state);
    },
  });
  expect(stopped).toBe("aborted");
  expect(history).toHaveLength(5);
  expect(checkpoint?.iteration).toBe(5);
});

test("the callback stops the run and sees images and volume", async () => {
  let pixels = 0;
  const { stopped, history } = await run({
    iterations: 50,
    onIteration: async ({ iteration, image, volume }) => {
      pixels = (await image()).values.length;
      expect((await volume()).values).toHaveLength(n ** 3);
      return iteration === 2 ? "stop" : undefined;
    },
  });
  expect(stopped).toBe("callback");
  expect(history).toHaveLength(3);
  expect(pixels).toBe(6 * 12 * 14);
});

test("with rayFraction the loss is the mean over the drawn pixels alone", async () => {
  const { losses } = await run({ iterations: 40, rayFraction: 0.25, learningRate: 1e-12, decay: "none" });
  const whole = Array.from(projections.values).reduce((sum, p) => sum + p * p, 0) / projections.values.length;
  const mean = losses.reduce((sum, v) => sum + v, 0) / losses.length;
  // 40 draws of 42 of 168 pixels: their mean is within 10 % of the mean of all
  expect(Math.abs(mean / whole - 1)).toBeLessThan(0.1);
});

test("L1, total variation and a start of one's own all lower the loss", async () => {
  for (const options of [
    { loss: "l1" },
    { totalVariation: { weight: 1e-3, delta: 1e-4 } },
    { start: { ...truth, values: truth.values.map((v) => 0.5 * v) } },
  ] as FitOptions[]) {
    const { losses } = await run({ ...options, iterations: 30 });
    expect(losses[29]).toBeLessThan(0.3 * losses[0]);
  }
});

test("voxels stay >= 0 unless told otherwise, also where the data ask for less", async () => {
  const negative = { ...projections, values: projections.values.map((p) => -p) };
  for (const nonNegative of [undefined, false]) {
    const { volume } = await fitVolume(A, negative, { iterations: 5, learningRate: 1e-3, nonNegative });
    const lowest = Math.min(...(await toHost(volume)).values);
    volume.dispose();
    if (nonNegative === false) expect(lowest).toBeLessThan(-1e-3);
    else expect(lowest).toBe(0);
  }
});

test.each<[string, Partial<ProjectorOptions>]>([
  ["extent", { extent: "line" }],
  ["voxel shift", { voxelShift: 0 }],
  ["model", { model: "joseph" }],
])("a checkpoint of an operator with another %s is refused", async (_name, change) => {
  let checkpoint: Checkpoint | undefined;
  await run({
    iterations: 3,
    learningRate: 1e-3,
    checkpointEvery: 2,
    onCheckpoint: async (state) => {
      checkpoint = await holdCheckpoint(state);
    },
  });
  using other = createProjector({ backend, grid, detector: A.detector, views: A.views, ...change });
  await expect(
    fitVolume(other, projections, { iterations: 3, learningRate: 1e-3, resume: checkpoint }),
  ).rejects.toMatchObject({ detail: { defect: "wrong-checkpoint" } });
});

test("a start in HU and an operator of some pixels are refused", async () => {
  await expect(run({ start: { ...truth, quantity: "hounsfield" } })).rejects.toMatchObject({
    detail: { defect: "wrong-quantity" },
  });
  using some = A.withPixels(Uint32Array.of(1, 2, 3));
  await expect(fitVolume(some, projections)).rejects.toMatchObject({ detail: { field: "pixels" } });
});

test("runs that are too short are warned of with the default settings, a long one is not", async () => {
  const defects = async (iterations: number) => (await run({ iterations })).warnings.map(({ defect }) => defect);
  expect(await defects(5)).toEqual(["loss-not-flat"]);
  expect(await defects(20)).toEqual(["loss-not-flat"]);
  expect(await defects(600)).toEqual([]);
});

test("a loss that still falls is warned of", async () => {
  const { warnings } = await run({ iterations: 16, learningRate: 4e-4, decay: "none" });
  expect(warnings.map(({ defect }) => defect)).toEqual(["loss-not-flat"]);
});

test("bad data and options are refused by name", async () => {
  const nan = { ...projections, values: projections.values.slice() };
  nan.values[200] = Number.NaN;
  await expect(fitVolume(A, nan)).rejects.toMatchObject({ code: "NOT_FINITE", detail: { index: 200 } });
  const short = { ...projections, views: projections.views.slice(1) };
  await expect(fitVolume(A, short)).rejects.toMatchObject({ detail: { defect: "view-count-mismatch" } });
  const cut = { ...projections, values: projections.values.slice(3) };
  await expect(fitVolume(A, cut)).rejects.toMatchObject({ detail: { defect: "truncated" } });
  await expect(fitVolume(A, projections, { iteration: 3 } as FitOptions)).rejects.toThrow(/did you mean 'iterations'/);
  await expect(fitVolume(A, projections, { subsets: 7 })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  await expect(fitVolume(A, projections, { optimizer: "sgd" })).rejects.toMatchObject({
    detail: { field: "learningRate" },
  });
});

test("a rate that diverges ends with the loss named, and nothing leaks", async () => {
  const before = backend.liveBytes;
  await expect(
    run({ iterations: 400, optimizer: "sgd", learningRate: 1e3, decay: "none", nonNegative: false }),
  ).rejects.toMatchObject({ code: "NOT_FINITE", detail: { defect: "diverged" } });
  expect(backend.liveBytes).toBe(before);
});

test("a geometry that never sees the volume is refused", async () => {
  const far: Grid = { ...grid, indexToWorld: grid.indexToWorld.map((v, i) => (i === 11 ? 5000 : v)) };
  using lost = createProjector({ backend, grid: far, detector: A.detector, views: A.views });
  await expect(fitVolume(lost, projections)).rejects.toMatchObject({ detail: { defect: "volume-not-seen" } });
});
