import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../src/backend/backend.js";
import { createBackend } from "../../src/backend/create.js";
import { inverseAffine, multiply4 } from "../../src/core/linear.js";
import { cArmView, transformView } from "../../src/geometry/index.js";
import {
  createVolumePyramid,
  registerEach,
  registerViews,
  type VolumePyramid,
  type XRay,
} from "../../src/registration/index.js";
import { armAt, detector, meanTargetError, moved, volume, xraysFrom } from "./patient.js";

let backend: Backend;
let pyramid: VolumePyramid;
beforeAll(async () => {
  backend = await createBackend();
  pyramid = createVolumePyramid(backend, volume);
});
afterAll(async () => {
  pyramid.dispose();
  const left = backend.liveBytes;
  await backend[Symbol.asyncDispose]();
  expect(left).toBe(0);
});

const error = moved([12, -9, 14], [15, -12, 10]);
const single = xraysFrom([armAt(15)], error);
const biplane = xraysFrom([armAt(15), armAt(105)], error);

describe("exact X-rays of a body, rendered from 4.5 mm voxels of it", () => {
  test.each([
    ["one X-ray", 2, single],
    ["two X-rays", 0.7, biplane],
  ] as const)("from 21 degrees and 22 mm away, %s: mean target error below %f mm", async (_, tolerance, xrays) => {
    const result = await registerViews({ volume: pyramid, xrays, recipe: "one-start" });
    expect(meanTargetError(multiply4(result.motion, error))).toBeLessThan(tolerance);
    expect(result.verdict).toBe("certain");
    expect(result.stopped).toBe("converged");
    expect(result.share).toBeGreaterThan(0.5);
    const scores = result.trace.filter(({ rows }) => rows === 64).map(({ score }) => score);
    expect(scores.at(-1)).toBe(result.score);
  });

  test("from 60 degrees away one start fails, many find the pose", async () => {
    const far = moved([-60, 35, 20], [20, -15, 25]);
    const xrays = xraysFrom([armAt(15), armAt(105)], far);
    const search = { rotationDeg: 60, translation: 30 };
    const many = await registerViews({ volume: pyramid, xrays, search, recipe: "multi-start" });
    expect(meanTargetError(multiply4(many.motion, far))).toBeLessThan(0.7);
    const one = await registerViews({ volume: pyramid, xrays, search, recipe: "one-start" });
    expect(meanTargetError(multiply4(one.motion, far))).toBeGreaterThan(10);
    expect(many.score).toBeGreaterThan(one.score + 0.1);
  });

  test("two X-rays whose relative pose is 10 mm wrong end in doubt, and the reason says so", async () => {
    const [first, second] = biplane;
    const shifted = { ...second, view: transformView(second.view, moved([0, 0, 0], [0, 7, 7])) };
    const result = await registerViews({ volume: pyramid, xrays: [first, shifted] });
    expect(result.verdict).toBe("doubtful");
    expect(result.reasons.join()).toMatch(/relative pose/);
    const right = await registerViews({ volume: pyramid, xrays: biplane });
    expect(right.evidence.disagreement).toBeLessThan(0.5 * (result.evidence.disagreement ?? 0));
    expect(right.verdict).toBe("certain");
  });

  test("`start` moves all X-rays together before the search", async () => {
    const start = moved([10, 0, 0], [0, 5, 0]);
    const near = moved([2, 1, -2], [3, 2, 1]);
    const xrays = xraysFrom([armAt(15), armAt(105)], near);
    const result = await registerViews({ volume: pyramid, xrays, start, recipe: "one-start" });
    expect(result.trace[0].motions[0]).toEqual(start);
    expect(meanTargetError(multiply4(result.motion, near))).toBeLessThan(0.7);
  });

  test("the search box lies about `start`, however far that is from the views given", async () => {
    const far = moved([70, 0, 0], [0, 60, 40]);
    const near = moved([2, 1, -2], [3, 2, 1]);
    const xrays = xraysFrom([armAt(15), armAt(105)], multiply4(near, far));
    const start = inverseAffine(far);
    const search = { rotationDeg: 5, translation: 6 };
    const result = await registerViews({ volume: pyramid, xrays, start, search, recipe: "one-start" });
    expect(meanTargetError(multiply4(result.motion, multiply4(near, far)))).toBeLessThan(0.7);
  });

  test("the views found are those given, moved by the motion found", async () => {
    const { views, motion } = await registerViews({ volume: pyramid, xrays: single, recipe: "one-start" });
    const truth = armAt(15);
    views[0].firstPixel.forEach((value, axis) => {
      expect(Math.abs(value - truth.firstPixel[axis])).toBeLessThan(5);
    });
    expect(motion.slice(12)).toEqual([0, 0, 0, 1]);
  });

  test("gain and offset of the X-rays change nothing", async () => {
    const plain = await registerViews({ volume: pyramid, xrays: single, recipe: "one-start" });
    const scaled = single.map((xray) => ({ ...xray, values: xray.values.map((value) => 250 * value - 40) }));
    const other = await registerViews({ volume: pyramid, xrays: scaled, recipe: "one-start" });
    other.motion.forEach((value, i) => {
      expect(value).toBeCloseTo(plain.motion[i], 2);
    });
  });

  test("a plain volume gives what its pyramid gives, on any number of threads", async () => {
    const plain = await registerViews({ volume: pyramid, xrays: single, recipe: "one-start" });
    const before = backend.liveBytes;
    const own = await registerViews({ backend, volume, xrays: single, recipe: "one-start" });
    expect(own.motion).toEqual(plain.motion);
    expect(backend.liveBytes).toBe(before);
    await using alone = await createBackend({ prefer: "wasm", threads: 1 });
    const onOne = await registerViews({ backend: alone, volume, xrays: single, recipe: "one-start" });
    expect(onOne.motion).toEqual(plain.motion);
  });
});

describe("X-rays whose poses to each other are not known", () => {
  const other = moved([-8, 5, -6], [-10, 9, 12]);
  const apart = [...single, ...xraysFrom([armAt(100)], other)];

  test("each finds its own pose, as it does by itself", async () => {
    const told = new Set<number>();
    const onIteration = (_: unknown, xray: number) => void told.add(xray);
    const each = await registerEach({ volume: pyramid, xrays: apart, recipe: "one-start", onIteration });
    expect([...told]).toEqual([0, 1]);
    [error, other].forEach((wrong, i) => {
      // alone an X-ray holds its depth to about half a voxel of 4.5 mm
      expect(meanTargetError(multiply4(each[i].motion, wrong))).toBeLessThan(3);
    });
    const alone = await registerViews({ volume: pyramid, xrays: [apart[1]], recipe: "one-start" });
    expect(each[1].motion).toEqual(alone.motion);
    const together = await registerViews({ volume: pyramid, xrays: apart, recipe: "one-start" });
    expect(together.verdict).toBe("doubtful");
    for (const { score } of each) expect(score).toBeGreaterThan(together.score + 0.1);
  });

  test("a plain volume leaves nothing on the backend; no X-ray and unknown options are refused", async () => {
    const before = backend.liveBytes;
    const each = await registerEach({ backend, volume, xrays: single, recipe: "one-start", onIteration: () => "stop" });
    expect(each.map(({ stopped }) => stopped)).toEqual(["callback"]);
    expect(backend.liveBytes).toBe(before);
    await expect(registerEach({ volume: pyramid, xrays: [] })).rejects.toMatchObject({
      detail: { defect: "no-xrays" },
    });
    const misspelt = { volume: pyramid, xrays: single, serch: 3 };
    await expect(registerEach(misspelt)).rejects.toMatchObject({ detail: { defect: "unknown-option" } });
  });
});

describe("what of an X-ray counts", () => {
  // the shadow of a collimator over a third of the image, and a metal bar with dead pixels
  const shaded = single.map((xray) => {
    const mask = new Uint8Array(64 * 64).fill(1);
    const values = xray.values.map((value, i) => {
      const [row, column] = [Math.floor(i / 64), i % 64];
      const shadow = column < 12 || row < 6 || row >= 60;
      const bar = column >= 30 && column < 34;
      if (shadow || bar) mask[i] = 0;
      if (shadow) return -1 - 0.1 * column;
      return bar ? (row % 9 === 0 ? Number.NaN : 9) : value;
    });
    return { ...xray, values, mask };
  });

  test("what a mask leaves out does not matter: 2 mm as without shadow and metal", async () => {
    const result = await registerViews({ volume: pyramid, xrays: shaded, recipe: "one-start" });
    expect(meanTargetError(multiply4(result.motion, error))).toBeLessThan(2);
    expect(result.verdict).toBe("certain");
    const seen = shaded.map(({ mask: _, ...xray }) => ({
      ...xray,
      values: xray.values.map((value) => (Number.isNaN(value) ? 9 : value)),
    }));
    const blind = await registerViews({ volume: pyramid, xrays: seen, recipe: "one-start" });
    expect(meanTargetError(multiply4(blind.motion, error))).toBeGreaterThan(4);
  });

  test("half of the pixels do not hold the pose better than all of them", async () => {
    const [xray] = single;
    // Squares that no crop could leave out, wide against the windows of the similarity.
    const mask = Uint8Array.from(xray.values, (_, i) => (Math.floor(i / 64 / 16) + Math.floor((i % 64) / 16) + 1) % 2);
    const options = { volume: pyramid, recipe: "one-start" as const, mask: "none" as const };
    const whole = await registerViews({ ...options, xrays: [xray] });
    const half = await registerViews({ ...options, xrays: [{ ...xray, mask }] });
    expect(half.evidence.spread).toBeGreaterThan(whole.evidence.spread);
  });

  test("a mask of ones changes nothing", async () => {
    const ones = single.map((xray) => ({ ...xray, mask: new Uint8Array(64 * 64).fill(1) }));
    const [plain, masked] = [
      await registerViews({ volume: pyramid, xrays: single, recipe: "one-start" }),
      await registerViews({ volume: pyramid, xrays: ones, recipe: "one-start" }),
    ];
    expect(masked.motion).toEqual(plain.motion);
    expect(masked.share).toBe(plain.share);
  });

  test("two detectors of other sizes and pixels: 0.7 mm as two alike", async () => {
    const wide = { rows: 48, columns: 80, pixelSize: [4, 6] as const };
    const lateral = cArmView({ detector: wide, sdd: 1100, rotationDeg: [105, 0, 0], translation: [0, 900, 0] });
    const xrays = [...xraysFrom([armAt(15)], error), ...xraysFrom([lateral], error, wide)];
    const result = await registerViews({ volume: pyramid, xrays, recipe: "one-start" });
    expect(meanTargetError(multiply4(result.motion, error))).toBeLessThan(0.7);
    expect(result.verdict).toBe("certain");
    expect(result.trace.at(-1)).toMatchObject({ rows: 64, columns: 80 });
  });
});

describe("a search can be watched and ended", () => {
  test("rounds are told in order, and 'stop' ends the search where it is", async () => {
    const told: number[] = [];
    const result = await registerViews({
      ...{ volume: pyramid, xrays: single, recipe: "multi-start" },
      onIteration: ({ iteration }) => {
        told.push(iteration);
        return iteration === 2 ? "stop" : undefined;
      },
    });
    expect(told).toEqual([0, 1, 2]);
    expect(result.stopped).toBe("callback");
    expect(result.verdict).toBe("doubtful");
  });

  test("a signal ends it with ABORTED, and nothing is left on the backend", async () => {
    const controller = new AbortController();
    const before = backend.liveBytes;
    const run = registerViews({
      ...{ volume: pyramid, xrays: single, signal: controller.signal },
      onIteration: () => controller.abort(),
    });
    await expect(run).rejects.toMatchObject({ code: "ABORTED" });
    expect(backend.liveBytes).toBe(before);
  });
});

test("images of one row hold no pose: in doubt, and the reasons have numbers or none", async () => {
  const row = { rows: 1, columns: 64, pixelSize: [5, 5] as const };
  const line = cArmView({ detector: row, sdd: 1020, rotationDeg: [15, 0, 0], translation: [0, 850, 0] });
  const result = await registerViews({ volume: pyramid, xrays: xraysFrom([line], error, row), recipe: "one-start" });
  expect(result.verdict).toBe("doubtful");
  expect(result.reasons.join()).toMatch(/do not hold the pose/);
  expect(result.reasons.join()).not.toMatch(/Infinity|NaN/);
});

describe("what cannot be registered is refused by name", () => {
  const change = (fields: Partial<XRay>): XRay[] => [{ ...single[0], ...fields }];
  const withPixel = (value: number) => {
    const values = single[0].values.slice();
    values[65] = value;
    return values;
  };
  const aside = { ...armAt(15), source: [5000, 0, 0] as const, firstPixel: [5000, 2000, 0] as const };

  const { columnStep, rowStep, firstPixel } = armAt(15);
  const parallel = { beam: "parallel", direction: [0, -1, 0], firstPixel, columnStep, rowStep } as const;

  test.each([
    ["no X-ray", [], "no-xrays"],
    ["an X-ray of another size", change({ values: single[0].values.slice(64) }), "length"],
    [
      "an X-ray of another spacing",
      change({ detector: { ...detector, pixelSize: [4, 5] } }),
      "inconsistent-pixel-size",
    ],
    ["a constant X-ray", change({ values: new Float32Array(64 * 64).fill(7) }), "constant-image"],
    ["a pixel that is NaN", change({ values: withPixel(Number.NaN) }), "not-finite"],
    ["a view that sees nothing", change({ view: aside }), "volume-not-seen"],
    ["a mask of another size", change({ mask: new Uint8Array(64).fill(1) }), "length"],
    ["a mask that leaves nothing", change({ mask: new Uint8Array(64 * 64) }), "empty-mask"],
    ["cone and parallel beams", [single[0], change({ view: parallel })[0]], "mixed-beams"],
  ] as const)("%s", async (_, xrays, defect) => {
    await expect(registerViews({ volume: pyramid, xrays })).rejects.toMatchObject({ detail: { defect } });
  });

  test("Hounsfield units, a search box of nothing, a volume without a backend, unknown options", async () => {
    const hounsfield = { ...volume, quantity: "hounsfield" as const };
    await expect(registerViews({ backend, volume: hounsfield, xrays: single })).rejects.toMatchObject({
      detail: { defect: "wrong-quantity" },
    });
    const search = { rotationDeg: 0, translation: 30 };
    await expect(registerViews({ volume: pyramid, xrays: single, search })).rejects.toMatchObject({
      detail: { defect: "out-of-range", field: "search.rotationDeg" },
    });
    await expect(registerViews({ volume, xrays: single })).rejects.toMatchObject({ detail: { defect: "no-backend" } });
    const misspelt = { volume: pyramid, xrays: single, serch: search };
    await expect(registerViews(misspelt)).rejects.toMatchObject({ detail: { defect: "unknown-option" } });
  });

  const turned = moved([10, 0, 0], [0, 5, 0]);
  test.each([
    ["a recipe of another name", { recipe: "many" }, "out-of-range", /'auto' or 'one-start' or 'multi-start'/],
    ["a mask of another name", { mask: "cut-face" }, "out-of-range", /found mask = 'cut-face'/],
    ["intrinsics of another name", { refine: ["sdd", "focus"] }, "out-of-range", /'sdd' or 'principalPoint'/],
    ["a seed that is no whole number", { seed: Number.NaN }, "out-of-range", /found seed = NaN/],
    ["an isocenter that is not finite", { isocenter: [0, Number.NaN, 0] }, "out-of-range", /isocenter = \[0,NaN,0\]/],
    ["a start that scales", { start: turned.map((value) => 2 * value) }, "not-a-rotation", /must be a rotation/],
    ["a start with another last row", { start: turned.with(12, 0.1) }, "not-affine", /0\.1,0,0,1/],
    ["a start that is NaN", { start: turned.with(3, Number.NaN) }, undefined, /16 finite numbers/],
  ] as const)("%s", async (_, wrong, defect, message) => {
    const options = { volume: pyramid, xrays: single, ...(wrong as object) };
    const error = await registerViews(options).catch((thrown) => thrown);
    expect(error.message).toMatch(message);
    expect(error.detail.defect).toBe(defect);
  });
});
