/** The angles of a scan: how far they reach, and what part of the turn each view stands for. */

/** Angles on a circle of some period. */
export interface Arc {
  /** Radians: what the views cover, the period if they go all around. */
  readonly covered: number;
  readonly full: boolean;
  /** Radians of each view from the start of the arc on (half a step before the first view). */
  readonly positions: Float64Array;
  /** Radians that each view stands for: half the way to both neighbors. */
  readonly shares: Float64Array;
}

/** A gap this many times as wide as most (their 90th percentile) ends an arc. */
const OPEN = 2.5;

/**
 * Sorts angles (radians, any order, any number of turns) on a circle of the given period and finds whether they go all
 * around or leave a gap, which is then not covered. The first and last view of an open arc stand for as much beyond
 * them as most views do. Coinciding views share what one would have.
 */
export function arcOf(angles: readonly number[], period: number): Arc {
  const count = angles.length;
  const wrapped = angles.map((angle) => angle - period * Math.floor(angle / period));
  const order = wrapped.map((_, view) => view).sort((a, b) => wrapped[a] - wrapped[b]);
  const sorted = order.map((view) => wrapped[view]);
  const gaps = sorted.map((angle, k) => (k + 1 < count ? sorted[k + 1] - angle : sorted[0] + period - angle));
  const widest = gaps.indexOf(Math.max(...gaps));
  const others = gaps.filter((_, k) => k !== widest).sort((a, b) => a - b);
  const common = others[Math.floor(0.9 * (others.length - 1))] ?? period;
  const full = gaps[widest] <= OPEN * common;
  // the views in order from the one after the widest gap on
  const steps = Array.from({ length: count }, (_, k) => gaps[(widest + k) % count]);
  if (!full) steps[0] = Math.min(common, steps[0]);
  const positions = new Float64Array(count);
  const shares = new Float64Array(count);
  let position = steps[0] / 2;
  for (let k = 0; k < count; k++) {
    const view = order[(widest + 1 + k) % count];
    positions[view] = position;
    shares[view] = (steps[k] + (k + 1 < count ? steps[k + 1] : steps[0])) / 2;
    if (k + 1 < count) position += steps[k + 1];
  }
  return { covered: full ? period : position + steps[0] / 2, full, positions, shares };
}
