import { fault, isTomogradError, throwIfAborted } from "../core/errors.js";
import type { Evaluated, MinimizeOptions, MinimizeResult, MinimizeStopped } from "./minimize.js";

/** Thrown by `evaluate` where the caller has aborted, and caught by `runMinimization`. */
const ABORTED = Symbol("aborted");

/** The bookkeeping of one run: evaluations, the best point, iterations, abort. */
export interface MinimizeSession<X, E extends Evaluated> {
  /** The function at a point; a value of NaN or -Infinity comes back as Infinity. */
  evaluate(x: X): Promise<E>;
  /** Tells of an iteration. True if the callback wants no more, or the limit is reached: then return. */
  done(iteration: number, x: X, value: number): boolean;
}

/** What `runMinimization` needs to know of the run. */
export interface MinimizationParts<X, E extends Evaluated> {
  /** Of the method, for messages. */
  readonly name: string;
  readonly f: (x: X) => E | Promise<E>;
  /** A copy that the function and the caller may keep. */
  readonly copy: (x: X) => X;
  /** Refuses what the function returned, e.g. for a gradient of another length. */
  readonly check?: (evaluated: E) => void;
  readonly options: MinimizeOptions<X>;
  /** Limit of iterations if the options have none. */
  readonly iterations: number;
}

/**
 * Runs a method to its end. `body` returns why it has nothing left to do.
 * @throws NOT_FINITE (defect `not-finite`) if the first value is no number
 * @throws ABORTED if nothing was evaluated yet; what the function and the callback throw passes through
 */
export async function runMinimization<X, E extends Evaluated>(
  parts: MinimizationParts<X, E>,
  body: (session: MinimizeSession<X, E>) => Promise<MinimizeStopped>,
): Promise<MinimizeResult<X>> {
  const { name, f, copy, check, options } = parts;
  const { signal, onIteration, iterations: limit = parts.iterations } = options;
  if (!Number.isInteger(limit) || limit < 1)
    throw fault("INVALID_ARGUMENT", `iterations must be a positive integer, not ${limit}`, { field: "iterations" });
  throwIfAborted(signal);
  const started = performance.now();
  let best: { x: X; value: number } | undefined;
  let evaluations = 0;
  let iterations = 0;
  let early: MinimizeStopped | undefined;
  const session: MinimizeSession<X, E> = {
    async evaluate(x) {
      if (signal?.aborted) throw ABORTED;
      evaluations++;
      const evaluated = await f(copy(x));
      check?.(evaluated);
      const { value } = evaluated;
      if (!best && !Number.isFinite(value)) throw startNotFinite(name, value);
      if (!best || value < best.value) if (value > -Infinity) best = { x: copy(x), value };
      return value > -Infinity ? evaluated : { ...evaluated, value: Infinity };
    },
    done(iteration, x, value) {
      iterations = iteration + 1;
      const seconds = (performance.now() - started) / 1000;
      if (onIteration?.({ iteration, value, x: copy(x), evaluations, seconds }) === "stop") early = "callback";
      else if (iterations >= limit) early = "iterations";
      return early !== undefined;
    },
  };
  let stopped: MinimizeStopped;
  try {
    stopped = await body(session);
  } catch (error) {
    // a function that heeds the same signal by itself ends the run like one that does not
    if (!best || (error !== ABORTED && !(signal?.aborted && isTomogradError(error, "ABORTED")))) throw error;
    stopped = "aborted";
  }
  if (!best) throw fault("INVARIANT", `internal error, please report it: ${name} evaluated nothing`);
  return { ...best, evaluations, iterations, stopped: early ?? stopped };
}

/** The start as float64. @throws INVALID_ARGUMENT, NOT_FINITE */
export function startingPoint(name: string, x0: ArrayLike<number>): Float64Array {
  const x = Float64Array.from(x0);
  if (x.length === 0)
    throw fault("INVALID_ARGUMENT", `${name} needs at least one parameter to change, x0 is empty`, { field: "x0" });
  const bad = x.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0)
    throw fault("NOT_FINITE", `${name} starts from finite numbers, but x0[${bad}] is ${x[bad]}`, {
      defect: "not-finite",
      field: "x0",
      index: bad,
    });
  return x;
}

/** A check that a gradient has one number a parameter. */
export function gradientCheck(name: string, length: number): (e: { readonly gradient: ArrayLike<number> }) => void {
  return ({ gradient }) => {
    if (gradient?.length === length) return;
    throw fault(
      "SHAPE_MISMATCH",
      `the function given to ${name} must return a gradient of ${length} numbers, one a parameter, not ${gradient?.length ?? "none"}`,
      { defect: "length", length: gradient?.length, expected: length },
    );
  };
}

/** One number a parameter from an option that is a number or a list. @throws INVALID_ARGUMENT unless all are above 0 */
export function perParameter(
  name: string,
  field: string,
  given: number | ArrayLike<number>,
  length: number,
): Float64Array {
  const values = typeof given === "number" ? new Float64Array(length).fill(given) : Float64Array.from(given);
  if (values.length === length && values.every((value) => value > 0 && value < Infinity)) return values;
  throw fault(
    "INVALID_ARGUMENT",
    `${name} needs ${field} above 0, one number or one for each of the ${length} parameters, not [${values}]`,
    { field },
  );
}

const startNotFinite = (name: string, value: number) =>
  fault("NOT_FINITE", `the function given to ${name} is ${value} at the start: start where it is a number`, {
    defect: "not-finite",
  });
