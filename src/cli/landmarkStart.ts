/** Landmarks as the start of a registration, and how far a result is from them. */
import { fault } from "../core/errors.js";
import { IDENTITY4, inverseAffine, type Matrix4, multiply4 } from "../core/linear.js";
import { projectPoint, transformView, type View } from "../geometry/index.js";
import { poseFromLandmarks } from "../registration/index.js";
import type { Landmark } from "./landmarkFile.js";
import { motionDistance } from "./registrationPoses.js";
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

/** Degrees: a motion from landmarks that turns by more is far, and by less is near. */
const [FAR, NEAR] = [135, 45];
/** Half a turn about the z axis: what LPS coordinates are taken for RAS by. */
const HALF_TURN = [-1, 0, 0, 0, 0, -1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];

/** Whether a motion from landmarks turns far, but with x and y of the landmarks turned around would not. */
export const looksLikeLps = (motion: Matrix4): boolean =>
  degreesOf(motion) > FAR && degreesOf(multiply4(HALF_TURN, motion)) < NEAR;

const degreesOf = (motion: Matrix4) => motionDistance(motion, IDENTITY4, [0, 0, 0]).degrees;

/** Pixels: root of the mean squared distance between where views show landmarks and where these were found. */
export function landmarkError(views: readonly View[], landmarks: readonly Landmark[]): number {
  const squares = landmarks.map(({ point, column, row, xray }) => {
    const seen = projectPoint(views[xray], point);
    return (seen.column - column) ** 2 + (seen.row - row) ** 2;
  });
  return Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / squares.length);
}
