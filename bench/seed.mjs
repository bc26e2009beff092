/**
 * One view of a chest at full size: 512 x 512 x 133 voxels of 0.703 x 0.703 x 2.5 mm, 200 x 200 pixels of 2 mm, source to
 * detector 1020 mm, source 850 mm in front of the chest, Siddon. The voxels are synthetic unless a CT is given: the time
 * does not depend on them.
 */
import { cArmView } from "tomograd/geometry";
import { meanSquaredError } from "tomograd/metric";
import { adam } from "tomograd/optimizer";
import { createProjector, toDevice, zerosLike } from "tomograd/projector";
import { createGrid, gridCenter } from "tomograd/volume";
import { smoothVolume } from "./smoothVolume.mjs";

const DETECTOR = { rows: 200, columns: 200, pixelSize: [2, 2] };
const STEPS = 101;

export function syntheticChest() {
  const grid = createGrid({ size: [512, 512, 133], spacing: [0.703125, 0.703125, 2.5] });
  return { quantity: "density", grid, values: smoothVolume(grid.size) };
}

const viewOf = (grid) =>
  cArmView({
    detector: DETECTOR,
    sdd: 1020,
    isocenter: gridCenter(grid),
    rotationDeg: [0, 0, 0],
    translation: [0, 850, 0],
  });

/**
 * A gradient with respect to voxels is a projection and its adjoint, one with respect to the pose a line Jacobian.
 * `truth`: on the device; it belongs to the group from here on.
 */
export function seedGradients(backend, truth) {
  const scan = createProjector({ backend, grid: truth.grid, detector: DETECTOR, views: [viewOf(truth.grid)] });
  const image = scan.apply(truth);
  const gradient = zerosLike(truth);
  return {
    views: 1,
    runs: {
      "seed-siddon-forward": () => scan.apply(truth, { out: image }),
      "seed-siddon-density-gradient": () => {
        scan.apply(truth, { out: image });
        scan.adjoint(image, { out: gradient });
      },
      "seed-siddon-pose-gradient": () => scan.vjpViews(truth, image),
    },
    dispose: () => {
      for (const owned of [scan, truth, image, gradient]) owned.dispose();
    },
  };
}

/** 101 steps of gradient descent from zeros: mean squared error, Adam, the loss read back in every step. */
export function seedTutorial(backend, chest) {
  const scan = createProjector({ backend, grid: chest.grid, detector: DETECTOR, views: [viewOf(chest.grid)] });
  const truth = toDevice(backend, chest);
  const target = scan.apply(truth);
  truth.dispose();
  const run = async () => {
    const density = toDevice(backend, { ...chest, values: new Float32Array(chest.values.length) });
    const optimizer = adam(density, { learningRate: 1e-3 });
    for (let step = 0; step < STEPS; step++) {
      const image = scan.apply(density);
      const loss = meanSquaredError(image, target);
      const gradient = scan.adjoint(loss.cotangent);
      optimizer.step(gradient);
      await loss.value();
      for (const owned of [image, loss, gradient]) owned.dispose();
    }
    for (const owned of [optimizer, density]) owned.dispose();
  };
  return {
    views: 1,
    runs: { "seed-tutorial": run },
    dispose: () => {
      for (const owned of [scan, target]) owned.dispose();
    },
  };
}
