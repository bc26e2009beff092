/** How far a registration is off, at points that matter. */
import { fault } from "../core/errors.js";
import { cross, dot, type Matrix4, norm, scale, subtract, transformPoint, type Vec3 } from "../core/linear.js";
import { projectPoints } from "../geometry/points.js";
import { checkRotation } from "../geometry/pose.js";
import type { View } from "../geometry/view.js";
import { viewGeometry } from "../geometry/viewGeometry.js";

/** Distances between landmarks as estimated and as they are, mm. */
export interface TargetError {
  /** mTRE: the mean of `each`. */
  readonly mean: number;
  /** |T_est x - T_true x|, one number a landmark. */
  readonly each: readonly number[];
}

/** What of a target error one view shows; for a cone, Infinity where the estimate puts a landmark beside or behind the source. */
export interface ViewedTargetError extends TargetError {
  /** mPD, mm on the detector: the mean distance between the projections of a landmark as estimated and as it is. */
  readonly projection: number;
  /** mm: mPD divided by the magnification at the middle of the landmarks: the part of the error that the view shows. */
  readonly inPlane: number;
  /** mm: the mean error along the detector's normal (the central axis): the part that the view hardly shows. */
  readonly depth: number;
  /** mRPD, mm: the mean distance of a landmark from the ray through its estimated projection. */
  readonly reprojection: number;
}

/**
 * Target registration error over landmarks (or corners of the region of interest): mean |T_est x - T_true x|, and seen by
 * a view its parts.
 * @param estimated 4x4 rigid: from the landmarks' frame to that of the view (without a view to any common frame); the
 *   inverse of a C-arm pose, or of the motion of the views about the patient
 * @param truth the true one
 * @param landmarks mm
 * @param view in the frame that the two lead to
 * Source: van de Kraats et al., IEEE Trans. Med. Imaging 24(9), 2005 (mTRE, mPD, mRPD).
 * @throws INVALID_ARGUMENT (`too-few-landmarks`), NOT_FINITE, INVALID_GEOMETRY (`not-a-rotation`, `degenerate-view`;
 *   `landmarks-behind-source` if the truth puts one beside or behind the source)
 */
export function targetRegistrationError(
  estimated: Matrix4,
  truth: Matrix4,
  landmarks: readonly Vec3[],
  view: View,
): ViewedTargetError;
export function targetRegistrationError(estimated: Matrix4, truth: Matrix4, landmarks: readonly Vec3[]): TargetError;
export function targetRegistrationError(
  estimated: Matrix4,
  truth: Matrix4,
  landmarks: readonly Vec3[],
  view?: View,
): TargetError | ViewedTargetError {
  for (const pose of [estimated, truth]) checkRotation(pose);
  if (landmarks.length === 0)
    throw fault("INVALID_ARGUMENT", "a target registration error needs at least one landmark, got none", {
      defect: "too-few-landmarks",
    });
  checkFinite(landmarks);
  const [found, right] = [estimated, truth].map((pose) => landmarks.map((x) => transformPoint(pose, x)));
  const each = found.map((point, i) => norm(subtract(point, right[i])));
  const whole = { mean: mean(each), each };
  return view ? { ...whole, ...seenBy(view, found, right) } : whole;
}

/** @throws NOT_FINITE (defect `not-finite`) naming the landmark */
export function checkFinite(landmarks: readonly Vec3[]): void {
  const bad = landmarks.findIndex((x) => x?.length !== 3 || !x.every(Number.isFinite));
  if (bad >= 0)
    throw fault("NOT_FINITE", `a landmark is 3 finite numbers in mm, but landmark ${bad} is [${landmarks[bad]}]`, {
      defect: "not-finite",
      index: bad,
    });
}

/** The error for landmarks that no ray from the source to the detector can meet. */
export const behindSource = (index: number, depth: number, advice: string) =>
  fault(
    "INVALID_GEOMETRY",
    `landmark ${index} lies ${(-depth).toFixed(1)} mm behind the source, away from the detector; ${advice}`,
    { defect: "landmarks-behind-source", index },
  );

function seenBy(view: View, found: readonly Vec3[], right: readonly Vec3[]) {
  const { normal, sdd, pixelSize, skew } = viewGeometry(view);
  const [seen, truly] = [projectPoints(view, found), projectPoints(view, right)];
  const cone = view.beam === "cone";
  const hidden = cone ? truly.findIndex(({ depth }) => !(depth > 0)) : -1;
  if (hidden >= 0) throw behindSource(hidden, truly[hidden].depth, "check the true pose and the landmarks' frame");
  const distances = seen.map((pixel, i) => {
    if (cone && !(pixel.depth > 0)) return Infinity;
    const [a, b] = [(pixel.column - truly[i].column) * pixelSize[0], (pixel.row - truly[i].row) * pixelSize[1]];
    return Math.sqrt(a * a + b * b + 2 * skew * a * b);
  });
  const projection = mean(distances);
  const magnification = cone ? sdd / mean(truly.map(({ depth }) => depth)) : 1;
  const offRay = found.map((point, i) => {
    if (distances[i] === Infinity) return Infinity;
    const ray = cone ? subtract(point, view.source) : view.direction;
    const from = cone ? view.source : point;
    return norm(cross(subtract(right[i], from), scale(ray, 1 / norm(ray))));
  });
  return {
    projection,
    inPlane: projection / magnification,
    depth: mean(found.map((point, i) => Math.abs(dot(subtract(point, right[i]), normal)))),
    reprojection: mean(offRay),
  };
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
