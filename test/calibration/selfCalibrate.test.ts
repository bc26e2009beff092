import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../src/backend/backend.js";
import { createBackend } from "../../src/backend/index.js";
import {
  alignViews,
  moveView,
  reprojectionError,
  type SelfCalibrationOptions,
  selfCalibrate,
} from "../../src/calibration/index.js";
import { motionAbout } from "../../src/calibration/viewMotion.js";
import { isTomogradError } from "../../src/core/errors.js";
import { transformView, type View } from "../../src/geometry/index.js";
import { innerCorners, type Projections } from "../../src/volume/index.js";
import { believed, believedParallel, detector, disturbed, grid, pivot, scanned } from "./scene.js";

const points = innerCorners(grid);
const errorOf = (views: readonly View[], actual: readonly View[]) =>
  reprojectionError(alignViews(views, actual, points).views, actual, points);

let backend: Backend;
beforeAll(async () => {
  backend = await createBackend({ prefer: "wasm", threads: 1 });
});
afterAll(async () => {
  expect(backend.liveBytes).toBe(0);
  await backend[Symbol.asyncDispose]();
});

/** Runs, and frees the volume. */
async function calibrated(options: Omit<SelfCalibrationOptions, "backend" | "grid">) {
  const found = await selfCalibrate({ backend, grid, ...options });
  found.volume.dispose();
  return found;
}

describe("alignViews", () => {
  test("finds the motion that moved all views, to 1e-9 mm", () => {
    const motion = motionAbout([3, 4, 5], [0.02, -0.03, 0.05], [3, -2, 4]);
    const moved = believed.views.map((view) => transformView(view, motion));
    expect(reprojectionError(moved, believed.views, points).mean).toBeGreaterThan(1);
    expect(errorOf(moved, believed.views)).toEqual({
      mean: expect.closeTo(0, 9),
      largest: expect.closeTo(0, 9),
      depth: expect.closeTo(0, 9),
    });
  });

  test("one shift of 1 mm along the columns is seen magnified, and none of it in depth", () => {
    const [view] = believed.views;
    const found = reprojectionError([moveView(view, { shiftU: 1 }, pivot)], [view], [pivot]);
    expect(found).toEqual({
      mean: expect.closeTo(1.25, 9),
      largest: expect.closeTo(1.25, 9),
      depth: expect.closeTo(0, 9),
    });
    const deeper = reprojectionError([moveView(view, { shiftDepth: 1 }, pivot)], [view], [pivot]);
    expect(deeper).toEqual({ mean: expect.closeTo(0, 9), largest: expect.closeTo(0, 9), depth: expect.closeTo(1, 9) });
  });

  test("refuses points on a line, and views that do not pair", () => {
    const line = [0, 1, 2].map((x) => [x, x, x] as const);
    expect(() => alignViews(believed.views, believed.views, line)).toThrow(/do not fix a rigid motion/);
    expect(() => reprojectionError(believed.views.slice(1), believed.views, points)).toThrow(/23 and 24/);
  });
});

describe("selfCalibrate", () => {
  const actual = disturbed(believed.views, 1, 0.6);
  let projections: Projections;
  beforeAll(async () => {
    projections = await scanned(backend, actual);
  });

  test("brings errors of 1 mm and 0.6 degrees in every view down tenfold, and leaves no memory", async () => {
    const before = errorOf(believed.views, actual);
    const { views, history, corrections } = await calibrated({ projections, iterations: 8, tolerance: 0 });
    const after = errorOf(views, actual);
    expect(after.mean).toBeLessThan(before.mean / 10);
    expect(after.depth).toBeLessThan(before.depth);
    expect(history.at(-1)!.residual).toBeLessThan(history[0].residual / 2.5);
    expect(corrections).toHaveLength(24);
    expect(corrections[0]).toHaveProperty("roll");
  });

  test("gives the same bits again, and those of a longer run that the callback stops", async () => {
    const [two, stopped] = [
      await calibrated({ projections, iterations: 2 }),
      await calibrated({
        projections,
        iterations: 7,
        onIteration: ({ iteration }) => (iteration === 1 ? "stop" : undefined),
      }),
    ];
    expect(two.stopped).toBe("iterations");
    expect(stopped.stopped).toBe("callback");
    expect(stopped.views).toEqual(two.views);
  });

  test("an abort returns what there is: the views as they were believed to be, if it comes at once", async () => {
    const controller = new AbortController();
    controller.abort();
    const { stopped, views, history } = await calibrated({ projections, signal: controller.signal });
    expect({ stopped, history }).toEqual({ stopped: "aborted", history: [] });
    expect(views).toEqual(believed.views);
  });

  test("a true geometry stays within 0.05 mm, a hundredth of a voxel", async () => {
    const { views } = await calibrated({ projections: await scanned(backend, believed.views), iterations: 3 });
    expect(errorOf(views, believed.views).mean).toBeLessThan(0.05);
  });

  test("a detector that lies 3 mm off in all views is found to 0.1 mm, and nothing else moves", async () => {
    const off = believed.views.map((view) => moveView(view, { offsetU: 3 }, pivot));
    const { common, corrections, views } = await calibrated({
      projections: await scanned(backend, off),
      parameters: [],
      common: ["offsetU"],
    });
    expect(common.offsetU).toBeGreaterThan(2.9);
    expect(common.offsetU).toBeLessThan(3.1);
    expect(corrections[5]).toEqual({});
    expect(reprojectionError(views, off, points).mean).toBeLessThan(0.1);
  });

  test("two levels bring errors of more than a voxel to under a tenth", async () => {
    const far = disturbed(believed.views, 6, 2);
    const { views, history } = await calibrated({
      projections: await scanned(backend, far),
      levels: 2,
      iterations: 8,
      expectedShift: 3,
    });
    expect(new Set(history.map(({ level }) => level))).toEqual(new Set([1, 0]));
    expect(errorOf(views, far).mean).toBeLessThan(errorOf(believed.views, far).mean / 10);
  });

  test("shifts of a parallel beam are found too", async () => {
    const off = believedParallel.views.map((view, n) =>
      moveView(view, { shiftU: Math.sin(7 * n), shiftV: Math.cos(5 * n) }, pivot),
    );
    const { views, corrections } = await calibrated({
      projections: await scanned(backend, off, believedParallel),
      parameters: ["shiftU", "shiftV"],
    });
    expect(Object.keys(corrections[0])).toEqual(["shiftU", "shiftV"]);
    expect(errorOf(views, off).mean).toBeLessThan(errorOf(believedParallel.views, off).mean / 8);
  });

  const refusal = async (change: object): Promise<{ code: string; field?: unknown; defect?: string }> => {
    try {
      (await selfCalibrate({ backend, grid, projections, ...change })).volume.dispose();
    } catch (error) {
      if (isTomogradError(error)) return { code: error.code, ...error.detail };
      throw error;
    }
    return { code: "none" };
  };

  test.each([
    ["an unknown option", { parameter: "all" }, { defect: "unknown-option" }],
    ["an unknown number", { parameters: ["tilt"] }, { field: "parameters" }],
    ["a number listed twice", { parameters: ["roll", "roll"] }, { field: "parameters" }],
    ["nothing free", { parameters: [] }, { defect: "nothing-free" }],
    ["no round", { iterations: 0 }, { field: "iterations" }],
    ["a deviation of 0", { expectedShift: 0 }, { field: "expectedShift" }],
    ["too many levels", { levels: 3 }, { field: "levels" }],
  ])("refuses %s", async (_, change, expected) => {
    expect(await refusal(change)).toMatchObject({ code: "INVALID_ARGUMENT", ...expected });
  });

  test("refuses projections that are short, blank, not finite or of one view; and depth of a parallel beam", async () => {
    const { values } = projections;
    const blank = { ...projections, values: new Float32Array(values.length) };
    const broken = { ...projections, values: Float32Array.from(values, (p, i) => (i === 7 ? Number.NaN : p)) };
    const short = { ...projections, values: values.slice(1) };
    const one = { ...projections, views: believed.views.slice(0, 1), values: values.slice(0, detector.rows ** 2) };
    expect(await refusal({ projections: blank })).toMatchObject({ code: "INVALID_ARGUMENT", defect: "no-signal" });
    expect(await refusal({ projections: broken })).toMatchObject({ code: "NOT_FINITE", index: 7 });
    expect(await refusal({ projections: short })).toMatchObject({ code: "SHAPE_MISMATCH", defect: "truncated" });
    expect(await refusal({ projections: one })).toMatchObject({ code: "INVALID_GEOMETRY", field: "views" });
    const parallel = { ...projections, views: believedParallel.views };
    expect(await refusal({ projections: parallel, parameters: ["shiftDepth"] })).toMatchObject({ field: "parameters" });
    expect(await refusal({ projections: parallel, common: ["sdd"] })).toMatchObject({ field: "common" });
  });
});
