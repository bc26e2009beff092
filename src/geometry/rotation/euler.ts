import { fault } from "../../core/errors.js";
import { type Matrix3, multiply3 } from "../../core/linear.js";
import { cos, sin } from "../../core/trigonometry.js";
import type { RotationMap, RotationParameters } from "./rotationMap.js";

/** Every order in which neighboring axes differ. */
export const EULER_CONVENTIONS = [
  "XYZ",
  "XZY",
  "YXZ",
  "YZX",
  "ZXY",
  "ZYX",
  "XYX",
  "XZX",
  "YXY",
  "YZY",
  "ZXZ",
  "ZYZ",
] as const;
/** Three axes in the order of their turns, each about the axes as turned so far. */
export type EulerConvention = (typeof EULER_CONVENTIONS)[number];

/** Right-handed rotation about axis 0, 1 or 2 (x, y, z) by an angle in radians. */
export function rotationAbout(axis: number, angle: number): number[] {
  return aboutAxis(axis, cos(angle), sin(angle), 1);
}

const rotationAboutDerivative = (axis: number, angle: number) => aboutAxis(axis, -sin(angle), cos(angle), 0);

function aboutAxis(axis: number, cos: number, sin: number, onAxis: number): number[] {
  const m = new Array<number>(9).fill(0);
  const [j, k] = [(axis + 1) % 3, (axis + 2) % 3];
  m[4 * axis] = onAxis;
  m[4 * j] = m[4 * k] = cos;
  m[3 * j + k] = -sin;
  m[3 * k + j] = sin;
  return m;
}

/** Below this cosine (sine for equal outer axes) of the second angle, the first and third axes count as one. */
const GIMBAL_LOCK = 1e-14;

/**
 * Euler angles in radians, "ABC": R = R_A(e1) R_B(e2) R_C(e3), intrinsic A, then B', then C'' (= extrinsic C, B, A).
 * Ranges: e1, e3 in (-pi, pi]; e2 in [-pi/2, pi/2] where A, B, C differ, in [0, pi] where A = C.
 * Gimbal lock (e2 at an end of its range): e3 is chosen 0; derivatives of e2 and e3 are then given as 0.
 * Source: the product written out; e1 is solved from R R_C(e3)ᵀ, which reproduces R to rounding even near gimbal lock.
 */
export function euler(convention: EulerConvention): RotationMap {
  if (!EULER_CONVENTIONS.includes(convention))
    throw fault(
      "INVALID_ARGUMENT",
      `an Euler convention is one of ${EULER_CONVENTIONS.join(", ")}, got '${convention}'`,
      { defect: "unknown-convention", convention },
    );
  const [a, b, c] = [...convention].map((letter) => "XYZ".indexOf(letter));
  const k = 3 - a - b; // the axis that is neither A nor B
  const s = (b - a + 3) % 3 === 1 ? 1 : -1; // +1 if (a, b, k) is an even permutation
  const proper = a === c;
  /** Entries (index, sign) of R that are cos(e2 or its complement) times sin(e3) and times cos(e3). */
  const sin3 = proper ? { at: 3 * a + b, sign: 1 } : { at: 3 * a + b, sign: -s };
  const cos3 = proper ? { at: 3 * a + k, sign: s } : { at: 4 * a, sign: 1 };
  /** The entry that depends on e2 alone: cos(e2) if proper, else s sin(e2). */
  const alone = proper ? { at: 4 * a, sign: 1 } : { at: 3 * a + c, sign: s };

  /** The column b of R R_C(e3)ᵀ = R_A(e1) e_b: cos(e1) at b, s sin(e1) at k. */
  const firstAxisPair = (rotation: Matrix3, row: readonly number[]) =>
    [b, k].map((r) => rotation[3 * r] * row[0] + rotation[3 * r + 1] * row[1] + rotation[3 * r + 2] * row[2]);

  const solve = (rotation: Matrix3) => {
    const [y3, x3] = [sin3.sign * rotation[sin3.at], cos3.sign * rotation[cos3.at]];
    const across = Math.hypot(y3, x3);
    const singular = across < GIMBAL_LOCK;
    const e3 = singular ? 0 : Math.atan2(y3, x3);
    const along = alone.sign * rotation[alone.at];
    const e2 = proper ? Math.atan2(across, along) : Math.atan2(along, across);
    const [x1, y1] = firstAxisPair(rotation, rotationAbout(c, e3).slice(3 * b, 3 * b + 3));
    return { e1: Math.atan2(s * y1, x1), e2, e3, x1, y1, x3, y3, across, along, singular };
  };

  const toMatrix = (e: readonly number[]) =>
    multiply3(multiply3(rotationAbout(a, e[0]), rotationAbout(b, e[1])), rotationAbout(c, e[2]));

  const toMatrixVjp = (e: readonly number[], cotangent: Matrix3) =>
    [0, 1, 2].map((moved) => {
      const factors = [a, b, c].map((axis, i) => (i === moved ? rotationAboutDerivative : rotationAbout)(axis, e[i]));
      const derivative = multiply3(multiply3(factors[0], factors[1]), factors[2]);
      return derivative.reduce((sum, value, i) => sum + value * cotangent[i], 0);
    });

  const fromMatrix = (rotation: Matrix3): RotationParameters => {
    const { e1, e2, e3, singular } = solve(rotation);
    return { parameters: [e1, e2, e3], singular };
  };

  const fromMatrixVjp = (rotation: Matrix3, cotangent: readonly number[]): number[] => {
    const { e3, x1, y1, x3, y3, across, along, singular } = solve(rotation);
    const g = new Array<number>(9).fill(0);
    // e1 = atan2(s y1, x1) with (x1, y1) = rows b and k of R times row b of R_C(e3)
    const row = rotationAbout(c, e3).slice(3 * b, 3 * b + 3);
    const square1 = x1 * x1 + y1 * y1;
    const [gx1, gy1] = [(-s * y1 * cotangent[0]) / square1, (s * x1 * cotangent[0]) / square1];
    for (let i = 0; i < 3; i++) {
      g[3 * b + i] += gx1 * row[i];
      g[3 * k + i] += gy1 * row[i];
    }
    if (singular) return g;
    const [dx1, dy1] = firstAxisPair(rotation, rotationAboutDerivative(c, e3).slice(3 * b, 3 * b + 3));
    const g3 = (cotangent[2] + gx1 * dx1 + gy1 * dy1) / (across * across);
    const square2 = across * across + along * along;
    const g2 = ((proper ? 1 : -1) * cotangent[1]) / square2;
    g[alone.at] += alone.sign * -g2 * across;
    g[sin3.at] += sin3.sign * (g3 * x3 + (g2 * along * y3) / across);
    g[cos3.at] += cos3.sign * (-g3 * y3 + (g2 * along * x3) / across);
    return g;
  };

  return { size: 3, toMatrix, toMatrixVjp, fromMatrix, fromMatrixVjp };
}
