/** The two parameterizations by entries of a matrix that is made orthonormal: 6 numbers (Gram-Schmidt) and 9 (nearest). */
import {
  add,
  cross,
  dot,
  type Matrix3,
  multiply3,
  norm,
  scale,
  subtract,
  transpose3,
  type Vec3,
} from "../../core/linear.js";
import { symmetricEigen } from "../../core/symmetricEigen.js";
import { hornMatrix, quaternionToMatrix } from "./quaternion.js";
import { type RotationMap, undefinedRotation } from "./rotationMap.js";

/** Relative size below which vectors count as dependent. */
const DEPENDENT = 1e-14;

function gramSchmidt(p: readonly number[]) {
  const [a1, a2]: Vec3[] = [
    [p[0], p[1], p[2]],
    [p[3], p[4], p[5]],
  ];
  const length1 = norm(a1);
  if (!(length1 > 0 && length1 < Infinity))
    throw undefinedRotation("rotation_6d", "its first vector must be longer than 0", p);
  const b1 = scale(a1, 1 / length1);
  const rest = subtract(a2, scale(b1, dot(b1, a2)));
  const length2 = norm(rest);
  if (!(length2 > DEPENDENT * norm(a2) && length2 < Infinity))
    throw undefinedRotation("rotation_6d", "its second vector must not be parallel to the first", p);
  const b2 = scale(rest, 1 / length2);
  return { a2, b1, b2, b3: cross(b1, b2), length1, length2 };
}

function rotation6dVjp(p: readonly number[], g: Matrix3): number[] {
  const { a2, b1, b2, length1, length2 } = gramSchmidt(p);
  const g3: Vec3 = [g[6], g[7], g[8]];
  const g2 = add([g[3], g[4], g[5]], cross(g3, b1)); // from b3 = b1 x b2
  const gRest = scale(subtract(g2, scale(b2, dot(b2, g2))), 1 / length2);
  // rest = a2 - (b1.a2) b1
  const gA2 = subtract(gRest, scale(b1, dot(b1, gRest)));
  const fromRest = add(scale(a2, dot(b1, gRest)), scale(gRest, dot(b1, a2)));
  const g1 = subtract(add([g[0], g[1], g[2]], cross(b2, g3)), fromRest);
  const gA1 = scale(subtract(g1, scale(b1, dot(b1, g1))), 1 / length1);
  return [...gA1, ...gA2];
}

/**
 * Two vectors; orthonormalized they are the first two rows of R, the third is their cross product.
 * Source: Zhou et al., On the Continuity of Rotation Representations in Neural Networks, CVPR 2019.
 */
export const rotation6d: RotationMap = {
  size: 6,
  toMatrix: (p) => {
    const { b1, b2, b3 } = gramSchmidt(p);
    return [...b1, ...b2, ...b3];
  },
  toMatrixVjp: rotation6dVjp,
  fromMatrix: (rotation) => ({ parameters: rotation.slice(0, 6), singular: false }),
  fromMatrixVjp: (_, cotangent) => [...cotangent, 0, 0, 0],
};

/** The rotation nearest to M: its quaternion maximizes qᵀ N(M) q. */
function nearestRotation(p: readonly number[]): number[] {
  const { values, vectors } = symmetricEigen(hornMatrix(p), 4);
  const gap = values[3] - values[2]; // twice the sum of the two smaller singular values, signed by det M
  if (!(gap > DEPENDENT * Math.hypot(...p)) || !Number.isFinite(gap))
    throw undefinedRotation("rotation_9d", "two rotations are equally near to it", p);
  return quaternionToMatrix(vectors[3]);
}

/**
 * M = R S with S symmetric, so a change dM turns R by R hat(w) with (tr(S) I - S) w = vee(RᵀdM - dMᵀR); finite also
 * where singular values are equal (every exact rotation).
 */
function rotation9dVjp(p: readonly number[], g: Matrix3): number[] {
  const rotation = nearestRotation(p);
  const s = multiply3(transpose3(rotation), p);
  const trace = s[0] + s[4] + s[8];
  const stiffness = s.map((value, i) => (i % 4 === 0 ? trace : 0) - value); // symmetric to rounding
  const turned = multiply3(transpose3(rotation), g);
  const torque = [turned[7] - turned[5], turned[2] - turned[6], turned[3] - turned[1]];
  const { values, vectors } = symmetricEigen(stiffness, 3); // sums of two singular values each: above 0
  const w = [0, 0, 0];
  vectors.forEach((v, k) => {
    const along = (v[0] * torque[0] + v[1] * torque[1] + v[2] * torque[2]) / values[k];
    for (let i = 0; i < 3; i++) w[i] += along * v[i];
  });
  return multiply3(rotation, [0, -w[2], w[1], w[2], 0, -w[0], -w[1], w[0], 0]);
}

/**
 * M, row-major; R is the rotation nearest to it, U diag(1, 1, det(U Vᵀ)) Vᵀ of its singular value decomposition.
 * Found as the quaternion of the largest eigenvalue of Horn's matrix.
 * Source: Levinson et al., An Analysis of SVD for Deep Rotation Estimation, NeurIPS 2020; Horn 1987 for the solution.
 */
export const rotation9d: RotationMap = {
  size: 9,
  toMatrix: nearestRotation,
  toMatrixVjp: rotation9dVjp,
  fromMatrix: (rotation) => ({ parameters: [...rotation], singular: false }),
  fromMatrixVjp: (_, cotangent) => [...cotangent],
};

/** R itself: 9 numbers, row-major, taken as they are. */
export const rotationMatrix: RotationMap = {
  size: 9,
  toMatrix: (p) => [...p],
  toMatrixVjp: (_, cotangent) => [...cotangent],
  fromMatrix: (rotation) => ({ parameters: [...rotation], singular: false }),
  fromMatrixVjp: (_, cotangent) => [...cotangent],
};
