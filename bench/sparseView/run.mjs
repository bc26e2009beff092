/** Runs methods on data of the few-view benchmark and scores them against the truth, which no method sees. */
import { psnr, ssim3d } from "tomograd/metric";
import { createProjector, toHost } from "tomograd/projector";
import { time } from "../measure.mjs";
import { cubeGrid } from "./volumes.mjs";

/** Joseph's operator of a data set. */
export const operatorOf = (backend, { truth, projections: { detector, views } }) =>
  createProjector({ backend, grid: cubeGrid(truth.grid.size[0]), detector, views, model: "joseph" });

/** Score of a volume: PSNR of range 1 over all voxels, no fitting; SSIM as R2-Gaussian. */
export const score = (x, { values, grid }) => ({
  psnr: psnr(x.values, values, { peak: 1 }),
  ssim: ssim3d(x.values, values, { size: grid.size, range: 1 }),
});

/** One method on one data set; seconds from line integrals in memory to the volume in memory. */
export async function runMethod(backend, method, set) {
  const A = operatorOf(backend, set);
  try {
    let x;
    let used;
    const { cpuMs, wallMs } = await time(async () => {
      const run = await method(A, set.projections);
      x = await toHost(run.volume);
      used = run.used;
      run.volume.dispose();
    });
    return { ...score(x, set.truth), seconds: wallMs / 1000, cpuSeconds: cpuMs / 1000, used, volume: x };
  } finally {
    A.dispose();
  }
}
