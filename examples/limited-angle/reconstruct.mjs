/** One method and one set of parameters for every scan: nothing here is chosen by looking at a result. */
import { createGrid, createProjector, toHost } from "tomograd";
import { correctedIntegral } from "tomograd/physics";
import { fistaTv } from "tomograd/reconstruction";
import { resample } from "tomograd/volume";
import { findDisc, solidLevel, withoutAir } from "./disc.mjs";
import { binned } from "./scans.mjs";
import { matthewsCorrelation, otsu } from "./segment.mjs";

/** Weight of total variation, of the median curvature of the data term. */
const LAMBDA = 2e-4;
const EPOCHS = 100;

/**
 * Share of acrylic in each pixel, 0 to 1, from paths in mm: the disc as support, total variation. A volume of one layer:
 * all rays lie in its plane, so that its thickness does not matter.
 */
export async function reconstruct(backend, scan, calibration, { bin, epochs = EPOCHS }) {
  const disc = findDisc(scan, calibration);
  const level = solidLevel(scan, disc, calibration) / calibration.level;
  const coarse = binned({ ...scan, values: withoutAir(scan, disc) }, bin);
  const values = coarse.values.map((p) => correctedIntegral(calibration.toPath, p) / level);

  const { size, pixel } = scan.truth;
  const grid = createGrid({ size: [size / bin, size / bin, 1], spacing: [pixel * bin, pixel * bin, pixel * bin] });
  const mask = { quantity: "unknown", grid, values: discMask(size / bin, pixel * bin, disc) };
  const A = createProjector({ backend, grid, detector: coarse.detector, views: coarse.views, model: "joseph" });
  const run = await fistaTv(
    A,
    { ...coarse, values: Float32Array.from(values) },
    { lambda: LAMBDA, iterations: epochs, mask, lower: 0, upper: 1, quantity: "unknown", tolerance: 0 },
  );
  const volume = await toHost(run.volume);
  run.volume.dispose();
  A.dispose();
  return { disc, level, run, volume: resample(volume, createGrid({ size: [size, size, 1], spacing: pixel })) };
}

function discMask(size, pixel, [x, y, radius]) {
  const at = (i) => (i - (size - 1) / 2) * pixel;
  return Uint8Array.from({ length: size * size }, (_, i) => {
    const [dx, dy] = [at(i % size) - x, at(Math.floor(i / size)) - y];
    return Math.hypot(dx, dy) <= radius ? 1 : 0;
  });
}

/** Classes by Otsu's threshold, rows from the largest y on as in the truth, and their correlation with it. */
export function judge({ volume }, { size, values: truth }) {
  const threshold = otsu(volume.values);
  const found = Uint8Array.from(truth, (_, i) => {
    const [row, column] = [Math.floor(i / size), i % size];
    return volume.values[(size - 1 - row) * size + column] > threshold ? 1 : 0;
  });
  return { found, threshold, correlation: matthewsCorrelation(found, truth) };
}
