/**
 * Poses: rigid transforms P (4x4) and nine parameterizations of them, in both directions, each with its vjp.
 *
 * P = [R | R t] (t is the camera center in the rotated frame, mm), except "se3_log_map" (the exponential of (w, x)) and
 * "matrix" with 16 numbers (P as given). Names and conventions are those of DiffDRR.
 */
import { fault } from "../core/errors.js";
import {
  affine,
  apply3,
  applyTransposed3,
  determinant3,
  linearPart,
  type Matrix3,
  type Matrix4,
  multiply3,
  scale,
  translationPart,
  transpose3,
  type Vec3,
} from "../core/linear.js";
import { axisAngle } from "./rotation/axisAngle.js";
import { type EulerConvention, euler } from "./rotation/euler.js";
import { rotation6d, rotation9d, rotationMatrix } from "./rotation/orthogonalized.js";
import { quaternion } from "./rotation/quaternion.js";
import type { RotationMap } from "./rotation/rotationMap.js";
import { quaternionAdjugate, rotation10d } from "./rotation/symmetric.js";
import { type Se3Options, se3Exp, se3ExpVjp, se3Log, se3LogVjp } from "./se3.js";

/** Every parameterization. */
export const PARAMETERIZATIONS = [
  "axis_angle",
  "euler_angles",
  "matrix",
  "quaternion",
  "quaternion_adjugate",
  "rotation_6d",
  "rotation_9d",
  "rotation_10d",
  "se3_log_map",
] as const;
/** The name of a way to write a rotation (or a pose) as numbers. */
export type Parameterization = (typeof PARAMETERIZATIONS)[number];

/** A way to write poses as numbers. */
export interface PoseForm extends Se3Options {
  readonly parameterization: Parameterization;
  /** Euler angles only. @default "ZXY" */
  readonly convention?: EulerConvention;
}

/** A pose as numbers. */
export interface PoseParameters extends PoseForm {
  /** Radians where angles; 3, 3, 9 or 16, 4, 10, 6, 9, 10 or 3 numbers in the order of `PARAMETERIZATIONS`. */
  readonly rotation: readonly number[];
  /** mm; ignored by "matrix" with 16 numbers. @default [0, 0, 0] */
  readonly translation?: Vec3;
}

/** Cotangents of pose parameters, in their shape. */
export interface PoseCotangent {
  readonly rotation: readonly number[];
  readonly translation: Vec3;
}

const FIXED_MAPS: Partial<Record<Parameterization, RotationMap>> = {
  axis_angle: axisAngle,
  matrix: rotationMatrix,
  quaternion,
  quaternion_adjugate: quaternionAdjugate,
  rotation_6d: rotation6d,
  rotation_9d: rotation9d,
  rotation_10d: rotation10d,
  se3_log_map: axisAngle,
};

/** The rotation part of a parameterization. @throws INVALID_ARGUMENT for an unknown name */
export function rotationMap(form: PoseForm): RotationMap {
  if (form.parameterization === "euler_angles") return euler(form.convention ?? "ZXY");
  const map = FIXED_MAPS[form.parameterization];
  if (map === undefined)
    throw fault(
      "INVALID_ARGUMENT",
      `a parameterization is one of ${PARAMETERIZATIONS.join(", ")}, got '${form.parameterization}'`,
      { defect: "unknown-parameterization", parameterization: form.parameterization },
    );
  return map;
}

/**
 * Parameters -> 4x4 pose. Value and vjp are finite wherever the rotation is defined.
 * @throws INVALID_GEOMETRY (defect `undefined-rotation`) e.g. for quaternion 0 or a 9d matrix of rank 1
 * @throws SHAPE_MISMATCH, NOT_FINITE
 */
export function poseToMatrix(pose: PoseParameters): number[] {
  const { map, rotation, t } = checkParameters(pose);
  if (isWholeMatrix(pose)) return [...rotation];
  if (pose.parameterization === "se3_log_map") return se3Exp(rotation, t, pose);
  const r = map.toMatrix(rotation);
  return affine(r, apply3(r, t));
}

/** Cotangents of the parameters from the 16 of the matrix, as if all its entries were free (those of the last row are lost except by "matrix"). */
export function poseToMatrixVjp(
  pose: PoseParameters,
  cotangent: readonly number[],
): { rotation: number[]; translation: Vec3 } {
  const { map, rotation, t } = checkParameters(pose);
  if (isWholeMatrix(pose)) return { rotation: [...cotangent], translation: [0, 0, 0] };
  if (pose.parameterization === "se3_log_map") return se3ExpVjp(rotation, t, cotangent, pose);
  const r = map.toMatrix(rotation);
  const gT = translationPart(cotangent);
  const gR = linearPart(cotangent).map((value, i) => value + gT[Math.floor(i / 3)] * t[i % 3]);
  return { rotation: map.toMatrixVjp(rotation, gR), translation: applyTransposed3(r, gT) };
}

/**
 * 4x4 pose -> parameters: finite for every rotation. "matrix" gives the 9 numbers of R.
 * `singular`: the parameters are not unique there (Euler angles at gimbal lock; quaternion, axis-angle and se3 at angle
 * pi); the choice is documented at each parameterization and gives the matrix back.
 * @throws INVALID_GEOMETRY (defect `not-a-rotation`) if the linear part is no rotation to 1e-4
 */
export function matrixToPose(
  matrix: Matrix4,
  form: PoseForm,
): PoseParameters & { readonly translation: Vec3; readonly singular: boolean } {
  const map = rotationMap(form);
  const r = checkRotation(matrix);
  if (form.parameterization === "se3_log_map") return { ...form, ...se3Log(matrix, form) };
  const { parameters, singular } = map.fromMatrix(r);
  return { ...form, rotation: parameters, translation: applyTransposed3(r, translationPart(matrix)), singular };
}

/**
 * Cotangent of the matrix (16 numbers, last row 0) from those of its parameters. Finite outside the singular sets; it is
 * the derivative of the formula used, right along every motion that keeps the matrix a rotation.
 */
export function matrixToPoseVjp(matrix: Matrix4, form: PoseForm, cotangent: PoseCotangent): number[] {
  const map = rotationMap(form);
  const r = checkRotation(matrix);
  if (form.parameterization === "se3_log_map") return se3LogVjp(matrix, cotangent, form);
  const p = translationPart(matrix);
  const gR = map
    .fromMatrixVjp(r, cotangent.rotation)
    .map((value, i) => value + p[Math.floor(i / 3)] * cotangent.translation[i % 3]);
  const result = affine(gR, apply3(r, cotangent.translation));
  result[15] = 0;
  return result;
}

/** The inverse of a rigid transform (also of a reflection): [Rᵀ | -Rᵀ P_t]. */
export function inversePose(matrix: Matrix4): number[] {
  const inverse = transpose3(linearPart(matrix));
  return affine(inverse, scale(apply3(inverse, translationPart(matrix)), -1));
}

const isWholeMatrix = (pose: PoseParameters) => pose.parameterization === "matrix" && pose.rotation.length === 16;

function checkParameters(pose: PoseParameters): { map: RotationMap; rotation: readonly number[]; t: Vec3 } {
  const map = rotationMap(pose);
  const { rotation, translation: t = [0, 0, 0] } = pose;
  if (rotation.length !== map.size && !isWholeMatrix(pose))
    throw fault(
      "SHAPE_MISMATCH",
      `${pose.parameterization} takes ${map.size} numbers${pose.parameterization === "matrix" ? " (R) or 16 (P)" : ""}, got ${rotation.length}`,
      { parameterization: pose.parameterization, length: rotation.length },
    );
  if (![...rotation, ...t].every(Number.isFinite) || t.length !== 3)
    throw fault("NOT_FINITE", `a pose needs finite numbers, got rotation [${rotation}], translation [${t}]`, {
      rotation: [...rotation],
      translation: [...t],
    });
  if (isWholeMatrix(pose) && !(rotation[12] === 0 && rotation[13] === 0 && rotation[14] === 0 && rotation[15] === 1))
    throw fault("INVALID_GEOMETRY", `the last row of a pose matrix must be 0 0 0 1, got ${rotation.slice(12)}`, {
      defect: "not-affine",
    });
  return { map, rotation, t };
}

/** How far RᵀR may be from I: far above float32 rounding, far below a wrong matrix. */
const ROTATION_TOLERANCE = 1e-4;

/** The linear part of a rigid pose. @throws NOT_FINITE, INVALID_GEOMETRY (defect `not-a-rotation`) */
export function checkRotation(matrix: Matrix4): Matrix3 {
  if (matrix.length !== 16 || !matrix.every(Number.isFinite))
    throw fault("NOT_FINITE", `a pose matrix is 16 finite numbers, got [${matrix}]`, { matrix: [...matrix] });
  const r = linearPart(matrix);
  const error = Math.max(...multiply3(transpose3(r), r).map((value, i) => Math.abs(value - (i % 4 === 0 ? 1 : 0))));
  if (error > ROTATION_TOLERANCE || determinant3(r) < 0)
    throw fault(
      "INVALID_GEOMETRY",
      `the linear part of a pose must be a rotation; RᵀR is off by ${error}, the determinant is ${determinant3(r)}`,
      { defect: "not-a-rotation", matrix: [...matrix] },
    );
  return r;
}
