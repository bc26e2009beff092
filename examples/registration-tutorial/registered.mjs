/** The same X-ray and start for tomograd's own registration, with voxels where the file places them. */
import { createBackend, createProjector, gridCenter, toDevice, toHost } from "tomograd";
import { poseToMatrix } from "tomograd/geometry";
import { registerViews } from "tomograd/registration";
import { detector, errorOf, START, TRUTH, viewAt } from "./tutorial.mjs";

/** Registers the X-ray of the truth from the tutorial's start: errors, verdict, seconds after one run to warm up. */
export async function registered(density) {
  const { grid } = density;
  const backend = await createBackend({ prefer: "wasm" });
  const volume = toDevice(backend, density);
  const views = [viewAt(grid, TRUTH)];
  const scanner = createProjector({ backend, grid, detector, views, model: "joseph", extent: "line" });
  const image = scanner.apply(volume);
  const { values } = await toHost(image);
  for (const resource of [image, scanner, volume]) resource.dispose();
  const options = { backend, volume: density, xrays: [{ values, detector, view: viewAt(grid, START) }] };
  await registerViews(options);
  const { motion, verdict, evaluations, seconds, trace } = await registerViews(options);
  await backend[Symbol.asyncDispose]();
  return { verdict, evaluations, seconds, rounds: trace.length, error: errorOf(grid, moved(motion, gridCenter(grid))) };
}

/** The pose of the start after a motion of world points: as the C-arm has it, about the isocenter. */
function moved(motion, c) {
  const start = poseToMatrix({
    parameterization: "euler_angles",
    rotation: START.slice(0, 3),
    translation: START.slice(3),
  });
  const pose = new Array(16).fill(0);
  for (let r = 0; r < 3; r++) {
    for (let k = 0; k < 4; k++)
      for (let n = 0; n < 3; n++) pose[4 * r + k] += motion[4 * r + n] * (start[4 * n + k] + (k === 3 ? c[n] : 0));
    pose[4 * r + 3] += motion[4 * r + 3] - c[r];
  }
  pose[15] = 1;
  return pose;
}
