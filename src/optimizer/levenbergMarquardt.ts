import { refuseUnknownOptions } from "../core/options.js";
import { type LmOptions, lmState, type NormalEquations } from "./lmState.js";
import type { MinimizeOptions, MinimizeResult } from "./minimize.js";
import { runMinimization, startingPoint } from "./minimizeSession.js";

/** How `levenbergMarquardt` steps and stops. */
export interface LevenbergMarquardtOptions<X = Float64Array> extends LmOptions, MinimizeOptions<X> {
  /**
   * The point that a step leads to: for points that are no list of numbers, such as poses, or parameters that wrap. The
   * derivatives that the function returns are those with respect to a step at its point.
   * @default x + step
   */
  readonly retract?: (x: X, step: Float64Array) => X;
}

/** Points that are not a `Float64Array` need a retraction. */
type WithRetraction<X> = LevenbergMarquardtOptions<X> & Required<Pick<LevenbergMarquardtOptions<X>, "retract">>;

/**
 * Levenberg-Marquardt on a function that gives value, gradient and Gauss-Newton matrix: `lmState`, run to its end. Every
 * iteration is one evaluation, also of a step that is not taken; 100 iterations unless told. `onIteration` tells of the
 * best point.
 * @throws INVALID_ARGUMENT, SHAPE_MISMATCH, NOT_FINITE, ABORTED (before the first evaluation)
 */
export function levenbergMarquardt(
  f: (x: Float64Array) => NormalEquations | Promise<NormalEquations>,
  x0: ArrayLike<number>,
  options?: LevenbergMarquardtOptions,
): Promise<MinimizeResult>;
export function levenbergMarquardt<X>(
  f: (x: X) => NormalEquations | Promise<NormalEquations>,
  x0: X,
  options: WithRetraction<X>,
): Promise<MinimizeResult<X>>;
export async function levenbergMarquardt<X>(
  f: (x: X) => NormalEquations | Promise<NormalEquations>,
  x0: X | ArrayLike<number>,
  options?: LevenbergMarquardtOptions<X>,
): Promise<MinimizeResult<X> | MinimizeResult> {
  if (options?.retract) return minimize(f, x0 as X, options as WithRetraction<X>, (x) => x);
  const flat = f as unknown as (x: Float64Array) => NormalEquations;
  const start = startingPoint("levenbergMarquardt", x0 as ArrayLike<number>);
  const retract = (x: Float64Array, step: Float64Array) => x.map((value, i) => value + step[i]);
  const sum = { ...(options as LevenbergMarquardtOptions | undefined), retract };
  return minimize(flat, start, sum, (x) => x.slice());
}

function minimize<X>(
  f: (x: X) => NormalEquations | Promise<NormalEquations>,
  start: X,
  options: WithRetraction<X>,
  copy: (x: X) => X,
): Promise<MinimizeResult<X>> {
  const { iterations, signal, onIteration, retract, ...damping } = options;
  const known = ["iterations", "signal", "onIteration", "retract", "blocks", "lambda", "success", "failure", "near"];
  refuseUnknownOptions("levenbergMarquardt", options, known);
  const told = { iterations, signal, onIteration };
  const parts = { name: "levenbergMarquardt", f, copy, options: told, iterations: 100 };
  return runMinimization<X, NormalEquations>(parts, async (session) => {
    let x = start;
    const state = lmState(await session.evaluate(x), damping);
    for (let iteration = 0; ; iteration++) {
      const step = state.propose();
      if (state.stopped) return state.stopped;
      const trial = retract(x, step);
      if (state.accept(await session.evaluate(trial))) x = trial;
      if (session.done(iteration, x, state.value)) return "iterations";
      if (state.stopped) return state.stopped;
    }
  });
}
