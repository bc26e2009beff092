/** The linear equations of one Levenberg-Marquardt step. */
import { solveDamped as solve } from "../optimizer/dampedSolve.js";

/**
 * x with (H + lambda D) x = g for a symmetric positive semidefinite H (p x p, row by row). D is half the diagonal of H and
 * half its mean over the unknown's block. Undefined where the matrix is not positive definite, as it is for images without
 * any contrast.
 */
export function solveDamped(
  hessian: Float64Array,
  gradient: Float64Array,
  lambda: number,
  blocks: readonly { readonly at: readonly number[] }[],
): Float64Array | undefined {
  const p = gradient.length;
  const damping = new Float64Array(p);
  for (const { at } of blocks) {
    const mean = at.reduce((sum, i) => sum + hessian[p * i + i], 0) / at.length;
    for (const i of at) damping[i] = 0.5 * lambda * (hessian[p * i + i] + mean);
  }
  return solve(hessian, damping, gradient);
}
