/** Functions whose minima are known, with gradient and Gauss-Newton matrix from their residuals. */
import type { NormalEquations } from "../../src/optimizer/lmState.js";

/** value = |r|² / 2, gradient = Jᵀ r, matrix = Jᵀ J of residuals r and their Jacobian (rows of J). */
export function leastSquares(residuals: readonly number[], rows: readonly (readonly number[])[]): NormalEquations {
  const n = rows[0].length;
  const gradient = new Float64Array(n);
  const matrix = new Float64Array(n * n);
  rows.forEach((row, k) => {
    for (let i = 0; i < n; i++) {
      gradient[i] += row[i] * residuals[k];
      for (let j = 0; j < n; j++) matrix[n * i + j] += row[i] * row[j];
    }
  });
  return { value: residuals.reduce((sum, r) => sum + r * r, 0) / 2, gradient, matrix };
}

/** Rosenbrock's valley (halved): minimum 0 at (1, 1). */
export const rosenbrock = (x: ArrayLike<number>): NormalEquations =>
  leastSquares(
    [10 * (x[1] - x[0] ** 2), 1 - x[0]],
    [
      [-20 * x[0], 10],
      [-1, 0],
    ],
  );

/** Beale's function (halved): minimum 0 at (3, 1/2). */
export const beale = (x: ArrayLike<number>): NormalEquations => {
  const [a, b] = [x[0], x[1]];
  const terms = [1, 2, 3];
  return leastSquares(
    terms.map((p) => [1.5, 2.25, 2.625][p - 1] - a * (1 - b ** p)),
    terms.map((p) => [b ** p - 1, a * p * b ** (p - 1)]),
  );
};

/** x·D x / 2 - b·x with D = diag(1, 10, 100), b = (1, 1, 1): minimum at (1, 0.1, 0.01). */
export const quadratic = (x: ArrayLike<number>): NormalEquations => {
  const d = [1, 10, 100];
  return {
    value: d.reduce((sum, di, i) => sum + (di * x[i] ** 2) / 2 - x[i], 0),
    gradient: d.map((di, i) => di * x[i] - 1),
    matrix: [1, 0, 0, 0, 10, 0, 0, 0, 100],
  };
};

/** The largest |a - b|. */
export const distance = (a: ArrayLike<number>, b: readonly number[]): number =>
  Math.max(...b.map((value, i) => Math.abs(a[i] - value)));
