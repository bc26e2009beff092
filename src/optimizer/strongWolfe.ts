/** A point of a line: t, the function there, its slope along the line, and what the caller keeps with it. */
export interface LinePoint<P> {
  readonly t: number;
  /** Infinity where the function is no number. */
  readonly value: number;
  readonly slope: number;
  readonly payload: P;
}

/** What a line search heeds. */
export interface LineSearchOptions {
  /** Share of the slope that a step must win: sufficient decrease. */
  readonly c1: number;
  /** Share of the slope that may be left: curvature. */
  readonly c2: number;
  /** Limit of evaluations. */
  readonly evaluations: number;
}

/** The last extrapolation goes at most this many times farther than the step before it. */
const GROWTH = 10;
/** A trial inside a bracket stays this share of its width away from its ends. */
const MARGIN = 0.1;

/**
 * Line search for the strong Wolfe conditions: value <= value0 + c1 t slope0 and |slope| <= c2 |slope0|, by
 * extrapolation to a bracket and cubic interpolation inside it. Where the evaluations run out, the best point with
 * sufficient decrease, if there is one; undefined otherwise.
 * Source: Nocedal and Wright, Numerical Optimization, 2nd ed., algorithms 3.5 and 3.6, equation 3.59.
 */
export async function strongWolfe<P>(
  evaluate: (t: number) => Promise<LinePoint<P>>,
  start: LinePoint<P>,
  first: number,
  { c1, c2, evaluations }: LineSearchOptions,
): Promise<LinePoint<P> | undefined> {
  const decreases = ({ t, value }: LinePoint<P>) => value <= start.value + c1 * t * start.slope;
  const flat = ({ slope }: LinePoint<P>) => Math.abs(slope) <= -c2 * start.slope;
  let left = evaluations;
  const trial = (t: number) => {
    left--;
    return evaluate(t);
  };
  let low = start;
  let high: LinePoint<P> | undefined;
  for (let t = first; left > 0 && !high; ) {
    const point = await trial(t);
    if (!decreases(point) || (low !== start && point.value >= low.value)) high = point;
    else if (flat(point)) return point;
    else {
      if (point.slope >= 0) high = low;
      else t = extrapolated(low, point);
      low = point;
    }
  }
  while (left > 0 && high) {
    const t = interpolated(low, high);
    if (t === low.t || t === high.t) break;
    const point = await trial(t);
    if (!decreases(point) || point.value >= low.value) high = point;
    else {
      if (flat(point)) return point;
      if (point.slope * (high.t - low.t) >= 0) high = low;
      low = point;
    }
  }
  return low === start ? undefined : low;
}

/** Minimum of the cubic through two points and their slopes; NaN where it has none. */
export function cubicMinimum(a: LinePoint<unknown>, b: LinePoint<unknown>): number {
  const d1 = a.slope + b.slope - (3 * (a.value - b.value)) / (a.t - b.t);
  const d2 = Math.sign(b.t - a.t) * Math.sqrt(d1 * d1 - a.slope * b.slope);
  return b.t - ((b.t - a.t) * (b.slope + d2 - d1)) / (b.slope - a.slope + 2 * d2);
}

function extrapolated(before: LinePoint<unknown>, now: LinePoint<unknown>): number {
  const farthest = GROWTH * now.t;
  const t = cubicMinimum(before, now);
  // behind the point, or none: the slope is still falling
  if (!(t > now.t)) return farthest;
  return Math.min(farthest, Math.max(t, now.t + 0.01 * (now.t - before.t)));
}

function interpolated(low: LinePoint<unknown>, high: LinePoint<unknown>): number {
  const margin = MARGIN * Math.abs(high.t - low.t);
  const [from, to] = [Math.min(low.t, high.t) + margin, Math.max(low.t, high.t) - margin];
  const t = cubicMinimum(low, high);
  return Number.isFinite(t) ? Math.min(to, Math.max(from, t)) : (low.t + high.t) / 2;
}
