/** Eigenvalues in ascending order; `vectors[k]` is the unit eigenvector of `values[k]`. */
export interface Eigen {
  readonly values: number[];
  readonly vectors: number[][];
}

/**
 * Eigenvalues and eigenvectors of a small symmetric matrix by cyclic Jacobi rotations, to working precision.
 * @param matrix n * n numbers, row-major; only its symmetric part counts
 * Source: Golub and Van Loan, Matrix Computations, 4th ed., algorithm 8.5.2.
 */
export function symmetricEigen(matrix: readonly number[], n: number): Eigen {
  const a = matrix.map((value, i) => (value + matrix[(i % n) * n + Math.floor(i / n)]) / 2);
  const v = matrix.map((_, i) => (i % n === Math.floor(i / n) ? 1 : 0));
  const size = Math.hypot(...a);
  for (let sweep = 0; sweep < 60 && offDiagonal(a, n) > 1e-18 * size; sweep++)
    for (let p = 0; p < n - 1; p++) for (let q = p + 1; q < n; q++) rotate(a, v, n, p, q);
  const order = Array.from({ length: n }, (_, k) => k).sort((i, j) => a[i * n + i] - a[j * n + j]);
  return {
    values: order.map((k) => a[k * n + k]),
    vectors: order.map((k) => Array.from({ length: n }, (_, r) => v[r * n + k])),
  };
}

/** The largest element off the diagonal. */
function offDiagonal(a: readonly number[], n: number): number {
  let largest = 0;
  for (let p = 0; p < n - 1; p++) for (let q = p + 1; q < n; q++) largest = Math.max(largest, Math.abs(a[p * n + q]));
  return largest;
}

/** a <- Jᵀ a J and v <- v J with the plane rotation J that makes a[p][q] zero. */
function rotate(a: number[], v: number[], n: number, p: number, q: number): void {
  const apq = a[p * n + q];
  if (apq === 0) return;
  const tau = (a[q * n + q] - a[p * n + p]) / (2 * apq);
  const t = (tau >= 0 ? 1 : -1) / (Math.abs(tau) + Math.hypot(1, tau));
  const c = 1 / Math.hypot(1, t);
  const s = t * c;
  for (let r = 0; r < n; r++) turn(a, r * n + p, r * n + q, c, s);
  for (let r = 0; r < n; r++) turn(a, p * n + r, q * n + r, c, s);
  for (let r = 0; r < n; r++) turn(v, r * n + p, r * n + q, c, s);
  a[p * n + q] = 0;
  a[q * n + p] = 0;
}

function turn(m: number[], i: number, j: number, c: number, s: number): void {
  const x = m[i];
  m[i] = c * x - s * m[j];
  m[j] = s * x + c * m[j];
}
