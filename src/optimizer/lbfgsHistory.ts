/** Inner product of two vectors of one length. */
export function inner(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** |a|_1. */
export const sumOfMagnitudes = (a: Float64Array): number => a.reduce((sum, value) => sum + Math.abs(value), 0);

/** A pair whose curvature is smaller says nothing (the bound of `torch.optim.LBFGS`). */
const LEAST_CURVATURE = 1e-10;

/** The last steps s and changes of the gradient y of a quasi-Newton method, and the direction they give. */
export class LbfgsHistory {
  private readonly pairs: { s: Float64Array; y: Float64Array; rho: number }[] = [];

  /** @param size pairs that are kept */
  constructor(private readonly size: number) {}

  /**
   * -H g by the two-loop recursion, from H0 = (s·y / y·y) I of the last pair; -g without pairs.
   * Source: Nocedal and Wright, Numerical Optimization, 2nd ed., algorithm 7.4 and equation 7.20.
   */
  direction(gradient: Float64Array): Float64Array {
    const q = gradient.map((value) => -value);
    const last = this.pairs.at(-1);
    if (!last) return q;
    const shares = new Float64Array(this.pairs.length);
    for (let k = this.pairs.length - 1; k >= 0; k--) {
      const { s, y, rho } = this.pairs[k];
      shares[k] = rho * inner(s, q);
      for (let i = 0; i < q.length; i++) q[i] -= shares[k] * y[i];
    }
    const first = 1 / (last.rho * inner(last.y, last.y));
    for (let i = 0; i < q.length; i++) q[i] *= first;
    for (let k = 0; k < this.pairs.length; k++) {
      const { s, y, rho } = this.pairs[k];
      const share = shares[k] - rho * inner(y, q);
      for (let i = 0; i < q.length; i++) q[i] += share * s[i];
    }
    return q;
  }

  /** Keeps the step `t direction` and what it did to the gradient, unless the curvature along it is not positive. */
  add(direction: Float64Array, t: number, before: Float64Array, after: Float64Array): void {
    const s = direction.map((value) => t * value);
    const y = after.map((value, i) => value - before[i]);
    const curvature = inner(s, y);
    if (!(curvature > LEAST_CURVATURE)) return;
    this.pairs.push({ s, y, rho: 1 / curvature });
    if (this.pairs.length > this.size) this.pairs.shift();
  }

  /** Drops all pairs; false if there were none. */
  forget(): boolean {
    return this.pairs.splice(0).length > 0;
  }
}
