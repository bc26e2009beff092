import { fault } from "../core/errors.js";
import { refuseUnknownOptions } from "../core/options.js";
import type { Evaluated, MinimizeOptions, MinimizeResult, Objective } from "./minimize.js";
import { perParameter, runMinimization, startingPoint } from "./minimizeSession.js";

/** How `nelderMead` steps and stops. */
export interface NelderMeadOptions extends MinimizeOptions {
  /** Edge of the first simplex: one number, or one a parameter (e.g. 0.1 rad, 10 mm). @default 0.1 */
  readonly size?: number | ArrayLike<number>;
  /** Smallest allowed parameters; -Infinity: free. @default none */
  readonly lower?: ArrayLike<number>;
  /** Largest allowed parameters; Infinity: free. @default none */
  readonly upper?: ArrayLike<number>;
  /** Stops where the simplex is smaller than this share of its first size, along every parameter. @default 1e-4 */
  readonly tolerance?: number;
}

interface Vertex {
  /** Without bounds. */
  readonly free: Float64Array;
  readonly x: Float64Array;
  readonly value: number;
}

/**
 * Nelder and Mead's simplex, for functions without a gradient or with jumps; values that are no numbers count as worse
 * than any other. The coefficients adapt to the number of parameters n: reflection 1, expansion 1 + 2/n, contraction
 * 3/4 - 1/(2n), shrinking 1 - 1/n (1/2 for n = 1). Bounds are kept by a change of variables (between two: the sine of a free number;
 * beside one: its square), because clamping flattens the simplex. 200 n iterations unless told.
 * Source: Gao and Han, Comput. Optim. Appl. 51, 2012.
 * @throws INVALID_ARGUMENT, NOT_FINITE, ABORTED (before the first evaluation)
 */
export async function nelderMead(
  f: Objective<Evaluated>,
  x0: ArrayLike<number>,
  options: NelderMeadOptions = {},
): Promise<MinimizeResult> {
  refuseUnknownOptions("nelderMead", options, [
    ...["iterations", "signal", "onIteration", "size", "lower", "upper", "tolerance"],
  ]);
  const start = startingPoint("nelderMead", x0);
  const n = start.length;
  const { tolerance = 1e-4 } = options;
  if (!(tolerance >= 0))
    throw fault("INVALID_ARGUMENT", `tolerance must not be negative, got ${tolerance}`, { field: "tolerance" });
  const size = perParameter("nelderMead", "size", options.size ?? 0.1, n);
  const bounds = boundsOf(options, start);
  const [expansion, contraction] = [1 + 2 / n, 0.75 - 1 / (2 * n)];
  const shrinking = n > 1 ? 1 - 1 / n : 0.5;
  const parts = {
    name: "nelderMead",
    f,
    copy: (from: Float64Array): Float64Array => from.slice(),
    options,
    iterations: 200 * n,
  };
  return runMinimization(parts, async (session) => {
    const vertexAt = async (free: Float64Array): Promise<Vertex> => {
      const x = free.map((value, i) => bounds[i].toBounded(value));
      return { free, x, value: (await session.evaluate(x)).value };
    };
    const first = start.map((value, i) => bounds[i].toFree(value));
    const simplex = [await vertexAt(first)];
    for (let i = 0; i < n; i++)
      simplex.push(await vertexAt(first.map((value, k) => (k === i ? bounds[i].toFree(moved(start, i)) : value))));
    for (let iteration = 0; ; iteration++) {
      simplex.sort((a, b) => a.value - b.value);
      const [best, worst] = [simplex[0], simplex[n]];
      const center = start.map((_, i) => simplex.slice(0, n).reduce((sum, { free }) => sum + free[i], 0) / n);
      const along = (t: number) => vertexAt(center.map((c, i) => c + t * (c - worst.free[i])));
      const reflected = await along(1);
      let better: Vertex | undefined = reflected;
      if (reflected.value < best.value) {
        const expanded = await along(expansion);
        if (expanded.value < reflected.value) better = expanded;
      } else if (!(reflected.value < simplex[n - 1].value)) {
        const outside = reflected.value < worst.value;
        const contracted = await along(outside ? contraction : -contraction);
        const taken = outside ? contracted.value <= reflected.value : contracted.value < worst.value;
        better = taken ? contracted : undefined;
      }
      if (better) simplex[n] = better;
      else
        for (let k = 1; k <= n; k++)
          simplex[k] = await vertexAt(best.free.map((b, i) => b + shrinking * (simplex[k].free[i] - b)));
      const lowest = simplex.reduce((low, vertex) => (vertex.value < low.value ? vertex : low));
      if (session.done(iteration, lowest.x, lowest.value)) return "iterations";
      const near = ({ x }: Vertex) => x.every((value, i) => Math.abs(value - lowest.x[i]) <= tolerance * size[i]);
      if (simplex.every(near)) return "tolerance";
    }
  });

  /** A parameter of the start moved by its size, downwards where the upper bound is nearer than the lower one. */
  function moved(from: Float64Array, i: number): number {
    const [up, down] = [1, -1].map((sign) => bounds[i].clamp(from[i] + sign * size[i]));
    return up - from[i] >= from[i] - down ? up : down;
  }
}

/** A parameter within bounds as a number without. */
interface Bounds {
  toFree(x: number): number;
  toBounded(free: number): number;
  clamp(x: number): number;
}

function boundsOf({ lower, upper }: NelderMeadOptions, start: Float64Array): Bounds[] {
  for (const [field, bound] of Object.entries({ lower, upper }))
    if (bound && (bound.length !== start.length || Array.from(bound).some(Number.isNaN)))
      throw fault("INVALID_ARGUMENT", `${field} needs one number for each of the ${start.length} parameters`, {
        field,
      });
  return Array.from(start, (x, i) => {
    const [from, to] = [lower?.[i] ?? -Infinity, upper?.[i] ?? Infinity];
    if (from < to && x >= from && x <= to) return boundsBetween(from, to);
    throw fault(
      "INVALID_ARGUMENT",
      `parameter ${i} starts at ${x}, outside of its bounds ${from} to ${to}; start inside`,
      { defect: "out-of-range", index: i },
    );
  });
}

function boundsBetween(from: number, to: number): Bounds {
  const clamp = (x: number) => Math.min(to, Math.max(from, x));
  if (from === -Infinity && to === Infinity) return { toFree: (x) => x, toBounded: (y) => y, clamp };
  if (to === Infinity) return { toFree: (x) => Math.sqrt(x - from), toBounded: (y) => from + y * y, clamp };
  if (from === -Infinity) return { toFree: (x) => Math.sqrt(to - x), toBounded: (y) => to - y * y, clamp };
  const [middle, half] = [(from + to) / 2, (to - from) / 2];
  return {
    toFree: (x) => Math.asin(Math.min(1, Math.max(-1, (x - middle) / half))),
    toBounded: (y) => clamp(middle + half * Math.sin(y)),
    clamp,
  };
}
