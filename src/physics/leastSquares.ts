import { fault } from "../core/index.js";

/**
 * The `unknowns` numbers x that minimize sum_i (row_i x - value_i)²: normal equations by Cholesky, refined once.
 * `fill(i, row)` writes row i and returns value_i; it is called for every i twice.
 * @throws INVALID_ARGUMENT (defect `singular`) if the rows leave an unknown open
 */
export function leastSquares(
  equations: number,
  unknowns: number,
  fill: (i: number, row: Float64Array) => number,
): number[] {
  const n = unknowns;
  const row = new Float64Array(n);
  const normal = new Float64Array(n * n);
  const right = new Float64Array(n);
  for (let i = 0; i < equations; i++) {
    const value = fill(i, row);
    for (let a = 0; a < n; a++) {
      right[a] += row[a] * value;
      for (let b = 0; b <= a; b++) normal[a * n + b] += row[a] * row[b];
    }
  }
  const largest = Math.max(...Array.from({ length: n }, (_, a) => normal[a * n + a]));
  for (let a = 0; a < n; a++)
    for (let b = 0; b <= a; b++) {
      let sum = normal[a * n + b];
      for (let k = 0; k < b; k++) sum -= normal[a * n + k] * normal[b * n + k];
      if (a > b) normal[a * n + b] = sum / normal[b * n + b];
      else if (sum > 1e-15 * largest) normal[a * n + a] = Math.sqrt(sum);
      else
        throw fault("INVALID_ARGUMENT", `the data leave unknown ${a} of ${n} open: more varied ones are needed`, {
          defect: "singular",
        });
    }
  const solve = (b: Float64Array) => {
    const x = b.slice();
    for (let a = 0; a < n; a++) {
      for (let k = 0; k < a; k++) x[a] -= normal[a * n + k] * x[k];
      x[a] /= normal[a * n + a];
    }
    for (let a = n - 1; a >= 0; a--) {
      for (let k = a + 1; k < n; k++) x[a] -= normal[k * n + a] * x[k];
      x[a] /= normal[a * n + a];
    }
    return x;
  };
  const x = solve(right);
  right.fill(0);
  for (let i = 0; i < equations; i++) {
    let rest = fill(i, row);
    for (let a = 0; a < n; a++) rest -= row[a] * x[a];
    for (let a = 0; a < n; a++) right[a] += row[a] * rest;
  }
  const correction = solve(right);
  return Array.from(x, (value, a) => value + correction[a]);
}
