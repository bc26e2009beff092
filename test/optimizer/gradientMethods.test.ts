/** adamMinimize, sgdMinimize and lbfgs against closed forms and known minima. */
import { describe, expect, test } from "vitest";
import { adamMinimize } from "../../src/optimizer/adamMinimize.js";
import { lbfgs } from "../../src/optimizer/lbfgs.js";
import type { MinimizeIteration } from "../../src/optimizer/minimize.js";
import { sgdMinimize } from "../../src/optimizer/sgdMinimize.js";
import { beale, distance, quadratic, rosenbrock } from "./functions.js";

/** A slope that never changes: every step can be written down. */
const slope = (g: readonly number[]) => (x: Float64Array) => ({
  value: g.reduce((sum, gi, i) => sum + gi * x[i], 0),
  gradient: g,
});
const path = () => {
  const points: number[][] = [];
  return { points, onIteration: ({ x }: MinimizeIteration) => void points.push([...x]) };
};

describe("sgdMinimize", () => {
  test("on a constant slope momentum m adds up to g (1 - m^t) / (1 - m), with a rate for each parameter", async () => {
    const { points, onIteration } = path();
    await sgdMinimize(slope([1, -2]), [0, 0], { learningRate: [0.1, 10], momentum: 0.5, iterations: 4, onIteration });
    const velocity = [1, 1.5, 1.75];
    let sum = 0;
    for (const [step, v] of velocity.entries()) {
      sum += v;
      expect(distance(points[step + 1], [-0.1 * sum, 20 * sum])).toBeLessThan(1e-12);
    }
  });
  test("dampening d weakens all but the first gradient by 1 - d", async () => {
    const { points, onIteration } = path();
    const rates = { learningRate: 1, momentum: 0.5, dampening: 0.2 };
    await sgdMinimize(slope([1]), [0], { ...rates, iterations: 4, onIteration });
    expect(distance(points.flat(), [0, -1, -2.3, -3.75])).toBeLessThan(1e-12);
  });
  test("dampening without momentum does nothing and is refused", async () => {
    const run = sgdMinimize(slope([1]), [0], { learningRate: 1, dampening: 0.1 });
    await expect(run).rejects.toMatchObject({ detail: { defect: "contradictory-options" } });
  });
});

describe("adamMinimize", () => {
  test("on a constant slope every step is rate g / (|g| + epsilon), for each parameter's rate", async () => {
    const { points, onIteration } = path();
    const options = { learningRate: [0.1, 5], epsilon: 0.5, iterations: 4, onIteration };
    await adamMinimize(slope([2, -1.5]), [0, 0], options);
    for (const [step, point] of points.entries())
      expect(distance(point, [(-0.1 * step * 2) / 2.5, (5 * step * 1.5) / 2])).toBeLessThan(1e-12);
  });
  test("follows two different gradients as algorithm 1 says", async () => {
    let call = 0;
    const f = () => ({ value: 0, gradient: [[1], [3]][Math.min(1, call++)] });
    const { points, onIteration } = path();
    await adamMinimize(f, [0], { learningRate: 1, betas: [0.5, 0.75], epsilon: 1e-8, iterations: 3, onIteration });
    const m = (0.5 * 0.5 + 0.5 * 3) / (1 - 0.25);
    const v = (0.75 * 0.25 + 0.25 * 9) / (1 - 0.75 ** 2);
    expect(points[2][0] - points[1][0]).toBeCloseTo(-m / (Math.sqrt(v) + 1e-8), 12);
  });
  test("comes into Rosenbrock's valley", async () => {
    const run = await adamMinimize(rosenbrock, [-1.2, 1], { learningRate: 0.05, iterations: 3000 });
    expect(distance(run.x, [1, 1])).toBeLessThan(1e-3);
  });
});

describe("lbfgs", () => {
  test.each([
    ["Rosenbrock's valley", rosenbrock, [-1.2, 1], [1, 1], 60],
    ["Beale's function", beale, [1, 1], [3, 0.5], 30],
    ["a quadratic", quadratic, [9, -9, 9], [1, 0.1, 0.01], 25],
  ])("finds the minimum of %s", async (_, f, start, minimum, most) => {
    const run = await lbfgs(f, start);
    expect(distance(run.x, minimum)).toBeLessThan(1e-6);
    expect(run.stopped).toBe("tolerance");
    expect(run.evaluations).toBeLessThanOrEqual(most);
  });

  test("every step of the line search meets both Wolfe conditions", async () => {
    const [c1, c2] = [1e-4, 0.3];
    let before = { x: [-1.2, 1], ...rosenbrock([-1.2, 1]) };
    await lbfgs(rosenbrock, before.x, {
      ...{ c1, c2, iterations: 12 },
      onIteration: ({ x }) => {
        const after = rosenbrock(x);
        const along = (g: ArrayLike<number>) => g[0] * (x[0] - before.x[0]) + g[1] * (x[1] - before.x[1]);
        expect(after.value).toBeLessThanOrEqual(before.value + c1 * along(before.gradient) + 1e-15);
        expect(Math.abs(along(after.gradient))).toBeLessThanOrEqual(c2 * Math.abs(along(before.gradient)) + 1e-15);
        before = { x: [...x], ...after };
      },
    });
  });

  test("fixed steps: the first is rate min(1, 1 / |g|_1) g, the second the quasi-Newton step times the rate", async () => {
    const { points, onIteration } = path();
    const f = (x: Float64Array) => ({ value: (x[0] ** 2 + 3 * x[1] ** 2) / 2, gradient: [x[0], 3 * x[1]] });
    await lbfgs(f, [2, 1], { lineSearch: "fixed", learningRate: 0.5, iterations: 2, onIteration });
    // |g|_1 = 5: s = -(0.2, 0.3), y = -(0.2, 0.9), g1 = (1.8, 2.1)
    expect(distance(points[0], [1.8, 0.7])).toBeLessThan(1e-14);
    const [sy, yy, sg, yg] = [0.31, 0.85, -0.99, -2.25];
    const share = sg / sy;
    const q = [1.8 + share * 0.2, 2.1 + share * 0.9].map((value) => (value * sy) / yy);
    const back = share - (q[0] * -0.2 + q[1] * -0.9) / sy;
    const direction = [q[0] - back * 0.2, q[1] - back * 0.3];
    expect(yg).toBeCloseTo(-0.2 * 1.8 - 0.9 * 2.1, 12);
    expect(distance(points[1], [1.8 - 0.5 * direction[0], 0.7 - 0.5 * direction[1]])).toBeLessThan(1e-12);
  });

  test("scales make a function of badly scaled parameters as easy as the scaled one", async () => {
    const scales = [1e-3, 1e3];
    const bad = (x: Float64Array) => {
      const { value, gradient } = rosenbrock([x[0] / scales[0], x[1] / scales[1]]);
      return { value, gradient: [gradient[0] / scales[0], gradient[1] / scales[1]] };
    };
    const run = await lbfgs(bad, [-1.2e-3, 1e3], { scales });
    const plain = await lbfgs(rosenbrock, [-1.2, 1]);
    expect(run.evaluations).toBe(plain.evaluations);
    expect(distance(run.x, [1e-3, 1e3])).toBeLessThan(1e-3);
  });

  test("a gradient of the wrong sign ends with 'no-progress' after the history is forgotten", async () => {
    let calls = 0;
    const f = (x: Float64Array) => {
      const { value, gradient } = quadratic(x);
      return { value, gradient: Array.from(gradient, (g) => (++calls > 9 ? -g : g)) };
    };
    const run = await lbfgs(f, [9, -9, 9]);
    expect(run.stopped).toBe("no-progress");
  });
});
