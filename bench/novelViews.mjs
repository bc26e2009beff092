/**
 * Are novel views of a reconstruction as good as its voxels allow? 120 views of a fine CT (no inverse crime) are
 * reconstructed on coarser voxels; 100 views at random angles of the same circle, none of them trained, are compared with
 * those of the fine CT. The floor: the same views of the CT itself, averaged over the coarser voxels. PSNR of all pixels
 * of all novel views, peak = largest pixel of the truth.
 */
import { createBackend } from "tomograd/backend";
import { circularTrajectory, gantryView } from "tomograd/geometry";
import { psnr } from "tomograd/metric";
import { clampPadding, hounsfieldToAttenuation } from "tomograd/physics";
import { createProjector, toDevice, toHost } from "tomograd/projector";
import { autoTv } from "tomograd/reconstruction";
import { boxResample, gridCenter } from "tomograd/volume";
import { describeLoad, describeMachine } from "./measure.mjs";

const TRAINED = 120;
const NOVEL = 100;
const DETECTOR = { rows: 256, columns: 256, pixelSize: [1.5625, 1.5625] };
const GANTRY = { detector: DETECTOR, sid: 850, sdd: 1020 };

/** Angles in degrees from a linear congruential generator (Numerical Recipes' constants), the same in every run. */
function randomAngles(count, seed) {
  let state = seed >>> 0;
  return Array.from({ length: count }, () => {
    state = (Math.imul(1664525, state) + 1013904223) >>> 0;
    return (360 * state) / 2 ** 32;
  });
}

/** `ct`: HU. `size`: voxels of the reconstruction. */
export async function runNovelViews(ct, { size = [128, 128, 67], seed = 1, say }) {
  const load = await describeLoad();
  const fine = hounsfieldToAttenuation(clampPadding(ct).volume);
  const coarse = boxResample(fine, size);
  const gantry = { ...GANTRY, isocenter: gridCenter(fine.grid) };
  const trained = circularTrajectory({ ...gantry, views: TRAINED }).views;
  const novel = randomAngles(NOVEL, seed).map((angle) => gantryView(gantry, angle));
  const backend = await createBackend();
  const images = async (volume, views) => {
    const A = createProjector({ backend, grid: volume.grid, detector: DETECTOR, views, model: "joseph" });
    const x = toDevice(backend, volume);
    const y = A.apply(x);
    const image = await toHost(y);
    for (const resource of [y, x, A]) resource.dispose();
    return image;
  };
  say(`${TRAINED} + ${NOVEL} views of ${fine.grid.size.join(" x ")} voxels`);
  const data = await images(fine, trained);
  const truth = (await images(fine, novel)).values;
  say(`auto-tv on ${size.join(" x ")} voxels`);
  const A = createProjector({ backend, grid: coarse.grid, detector: DETECTOR, views: trained, model: "joseph" });
  const started = performance.now();
  const run = await autoTv(A, data);
  const seconds = (performance.now() - started) / 1000;
  const volume = await toHost(run.volume);
  run.volume.dispose();
  A.dispose();
  const found = psnr((await images(volume, novel)).values, truth);
  const floor = psnr((await images(coarse, novel)).values, truth);
  await backend[Symbol.asyncDispose]();
  return {
    machine: describeMachine(),
    load,
    size,
    trained: TRAINED,
    novel: NOVEL,
    seed,
    psnrNovel: found,
    psnrFloor: floor,
    below: floor - found,
    psnrVolume: psnr(volume.values, coarse.values),
    seconds,
  };
}
