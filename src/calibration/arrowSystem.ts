/** Normal equations of unknowns that each belong to one view, and of a few that belong to all. */
import { solveDamped } from "../optimizer/dampedSolve.js";

/** A symmetric positive definite system in arrow form, for any number of right sides. */
export interface ArrowSystem {
  /** `perView[v]`: right sides of view v; `common`: those of the unknowns that all share. Returns the unknowns alike. */
  solve(
    perView: readonly Float64Array[],
    common: Float64Array,
  ): { readonly perView: Float64Array[]; readonly common: Float64Array };
}

/**
 * H = [B_v, C_v; sum_v C_vᵀ, E], B_v the blocks (n x n) of the views on the diagonal, C_v (n x m) their coupling to the
 * m common unknowns. Solved by the Schur complement E - sum C_vᵀ B_v⁻¹ C_v: linear in the number of views. A system
 * that is not positive definite gives undefined.
 */
export function createArrowSystem(
  blocks: readonly Float64Array[],
  couplings: readonly Float64Array[],
  corner: Float64Array,
): ArrowSystem | undefined {
  const m = Math.sqrt(corner.length);
  const n = Math.sqrt(blocks[0].length);
  /** B_v⁻¹ C_v, column by column */
  const solved: Float64Array[][] = [];
  const schur = corner.slice();
  for (const [v, block] of blocks.entries()) {
    const columns: Float64Array[] = [];
    for (let b = 0; b < m; b++) {
      const column = Float64Array.from({ length: n }, (_, a) => couplings[v][a * m + b]);
      const x = n ? solveDamped(block, undefined, column) : column;
      if (!x) return undefined;
      columns.push(x);
      for (let a = 0; a < m; a++) for (let k = 0; k < n; k++) schur[a * m + b] -= couplings[v][k * m + a] * x[k];
    }
    solved.push(columns);
  }
  if (m && !solveDamped(schur, undefined, new Float64Array(m))) return undefined;
  if (n && !blocks.every((block) => solveDamped(block, undefined, new Float64Array(n)))) return undefined;
  return {
    solve(perView, common) {
      const own = perView.map((b, v) => (n ? (solveDamped(blocks[v], undefined, b) ?? b) : b));
      const reduced = common.slice();
      own.forEach((x, v) => {
        for (let a = 0; a < m; a++) for (let k = 0; k < n; k++) reduced[a] -= couplings[v][k * m + a] * x[k];
      });
      const shared = m ? (solveDamped(schur, undefined, reduced) ?? reduced) : reduced;
      return {
        perView: own.map((x, v) => x.map((value, k) => shared.reduce((sum, s, b) => sum - s * solved[v][b][k], value))),
        common: shared,
      };
    },
  };
}
