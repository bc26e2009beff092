/** The pose of a view in every way of writing it. */
import { isTomogradError } from "../core/errors.js";
import { linearPart, type Matrix4, norm, subtract, transformPoint, type Vec3 } from "../core/linear.js";
import {
  type Detector,
  EULER_CONVENTIONS,
  type EulerConvention,
  matrixToPose,
  PARAMETERIZATIONS,
  type Parameterization,
  type View,
  viewToCArm,
  viewToProjectionMatrix,
} from "../geometry/index.js";

/** One way to write a pose. */
export interface WrittenPose {
  readonly parameterization: Parameterization;
  /** Of Euler angles. */
  readonly convention?: EulerConvention;
  /** Radians where angles. */
  readonly rotation: readonly number[];
  /** mm. */
  readonly translation: Vec3;
}

/** What `register` tells about where an X-ray was taken from. */
export interface FoundPose {
  /** Of the C-arm about the isocenter, as `render` takes it; absent where the view is no C-arm's. */
  readonly cArm?: {
    readonly rotationDeg: Vec3;
    readonly translation: Vec3;
    readonly orientation: "AP" | "PA" | "none";
    readonly sdd: number;
    readonly offset: readonly [number, number];
    readonly isocenter: Vec3;
  };
  /** The pose [R | R t] of the C-arm, 3 rows of 4: camera mm about the isocenter to world mm. */
  readonly matrix?: readonly (readonly number[])[];
  /** P, 3 rows of 4: RAS mm to pixels (column, row, 1), pixel centers at 1/2. */
  readonly projectionMatrix: readonly (readonly number[])[];
  /** The pose in every parameterization. */
  readonly parameterizations: readonly WrittenPose[];
  /** RAS mm. */
  readonly view: View;
}

/** @param isocenter RAS mm, what the pose turns about */
export function foundPose(
  view: View,
  detector: Detector,
  isocenter: Vec3,
  asked: "AP" | "PA" | "none" | undefined,
): FoundPose {
  const projectionMatrix = rowsOf(viewToProjectionMatrix(view));
  const arm = cArmOf(view, detector, isocenter, asked);
  if (!arm) return { projectionMatrix, parameterizations: [], view };
  const { rotation, translation } = matrixToPose(arm.pose, { parameterization: "euler_angles" });
  const [a, b, c] = rotation.map((angle) => (angle * 180) / Math.PI);
  return {
    cArm: {
      ...{ rotationDeg: rounded([a, b, c]), translation: rounded(translation), orientation: arm.orientation ?? "none" },
      ...{ sdd: nano(arm.sdd), offset: [nano(arm.offset[0]), nano(arm.offset[1])], isocenter },
    },
    matrix: rowsOf(arm.pose.slice(0, 12)),
    projectionMatrix,
    parameterizations: everyWay(arm.pose),
    view,
  };
}

/** To a billionth of a degree or mm: what was given as 1020 is 1020 again, not 1019.9999999999992. */
const nano = (value: number): number => Number(value.toFixed(9)) + 0;
const rounded = ([a, b, c]: Vec3): Vec3 => [nano(a), nano(b), nano(c)];

/** Parallel rays and skew detectors have no C-arm. */
function cArmOf(view: View, detector: Detector, isocenter: Vec3, asked: "AP" | "PA" | "none" | undefined) {
  try {
    const orientation = asked === "none" ? null : asked;
    return viewToCArm(view, detector, { isocenter, ...(orientation !== undefined && { orientation }) });
  } catch (error) {
    if (isTomogradError(error, "INVALID_GEOMETRY")) return undefined;
    throw error;
  }
}

function everyWay(pose: Matrix4): WrittenPose[] {
  return PARAMETERIZATIONS.flatMap((parameterization) => {
    const conventions = parameterization === "euler_angles" ? EULER_CONVENTIONS : [undefined];
    return conventions.map((convention) => {
      const form = { parameterization, ...(convention && { convention }) };
      const { rotation, translation } = matrixToPose(pose, form);
      return { ...form, rotation, translation };
    });
  });
}

const rowsOf = (m: readonly number[]) => [m.slice(0, 4), m.slice(4, 8), m.slice(8, 12)];

/** How far two motions are apart: the angle between their rotations (degrees) and between the places of a point (mm). */
export function motionDistance(a: Matrix4, b: Matrix4, point: Vec3): { readonly degrees: number; readonly mm: number } {
  const [p, q] = [linearPart(a), linearPart(b)];
  // |P - Q|² = 8 sin²(angle / 2), exact for small angles
  const chord = Math.hypot(...p.map((value, i) => value - q[i]));
  const angle = 2 * Math.asin(Math.min(1, chord / Math.sqrt(8)));
  return {
    degrees: (angle * 180) / Math.PI,
    mm: norm(subtract(transformPoint(a, point), transformPoint(b, point))),
  };
}
