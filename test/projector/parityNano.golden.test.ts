import { describe, expect, test } from "vitest";
import type { Vec3 } from "../../src/core/index.js";
import { type PoseParameters, poseToMatrix, poseToMatrixVjp } from "../../src/geometry/pose.js";
import {
  nanoDrrExtrinsic,
  nanoDrrExtrinsicVjp,
  nanoDrrInverseIntrinsics,
  renderNanoDrr,
} from "../../src/projector/parity.js";
import { hasGolden } from "../helpers/folders.js";
import {
  differences,
  expectClose,
  type GoldenCase,
  goldenCases,
  goldenValues,
  goldenVolumeValues,
  largest,
} from "../helpers/golden.js";
import { goldenDetector, nanoVolume } from "./goldenScene.js";

const RADIANS = Math.PI / 180;

/** Compares every array of a case; returns the names of the arrays it compared. */
function compare(c: GoldenCase): string[] {
  const { arrays, tolerances, camera, pose, orientation } = c;
  const compared: string[] = [];
  const check = (name: string, actual: ArrayLike<number>, toleranceName: string) => {
    if (!arrays[name]) return;
    const expected = /^grad_mu/.test(name) ? goldenVolumeValues(arrays[name]) : goldenValues(arrays[name]);
    const finite = c.contains_nan?.includes(name) ? expected.map((x) => (Number.isNaN(x) ? 0 : 1)) : undefined;
    expectClose(name, actual, expected, tolerances[toleranceName], finite);
    compared.push(name);
  };

  const { attenuation, labels, isocenter } = nanoVolume(c.volume);
  const detector = goldenDetector(camera);
  const poses: PoseParameters[] = pose.rotation.map((degrees: number[], view: number) => ({
    parameterization: "euler_angles",
    convention: "ZXY",
    rotation: degrees.map((x) => x * RADIANS),
    translation: pose.translation[view] as Vec3,
  }));
  const inverseIntrinsics = nanoDrrInverseIntrinsics({ sdd: camera.sdd, detector, offset: [camera.x0, camera.y0] });
  const cameras = poses.map((p) => {
    const matrix = poseToMatrix(p);
    isocenter.forEach((x, axis) => {
      matrix[4 * axis + 3] += x;
    });
    return { cameraToWorld: nanoDrrExtrinsic(matrix, orientation), inverseIntrinsics };
  });
  check(
    "rt_inv_f64",
    cameras.flatMap((x) => x.cameraToWorld),
    "img_f64",
  );
  check("k_inv_f64", inverseIntrinsics, "img_f64");

  const render = renderNanoDrr({
    volume: attenuation,
    labels: c.labels ? labels : undefined,
    detector,
    cameras,
    sdd: camera.sdd,
    orthographic: c.orthographic,
    samples: c.n_samples,
  });
  expect(arrays.img_f64.shape).toEqual([cameras.length, render.channels, detector.rows, detector.columns]);
  check("img_f64", render.values, "img_f64");
  check("img_f32", render.values, "img_f32");
  if (!arrays.w_f64) return compared;

  compared.push("w_f64");
  const gradient = render.vjp(goldenValues(arrays.w_f64));
  expect(largest(differences(render.vjpVolume(goldenValues(arrays.w_f64)), gradient.volume))).toBe(0);
  check("grad_mu_f64", gradient.volume, "grad_f64");
  check("grad_mu_f32", gradient.volume, "img_f32");
  check("grad_rt_inv_f64", gradient.cameraToWorld, "grad_f64");
  const sharedK = new Float64Array(9);
  gradient.inverseIntrinsics.forEach((x, at) => {
    sharedK[at % 9] += x;
  });
  check("grad_k_inv_f64", sharedK, "grad_f64");
  check("grad_sdd_f64", [gradient.sdd], "grad_f64");
  const parameters = poses.map((p, view) =>
    poseToMatrixVjp(p, nanoDrrExtrinsicVjp(gradient.cameraToWorld.subarray(16 * view, 16 * view + 16), orientation)),
  );
  check(
    "grad_rotation_f64",
    parameters.flatMap((g) => g.rotation.map((x) => x * RADIANS)),
    "grad_f64",
  );
  check(
    "grad_translation_f64",
    parameters.flatMap((g) => [...g.translation]),
    "grad_f64",
  );
  return compared;
}

describe.skipIf(!hasGolden)("nanodrr's images and gradients, at the tolerances of the golden folder", () => {
  test.each(goldenCases("nanodrr_render").map((c) => [c.name, c] as const))("%s: every stored array", (_, c) => {
    expect(new Set(compare(c))).toEqual(new Set(Object.keys(c.arrays)));
  });
});
