/** A view as a C-arm's pose. */
import { fault } from "../core/errors.js";
import {
  affine,
  cross,
  determinant3,
  dot,
  type Matrix3,
  type Matrix4,
  multiply3,
  normalize,
  scale,
  subtract,
  transpose3,
  type Vec3,
} from "../core/linear.js";
import { type CArmOptions, type Orientation, REORIENTATION } from "./cArm.js";
import type { Detector, View } from "./view.js";
import { viewGeometry } from "./viewGeometry.js";

/** What a view does not say about a C-arm. */
export interface ViewToCArmOptions {
  /** World mm: what the pose turns about. @default [0, 0, 0] */
  readonly isocenter?: Vec3;
  /** Taken if the view allows it: "PA" is a reflection, the two others are not. @default "AP" if it can be, else "PA" */
  readonly orientation?: Orientation;
}

/** Everything that `cArmView` needs to make a view, its pose as 4x4 matrix. */
export type CArmOfView = Required<Pick<CArmOptions, "detector" | "sdd" | "isocenter" | "offset" | "orientation">> & {
  readonly pose: Matrix4;
};

/** How far steps may be from a right angle, as a cosine. */
const SKEW = 1e-9;

/**
 * The inverse of `cArmView`: `cArmView(viewToCArm(view, detector))` is the view. With the camera's axes X = -column step,
 * Y = -row step (unit vectors) and Z = the detector's normal away from the source, P = [[X Y Z] Oᵀ | source - isocenter]
 * for the reorientation O. Pixels are sized by the view's steps.
 * @throws INVALID_GEOMETRY (`not-representable`) for parallel rays and skew detectors, `degenerate-view`
 */
export function viewToCArm(
  view: View,
  { rows, columns }: Pick<Detector, "rows" | "columns">,
  options: ViewToCArmOptions = {},
): CArmOfView {
  const { normal, sdd, principalPoint, pixelSize, skew } = viewGeometry(view);
  if (view.beam !== "cone" || !principalPoint || Math.abs(skew) > SKEW)
    throw fault(
      "INVALID_GEOMETRY",
      `found a ${view.beam} beam whose rows and columns have a cosine of ${skew.toPrecision(2)}; expected a cone with a rectangular detector; a C-arm has no other`,
      { defect: "not-representable" },
    );
  const { isocenter = [0, 0, 0], orientation: asked } = options;
  const x = scale(normalize(view.columnStep), -1);
  // exactly at right angles to x and the normal, against the row step
  const third = cross(normal, x);
  const y = scale(third, dot(third, view.rowStep) > 0 ? -1 : 1);
  const camera: Matrix3 = [x[0], y[0], normal[0], x[1], y[1], normal[1], x[2], y[2], normal[2]];
  const mirrored = determinant3(camera) < 0;
  const orientation = asked !== undefined && (asked === "PA") === mirrored ? asked : mirrored ? "PA" : "AP";
  const rotation = multiply3(camera, transpose3(REORIENTATION[orientation ?? "none"]));
  return {
    detector: { rows, columns, pixelSize },
    sdd,
    orientation,
    isocenter,
    offset: [
      pixelSize[0] * (principalPoint[0] - (columns - 1) / 2),
      pixelSize[1] * (principalPoint[1] - (rows - 1) / 2),
    ],
    pose: affine(rotation, subtract(view.source, isocenter)),
  };
}
