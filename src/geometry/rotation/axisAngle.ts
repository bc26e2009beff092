import type { Matrix3 } from "../../core/linear.js";
import {
  quaternionFromMatrix,
  quaternionFromMatrixVjp,
  quaternionToMatrix,
  quaternionToMatrixVjp,
} from "./quaternion.js";
import type { RotationMap, RotationParameters } from "./rotationMap.js";
import { stumpff } from "./stumpff.js";

/** The unit quaternion (cos(a/2), v sin(a/2)/a) of v with a = |v|; with x = a²/4 it is (c_0(x), v c_1(x) / 2). */
function toQuaternion(v: readonly number[]): { q: number[]; half: number; slope: number } {
  const x = (v[0] * v[0] + v[1] * v[1] + v[2] * v[2]) / 4;
  const c1 = stumpff(1, x);
  const half = c1.value / 2;
  return { q: [stumpff(0, x).value, half * v[0], half * v[1], half * v[2]], half, slope: c1.derivative / 4 };
}

function toMatrixVjp(v: readonly number[], cotangent: Matrix3): number[] {
  const { q, half, slope } = toQuaternion(v);
  const g = quaternionToMatrixVjp(q, cotangent);
  // dx = v.dv / 2, dc_0 = -c_1/2 dx = -half dx, d(half) = 2 slope dx
  const alongV = slope * (g[1] * v[0] + g[2] * v[1] + g[3] * v[2]) - (g[0] * half) / 2;
  return v.map((value, i) => half * g[i + 1] + alongV * value);
}

/**
 * c(n, w) = 2 atan2(n, w) / n with n = |q_v|, and (1/n) dc/dn. Smooth at n = 0, where w = 1: the series in t = n/w is
 * used below t = 0.05 (remainder below 1e-14).
 */
function angleFactor(n: number, w: number): { value: number; slope: number } {
  const t = n / w;
  if (!(Math.abs(t) < 0.05)) {
    const value = (2 * Math.atan2(n, w)) / n;
    return { value, slope: ((2 * w) / (n * n + w * w) - value) / (n * n) };
  }
  let value = 0;
  let slope = 0;
  for (let k = 0, power = 1; k < 6; k++, power *= -t * t) {
    value += power / (2 * k + 1);
    slope -= (power * (2 * k + 2)) / (2 * k + 3);
  }
  return { value: (2 * value) / w, slope: (2 * slope) / w ** 3 };
}

/** Angle in [0, pi] along the axis. At angle pi both axes are right: the first nonzero component is made positive. */
function fromMatrix(rotation: Matrix3): RotationParameters {
  const { parameters: q, singular } = quaternionFromMatrix(rotation);
  const factor = angleFactor(Math.hypot(q[1], q[2], q[3]), q[0]).value;
  return { parameters: [factor * q[1], factor * q[2], factor * q[3]], singular };
}

function fromMatrixVjp(rotation: Matrix3, cotangent: readonly number[]): number[] {
  const { parameters: q } = quaternionFromMatrix(rotation);
  const { value, slope } = angleFactor(Math.hypot(q[1], q[2], q[3]), q[0]);
  const along = cotangent[0] * q[1] + cotangent[1] * q[2] + cotangent[2] * q[3];
  const square = q[0] ** 2 + q[1] ** 2 + q[2] ** 2 + q[3] ** 2;
  const g = [(-2 * along) / square, ...[0, 1, 2].map((i) => value * cotangent[i] + slope * along * q[i + 1])];
  return quaternionFromMatrixVjp(rotation, g);
}

/** v = angle (rad) times unit axis; any angle, 0 included. */
export const axisAngle: RotationMap = {
  size: 3,
  toMatrix: (v) => quaternionToMatrix(toQuaternion(v).q),
  toMatrixVjp,
  fromMatrix,
  fromMatrixVjp,
};
