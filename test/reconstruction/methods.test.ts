/** What every iterative method keeps to: resumption, threads, constraints, stopping, refusals. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../src/backend/backend.js";
import { createBackend } from "../../src/backend/create.js";
import { createProjector } from "../../src/projector/createProjector.js";
import { type AsdPocsOptions, asdPocs } from "../../src/reconstruction/asdPocs.js";
import { autoTv } from "../../src/reconstruction/autoTv.js";
import { cgls } from "../../src/reconstruction/cgls.js";
import { type Checkpoint, holdCheckpoint } from "../../src/reconstruction/checkpoint.js";
import { fistaTv } from "../../src/reconstruction/fistaTv.js";
import { lsqr } from "../../src/reconstruction/lsqr.js";
import { mlem } from "../../src/reconstruction/mlem.js";
import { osSqs } from "../../src/reconstruction/osSqs.js";
import { ossart, sart } from "../../src/reconstruction/ossart.js";
import { pdhg } from "../../src/reconstruction/pdhg.js";
import type { IterativeOptions } from "../../src/reconstruction/runMethod.js";
import { sirt } from "../../src/reconstruction/sirt.js";
import { type TikhonovOptions, tikhonov } from "../../src/reconstruction/tikhonov.js";
import type { Reconstruct } from "../../src/reconstruction/types.js";
import type { Volume } from "../../src/volume/grid.js";
import { cube, type Problem, smallProblem, voxels } from "./gates.js";

interface Case {
  readonly method: Reconstruct<IterativeOptions>;
  /** Options that make the run interesting. */
  readonly options?: IterativeOptions & Pick<AsdPocsOptions, "epsilon"> & Pick<TikhonovOptions, "lambda">;
  /** It keeps bounds; "positive": and has no others than >= 0. */
  readonly bounds?: "any" | "positive";
}

/** Every method, with subsets where it has them. */
const METHODS: Readonly<Record<string, Case>> = {
  sirt: { method: sirt, bounds: "any" },
  sart: { method: sart, bounds: "any" },
  ossart: { method: ossart, options: { subsets: 5 }, bounds: "any" },
  "asd-pocs": { method: asdPocs, options: { epsilon: 1e-3 }, bounds: "any" },
  cgls: { method: cgls },
  lsqr: { method: lsqr },
  tikhonov: { method: tikhonov, options: { lambda: 1e-4 } },
  mlem: { method: mlem, bounds: "positive" },
  "os-sqs": { method: osSqs, options: { subsets: 2 }, bounds: "any" },
  "fista-tv": { method: fistaTv, options: { subsets: 2 }, bounds: "any" },
  pdhg: { method: pdhg, bounds: "any" },
  "auto-tv": { method: autoTv, bounds: "any" },
  "mlem with subsets": { method: mlem, options: { subsets: 5 }, bounds: "positive" },
};

const each = Object.entries(METHODS);
const bounded = each.filter(([, { bounds }]) => bounds);
const signed = each.filter(([, { bounds }]) => bounds === "any");

let backend: Backend;
let problem: Problem;
/** The same with 1 and 5 threads. */
let otherThreads: readonly Problem[];

beforeAll(async () => {
  const on = async (threads: number) => smallProblem(await createBackend({ prefer: "wasm", threads }));
  problem = await on(2);
  backend = problem.A.backend;
  otherThreads = [await on(1), await on(5)];
});

afterAll(async () => {
  for (const { A } of [problem, ...otherThreads]) {
    A.dispose();
    expect(A.backend.liveBytes).toBe(0);
    await A.backend[Symbol.asyncDispose]();
  }
});

describe.each(each)("%s", (_name, { method, options }) => {
  const run = (more: IterativeOptions = {}) =>
    method(problem.A, problem.projections, { tolerance: 0, iterations: 6, ...options, ...more });

  test("30 iterations are 10 + 10 + 10, bit for bit, history included", async () => {
    const stages: Checkpoint[] = [];
    const keep: IterativeOptions = {
      checkpointEvery: 10,
      onCheckpoint: async (state) => void stages.push(structuredClone(await holdCheckpoint(state))),
    };
    const whole = await run({ iterations: 30 });
    const first = await run({ iterations: 10, ...keep });
    first.volume.dispose();
    const second = await run({ iterations: 20, ...keep, resume: stages[0] });
    second.volume.dispose();
    expect(stages.map(({ iteration }) => iteration)).toEqual([10, 20]);
    const third = await run({ iterations: 30, resume: stages[1] });
    const figures = ({ history }: typeof whole) => history.map(({ seconds: _, ...rest }) => rest);
    expect(figures(third)).toEqual(figures(whole));
    expect(await voxels(third)).toEqual(await voxels(whole));
  });

  test("1, 2 and 5 threads give the same bytes", async () => {
    const expected = await voxels(await run());
    for (const other of otherThreads) {
      const { A, projections } = other;
      const found = await voxels(await method(A, projections, { tolerance: 0, iterations: 6, ...options }));
      expect(found).toEqual(expected);
    }
  });

  test("outside the mask voxels stay 0, inside they do not", async () => {
    const mask: Volume = { quantity: "unknown", grid: problem.A.grid, values: new Uint8Array(512).fill(1, 256) };
    const values = await voxels(await run({ mask, start: problem.truth }));
    expect(values.subarray(0, 256).every((v) => v === 0)).toBe(true);
    expect(values.subarray(256).filter((v) => v !== 0).length).toBeGreaterThan(100);
  });

  test("a ray of weight 0 does not count: its value may be anything", async () => {
    const weights = new Float32Array(problem.projections.values.length).fill(2);
    const values = problem.projections.values.slice();
    for (let i = 0; i < values.length; i += 7) {
      weights[i] = 0;
      values[i] = 9;
    }
    const spoilt = await method(problem.A, { ...problem.projections, values }, { iterations: 5, ...options, weights });
    const found = await voxels(spoilt);
    expect(found).toEqual(await voxels(await run({ iterations: 5, weights })));
  });

  test("it stops where the volume rests, and where the residual is as small as the noise", async () => {
    const rest = await run({ iterations: 400, tolerance: 0.3 });
    rest.volume.dispose();
    expect(rest.stopped).toBe("tolerance");
    expect(rest.history.length).toBeLessThan(100);
    expect(rest.history.at(-1)?.change).toBeLessThan(0.3);
    const noisy = await run({ iterations: 400, noise: 0.2 });
    noisy.volume.dispose();
    expect(noisy.stopped).toBe("discrepancy");
    expect(noisy.history.at(-1)?.residual).toBeLessThanOrEqual(1.02 * 0.2);
  });

  test("abort returns the volume so far with its checkpoint; going on gives the bits of an undisturbed run", async () => {
    const controller = new AbortController();
    let checkpoint: Checkpoint | undefined;
    const aborted = await run({
      iterations: 9,
      signal: controller.signal,
      onIteration: ({ iteration }) => {
        if (iteration === 3) controller.abort();
      },
      onCheckpoint: async (state) => {
        checkpoint = await holdCheckpoint(state);
      },
    });
    aborted.volume.dispose();
    expect(aborted.stopped).toBe("aborted");
    expect(checkpoint?.iteration).toBe(4);
    const rest = await run({ iterations: 9, resume: checkpoint });
    expect(await voxels(rest)).toEqual(await voxels(await run({ iterations: 9 })));
  });

  test("progress shows volume and images; the callback can stop", async () => {
    const stopped = await run({
      onIteration: async ({ volume, image, iterations }) => {
        expect(iterations).toBe(6);
        expect((await volume()).values).toHaveLength(512);
        expect((await image()).values.length % 144).toBe(0);
        return "stop" as const;
      },
    });
    stopped.volume.dispose();
    expect(stopped.stopped).toBe("callback");
  });

  const start = () => problem.truth;
  test.each<[string, () => IterativeOptions, object]>([
    ["weights of another length", () => ({ weights: new Float32Array(3) }), { detail: { defect: "weights-mismatch" } }],
    [
      "a negative weight",
      () => ({ weights: new Float32Array(1440).fill(1).fill(-1, 7, 8) }),
      { detail: { defect: "negative-weight", index: 7 } },
    ],
    [
      "a weight that is NaN",
      () => ({ weights: new Float32Array(1440).fill(Number.NaN) }),
      { code: "NOT_FINITE", detail: { index: 0 } },
    ],
    ["weights that are all 0", () => ({ weights: new Float32Array(1440) }), { detail: { defect: "no-rays" } }],
    [
      "a mask on another grid",
      () => ({ mask: { quantity: "unknown", grid: cube(8, 2), values: new Uint8Array(512).fill(1) } }),
      { code: "SHAPE_MISMATCH", detail: { defect: "grid-mismatch", field: "mask" } },
    ],
    [
      "a mask that is 0 everywhere",
      () => ({ mask: { ...start(), values: new Uint8Array(512) } }),
      { detail: { defect: "empty-mask" } },
    ],
    [
      "a start on another grid",
      () => ({ start: { ...start(), grid: cube(8, 2) } }),
      { detail: { defect: "grid-mismatch", field: "start" } },
    ],
    [
      "a start that holds NaN",
      () => ({ start: { ...start(), values: new Float32Array(512).fill(Number.NaN, 5, 6) } }),
      { code: "NOT_FINITE", detail: { index: 5 } },
    ],
    [
      "a start in HU",
      () => ({ start: { ...start(), quantity: "hounsfield" } }),
      { detail: { defect: "wrong-quantity" } },
    ],
    ["0 iterations", () => ({ iterations: 0 }), { detail: { field: "iterations" } }],
    ["a negative tolerance", () => ({ tolerance: -1 }), { detail: { field: "tolerance" } }],
    ["an unknown option", () => ({ iteration: 3 }) as IterativeOptions, { detail: { defect: "unknown-option" } }],
  ])("refused: %s", async (_what, wrong, error) => {
    await expect(run(wrong())).rejects.toMatchObject(error);
  });

  test("data that do not fit the operator are refused, and rays that never meet the volume", async () => {
    const { A, projections } = problem;
    const short = { ...projections, views: projections.views.slice(1) };
    await expect(method(A, short)).rejects.toMatchObject({ detail: { defect: "view-count-mismatch" } });
    const cut = { ...projections, values: projections.values.slice(3) };
    await expect(method(A, cut)).rejects.toMatchObject({ detail: { defect: "truncated" } });
    const nan = { ...projections, values: projections.values.slice() };
    nan.values[200] = Number.NaN;
    await expect(method(A, nan)).rejects.toMatchObject({ code: "NOT_FINITE", detail: { index: 200 } });
    const grid = { ...A.grid, indexToWorld: A.grid.indexToWorld.map((v, i) => (i === 11 ? 50 : v)) };
    using lost = createProjector({ backend, grid, detector: A.detector, views: A.views });
    await expect(method(lost, projections, options)).rejects.toMatchObject({ detail: { defect: "volume-not-seen" } });
    using some = A.withPixels(Uint32Array.of(1, 2));
    await expect(method(some, projections)).rejects.toMatchObject({ detail: { field: "pixels" } });
  });

  test("a checkpoint of another run or method is refused", async () => {
    let checkpoint: Checkpoint | undefined;
    const onCheckpoint: IterativeOptions["onCheckpoint"] = async (state) => {
      checkpoint = await holdCheckpoint(state);
    };
    (await run({ iterations: 2, checkpointEvery: 2, onCheckpoint })).volume.dispose();
    const changed = new Float32Array(1440).fill(1).fill(2, 9);
    const defect = { detail: { defect: "wrong-checkpoint" } };
    await expect(run({ resume: checkpoint, weights: changed })).rejects.toMatchObject(defect);
    await expect(run({ resume: { ...(checkpoint as Checkpoint), method: "fit" } })).rejects.toMatchObject(defect);
  });
});

describe.each(bounded)("%s with bounds", (_name, { method, options }) => {
  test("keeps every voxel between lower and upper", async () => {
    const { A, projections } = problem;
    const box = await voxels(await method(A, projections, { ...options, iterations: 60, lower: 0.2, upper: 0.7 }));
    // 1e-7: 0.2 and 0.7 in float32
    expect(Math.min(...box)).toBeGreaterThan(0.2 - 1e-7);
    expect(Math.max(...box)).toBeLessThan(0.7 + 1e-7);
    const free = await voxels(await method(A, projections, { ...options, iterations: 60 }));
    expect(Math.min(...free)).toBeLessThan(0.1);
    expect(Math.max(...free)).toBeGreaterThan(0.8);
  });

  test("refuses a lower bound that is not below the upper one", async () => {
    const { A, projections } = problem;
    const crossed = method(A, projections, { ...options, lower: 1, upper: 0 });
    await expect(crossed).rejects.toMatchObject({ detail: { field: "lower" } });
  });
});

describe.each(signed)("%s without bounds", (_name, { method, options }) => {
  const run = (more: IterativeOptions) =>
    method(problem.A, problem.projections, { ...options, iterations: 60, ...more });

  test("keeps voxels >= 0 by default, and lets them fall below where told so", async () => {
    expect(Math.min(...(await voxels(await run({}))))).toBeGreaterThanOrEqual(0);
    expect(Math.min(...(await voxels(await run({ nonNegative: false }))))).toBeLessThan(-1e-3);
  });

  test("refuses a lower bound below 0 together with nonNegative", async () => {
    await expect(run({ lower: -1, nonNegative: true })).rejects.toMatchObject({
      detail: { defect: "contradictory-options" },
    });
  });
});

describe.each(each.filter(([, { bounds }]) => !bounds))("%s, which knows no bounds,", (name, { method }) => {
  test.each([{ lower: 0 }, { upper: 1 }, { nonNegative: true }, { subsets: 2 }])("refuses %o", async (wrong) => {
    const refused = method(problem.A, problem.projections, wrong);
    await expect(refused).rejects.toMatchObject({ detail: { defect: "unsuitable-option" } });
    await expect(refused).rejects.toThrow(name);
  });
});
