/** Rigid motions about a center: how the rig of X-rays moves against the volume, and how far it may. */
import {
  affine,
  apply3,
  inverseAffine,
  linearPart,
  type Matrix4,
  multiply4,
  norm,
  scale,
  subtract,
  translationPart,
  type Vec3,
} from "../core/linear.js";
import { poseToMatrix } from "../geometry/pose.js";
import { se3Exp, se3Log } from "../geometry/se3.js";

/** X -> M(X - center) + center, for a rigid M. */
export function aboutCenter(motion: Matrix4, center: Vec3): number[] {
  const linear = linearPart(motion);
  const shift = subtract(center, apply3(linear, center));
  const t = translationPart(motion);
  return affine(linear, [t[0] + shift[0], t[1] + shift[1], t[2] + shift[2]]);
}

/** The rigid M of which `motion` is X -> M(X - center) + center. */
export function seenFromCenter(motion: Matrix4, center: Vec3): number[] {
  const linear = linearPart(motion);
  const t = subtract(translationPart(motion), subtract(center, apply3(linear, center)));
  return affine(linear, t);
}

/**
 * exp(xi) T with xi = (omega, v) taken about `center`: to first order every point X = T X0 moves by
 * omega x (X - center) + v.
 * @param step omega (rad) and v (mm), 6 numbers from `offset` on
 */
export function advanced(motion: Matrix4, step: ArrayLike<number>, center: Vec3, offset = 0): number[] {
  const omega = [step[offset], step[offset + 1], step[offset + 2]];
  const increment = se3Exp(omega, [step[offset + 3], step[offset + 4], step[offset + 5]]);
  return multiply4(aboutCenter(increment, center), motion);
}

/** X -> R (X - center) + center + t with Euler angles ZXY (degrees) and t in mm. */
export function eulerMotion(rotationDeg: Vec3, translation: Vec3, center: Vec3): number[] {
  const [a, b, c] = rotationDeg.map((angle) => (angle * Math.PI) / 180);
  const rotation = linearPart(poseToMatrix({ parameterization: "euler_angles", rotation: [a, b, c] }));
  return aboutCenter(affine(rotation, translation), center);
}

/** How far a motion turns (rad) and shifts the center (mm). */
export function sizeOfMotion(
  motion: Matrix4,
  center: Vec3,
): { readonly rotation: number; readonly translation: number } {
  const own = seenFromCenter(motion, center);
  return { rotation: norm(se3Log(own).rotation as unknown as Vec3), translation: norm(translationPart(own)) };
}

/** The largest motion from the start that is searched. */
export interface MotionBound {
  /** rad, angle of the rotation. */
  readonly rotation: number;
  /** mm, shift of the center. */
  readonly translation: number;
}

/**
 * The motion itself if it lies within the bound about `start`, else the nearest one on its way from there: of what carries
 * `start` to it, the rotation vector and the shift of the center are shortened to the bound, each by itself.
 */
export function bounded(motion: Matrix4, center: Vec3, bound: MotionBound, start: Matrix4): readonly number[] {
  const way = multiply4(motion, inverseAffine(start));
  const size = sizeOfMotion(way, center);
  if (size.rotation <= bound.rotation && size.translation <= bound.translation) return motion;
  const own = seenFromCenter(way, center);
  const omega = se3Log(own).rotation;
  const turn = Math.min(1, bound.rotation / size.rotation);
  const shift = Math.min(1, bound.translation / size.translation);
  const rotation = linearPart(
    poseToMatrix({ parameterization: "axis_angle", rotation: omega.map((value) => value * turn) }),
  );
  return multiply4(aboutCenter(affine(rotation, scale(translationPart(own), shift)), center), start);
}
