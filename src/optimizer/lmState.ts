import { fault } from "../core/errors.js";
import { refuseUnknownOptions } from "../core/options.js";
import { solveDamped } from "./dampedSolve.js";
import type { EvaluatedWithGradient } from "./minimize.js";

/** A function at a point with its quadratic model: value + g·s + s·H s / 2 for a step s. */
export interface NormalEquations extends EvaluatedWithGradient {
  /** H, n x n, row by row: the Gauss-Newton matrix Jᵀ J or another symmetric one that is not negative. */
  readonly matrix: ArrayLike<number>;
}

/** Parameters of one unit, e.g. the three rotations of a pose. */
export interface LmBlock {
  /** Their indices. */
  readonly parameters: readonly number[];
  /** A step is shortened as a whole until no block of it is longer, in the block's unit. @default none */
  readonly limit?: number;
  /** The run ends where no block of a step is longer, in the block's unit. @default 1e-10 */
  readonly tolerance?: number;
}

/** Steps of a pose: rotations (rad; at most 0.15, done below 1e-4), then translations (mm; at most 20, done below 0.01). */
export const POSE_BLOCKS: readonly LmBlock[] = [
  { parameters: [0, 1, 2], limit: 0.15, tolerance: 1e-4 },
  { parameters: [3, 4, 5], limit: 20, tolerance: 0.01 },
];

/** How Levenberg-Marquardt is damped and when it stops. */
export interface LmOptions {
  /** Parameters by unit; each in one block. @default all in one block without limit */
  readonly blocks?: readonly LmBlock[];
  /** Damping at the start. @default 1e-2 */
  readonly lambda?: number;
  /** Factor of the damping after a step that was taken. @default 0.2 */
  readonly success?: number;
  /** Factor of the damping after a step that was not. @default 5 */
  readonly failure?: number;
  /** A step that was not taken ends the run if no block of it is longer than this many tolerances: near the end. @default 1 */
  readonly near?: number;
}

/** One Levenberg-Marquardt minimization that is driven from outside, e.g. many side by side. */
export interface LmState {
  /** The smallest value so far: that of the current point. */
  readonly value: number;
  /** The damping that `propose` uses. */
  readonly lambda: number;
  /** Set once there is nothing left to do. */
  readonly stopped: "tolerance" | "no-progress" | undefined;
  /** The step to try from the current point (the same until `accept`); zeros once stopped. */
  propose(): Float64Array;
  /**
   * Takes what the function is worth at the current point plus the proposed step. True: it was better, and that point is
   * the current one, its equations those of the next step. False: it was not (or no number); the current point stays.
   */
  accept(trial: NormalEquations): boolean;
}

/** Above this damping a step does not move anything. */
const LARGEST_LAMBDA = 1e12;
/** Below this damping a step is that of Gauss-Newton. */
const SMALLEST_LAMBDA = 1e-12;

/**
 * Levenberg-Marquardt, one step at a time: (H + lambda diag(d)) s = -g, where d of a parameter is half its own diagonal
 * of H plus half the mean diagonal of its block; lambda falls after a step that is taken and rises after one that is not.
 * Steps may be of any form (e.g. the increment of a pose, re-linearized at each point): only the caller applies them.
 * Source: Marquardt, J. SIAM 11(2), 1963; the mixed diagonal keeps a parameter that the image hardly shows (depth) from
 * running away while the well-seen ones keep their scale.
 * @throws INVALID_ARGUMENT, SHAPE_MISMATCH, NOT_FINITE (defect `not-finite`) if the start is no number
 */
export function lmState(start: NormalEquations, options: LmOptions = {}): LmState {
  refuseUnknownOptions("lmState", options, ["blocks", "lambda", "success", "failure", "near"]);
  const { lambda: firstLambda = 1e-2, success = 0.2, failure = 5, near = 1 } = options;
  if (!(firstLambda > 0) || !(success > 0 && success <= 1) || !(failure > 1) || !(near >= 1))
    throw fault(
      "INVALID_ARGUMENT",
      `Levenberg-Marquardt needs lambda > 0, success in (0, 1], failure > 1 and near >= 1, not ${firstLambda}, ${success}, ${failure} and ${near}`,
    );
  const n = start.gradient.length;
  const blocks = checkedBlocks(options.blocks, n);
  checkEquations(start, n);
  if (!areFinite(start))
    throw fault("NOT_FINITE", `the function given to Levenberg-Marquardt is no number at the start (${start.value})`, {
      defect: "not-finite",
    });
  let current = start;
  let lambda = firstLambda;
  let stopped: LmState["stopped"];
  let step: Float64Array | undefined;
  const stop = (why: "tolerance" | "no-progress") => {
    stopped = why;
    return new Float64Array(n);
  };
  const solve = (): Float64Array => {
    if (stopped || Array.from(current.gradient).every((g) => g === 0)) return stop(stopped ?? "tolerance");
    const scale = damping(current.matrix, blocks, n);
    const right = Float64Array.from(current.gradient, (g) => -g);
    for (; lambda <= LARGEST_LAMBDA; lambda *= failure) {
      const weights = scale.map((d) => lambda * d);
      const found = solveDamped(current.matrix, weights, right);
      if (found) return shortened(found, blocks);
    }
    return stop("no-progress");
  };
  const propose = () => {
    step ??= solve();
    return step.slice();
  };
  return {
    get value() {
      return current.value;
    },
    get lambda() {
      return lambda;
    },
    get stopped() {
      return stopped;
    },
    propose,
    accept(trial) {
      checkEquations(trial, n);
      const tried = propose();
      if (stopped) return false;
      const better = areFinite(trial) && trial.value < current.value;
      if (better) current = trial;
      lambda = better ? Math.max(SMALLEST_LAMBDA, lambda * success) : lambda * failure;
      step = undefined;
      const ends = better ? 1 : near;
      if (blocks.every(({ parameters, tolerance }) => length(tried, parameters) <= ends * tolerance))
        stopped = "tolerance";
      else if (lambda > LARGEST_LAMBDA) stopped = "no-progress";
      return better;
    },
  };
}

const length = (step: Float64Array, parameters: readonly number[]) => Math.hypot(...parameters.map((i) => step[i]));

/** Half the own diagonal, half the mean of the block; a tiny share of the largest where a whole block sees nothing. */
function damping(h: ArrayLike<number>, blocks: readonly LmBlock[], n: number): Float64Array {
  const own = Float64Array.from({ length: n }, (_, i) => h[(n + 1) * i]);
  const floor = Number.EPSILON * own.reduce((most, value) => Math.max(most, value), 0);
  const scale = new Float64Array(n);
  for (const { parameters } of blocks) {
    const mean = parameters.reduce((sum, i) => sum + own[i], 0) / parameters.length;
    for (const i of parameters) scale[i] = Math.max(floor, 0.5 * own[i] + 0.5 * mean);
  }
  return scale;
}

function shortened(step: Float64Array, blocks: readonly Required<LmBlock>[]): Float64Array {
  let factor = 1;
  for (const { parameters, limit } of blocks) factor = Math.min(factor, limit / length(step, parameters));
  return factor < 1 ? step.map((value) => factor * value) : step;
}

const areFinite = ({ value, gradient, matrix }: NormalEquations) =>
  Number.isFinite(value) && [gradient, matrix].every((numbers) => Array.from(numbers).every(Number.isFinite));

function checkEquations({ gradient, matrix }: NormalEquations, n: number): void {
  if (gradient?.length === n && matrix?.length === n * n) return;
  throw fault(
    "SHAPE_MISMATCH",
    `Levenberg-Marquardt of ${n} parameters needs a gradient of ${n} numbers and a matrix of ${n * n}, not ${gradient?.length ?? "none"} and ${matrix?.length ?? "none"}`,
    { defect: "length", length: matrix?.length, expected: n * n },
  );
}

function checkedBlocks(given: readonly LmBlock[] | undefined, n: number): readonly Required<LmBlock>[] {
  const all = Array.from({ length: n }, (_, i) => i);
  const blocks = (given ?? [{ parameters: all }]).map(({ parameters, limit = Infinity, tolerance = 1e-10 }) => ({
    ...{ parameters, limit, tolerance },
  }));
  const named = blocks.flatMap(({ parameters }) => parameters).sort((a, b) => a - b);
  if (n === 0 || named.length !== n || named.some((index, i) => index !== i) || blocks.some(isWrong))
    throw fault(
      "INVALID_ARGUMENT",
      `blocks must name each of the ${n} parameters (0 to ${n - 1}) once, with limit > 0 and tolerance >= 0; they name ${named}`,
      { field: "blocks" },
    );
  return blocks;
}

const isWrong = ({ parameters, limit, tolerance }: Required<LmBlock>) =>
  parameters.length === 0 || !(limit > 0) || !(tolerance >= 0);
