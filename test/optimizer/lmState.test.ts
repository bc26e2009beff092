/** Levenberg-Marquardt: known minima, damping, limits, poses, several problems side by side. */
import { describe, expect, test } from "vitest";
import { apply3, multiply3, type Vec3 } from "../../src/core/linear.js";
import { poseToMatrix } from "../../src/geometry/pose.js";
import { levenbergMarquardt } from "../../src/optimizer/levenbergMarquardt.js";
import { type LmOptions, lmState, POSE_BLOCKS } from "../../src/optimizer/lmState.js";
import { beale, distance, leastSquares, quadratic, rosenbrock } from "./functions.js";

test.each([
  ["Rosenbrock's valley", rosenbrock, [-1.2, 1], [1, 1]],
  ["Beale's function", beale, [1, 1], [3, 0.5]],
])("finds the minimum of %s in at most 40 evaluations", async (_, f, start, minimum) => {
  const run = await levenbergMarquardt(f, start);
  expect(distance(run.x, minimum)).toBeLessThan(1e-8);
  expect(run.evaluations).toBeLessThanOrEqual(40);
  expect(run.stopped).toBe("tolerance");
});

test("a step solves (H + lambda diag(d)) s = -g with d half its own, half its block's mean diagonal", () => {
  const matrix = [4, 1, 0.5, 1, 3, 0.2, 0.5, 0.2, 20];
  const gradient = [1, -2, 3];
  const state = lmState(
    { value: 1, gradient, matrix },
    { lambda: 0.1, blocks: [{ parameters: [0, 1] }, { parameters: [2] }] },
  );
  const s = state.propose();
  const d = [0.5 * 4 + 0.5 * 3.5, 0.5 * 3 + 0.5 * 3.5, 20];
  for (let i = 0; i < 3; i++) {
    const row = [0, 1, 2].reduce((sum, j) => sum + matrix[3 * i + j] * s[j], 0.1 * d[i] * s[i]);
    expect(row).toBeCloseTo(-gradient[i], 12);
  }
});

test("lambda falls fivefold with a step that is taken, rises fivefold with one that is not; the point stays then", () => {
  const state = lmState(rosenbrock([-1.2, 1]));
  const start = state.value;
  const step = state.propose();
  expect(state.propose()).toEqual(step);
  expect(state.accept({ ...rosenbrock([9, 9]), value: start })).toBe(false);
  expect([state.lambda, state.value]).toEqual([0.05, start]);
  expect(Math.hypot(...state.propose())).toBeLessThan(Math.hypot(...step));
  expect(state.accept({ ...rosenbrock([9, 9]), value: Number.NaN })).toBe(false);
  expect(state.accept({ ...rosenbrock([1, 1]), value: start / 2 })).toBe(true);
  expect(state.lambda).toBeCloseTo(0.05, 12);
  expect(state.value).toBe(start / 2);
  expect([...state.propose()]).toEqual([0, 0]);
  expect(state.stopped).toBe("tolerance");
});

test("a step is shortened as a whole to 0.15 rad and 20 mm, and ends the run below 1e-4 rad and 0.01 mm", () => {
  const matrix = new Float64Array(36);
  for (let i = 0; i < 6; i++) matrix[7 * i] = 1;
  const at = (gradient: number[]) => lmState({ value: 1, gradient, matrix }, { blocks: POSE_BLOCKS, lambda: 1e-9 });
  const turned = at([0.3, 0, 0, 0, -4, 0]).propose();
  expect(distance(turned, [-0.15, 0, 0, 0, 2, 0])).toBeLessThan(1e-6);
  expect(distance(at([0, 0, 0.01, 30, 40, 0]).propose(), [0, 0, -0.004, -12, -16, 0])).toBeLessThan(1e-6);
  const next = { value: 0.5, gradient: [1, 1, 1, 1, 1, 1], matrix };
  const [small, far, turning] = [at([9e-5, 0, 0, 9e-3, 0, 0]), at([9e-5, 0, 0, 0.02, 0, 0]), at([2e-4, 0, 0, 0, 0, 0])];
  for (const state of [small, far, turning]) expect(state.accept(next)).toBe(true);
  expect([small.stopped, far.stopped, turning.stopped]).toEqual(["tolerance", undefined, undefined]);
});

test("near the end a step that is not taken ends the run too", () => {
  const equations = (value: number) => ({ value, gradient: [0.004], matrix: [1] });
  const blocks = [{ parameters: [0], tolerance: 0.001 }];
  const after = (value: number, near?: number) => {
    const state = lmState(equations(1), { blocks, ...(near && { near }) });
    state.accept(equations(value));
    return state.stopped;
  };
  expect([after(2, 5), after(2, 3), after(2), after(0.5, 5)]).toEqual(["tolerance", undefined, undefined, undefined]);
});

test("a parameter that the function does not show, or none, is no obstacle", () => {
  const blind = lmState(
    { value: 1, gradient: [1, 0, 0], matrix: [1, 0, 0, 0, 0, 0, 0, 0, 0] },
    {
      blocks: [{ parameters: [0, 1] }, { parameters: [2] }],
    },
  );
  expect(distance(blind.propose(), [-1 / 1.0075, 0, 0])).toBeLessThan(1e-9);
  expect(lmState({ value: 1, gradient: [0, 0], matrix: [0, 0, 0, 0] }).propose()).toEqual(new Float64Array(2));
  const hopeless = lmState({ value: 1, gradient: [1, 0], matrix: [0, 0, 0, 0] });
  hopeless.propose();
  expect(hopeless.stopped).toBe("no-progress");
});

test("a function that lies about its slope ends with 'no-progress'", async () => {
  const f = (x: Float64Array) => ({ ...quadratic(x), gradient: quadratic(x).gradient as number[] });
  const wrong = (x: Float64Array) => ({ ...f(x), gradient: f(x).gradient.map((g) => -g) });
  const run = await levenbergMarquardt(wrong, [9, -9, 9], { blocks: [{ parameters: [0, 1, 2], tolerance: 0 }] });
  expect(run.stopped).toBe("no-progress");
  expect([...run.x]).toEqual([9, -9, 9]);
});

describe("rotations by retraction", () => {
  const turn = (w: ArrayLike<number>) => {
    const p = poseToMatrix({ parameterization: "axis_angle", rotation: Array.from(w) });
    return [p[0], p[1], p[2], p[4], p[5], p[6], p[8], p[9], p[10]];
  };
  const points: Vec3[] = [
    [1, 0, 0],
    [0, 2, 0],
    [1, 1, 3],
  ];
  /** Residuals R p - q, and those of exp(w) R p: d(R p) = w x R p. */
  const align = (truth: readonly number[]) => (r: readonly number[]) => {
    const residuals: number[] = [];
    const rows: number[][] = [];
    for (const p of points) {
      const [a, q] = [apply3(r, p), apply3(truth, p)];
      residuals.push(a[0] - q[0], a[1] - q[1], a[2] - q[2]);
      rows.push([0, a[2], -a[1]], [-a[2], 0, a[0]], [a[1], -a[0], 0]);
    }
    return leastSquares(residuals, rows);
  };
  const retract = (r: readonly number[], w: Float64Array) => multiply3(turn(w), r);
  const truth = turn([0.7, -1.9, 0.8]);

  test("the increment is re-linearized at every step and finds a turn of more than 2 rad", async () => {
    const run = await levenbergMarquardt(align(truth), turn([0, 0, 0]), { retract });
    expect(distance(run.x, truth)).toBeLessThan(1e-9);
    expect(run.evaluations).toBeLessThan(30);
  });

  test("16 problems in lock-step take the steps that each takes alone", async () => {
    const starts = Array.from({ length: 16 }, (_, i) => turn([0.2 * i - 1.5, 0.1 * i, 0.3]));
    const f = align(truth);
    const options: LmOptions = { blocks: [{ parameters: [0, 1, 2], limit: 0.5, tolerance: 1e-9 }] };
    const points = [...starts];
    const states = starts.map((start) => lmState(f(start), options));
    const evaluations = starts.map(() => 1);
    while (states.some(({ stopped }) => !stopped)) {
      const trials = states.map((state, i) => retract(points[i], state.propose()));
      states.forEach((state, i) => {
        if (state.stopped) return;
        evaluations[i]++;
        if (state.accept(f(trials[i]))) points[i] = trials[i];
      });
    }
    for (const [i, start] of starts.entries()) {
      const alone = await levenbergMarquardt(f, start, { retract, ...options });
      expect([...points[i]]).toEqual([...alone.x]);
      expect(evaluations[i]).toBe(alone.evaluations);
    }
  });
});

test("blocks that leave out a parameter, equations of another size and wrong numbers are refused", async () => {
  const at = (options: LmOptions) => () => lmState(quadratic([1, 1, 1]), options);
  for (const blocks of [
    [{ parameters: [0, 1] }],
    [{ parameters: [0, 1, 1, 2] }],
    [{ parameters: [0, 1, 2], limit: 0 }],
  ])
    expect(at({ blocks })).toThrow(/blocks must name each of the 3 parameters/);
  for (const options of [{ lambda: 0 }, { success: 2 }, { failure: 1 }]) expect(at(options)).toThrow(/lambda > 0/);
  expect(() => lmState({ ...quadratic([1, 1, 1]), matrix: [1] })).toThrow(/a matrix of 9, not 3 and 1/);
  expect(() => lmState({ ...quadratic([1, 1, 1]), matrix: new Array(9).fill(Number.NaN) })).toThrow(/no number/);
});
