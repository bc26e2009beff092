/** First guesses of a pose from points and their pixels, in closed form or by trying turns. */
import {
  apply3,
  applyTransposed3,
  cross,
  determinant3,
  dot,
  inverse3,
  type Matrix3,
  norm,
  scale,
  subtract,
  type Vec3,
} from "../core/linear.js";
import { symmetricEigen } from "../core/symmetricEigen.js";
import { rotation9d } from "../geometry/rotation/orthogonalized.js";
import { quaternionToMatrix } from "../geometry/rotation/quaternion.js";
import type { LandmarkShape } from "./landmarks.js";
import { type PnpProblem, poseFromCamera } from "./pnpProblem.js";

/** Above this share of their extent points are no plane, below it a plane is tried, too. */
const NEARLY_FLAT = 0.05;
/** Turns that are worth refining. */
const MOST_TURNS = 12;
/** Below this share the general method has no unique solution to working precision. */
const TOO_FLAT = 1e-4;

/**
 * Poses to refine: the direct linear transform of 6 or more points that are no plane; the homography of a plane, and its
 * mirror image about the line of sight; turns in all directions with the best translation for few points.
 */
export function startingPoses(problem: PnpProblem, shape: LandmarkShape): number[][] {
  const starts: number[][] = [];
  const flatness = shape.extents[2] / shape.extents[0];
  if (problem.points.length >= 6 && flatness > TOO_FLAT) starts.push(directLinearTransform(problem, shape));
  if (problem.points.length >= 4 && flatness < NEARLY_FLAT) starts.push(...fromHomography(problem, shape));
  if (problem.points.length < 6 && flatness > TOO_FLAT) starts.push(...turnsInAllDirections(problem));
  return starts;
}

/**
 * [A | b] with (a_i, b_i, 1) ~ A x_i + b from the null vector of its 2n equations, points and rays centered and scaled;
 * A is then made a rotation.
 * Source: Hartley and Zisserman, Multiple View Geometry, 2nd ed., algorithm 7.1.
 */
function directLinearTransform(problem: PnpProblem, { middle, extents }: LandmarkShape): number[] {
  const size = Math.hypot(...extents);
  const frame = imageFrame(problem.rays);
  const rows = problem.points.flatMap((point, i) => {
    const x = scale(subtract(point, middle), 1 / size);
    const [a, b] = frame.toFrame(problem.rays[i]);
    const p = [...x, 1];
    const zeros = [0, 0, 0, 0];
    return [
      [...p, ...zeros, ...p.map((v) => -a * v)],
      [...zeros, ...p, ...p.map((v) => -b * v)],
    ];
  });
  const m = frame.back(nullVector(rows, 12), 4);
  const a = [m[0], m[1], m[2], m[4], m[5], m[6], m[8], m[9], m[10]];
  return rigidPose(problem, a, [m[3], m[7], m[11]], size, middle);
}

/** The pose of A x + b (up to a common factor, x = (X - middle) / size) with A made a rotation. */
function rigidPose(problem: PnpProblem, a: Matrix3, b: Vec3, size: number, middle: Vec3): number[] {
  const factor = Math.cbrt(determinant3(a)) || 1;
  const rotation = rotation9d.toMatrix(a.map((value) => value / factor));
  const t = scale(b, size / factor);
  return poseFromCamera(problem, rotation, subtract(t, apply3(rotation, middle)));
}

/** The two poses of a plane that is seen by a homography. */
function fromHomography(problem: PnpProblem, { middle, axes, extents }: LandmarkShape): number[][] {
  const size = Math.hypot(extents[0], extents[1]);
  const frame = imageFrame(problem.rays);
  const rows = problem.points.flatMap((point, i) => {
    const away = scale(subtract(point, middle), 1 / size);
    const p = [dot(axes[0], away), dot(axes[1], away), 1];
    const [a, b] = frame.toFrame(problem.rays[i]);
    return [
      [...p, 0, 0, 0, ...p.map((v) => -a * v)],
      [0, 0, 0, ...p, ...p.map((v) => -b * v)],
    ];
  });
  const h = frame.back(nullVector(rows, 9), 3);
  const sign = h[8] < 0 ? -1 : 1;
  const column = (k: number): Vec3 => scale([h[k], h[3 + k], h[6 + k]], sign);
  const factor = (norm(column(0)) + norm(column(1))) / 2;
  const [r1, r2] = [scale(column(0), 1 / factor), scale(column(1), 1 / factor)];
  const normal = cross(axes[0], axes[1]);
  const sight = scale(column(2), 1 / norm(column(2)));
  // the plane tilted the other way about the line of sight looks almost the same
  const mirrored = (v: Vec3): Vec3 => subtract(v, scale(sight, 2 * dot(v, sight)));
  const pose = (c1: Vec3, c2: Vec3) => {
    const c3 = cross(c1, c2);
    const inPlane = [c1[0], c2[0], c3[0], c1[1], c2[1], c3[1], c1[2], c2[2], c3[2]];
    const toPlane = [...axes[0], ...axes[1], ...normal];
    const turned = [0, 1, 2].flatMap((r) =>
      [0, 1, 2].map((c) => [0, 1, 2].reduce((sum, k) => sum + inPlane[3 * r + k] * toPlane[3 * k + c], 0)),
    );
    const rotation = rotation9d.toMatrix(turned);
    return poseFromCamera(problem, rotation, subtract(scale(column(2), size / factor), apply3(rotation, middle)));
  };
  return [pose(r1, r2), pose(mirrored(r1), mirrored(r2))];
}

/** For few points, or where the closed forms fail: 40 turns, no other turn being far from all of them, each with the translation that fits best; the better third. */
export function turnsInAllDirections(problem: PnpProblem): number[][] {
  const quaternions: number[][] = [];
  for (const w of [0, 1])
    for (const x of [-1, 0, 1])
      for (const y of [-1, 0, 1])
        for (const z of [-1, 0, 1]) {
          const q = [w, x, y, z];
          // one of q and -q
          if (q.find((value) => value !== 0) === 1) quaternions.push(q);
        }
  const poses = quaternions.map((q) => {
    const rotation = quaternionToMatrix(q);
    const pose = poseFromCamera(problem, rotation, bestTranslation(problem, rotation));
    return { pose, value: problem.equations(pose).value };
  });
  poses.sort((a, b) => a.value - b.value);
  return poses.slice(0, MOST_TURNS).map(({ pose }) => pose);
}

/** Least squares of t_x - a t_z = a (R x)_z - (R x)_x, and the same with y and b; in front of the source. */
function bestTranslation({ points, rays }: PnpProblem, rotation: Matrix3): Vec3 {
  const h = new Array<number>(9).fill(0);
  let g: Vec3 = [0, 0, 0];
  const turned = points.map((x) => apply3(rotation, x));
  turned.forEach(([x, y, z], i) => {
    const [a, b] = rays[i];
    for (const [row, right] of [
      [[1, 0, -a], a * z - x],
      [[0, 1, -b], b * z - y],
    ] as const) {
      for (let r = 0; r < 3; r++) for (let c = 0; c < 3; c++) h[3 * r + c] += row[r] * row[c];
      g = [g[0] + row[0] * right, g[1] + row[1] * right, g[2] + row[2] * right];
    }
  });
  const t = applyTransposed3(inverse3(h), g);
  // a wrong turn may put points behind the source: then the middle of both on one ray, as deep as the points extend
  const nearest = Math.min(...turned.map(([, , z]) => z));
  if (nearest + t[2] > 0) return t;
  const away = Math.max(...turned.map(([, , z]) => z)) - 2 * nearest;
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const depth = away + mean(turned.map(([, , z]) => z));
  const along = (k: 0 | 1) => depth * mean(rays.map((ray) => ray[k])) - mean(turned.map((x) => x[k]));
  return [along(0), along(1), away];
}

/** The unit vector for which the equations come nearest to 0. */
function nullVector(rows: readonly (readonly number[])[], n: number): number[] {
  const square = new Array<number>(n * n).fill(0);
  for (const row of rows) for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) square[n * i + j] += row[i] * row[j];
  return symmetricEigen(square, n).vectors[0];
}

/** Rays centered and scaled to a mean distance of sqrt 2, and what that does to rows that map to them. */
function imageFrame(rays: PnpProblem["rays"]) {
  const n = rays.length;
  const [ma, mb] = [0, 1].map((k) => rays.reduce((sum, ray) => sum + ray[k], 0) / n);
  const spread = rays.reduce((sum, [a, b]) => sum + Math.hypot(a - ma, b - mb), 0) / n;
  const s = spread > 0 ? Math.SQRT2 / spread : 1;
  return {
    toFrame: ([a, b]: readonly [number, number]) => [s * (a - ma), s * (b - mb)] as const,
    /** Three rows of `width` numbers for scaled rays to those for rays. */
    back: (m: readonly number[], width: number) =>
      m.map((value, i) => {
        const row = Math.floor(i / width);
        return row === 2 ? value : value / s + (row === 0 ? ma : mb) * m[2 * width + (i % width)];
      }),
  };
}
