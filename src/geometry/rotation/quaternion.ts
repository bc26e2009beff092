import type { Matrix3 } from "../../core/linear.js";
import { type RotationMap, type RotationParameters, undefinedRotation } from "./rotationMap.js";

/**
 * The linear map N(M) with N(R) = 4 q qᵀ - I for every rotation R with unit quaternion q (w, x, y, z); 4x4 row-major.
 * Source: Horn, J. Opt. Soc. Am. A 4(4), 1987 (his matrix N).
 */
export const hornMatrix = (m: Matrix3): number[] => {
  const [wx, wy, wz] = [m[7] - m[5], m[2] - m[6], m[3] - m[1]];
  const [xy, xz, yz] = [m[1] + m[3], m[2] + m[6], m[5] + m[7]];
  const diagonal = [m[0] + m[4] + m[8], m[0] - m[4] - m[8], m[4] - m[0] - m[8], m[8] - m[0] - m[4]];
  return [diagonal[0], wx, wy, wz, wx, diagonal[1], xy, xz, wy, xy, diagonal[2], yz, wz, xz, yz, diagonal[3]];
};

/** The transpose of `hornMatrix`: 16 cotangents to 9. */
export function hornMatrixVjp(c: readonly number[]): number[] {
  const pair = (i: number, j: number) => c[4 * i + j] + c[4 * j + i];
  const [wx, wy, wz, xy, xz, yz] = [pair(0, 1), pair(0, 2), pair(0, 3), pair(1, 2), pair(1, 3), pair(2, 3)];
  const [ww, xx, yy, zz] = [c[0], c[5], c[10], c[15]];
  return [
    ww + xx - yy - zz,
    xy - wz,
    xz + wy,
    xy + wz,
    ww - xx + yy - zz,
    yz - wx,
    xz - wy,
    yz + wx,
    ww - xx - yy + zz,
  ];
}

/** R of a quaternion of any norm: I + 2/|q|² A(q) with A quadratic. */
export function quaternionToMatrix(parameters: readonly number[]): number[] {
  const [w, x, y, z] = scaled(parameters).q;
  const t = 2 / (w * w + x * x + y * y + z * z);
  return [
    1 - t * (y * y + z * z),
    t * (x * y - z * w),
    t * (x * z + y * w),
    t * (x * y + z * w),
    1 - t * (x * x + z * z),
    t * (y * z - x * w),
    t * (x * z - y * w),
    t * (y * z + x * w),
    1 - t * (x * x + y * y),
  ];
}

export function quaternionToMatrixVjp(parameters: readonly number[], g: Matrix3): number[] {
  const { q, size } = scaled(parameters);
  const [w, x, y, z] = q;
  const quadratic = [
    z * (g[3] - g[1]) + y * (g[2] - g[6]) + x * (g[7] - g[5]),
    y * (g[1] + g[3]) + z * (g[2] + g[6]) + w * (g[7] - g[5]) - 2 * x * (g[4] + g[8]),
    x * (g[1] + g[3]) + z * (g[5] + g[7]) + w * (g[2] - g[6]) - 2 * y * (g[0] + g[8]),
    x * (g[2] + g[6]) + y * (g[5] + g[7]) + w * (g[3] - g[1]) - 2 * z * (g[0] + g[4]),
  ];
  const n = w * w + x * x + y * y + z * z;
  const radial = (quadratic[0] * w + quadratic[1] * x + quadratic[2] * y + quadratic[3] * z) / n;
  return quadratic.map((d, i) => ((2 / n) * (d - radial * q[i])) / size);
}

/** q divided by its largest element, so that |q|² neither under- nor overflows. */
function scaled(parameters: readonly number[]): { q: number[]; size: number } {
  const size = Math.max(...parameters.map(Math.abs));
  if (!(size > 0 && size < Infinity)) throw undefinedRotation("quaternion", "its norm must be above 0", parameters);
  return { q: parameters.map((value) => value / size), size };
}

/** Below this w (= cos of half the angle) a rotation counts as one by pi, whose two quaternions are equally good. */
const HALF_TURN = 1e-12;

/** Unit quaternion with w >= 0 from the largest column of 4 q qᵀ. At angle pi (w = 0): first nonzero of x, y, z positive. */
export function quaternionFromMatrix(rotation: Matrix3): RotationParameters {
  const { outer, column } = largestColumn(rotation);
  const unsigned = [0, 1, 2, 3].map((i) => outer[4 * i + column] / (2 * Math.sqrt(outer[5 * column])));
  const singular = Math.abs(unsigned[0]) < HALF_TURN;
  const deciding = singular ? unsigned.slice(1).find((value) => Math.abs(value) > HALF_TURN)! : unsigned[0];
  return { parameters: deciding < 0 ? unsigned.map((value) => -value) : unsigned, singular };
}

export function quaternionFromMatrixVjp(rotation: Matrix3, cotangent: readonly number[]): number[] {
  const { outer, column } = largestColumn(rotation);
  const square = outer[5 * column];
  const { parameters: q } = quaternionFromMatrix(rotation);
  const sign = Math.sign(q[column]) || 1;
  const c = new Array<number>(16).fill(0);
  let alongQ = 0;
  for (let i = 0; i < 4; i++) {
    c[4 * i + column] = (sign * cotangent[i]) / (2 * Math.sqrt(square));
    alongQ += cotangent[i] * q[i];
  }
  c[5 * column] -= alongQ / (2 * square);
  return hornMatrixVjp(c);
}

/** 4 q qᵀ (linear in R) and the index of its largest column, first on ties. */
function largestColumn(rotation: Matrix3): { outer: number[]; column: number } {
  const outer = hornMatrix(rotation).map((value, i) => (i % 5 === 0 ? 1 + value : value));
  let column = 0;
  for (let i = 1; i < 4; i++) if (outer[5 * i] > outer[5 * column]) column = i;
  return { outer, column };
}

/** (w, x, y, z), any norm but 0. */
export const quaternion: RotationMap = {
  size: 4,
  toMatrix: quaternionToMatrix,
  toMatrixVjp: quaternionToMatrixVjp,
  fromMatrix: quaternionFromMatrix,
  fromMatrixVjp: quaternionFromMatrixVjp,
};
