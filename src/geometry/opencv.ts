/**
 * Views to and from cameras as OpenCV describes them: x = K [R | t] X, camera x along columns, y along rows, z to the
 * detector. OpenCV counts pixel CENTERS AT 0, 1, ...; the K and P of this package at 1/2, 3/2, ...
 * Source: OpenCV documentation, "Camera Calibration and 3D Reconstruction".
 */
import { affine, linearPart, type Matrix3, multiply3, translationPart, type Vec3 } from "../core/linear.js";
import { type ProjectionMatrixOptions, pinholeToView, viewToPinhole } from "./projectionMatrix.js";
import { notRepresentable, refuseMirrored } from "./sameView.js";
import type { View } from "./view.js";

/** A camera without distortion. */
export interface OpencvCamera {
  /** K, 3x3 row-major, pixels, centers at 0, 1, ... */
  readonly cameraMatrix: Matrix3;
  /** R, 3x3 row-major: world to camera. */
  readonly rotation: Matrix3;
  /** t, mm. */
  readonly translation: Vec3;
}

/** Moves pixel coordinates by `shift` along both axes. */
const shifted = (k: Matrix3, shift: number) => multiply3([1, 0, shift, 0, 1, shift, 0, 0, 1], k);

/** The cone view of a camera; `sdd` or `pixelSize` (mm) say how far away its detector is. @throws INVALID_GEOMETRY, INVALID_ARGUMENT */
export const opencvToView = (
  { cameraMatrix, rotation, translation }: OpencvCamera,
  options: Omit<ProjectionMatrixOptions, "isocenter">,
): View =>
  pinholeToView({ intrinsics: shifted(cameraMatrix, 0.5), extrinsics: affine(rotation, translation) }, options);

/** The camera of a cone view and its sdd (mm). @throws INVALID_GEOMETRY (`mirrored-view`, `not-representable`: parallel rays) */
export function viewToOpencv(view: View): OpencvCamera & { readonly sdd: number } {
  if (view.beam !== "cone") throw notRepresentable("OpenCV", "its rays are parallel");
  refuseMirrored(view, "OpenCV", 1);
  const { intrinsics, extrinsics, sdd } = viewToPinhole(view);
  return {
    cameraMatrix: shifted(intrinsics, -0.5),
    rotation: linearPart(extrinsics),
    translation: translationPart(extrinsics),
    sdd,
  };
}
