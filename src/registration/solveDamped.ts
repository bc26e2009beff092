/** The linear equations of one Levenberg-Marquardt step. */

/**
 * x with (H + lambda D) x = g for a symmetric positive semidefinite H (p x p, row by row), by Cholesky. D is half the
 * diagonal of H and half its mean over the unknown's block. Undefined where the matrix is not positive definite, as it is
 * for images without any contrast.
 */
export function solveDamped(
  hessian: Float64Array,
  gradient: Float64Array,
  lambda: number,
  blocks: readonly { readonly at: readonly number[] }[],
): Float64Array | undefined {
  const p = gradient.length;
  const l = hessian.slice();
  for (const { at } of blocks) {
    const mean = at.reduce((sum, i) => sum + hessian[p * i + i], 0) / at.length;
    for (const i of at) l[p * i + i] += 0.5 * lambda * (hessian[p * i + i] + mean);
  }
  const x = gradient.slice();
  for (let i = 0; i < p; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = l[p * i + j];
      for (let k = 0; k < j; k++) sum -= l[p * i + k] * l[p * j + k];
      if (i > j) l[p * i + j] = sum / l[p * j + j];
      else if (sum > 0) l[p * i + i] = Math.sqrt(sum);
      else return undefined;
    }
    for (let k = 0; k < i; k++) x[i] -= l[p * i + k] * x[k];
    x[i] /= l[p * i + i];
  }
  for (let i = p - 1; i >= 0; i--) {
    for (let k = i + 1; k < p; k++) x[i] -= l[p * k + i] * x[k];
    x[i] /= l[p * i + i];
  }
  return x.every(Number.isFinite) ? x : undefined;
}
