/** Small dense linear algebra that the solvers are held to; nothing here is shared with them. */
import { deviceVolume, toHost } from "../../src/projector/arrays.js";
import type { Projector } from "../../src/projector/types.js";

/** The operator as columns: column j is A applied to voxel j. Meant for the float64 backend and some hundred voxels. */
export async function denseColumns(A: Projector): Promise<Float64Array[]> {
  const count = A.grid.size[0] * A.grid.size[1] * A.grid.size[2];
  const columns: Float64Array[] = [];
  for (let j = 0; j < count; j++) {
    const values = new Float64Array(count);
    values[j] = 1;
    const unit = A.backend.upload(values, { kind: "volume", size: [...A.grid.size] }, "unit", "real");
    const image = A.apply(deviceVolume(unit, A.grid, "unknown"));
    columns.push(Float64Array.from((await toHost(image)).values));
    for (const resource of [image, unit]) resource.dispose();
  }
  return columns;
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
};

/** AᵀA and Aᵀb. */
export function normalEquations(columns: readonly Float64Array[], b: ArrayLike<number>) {
  const matrix = columns.map(() => new Float64Array(columns.length));
  for (let i = 0; i < columns.length; i++)
    for (let j = 0; j <= i; j++) {
      matrix[i][j] = dot(columns[i], columns[j]);
      matrix[j][i] = matrix[i][j];
    }
  return { matrix, right: Float64Array.from(columns, (column) => dot(column, b)) };
}

/** Solves the rows and columns `kept` of a symmetric positive definite system by Cholesky; the other unknowns are 0. */
export function solveKept(
  { matrix, right }: ReturnType<typeof normalEquations>,
  kept: readonly number[],
): Float64Array {
  const n = kept.length;
  const lower = kept.map(() => new Float64Array(n));
  const y = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const row = lower[i];
    for (let j = 0; j <= i; j++) {
      let sum = matrix[kept[i]][kept[j]];
      const other = lower[j];
      for (let k = 0; k < j; k++) sum -= row[k] * other[k];
      row[j] = i === j ? Math.sqrt(sum) : sum / other[j];
    }
    let sum = right[kept[i]];
    for (let k = 0; k < i; k++) sum -= row[k] * y[k];
    y[i] = sum / row[i];
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) y[i] -= lower[k][i] * y[k];
    y[i] /= lower[i][i];
  }
  const x = new Float64Array(right.length);
  for (let i = 0; i < n; i++) x[kept[i]] = y[i];
  return x;
}

/**
 * Least squares with x >= 0 by the active-set method of Lawson and Hanson, Solving Least Squares Problems, 1974, chapter
 * 23: unknowns enter one by one where the gradient asks for it, and leave where they would become negative. Starts where
 * the solution without bounds is positive.
 */
export function nonNegativeLeastSquares(system: ReturnType<typeof normalEquations>): Float64Array {
  const { matrix, right } = system;
  const n = right.length;
  let x: Float64Array = solveKept(system, [...right.keys()]).map((value) => Math.max(0, value));
  const free = new Set([...right.keys()].filter((j) => x[j] > 0));
  const scale = Math.max(...right.map(Math.abs));
  for (;;) {
    for (;;) {
      const kept = [...free].sort((a, b) => a - b);
      const z = solveKept(system, kept);
      const blocking = kept.filter((j) => z[j] <= 0);
      if (blocking.length === 0) {
        x = z;
        break;
      }
      const share = Math.min(...blocking.map((j) => x[j] / (x[j] - z[j])));
      for (const j of kept) {
        x[j] += share * (z[j] - x[j]);
        if (x[j] <= 1e-14) {
          x[j] = 0;
          free.delete(j);
        }
      }
    }
    let entering = -1;
    let steepest = 1e-11 * scale;
    for (let j = 0; j < n; j++) {
      if (free.has(j)) continue;
      const descent = right[j] - dot(matrix[j], x);
      if (descent > steepest) [entering, steepest] = [j, descent];
    }
    if (entering < 0) return x;
    free.add(entering);
  }
}
