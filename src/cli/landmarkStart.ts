/** Landmarks as the start of a registration, and how far a result is from them. */
import { fault } from "../core/errors.js";
import { inverseAffine, type Matrix4 } from "../core/linear.js";
import { projectPoint, transformView, type View } from "../geometry/index.js";
import { poseFromLandmarks } from "../registration/index.js";
import type { Landmark } from "./landmarkFile.js";
import type { PlacedXRay } from "./xrayViews.js";

/** Landmarks that determine a pose. */
const LEAST = 4;

/**
 * The motion of the X-rays (see `registerViews`) that shows the landmarks where they were found: that of the X-ray with 4
 * landmarks or more whose pose from them fits all the X-rays best.
 * `landmarks`: of these X-rays, numbered as they are.
 * @throws INVALID_ARGUMENT (`too-few-landmarks`), and as `poseFromLandmarks`
 */
export async function motionFromLandmarks(
  xrays: readonly PlacedXRay[],
  landmarks: readonly Landmark[],
): Promise<Matrix4> {
  let best: { readonly motion: Matrix4; readonly error: number } | undefined;
  for (const [i, { view, detector }] of xrays.entries()) {
    const own = landmarks.filter(({ xray }) => xray === i);
    if (own.length < LEAST) continue;
    const points = own.map(({ point }) => point);
    const { pose } = await poseFromLandmarks(points, own, view, { detector });
    const motion = inverseAffine(pose);
    const moved = xrays.map((xray) => transformView(xray.view, motion));
    const error = landmarkError(moved, landmarks);
    if (!best || error < best.error) best = { motion, error };
  }
  if (best) return best.motion;
  throw fault(
    "INVALID_ARGUMENT",
    `found fewer than ${LEAST} landmarks in each X-ray; expected ${LEAST} in one of those that move together; name more of them`,
    { defect: "too-few-landmarks" },
  );
}

/** Pixels: root of the mean squared distance between where views show landmarks and where these were found. */
export function landmarkError(views: readonly View[], landmarks: readonly Landmark[]): number {
  const squares = landmarks.map(({ point, column, row, xray }) => {
    const seen = projectPoint(views[xray], point);
    return (seen.column - column) ** 2 + (seen.row - row) ** 2;
  });
  return Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / squares.length);
}
