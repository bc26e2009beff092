/**
 * Minimization of functions of a few float64 numbers (poses, intrinsics), on the host: what every method takes and
 * gives back.
 */

/** What a function is worth at a point. */
export interface Evaluated {
  /** NaN and infinity are refused at the start, and count as worse than any number later where a method can retreat. */
  readonly value: number;
}

/** What a function is worth at a point, and its slope there. */
export interface EvaluatedWithGradient extends Evaluated {
  /** d value / d x, one number a parameter. */
  readonly gradient: ArrayLike<number>;
}

/** A function to be minimized. It may keep `x`: every call gets an array of its own. */
export type Objective<E extends Evaluated = EvaluatedWithGradient> = (x: Float64Array) => E | Promise<E>;

/** One iteration as it is told while a minimization goes on. */
export interface MinimizeIteration<X = Float64Array> {
  /** From 0. */
  readonly iteration: number;
  /** The function at `x`. */
  readonly value: number;
  /** Where the iteration was: `adamMinimize` and `sgdMinimize` before their update, the others after it. */
  readonly x: X;
  /** Calls of the function so far. */
  readonly evaluations: number;
  /** Since the start. */
  readonly seconds: number;
}

/** What every minimization may be told. */
export interface MinimizeOptions<X = Float64Array> {
  /** Limit of iterations. */
  readonly iterations?: number;
  /** Stops before the next evaluation; the best point so far is returned (`stopped: "aborted"`). */
  readonly signal?: AbortSignal;
  /** Called after every iteration; "stop" ends the run. */
  // biome-ignore lint/suspicious/noConfusingVoidType: a callback that returns nothing goes on
  readonly onIteration?: (iteration: MinimizeIteration<X>) => "stop" | undefined | void;
}

/**
 * Why a minimization ended. "tolerance": the point or the value no longer moves, or the gradient is zero; "no-progress":
 * the method found nothing better, though its tolerances were not met; "iterations": the limit.
 */
export type MinimizeStopped = "tolerance" | "no-progress" | "iterations" | "callback" | "aborted";

/** What a minimization returns. */
export interface MinimizeResult<X = Float64Array> {
  /** The point of the smallest value that was seen. */
  readonly x: X;
  /** The function there. */
  readonly value: number;
  /** Calls of the function. */
  readonly evaluations: number;
  /** Iterations that were done. */
  readonly iterations: number;
  readonly stopped: MinimizeStopped;
}

/** A method of minimization: the function, where to start, and how. */
export type Minimize<O extends MinimizeOptions = MinimizeOptions, E extends Evaluated = EvaluatedWithGradient> = (
  f: Objective<E>,
  x0: ArrayLike<number>,
  options?: O,
) => Promise<MinimizeResult>;
