/** The two parameterizations by a symmetric 4x4 matrix S, given as its upper triangle row by row (10 numbers). */
import type { Matrix3 } from "../../core/linear.js";
import { symmetricEigen } from "../../core/symmetricEigen.js";
import { hornMatrix, hornMatrixVjp, quaternionToMatrix, quaternionToMatrixVjp } from "./quaternion.js";
import { type RotationMap, undefinedRotation } from "./rotationMap.js";

/** Position in the upper triangle of entry (i, j); 4x4 row-major. */
const PLACE = [0, 1, 2, 3, 1, 4, 5, 6, 2, 5, 7, 8, 3, 6, 8, 9];

const fullMatrix = (upper: readonly number[]) => PLACE.map((place) => upper[place]);

/** Cotangents of 16 entries to those of the 10 numbers: an entry and its mirror image add up. */
function upperVjp(full: readonly number[]): number[] {
  const upper = new Array<number>(10).fill(0);
  PLACE.forEach((place, i) => {
    upper[place] += full[i];
  });
  return upper;
}

/** Upper triangle of factor * q qᵀ, which is linear in R: no singular point. */
function outerFromMatrix(rotation: Matrix3, factor: number): number[] {
  const upper = new Array<number>(10);
  hornMatrix(rotation).forEach((value, i) => {
    upper[PLACE[i]] = (factor * (i % 5 === 0 ? 1 + value : value)) / 4;
  });
  return upper;
}

function outerFromMatrixVjp(cotangent: readonly number[], factor: number): number[] {
  const full = PLACE.map((place, i) => (i >> 2 <= (i & 3) ? (factor * cotangent[place]) / 4 : 0));
  return hornMatrixVjp(full);
}

/** The column of largest norm, first on ties; R does not depend on its length. */
function largestColumn(p: readonly number[]): { q: number[]; column: number } {
  let best = { q: [0, 0, 0, 0], column: 0, size: 0 };
  for (let column = 0; column < 4; column++) {
    const q = [0, 1, 2, 3].map((i) => p[PLACE[4 * i + column]]);
    const size = Math.hypot(...q);
    if (size > best.size) best = { q, column, size };
  }
  if (!(best.size > 0 && best.size < Infinity))
    throw undefinedRotation("quaternion_adjugate", "its largest column must be longer than 0", p);
  return best;
}

/**
 * S stands for q qᵀ; q is its column of largest norm, normalized.
 * Source: Hanson and Hanson, Exploring the Adjugate Matrix Approach to Quaternion Pose Extraction, arXiv 2205.09116.
 */
export const quaternionAdjugate: RotationMap = {
  size: 10,
  toMatrix: (p) => quaternionToMatrix(largestColumn(p).q),
  toMatrixVjp: (p, cotangent) => {
    const { q, column } = largestColumn(p);
    const upper = new Array<number>(10).fill(0);
    quaternionToMatrixVjp(q, cotangent).forEach((value, i) => {
      upper[PLACE[4 * i + column]] = value;
    });
    return upper;
  },
  fromMatrix: (rotation) => ({ parameters: outerFromMatrix(rotation, 1), singular: false }),
  fromMatrixVjp: (_, cotangent) => outerFromMatrixVjp(cotangent, 1),
};

/** Relative distance of the two smallest eigenvalues below which they count as equal. */
const EQUAL = 1e-14;

function smallestEigenvector(p: readonly number[]) {
  const eigen = symmetricEigen(fullMatrix(p), 4);
  const gap = eigen.values[1] - eigen.values[0];
  if (!(gap > EQUAL * Math.hypot(...p)) || !Number.isFinite(gap))
    throw undefinedRotation("rotation_10d", "its smallest eigenvalue must be smaller than the next", p);
  return eigen;
}

/**
 * q is the unit eigenvector of the smallest eigenvalue of S (target -q qᵀ).
 * vjp: dq = sum over the other eigenvectors v_i of v_i (v_iᵀ dS q) / (l_0 - l_i): only gaps to the smallest count.
 * Source: Peretroukhin et al., A Smooth Representation of Belief over SO(3), RSS 2020.
 */
export const rotation10d: RotationMap = {
  size: 10,
  toMatrix: (p) => quaternionToMatrix(smallestEigenvector(p).vectors[0]),
  toMatrixVjp: (p, cotangent) => {
    const { values, vectors } = smallestEigenvector(p);
    const q = vectors[0];
    const gQ = quaternionToMatrixVjp(q, cotangent);
    const left = [0, 0, 0, 0];
    for (let k = 1; k < 4; k++) {
      const along = vectors[k].reduce((sum, value, i) => sum + value * gQ[i], 0) / (values[0] - values[k]);
      for (let i = 0; i < 4; i++) left[i] += along * vectors[k][i];
    }
    return upperVjp(PLACE.map((_, i) => left[i >> 2] * q[i & 3]));
  },
  fromMatrix: (rotation) => ({ parameters: outerFromMatrix(rotation, -1), singular: false }),
  fromMatrixVjp: (_, cotangent) => outerFromMatrixVjp(cotangent, -1),
};
