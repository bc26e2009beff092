/**
 * Solves (H + diag(d)) x = b by Cholesky's factorization, for a symmetric H of n x n numbers, row by row (the lower
 * triangle is read); d undefined: zeros. Undefined where the sum is not positive definite to working precision.
 */
export function solveDamped(
  h: ArrayLike<number>,
  d: Float64Array | undefined,
  b: Float64Array,
): Float64Array | undefined {
  const n = b.length;
  const l = new Float64Array(n * n);
  const x = new Float64Array(n);
  for (let r = 0; r < n; r++) {
    for (let c = 0; c <= r; c++) {
      let sum = h[n * r + c];
      if (d && r === c) sum += d[r];
      const whole = sum;
      for (let k = 0; k < c; k++) sum -= l[n * r + k] * l[n * c + k];
      if (r !== c) l[n * r + c] = sum / l[n * c + c];
      else if (sum > n * Number.EPSILON * whole && sum < Infinity) l[n * r + r] = Math.sqrt(sum);
      else return undefined;
    }
    let sum = b[r];
    for (let k = 0; k < r; k++) sum -= l[n * r + k] * x[k];
    x[r] = sum / l[n * r + r];
  }
  for (let r = n - 1; r >= 0; r--) {
    for (let k = r + 1; k < n; k++) x[r] -= l[n * k + r] * x[k];
    x[r] /= l[n * r + r];
  }
  return x.every(Number.isFinite) ? x : undefined;
}
