import { fault } from "../core/errors.js";
import { refuseUnknownOptions } from "../core/options.js";
import { inner, LbfgsHistory, sumOfMagnitudes } from "./lbfgsHistory.js";
import type { EvaluatedWithGradient, MinimizeOptions, MinimizeResult, Objective } from "./minimize.js";
import {
  gradientCheck,
  type MinimizeSession,
  perParameter,
  runMinimization,
  startingPoint,
} from "./minimizeSession.js";
import { type LinePoint, strongWolfe } from "./strongWolfe.js";

/** How `lbfgs` steps and stops. */
export interface LbfgsOptions extends MinimizeOptions {
  /** Pairs of step and change of gradient that are kept. @default 10 */
  readonly history?: number;
  /** "fixed": every step has the length of the learning rate, as `torch.optim.LBFGS` without line search. @default "strong-wolfe" */
  readonly lineSearch?: "strong-wolfe" | "fixed";
  /** Times the quasi-Newton step: the step tried first, or taken; the very first one times min(1, 1 / |g|_1). @default 1 */
  readonly learningRate?: number;
  /** What counts as one unit of each parameter, e.g. 0.01 rad and 1 mm: |g|_1 and the tolerances are in these units. @default 1 */
  readonly scales?: number | ArrayLike<number>;
  /** Sufficient decrease of the line search. @default 1e-4 */
  readonly c1?: number;
  /** Curvature condition of the line search. @default 0.9 */
  readonly c2?: number;
  /** Limit of evaluations of one line search. @default 25 */
  readonly searchEvaluations?: number;
  /** Stops where no derivative is larger, per unit of `scales`. @default 1e-7 */
  readonly gradientTolerance?: number;
  /** Stops where neither a parameter, in units of `scales`, nor the value changes by more. @default 1e-9 */
  readonly tolerance?: number;
}

type Point = LinePoint<{ readonly x: Float64Array; readonly gradient: Float64Array }>;

/**
 * L-BFGS: quasi-Newton steps from the last changes of the gradient, with a strong Wolfe line search. Where the search
 * finds nothing it forgets the history and goes along the negative gradient; if that fails too, it ends with
 * "no-progress". 100 iterations unless told; `onIteration` tells of the point after each.
 * Source: Nocedal and Wright, Numerical Optimization, 2nd ed., algorithm 7.4; the first step and "fixed" are those of
 * `torch.optim.LBFGS`.
 * @throws INVALID_ARGUMENT, SHAPE_MISMATCH, NOT_FINITE, ABORTED (before the first evaluation)
 */
export async function lbfgs(f: Objective, x0: ArrayLike<number>, options: LbfgsOptions = {}): Promise<MinimizeResult> {
  const settings = checkedSettings(options, x0.length);
  const { learningRate, scales, fixed, tolerance, gradientTolerance } = settings;
  const start = startingPoint("lbfgs", x0);
  const parts = {
    name: "lbfgs",
    f,
    copy: (from: Float64Array): Float64Array => from.slice(),
    options,
    iterations: 100,
  };
  return runMinimization({ ...parts, check: gradientCheck("lbfgs", start.length) }, async (session) => {
    const history = new LbfgsHistory(settings.history);
    let point = await pointAt(session, start, scales);
    if (point.value === Infinity) throw gradientNotFinite("at the start");
    for (let iteration = 0; ; ) {
      const { x, gradient } = point.payload;
      if (largest(gradient) <= gradientTolerance) return "tolerance";
      const direction = history.direction(gradient);
      const slope = inner(direction, gradient);
      const along = async (t: number): Promise<Point> => {
        const to = x.map((value, i) => value + t * direction[i] * scales[i]);
        const { value, payload } = await pointAt(session, to, scales);
        return { t, value, slope: inner(payload.gradient, direction), payload };
      };
      const first = learningRate * (iteration === 0 ? Math.min(1, 1 / sumOfMagnitudes(gradient)) : 1);
      const next = !(slope < 0)
        ? undefined
        : fixed
          ? await along(first)
          : await strongWolfe(along, { ...point, t: 0, slope }, first, settings);
      if (next === undefined) {
        if (history.forget()) continue;
        return "no-progress";
      }
      if (next.value === Infinity) throw gradientNotFinite(`after iteration ${iteration}; use a smaller learning rate`);
      history.add(direction, next.t, gradient, next.payload.gradient);
      const change = Math.max(largest(direction) * next.t, Math.abs(next.value - point.value));
      point = next;
      if (session.done(iteration++, point.payload.x, point.value)) return "iterations";
      if (change <= tolerance) return "tolerance";
    }
  });
}

/** The function and its scaled gradient; value Infinity where either is no number. */
async function pointAt(
  session: MinimizeSession<Float64Array, EvaluatedWithGradient>,
  x: Float64Array,
  scales: Float64Array,
): Promise<Point> {
  const evaluated = await session.evaluate(x);
  const gradient = scales.map((scale, i) => scale * evaluated.gradient[i]);
  const value = gradient.every(Number.isFinite) ? evaluated.value : Infinity;
  return { t: 0, value, slope: 0, payload: { x, gradient } };
}

const largest = (values: Float64Array) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

const gradientNotFinite = (where: string) =>
  fault("NOT_FINITE", `the function given to lbfgs, or its gradient, is not a number ${where}`, {
    defect: "not-finite",
  });

function checkedSettings(options: LbfgsOptions, length: number) {
  refuseUnknownOptions("lbfgs", options, [
    ...["iterations", "signal", "onIteration", "history", "lineSearch", "learningRate", "scales", "c1", "c2"],
    ...["searchEvaluations", "gradientTolerance", "tolerance"],
  ]);
  const { history = 10, lineSearch = "strong-wolfe", learningRate = 1, scales = 1, c1 = 1e-4, c2 = 0.9 } = options;
  const { searchEvaluations = 25, gradientTolerance = 1e-7, tolerance = 1e-9 } = options;
  if (lineSearch !== "strong-wolfe" && lineSearch !== "fixed")
    throw fault("INVALID_ARGUMENT", `lineSearch is "strong-wolfe" or "fixed", not ${JSON.stringify(lineSearch)}`, {
      field: "lineSearch",
    });
  for (const [field, count] of Object.entries({ history, searchEvaluations }))
    if (!Number.isInteger(count) || count < 1)
      throw fault("INVALID_ARGUMENT", `${field} must be a positive integer, not ${count}`, { field });
  if (!(learningRate > 0) || !(c1 > 0 && c1 < c2 && c2 < 1) || !(gradientTolerance >= 0) || !(tolerance >= 0))
    throw fault(
      "INVALID_ARGUMENT",
      `lbfgs needs learningRate > 0, 0 < c1 < c2 < 1 and tolerances >= 0, not ${learningRate}, ${c1}, ${c2}, ${gradientTolerance} and ${tolerance}`,
    );
  return {
    ...{ history, fixed: lineSearch === "fixed", learningRate, c1, c2, evaluations: searchEvaluations },
    ...{ gradientTolerance, tolerance, scales: perParameter("lbfgs", "scales", scales, length) },
  };
}
