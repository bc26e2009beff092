import { fault } from "../core/errors.js";
import type { MinimizeOptions, MinimizeResult, Objective } from "./minimize.js";
import { gradientCheck, runMinimization, startingPoint } from "./minimizeSession.js";

/**
 * The loop of methods that take one gradient and one step an iteration. `step` changes x in place.
 * @throws NOT_FINITE (defect `diverged`) if the function or its gradient is no longer a number
 */
export function minimizeFirstOrder(
  name: string,
  f: Objective,
  x0: ArrayLike<number>,
  options: MinimizeOptions,
  step: (x: Float64Array, gradient: ArrayLike<number>, iteration: number) => void,
): Promise<MinimizeResult> {
  const x = startingPoint(name, x0);
  const parts = { name, f, copy: (from: Float64Array): Float64Array => from.slice(), options, iterations: 500 };
  return runMinimization({ ...parts, check: gradientCheck(name, x.length) }, async (session) => {
    for (let iteration = 0; ; iteration++) {
      const { value, gradient } = await session.evaluate(x);
      if (!Number.isFinite(value) || !Array.from(gradient).every(Number.isFinite))
        throw fault(
          "NOT_FINITE",
          `the function given to ${name}, or its gradient, is not a number at iteration ${iteration}; use a smaller learning rate`,
          { defect: "diverged", iteration },
        );
      if (session.done(iteration, x, value)) return "iterations";
      step(x, gradient, iteration);
    }
  });
}
