/**
 * Distances between two poses, each with its gradient with respect to the first: 16 numbers, last row 0, the derivative
 * of the formula used, right along every motion that keeps the pose rigid. Zeros at equal poses, where a distance has a
 * kink.
 */
import { fault } from "../core/errors.js";
import {
  affine,
  apply3,
  applyTransposed3,
  linearPart,
  type Matrix3,
  type Matrix4,
  multiply3,
  norm,
  scale,
  subtract,
  translationPart,
  transpose3,
  type Vec3,
} from "../core/linear.js";
import { refuseUnknownOptions } from "../core/options.js";
import { checkLength } from "./camera.js";
import { checkRotation } from "./pose.js";
import { axisAngle } from "./rotation/axisAngle.js";
import { type Se3Options, se3Log, se3LogVjp } from "./se3.js";

/**
 * |log(A⁻¹ B)| over all six numbers, rotation (rad) and translation (mm) mixed: how DiffDRR's `LogGeodesicSE3` measures.
 * @throws NOT_FINITE, INVALID_GEOMETRY (defect `not-a-rotation`)
 */
export function logGeodesic(a: Matrix4, b: Matrix4, options: Se3Options = {}): { value: number; gradient: number[] } {
  refuseUnknownOptions("logGeodesic", options, ["parity"]);
  const [ra, rb] = [checkRotation(a), checkRotation(b)];
  // A⁻¹ B = [Raᵀ Rb | Raᵀ (tb - ta)], exactly the identity for equal poses
  const between = subtract(translationPart(b), translationPart(a));
  const relative = affine(multiply3(transpose3(ra), rb), applyTransposed3(ra, between));
  const { rotation, translation } = se3Log(relative, options);
  const value = Math.hypot(...rotation, ...translation);
  if (value === 0) return { value, gradient: new Array<number>(16).fill(0) };
  const cotangent = { rotation: rotation.map((w) => w / value), translation: scale(translation, 1 / value) };
  const g = se3LogVjp(relative, cotangent, options);
  const [gR, gT] = [linearPart(g), translationPart(g)];
  const fromR = multiply3(rb, transpose3(gR));
  return {
    value,
    gradient: gradientOf(
      fromR.map((entry, i) => entry + between[Math.floor(i / 3)] * gT[i % 3]),
      scale(apply3(ra, gT), -1),
    ),
  };
}

/** How `doubleGeodesic` measures. */
export interface DoubleGeodesicOptions {
  /** mm, source to detector: the angle counts as an arc of radius sdd / 2. */
  readonly sdd: number;
  /**
   * How the angle is found: "logarithm" (DiffDRR), or "chord" (nanodrr): 2 asin(min(|R2 - R1| / (2 sqrt 2), 1 - epsilon)),
   * with the squared translation at least epsilon. @default "logarithm"
   */
  readonly angle?: "logarithm" | "chord";
  /** mm², under the root of the total. DiffDRR has 1e-6, nanodrr 1e-7. @default 0 */
  readonly epsilon?: number;
}

/** How far two poses lie apart, as lengths. */
export interface DoubleGeodesic {
  /** mm: sdd / 2 times the angle between the rotations. */
  readonly rotation: number;
  /** mm: between the translations t of P = [R | R t], each in its own camera frame. */
  readonly translation: number;
  /** mm: sqrt(rotation² + translation² + epsilon). */
  readonly total: number;
  /** 16 numbers: of `total`, with respect to the first pose. */
  readonly gradient: number[];
}

/**
 * Angle and translation between two poses as one length: DiffDRR's and nanodrr's `DoubleGeodesicSE3`.
 * @throws NOT_FINITE, INVALID_GEOMETRY, INVALID_ARGUMENT
 */
export function doubleGeodesic(a: Matrix4, b: Matrix4, options: DoubleGeodesicOptions): DoubleGeodesic {
  refuseUnknownOptions("doubleGeodesic", options, ["sdd", "angle", "epsilon"]);
  const { sdd, angle = "logarithm", epsilon = 0 } = options;
  checkLength("sdd", sdd);
  if ((angle !== "logarithm" && angle !== "chord") || !(epsilon >= 0))
    throw fault(
      "INVALID_ARGUMENT",
      `doubleGeodesic takes angle "logarithm" or "chord" and epsilon >= 0, not ${angle} and ${epsilon}`,
    );
  const [ra, rb] = [checkRotation(a), checkRotation(b)];
  const turn = angle === "chord" ? chordAngle(ra, rb, epsilon) : logAngle(ra, rb);
  const rotation = (sdd / 2) * turn.value;
  const at = translationPart(a);
  const between = subtract(applyTransposed3(ra, at), applyTransposed3(rb, translationPart(b)));
  const distance = norm(between);
  const clamped = angle === "chord" && distance * distance < epsilon;
  const translation = clamped ? Math.sqrt(epsilon) : distance;
  const total = Math.sqrt(rotation * rotation + translation * translation + epsilon);
  if (total === 0) return { rotation, translation, total, gradient: new Array<number>(16).fill(0) };
  const fromTurn = (rotation * sdd) / (2 * total);
  const along = clamped ? ([0, 0, 0] as const) : scale(between, 1 / total);
  const gR = turn.gradient.map((g, i) => fromTurn * g + at[Math.floor(i / 3)] * along[i % 3]);
  return { rotation, translation, total, gradient: gradientOf(gR, apply3(ra, along)) };
}

/** The angle of Raᵀ Rb, rad, and its gradient with respect to Ra. */
function logAngle(ra: Matrix3, rb: Matrix3): { value: number; gradient: number[] } {
  const between = multiply3(transpose3(ra), rb);
  const w = axisAngle.fromMatrix(between).parameters;
  const value = Math.hypot(...w);
  if (value === 0) return { value, gradient: new Array<number>(9).fill(0) };
  const g = axisAngle.fromMatrixVjp(
    between,
    w.map((component) => component / value),
  );
  return { value, gradient: multiply3(rb, transpose3(g)) };
}

/** The same by the chord: |Rb - Ra| = 2 sqrt(2) sin(angle / 2). */
function chordAngle(ra: Matrix3, rb: Matrix3, epsilon: number): { value: number; gradient: number[] } {
  const chord = ra.map((entry, i) => entry - rb[i]);
  const length = Math.hypot(...chord);
  const sine = length / (2 * Math.SQRT2);
  const most = 1 - epsilon;
  const free = length > 0 && sine < most;
  const slope = free ? 1 / (Math.SQRT2 * length * Math.sqrt(1 - sine * sine)) : 0;
  return { value: 2 * Math.asin(Math.min(sine, most)), gradient: chord.map((entry) => slope * entry) };
}

function gradientOf(rotation: Matrix3, translation: Vec3): number[] {
  const gradient = affine(rotation, translation);
  gradient[15] = 0;
  return gradient;
}
