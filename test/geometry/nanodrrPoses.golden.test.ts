/** nanodrr's poses in our words: [R | R t + isocenter], quaternions (x, y, z, w), perturbations of its registration. */
import { describe, expect, test } from "vitest";
import { add, type Matrix4, multiply4, type Vec3 } from "../../src/core/linear.js";
import {
  type EulerConvention,
  inversePose,
  nanodrrView,
  type PoseParameters,
  poseToMatrix,
} from "../../src/geometry/index.js";
import { hasGolden } from "../helpers/folders.js";
import { expectClose, type GoldenCase, goldenCases, goldenValues } from "../helpers/golden.js";

function rowsOf(golden: GoldenCase, name: string): number[][] {
  const { shape } = golden.arrays[name];
  const values = [...goldenValues(golden.arrays[name])];
  const length = values.length / shape[0];
  return Array.from({ length: shape[0] }, (_, n) => values.slice(n * length, (n + 1) * length));
}

const vec3 = (v: readonly number[]): Vec3 => [v[0], v[1], v[2]];
/** Our parameters for those of nanodrr's `convert`. */
function ours(name: string, r: readonly number[], translation: Vec3): PoseParameters {
  const euler = /^euler_([XYZ]{3})$/.exec(name);
  if (euler) {
    const rotation = r.map((angle) => (angle * Math.PI) / 180);
    return { parameterization: "euler_angles", convention: euler[1] as EulerConvention, rotation, translation };
  }
  if (name === "quaternion") return { parameterization: "quaternion", rotation: [r[3], r[0], r[1], r[2]], translation };
  if (name === "quaternion_adjugate" || name === "rotation_9d")
    return { parameterization: name, rotation: r, translation };
  if (name === "so3_log") return { parameterization: "axis_angle", rotation: r, translation };
  if (name === "se3_log") return { parameterization: "se3_log_map", rotation: r, translation };
  throw new Error(`no form for nanodrr's ${name}`);
}

const shift = (t: Vec3): number[] => [1, 0, 0, t[0], 0, 1, 0, t[1], 0, 0, 1, t[2], 0, 0, 0, 1];
const point = (m: Matrix4, p: Vec3): Vec3 =>
  vec3([0, 1, 2].map((r) => m[4 * r] * p[0] + m[4 * r + 1] * p[1] + m[4 * r + 2] * p[2] + m[4 * r + 3]));

describe.skipIf(!hasGolden)("poses agree with nanodrr", () => {
  for (const golden of goldenCases("nanodrr_poses")) {
    const tolerance = golden.tolerances.all;
    const isocenter = vec3(golden.isocenter);
    const names = Object.keys(golden.arrays).flatMap((name) => /^(.*)_matrix$/.exec(name)?.[1] ?? []);

    test(`${golden.name}: there is something to compare`, () => expect(names.length).toBeGreaterThan(5));

    for (const name of names)
      test(`${golden.name}: ${name} -> matrix`, () => {
        const [rotations, translations] = [rowsOf(golden, `${name}_rotation`), rowsOf(golden, `${name}_translation`)];
        // convert(...) gets the isocenter with every form but the exponential
        const center: Vec3 = name === "se3_log" ? [0, 0, 0] : isocenter;
        for (const [n, expected] of rowsOf(golden, `${name}_matrix`).entries()) {
          const pose = ours(name, rotations[n], vec3(translations[n]));
          expectClose(`${name} ${n}`, multiply4(shift(center), poseToMatrix(pose)), expected, tolerance);
          // the camera's source is the pose's translation
          const options = { ...pose, detector: { rows: 2, columns: 3, pixelSize: [1, 1] as const }, sdd: 100 };
          const view = nanodrrView({ ...options, orientation: null, isocenter: center });
          const source = view.beam === "cone" ? view.source : [];
          expectClose(`source of ${name} ${n}`, source, [expected[3], expected[7], expected[11]], tolerance);
        }
      });

    test(`${golden.name}: a start turned and moved about the isocenter`, () => {
      for (const [n, expected] of rowsOf(golden, "pose").entries()) {
        const start = rowsOf(golden, "rt_inv")[n];
        const c = point(inversePose(start), isocenter);
        const rotation = rowsOf(golden, "rot")[n];
        const translation = vec3(rowsOf(golden, "xyz")[n]);
        const turn = poseToMatrix({ parameterization: "axis_angle", rotation, translation });
        const moved = [shift(c), turn, shift(vec3(c.map((value) => -value)))].reduce(multiply4, start);
        expectClose("pose", moved, expected, tolerance);
        // c is the isocenter in camera coordinates: a turn alone leaves it where it is
        const alone = poseToMatrix({ parameterization: "axis_angle", rotation });
        const turned = [shift(c), alone, shift(vec3(c.map((value) => -value)))].reduce(multiply4, start);
        expectClose("isocenter", point(turned, c), add(isocenter, [0, 0, 0]), tolerance);
      }
    });
  }
});
