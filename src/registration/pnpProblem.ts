/** A view and points seen in it, in the words of the perspective-n-point problem. */
import {
  affine,
  apply3,
  cross,
  dot,
  linearPart,
  type Matrix3,
  type Matrix4,
  multiply3,
  normalize,
  subtract,
  transformPoint,
  transpose3,
  type Vec3,
} from "../core/linear.js";
import { pixelFunctions } from "../geometry/points.js";
import { se3Exp } from "../geometry/se3.js";
import type { ConeView } from "../geometry/view.js";
import { viewGeometry } from "../geometry/viewGeometry.js";
import { lmState, type NormalEquations } from "../optimizer/lmState.js";
import type { LandmarkPixel } from "./landmarks.js";

/** Points, and where they appear. */
export interface PnpProblem {
  readonly view: ConeView;
  readonly points: readonly Vec3[];
  /** Their mean. */
  readonly middle: Vec3;
  readonly pixels: readonly LandmarkPixel[];
  /** Rows: camera axes in the view's frame; z from the source at right angles to the detector. */
  readonly axes: Matrix3;
  /** Camera x/z and y/z of each pixel. */
  readonly rays: readonly (readonly [number, number])[];
  /** Half the squared distances in pixels of a pose; Infinity where it puts a point beside or behind the source. */
  readonly equations: (pose: Matrix4) => NormalEquations;
}

export function pnpProblem(view: ConeView, points: readonly Vec3[], pixels: readonly LandmarkPixel[]): PnpProblem {
  const { normal } = viewGeometry(view);
  const x = normalize(view.columnStep);
  const y = cross(normal, x);
  const axes = [...x, ...y, ...normal];
  const rays = pixels.map(({ column, row }): readonly [number, number] => {
    const along = [0, 1, 2].map(
      (k) => view.firstPixel[k] - view.source[k] + column * view.columnStep[k] + row * view.rowStep[k],
    ) as unknown as Vec3;
    const [a, b, c] = apply3(axes, along);
    return [a / c, b / c];
  });
  const middle = [0, 1, 2].map((k) => points.reduce((sum, p) => sum + p[k], 0) / points.length) as unknown as Vec3;
  return { view, points, middle, pixels, axes, rays, equations: reprojection(view, points, middle, pixels) };
}

/** The pose (points' frame to view's frame) of a rotation and translation into camera coordinates. */
export function poseFromCamera({ axes, view }: PnpProblem, rotation: Matrix3, translation: Vec3): number[] {
  const back = transpose3(axes);
  const t = apply3(back, translation);
  return affine(multiply3(back, rotation), [t[0] + view.source[0], t[1] + view.source[1], t[2] + view.source[2]]);
}

/** A pose and how far its projections lie from the pixels. */
export interface PnpSolution {
  readonly pose: Matrix4;
  /** Pixels: root of the mean squared distance. */
  readonly error: number;
}

/** How far a refinement goes: "coarse" to tell starts apart, "fine" to working precision. */
const REFINEMENT = {
  coarse: { iterations: 15, rotation: 1e-3, translation: 0.1 },
  fine: { iterations: 60, rotation: 1e-12, translation: 1e-10 },
} as const;

/**
 * Levenberg-Marquardt on the squared distance in pixels over exp(xi) T, xi about the middle of the points. Undefined where
 * the start has a point beside or behind the source.
 */
export function refinePose(
  problem: PnpProblem,
  start: Matrix4,
  precision: keyof typeof REFINEMENT,
): PnpSolution | undefined {
  const { iterations, rotation, translation } = REFINEMENT[precision];
  const first = problem.equations(start);
  if (first.value === Infinity) return undefined;
  const state = lmState(first, {
    lambda: 1e-3,
    blocks: [
      { parameters: [0, 1, 2], limit: 0.5, tolerance: rotation },
      { parameters: [3, 4, 5], tolerance: translation },
    ],
  });
  let pose = start;
  for (let iteration = 0; iteration < iterations && !state.stopped; iteration++) {
    const trial = advancedAbout(pose, transformPoint(pose, problem.middle), state.propose());
    if (state.accept(problem.equations(trial))) pose = trial;
  }
  return { pose, error: pixelError(problem, state.value) };
}

/** Pixels: the root of the mean squared distance of a value of `equations`. */
export const pixelError = ({ points }: PnpProblem, value: number): number => Math.sqrt((2 * value) / points.length);

/** X -> R (X - center) + center + v after the pose. */
function advancedAbout(pose: Matrix4, center: Vec3, step: Float64Array): number[] {
  const turn = linearPart(se3Exp([step[0], step[1], step[2]], [0, 0, 0]));
  const moved = apply3(turn, subtract([pose[3], pose[7], pose[11]], center));
  return affine(multiply3(turn, linearPart(pose)), [
    moved[0] + center[0] + step[3],
    moved[1] + center[1] + step[4],
    moved[2] + center[2] + step[5],
  ]);
}

function reprojection(
  view: ConeView,
  points: readonly Vec3[],
  middle: Vec3,
  pixels: readonly LandmarkPixel[],
): (pose: Matrix4) => NormalEquations {
  const { origin, columnOf, rowOf, alongOf } = pixelFunctions(view);
  const row = new Float64Array(6);
  return (pose) => {
    const center = transformPoint(pose, middle);
    const gradient = new Float64Array(6);
    const matrix = new Float64Array(36);
    let value = 0;
    const add = (of: Vec3, at: number, along: number, residual: number, arm: Vec3) => {
      for (let i = 0; i < 3; i++) row[3 + i] = (of[i] - at * alongOf[i]) / along;
      for (let i = 0; i < 3; i++) {
        const [j, k] = [(i + 1) % 3, (i + 2) % 3];
        row[i] = arm[j] * row[3 + k] - arm[k] * row[3 + j];
      }
      value += (residual * residual) / 2;
      for (let i = 0; i < 6; i++) {
        gradient[i] += residual * row[i];
        for (let j = 0; j < 6; j++) matrix[6 * i + j] += row[i] * row[j];
      }
    };
    for (let k = 0; k < points.length; k++) {
      const world = transformPoint(pose, points[k]);
      const y = subtract(world, origin);
      const along = dot(alongOf, y);
      if (!(along > 0)) return { value: Infinity, gradient, matrix };
      const arm = subtract(world, center);
      const [column, line] = [dot(columnOf, y) / along, dot(rowOf, y) / along];
      add(columnOf, column, along, column - pixels[k].column, arm);
      add(rowOf, line, along, line - pixels[k].row, arm);
    }
    return { value, gradient, matrix };
  };
}
