import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../src/backend/backend.js";
import { createWasmBackend } from "../../src/backend/wasm/index.js";
import { psnr } from "../../src/metric/host/index.js";
import { createProjector } from "../../src/projector/createProjector.js";
import { autoTv, type Checkpoint, fistaTv, holdCheckpoint, osSqs, type Run } from "../../src/reconstruction/index.js";
import type { ProximalPrior, SmoothPrior } from "../../src/regularizer/index.js";
import { sheppLogan } from "../../src/volume/phantom/sheppLogan.js";
import { blockScan } from "./fewViewScene.js";
import { cube, type Problem, relativeError, views, voxels } from "./gates.js";

let backend: Backend;
let scan: Problem;

beforeAll(async () => {
  backend = await createWasmBackend({ threads: 2 });
  scan = await blockScan(backend, { count: 25, noise: 0.02 });
});

afterAll(async () => {
  scan.A.dispose();
  expect(backend.liveBytes).toBe(0);
  await backend[Symbol.asyncDispose]();
});

const quality = async (run: Run, truth = scan.truth) => psnr(await voxels(run), truth.values, { peak: 1 });

describe("autoTv", () => {
  test("finds a weight better than 10 times more or less, without knowing the truth, and says how", async () => {
    const run = await autoTv(scan.A, scan.projections);
    const { lambda, rule, path, subsets } = run.used as {
      lambda: number;
      rule: string;
      path: object[];
      subsets: number;
    };
    expect(run.stopped).toBe("tolerance");
    expect(rule).toBe("least held-out residual");
    expect(subsets).toBe(5);
    expect(path.length).toBeGreaterThan(4);
    expect(path[0]).toEqual({ lambda: expect.any(Number), heldOut: expect.any(Number) });
    const found = await quality(run);
    const fixed = async (factor: number) =>
      quality(
        await fistaTv(scan.A, scan.projections, { lambda: factor * lambda, iterations: 60, subsets: 2, tolerance: 0 }),
      );
    const [more, less] = [await fixed(10), await fixed(0.1)];
    console.log(`auto-tv ${found.toFixed(2)} dB; 10 lambda ${more.toFixed(2)}, lambda / 10 ${less.toFixed(2)}`);
    expect(found).toBeGreaterThan(Math.max(more, less) + 1);
  });

  test("exact data of a finer object: an early iterate of the path is the result, better than the least residual's", async () => {
    const grid = cube(32);
    const head = sheppLogan({ density: 0.5, quantity: "density" });
    const truth = head.voxelize(grid);
    using A = createProjector({ backend, grid, ...views(25, 48, 0), model: "joseph" });
    const projections = head.project(views(25, 48, 0));
    const qualities: number[] = [];
    const run = await autoTv(A, projections, {
      quantity: "density",
      onIteration: async ({ figures, volume }) => {
        if (figures?.heldOut) qualities.push(psnr((await volume()).values, truth.values, { peak: 1 }));
      },
    });
    const path = (run.used as { path: { lambda: number; heldOut: number }[] }).path;
    expect(run.used.rule).toBe("model error");
    const least = path.reduce((best, { heldOut }, i) => (heldOut < path[best].heldOut ? i : best), 0);
    const chosen = path.findIndex(({ lambda }) => lambda === run.used.lambda);
    const found = await quality(run, truth);
    console.log(
      `model error: ${found.toFixed(2)} dB at stage ${chosen}; least residual ${qualities[least].toFixed(2)} at ${least}`,
    );
    expect(chosen).toBeLessThan(least);
    expect(path[chosen].heldOut).toBeLessThanOrEqual(1.15 * path[least].heldOut);
    expect(found).toBeGreaterThan(qualities[least] + 1);
  });

  test("a run that is cut anywhere, also while it polishes, ends with the bits of an undisturbed one", async () => {
    const states: Checkpoint[] = [];
    const onCheckpoint = async (state: Parameters<typeof holdCheckpoint>[0]) =>
      void states.push(await holdCheckpoint(state));
    const whole = await autoTv(scan.A, scan.projections, { checkpointEvery: 9, onCheckpoint });
    const expected = await voxels(whole);
    expect(states.length).toBeGreaterThan(2);
    for (const resume of [states[1], states[states.length - 1]]) {
      const again = await autoTv(scan.A, scan.projections, { resume: structuredClone(resume) });
      expect(again.used).toEqual(whole.used);
      expect(await voxels(again)).toEqual(expected);
    }
  });

  test("a run that is cut before it keeps its first iterate against model errors ends with the same bits", async () => {
    const { A, projections } = await blockScan(backend, { noise: 1e-4 });
    using _ = A;
    const each = projections.values.length / A.views.length;
    const values = projections.values.map((p, i) => (Math.floor(i / each) % 2 ? 1.08 * p : p));
    const states: Checkpoint[] = [];
    const run = (more: object) => autoTv(A, { ...projections, values }, more);
    const whole = await run({
      checkpointEvery: 20,
      onCheckpoint: async (state: Parameters<typeof holdCheckpoint>[0]) => {
        if (states.length < 1) states.push(await holdCheckpoint(state));
      },
    });
    expect(whole.used.rule).toBe("model error");
    expect(Object.keys(states[0].arrays).filter((name) => name.startsWith("kept"))).toHaveLength(1);
    expect(await voxels(await run({ resume: states[0] }))).toEqual(await voxels(whole));
  });

  test("with os-sqs inside it needs half the volumes and comes within 1 dB", async () => {
    const whole = await quality(await autoTv(scan.A, scan.projections));
    const small = await quality(await autoTv(scan.A, scan.projections, { solver: "os-sqs" }));
    console.log(`auto-tv: fista-tv ${whole.toFixed(2)} dB, os-sqs ${small.toFixed(2)} dB`);
    expect(Math.abs(small - whole)).toBeLessThan(1);
  });

  test("half of the columns without weight costs less than the same columns at 0", async () => {
    const { columns } = scan.A.detector;
    const weights = new Float32Array(scan.projections.values.length).map((_, i) => (i % columns < columns / 2 ? 1 : 0));
    const values = scan.projections.values.map((p, i) => p * weights[i]);
    const broken = { ...scan.projections, values };
    const ignored = await quality(await autoTv(scan.A, broken, { weights }));
    const believed = await quality(await autoTv(scan.A, broken));
    expect(ignored).toBeGreaterThan(believed + 5);
  });

  test("refuses a solver that there is not, subsets, and data without signal", async () => {
    const solver = "admm" as "os-sqs";
    await expect(autoTv(scan.A, scan.projections, { solver })).rejects.toMatchObject({ detail: { field: "solver" } });
    await expect(autoTv(scan.A, scan.projections, { subsets: 2 })).rejects.toMatchObject({
      detail: { defect: "unsuitable-option", option: "subsets" },
    });
    const dark = { ...scan.projections, values: new Float32Array(scan.projections.values.length) };
    await expect(autoTv(scan.A, dark)).rejects.toMatchObject({ detail: { defect: "no-signal" } });
  });
});

test("more subsets than momentum bears: fistaTv halves them and still converges", async () => {
  const { A, projections } = await blockScan(backend, { count: 10, noise: 0 });
  const options = { lambda: 1e-5, iterations: 200, tolerance: 0 };
  const run = await fistaTv(A, projections, { ...options, subsets: 10 });
  const last = run.history[run.history.length - 1].residual ?? Infinity;
  const steady = await fistaTv(A, projections, { ...options, subsets: 2 });
  console.log(`10 subsets became ${run.used.subsets}: residual ${last.toExponential(1)}`);
  expect(run.used.subsets).toBeLessThan(10);
  expect(relativeError(await voxels(run), await voxels(steady))).toBeLessThan(0.05);
  A.dispose();
});

describe("priors of the caller", () => {
  /** 1/2 c |x|² in both forms. */
  const c = 0.05;
  const smooth: SmoothPrior = {
    curvature: c,
    value: async (x) => {
      const out = backend.allocate({ kind: "flat", length: 1 });
      backend.run("sumSquares", { out, x: x.array });
      const sum = backend.download(out);
      out.dispose();
      return (c / 2) * (await sum)[0];
    },
    addGradient: (x, gradient) => backend.run("axpby", { a: c, x: x.array, b: 1, y: gradient.array }),
  };
  const proximal: ProximalPrior = {
    value: smooth.value,
    prox(y, { curvature, lower, upper }) {
      // D / (D + c)
      const shrink = backend.allocate(y.array.shape);
      backend.run("fill", { out: shrink, value: c });
      backend.run("axpby", { a: 1, x: curvature.array, b: 1, y: shrink });
      backend.run("reciprocalOrZero", { x: shrink, threshold: 0 });
      backend.run("multiply", { x: curvature.array, y: shrink });
      backend.run("multiply", { x: shrink, y: y.array });
      backend.run("clamp", { x: y.array, lower, upper });
      shrink.dispose();
    },
  };

  test("a gradient in osSqs and a proximal map in fistaTv give the same ridge solution, to 1e-4", async () => {
    const { A, projections } = await blockScan(backend);
    const options = { iterations: 400, subsets: 1, tolerance: 0 };
    const bySqs = await voxels(await osSqs(A, projections, { ...options, prior: smooth }));
    const byProx = await voxels(await fistaTv(A, projections, { ...options, prior: proximal }));
    expect(relativeError(bySqs, byProx)).toBeLessThan(1e-4);
    const plain = await voxels(await fistaTv(A, projections, { ...options, lambda: 0 }));
    expect(relativeError(bySqs, plain)).toBeGreaterThan(0.1);
    const both = fistaTv(A, projections, { prior: proximal, lambda: 1 });
    await expect(both).rejects.toMatchObject({ detail: { defect: "contradictory-options" } });
    A.dispose();
  });
});
