/** What all methods of minimization share: what they return, abort, callbacks, functions that are no numbers. */
import { describe, expect, test } from "vitest";
import { adamMinimize } from "../../src/optimizer/adamMinimize.js";
import { lbfgs } from "../../src/optimizer/lbfgs.js";
import { levenbergMarquardt } from "../../src/optimizer/levenbergMarquardt.js";
import type { NormalEquations } from "../../src/optimizer/lmState.js";
import type { MinimizeOptions, MinimizeResult } from "../../src/optimizer/minimize.js";
import { nelderMead } from "../../src/optimizer/nelderMead.js";
import { sgdMinimize } from "../../src/optimizer/sgdMinimize.js";
import { distance, quadratic, rosenbrock } from "./functions.js";

type Run = (
  f: (x: Float64Array) => NormalEquations | Promise<NormalEquations>,
  x0: ArrayLike<number>,
  options?: MinimizeOptions,
) => Promise<MinimizeResult>;

const METHODS: Record<string, Run> = {
  adamMinimize: (f, x0, o) => adamMinimize(f, x0, { learningRate: 0.05, ...o }),
  sgdMinimize: (f, x0, o) => sgdMinimize(f, x0, { learningRate: 0.01, momentum: 0.5, ...o }),
  lbfgs,
  "lbfgs, fixed": (f, x0, o) => lbfgs(f, x0, { lineSearch: "fixed", ...o }),
  nelderMead,
  levenbergMarquardt,
};

describe.each(Object.entries(METHODS))("%s", (name, minimize) => {
  test("comes to the minimum of a quadratic and tells its value and how often it looked", async () => {
    let calls = 0;
    const run = await minimize(
      async (x) => {
        calls++;
        return quadratic(x);
      },
      [0, 0, 0],
      { iterations: 1500 },
    );
    expect(distance(run.x, [1, 0.1, 0.01])).toBeLessThan(name === "nelderMead" ? 1e-4 : 1e-6);
    expect(run.value).toBe(quadratic(run.x).value);
    expect(run.evaluations).toBe(calls);
    expect(run.iterations).toBeGreaterThan(0);
  });

  test("numbers its iterations and ends with 'iterations' at the limit, with 'callback' when told", async () => {
    const seen: number[] = [];
    const run = await minimize(rosenbrock, [-1.2, 1], {
      iterations: 3,
      onIteration: ({ iteration }) => void seen.push(iteration),
    });
    expect([run.stopped, run.iterations, seen]).toEqual(["iterations", 3, [0, 1, 2]]);
    const told = await minimize(rosenbrock, [-1.2, 1], {
      onIteration: ({ iteration }) => (iteration === 1 ? "stop" : undefined),
    });
    expect([told.stopped, told.iterations]).toEqual(["callback", 2]);
  });

  test("each iteration's x and value belong together, and the best of them is no better than the result", async () => {
    const values: number[] = [];
    const run = await minimize(rosenbrock, [-1.2, 1], {
      iterations: 20,
      onIteration: ({ x, value }) => {
        expect(value).toBe(rosenbrock(x).value);
        values.push(value);
        x.fill(7);
      },
    });
    expect(run.value).toBeLessThanOrEqual(Math.min(...values));
    expect(run.value).toBe(rosenbrock(run.x).value);
  });

  test("an abort returns the best point so far; before the first evaluation it throws", async () => {
    const controller = new AbortController();
    let calls = 0;
    const f = (x: Float64Array) => {
      if (++calls === 5) controller.abort();
      return rosenbrock(x);
    };
    const run = await minimize(f, [-1.2, 1], { signal: controller.signal });
    expect([run.stopped, run.evaluations, calls]).toEqual(["aborted", 5, 5]);
    expect(run.value).toBe(rosenbrock(run.x).value);
    await expect(minimize(f, [-1.2, 1], { signal: controller.signal })).rejects.toMatchObject({ code: "ABORTED" });
  });

  test("neither the start nor what the function was given is written to", async () => {
    const start = Float64Array.of(-1.2, 1);
    const given: [Float64Array, string][] = [];
    await minimize(
      (x) => {
        given.push([x, String(x)]);
        return rosenbrock(x);
      },
      start,
      { iterations: 10 },
    );
    expect([...start]).toEqual([-1.2, 1]);
    for (const [x, text] of given) expect(String(x)).toBe(text);
  });

  test("a start where the function is NaN, a start that is NaN, an empty one and no iterations are refused", async () => {
    const nan = () => ({ value: Number.NaN, gradient: [0, 0], matrix: [0, 0, 0, 0] });
    await expect(minimize(nan, [0, 0])).rejects.toMatchObject({ code: "NOT_FINITE" });
    await expect(minimize(rosenbrock, [0, Number.NaN])).rejects.toMatchObject({
      code: "NOT_FINITE",
      detail: { index: 1 },
    });
    await expect(minimize(rosenbrock, [])).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await expect(minimize(rosenbrock, [0, 0], { iterations: 0 })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await expect(minimize(rosenbrock, [0, 0], { iteration: 5 } as MinimizeOptions)).rejects.toThrow(/iterations/);
  });

  test("a gradient of another length is refused", async (context) => {
    context.skip(name === "nelderMead", "takes no gradient");
    const short = (x: Float64Array) => ({ ...rosenbrock(x), gradient: [1] });
    await expect(minimize(short, [0, 0])).rejects.toMatchObject({ code: "SHAPE_MISMATCH" });
  });

  test("an error of the function passes through", async () => {
    const broken = () => {
      throw new Error("no such pose");
    };
    await expect(minimize(broken, [0, 0])).rejects.toThrow("no such pose");
  });
});

describe("a function that is NaN for x > 1.5, with its minimum at 1.4", () => {
  const f = (x: ArrayLike<number>): NormalEquations => {
    const r = x[0] - 1.4;
    return { value: x[0] > 1.5 ? Number.NaN : r * r, gradient: [2 * r], matrix: [0.2] };
  };
  test("lbfgs, nelderMead and levenbergMarquardt retreat and find it", async () => {
    const options = { learningRate: 50 };
    expect(distance((await lbfgs(f, [0], options)).x, [1.4])).toBeLessThan(1e-6);
    expect(distance((await nelderMead(f, [0], { size: 1 })).x, [1.4])).toBeLessThan(1e-3);
    expect(distance((await levenbergMarquardt(f, [0], { lambda: 1e-6 })).x, [1.4])).toBeLessThan(1e-6);
  });
  test("those that cannot say that they ran off, and what to change", async () => {
    for (const run of [
      adamMinimize(f, [0], { learningRate: 2 }),
      sgdMinimize(f, [0], { learningRate: 5 }),
      lbfgs(f, [0], { lineSearch: "fixed", learningRate: 5 }),
    ])
      await expect(run).rejects.toThrow(/not a number.*smaller learning rate/);
  });
});
