/** Gate B1: a ball of water in a beam of two lines, reconstructed by FDK before and after the water correction. */
import { afterAll, expect, test } from "vitest";
import { createBackend } from "../../src/backend/create.js";
import { circularTrajectory } from "../../src/geometry/index.js";
import { beamHardeningCorrection, correctBeamHardening, createSpectrum } from "../../src/physics/index.js";
import { createProjector, toHost } from "../../src/projector/index.js";
import { fdk } from "../../src/reconstruction/index.js";
import { createGrid, createPhantom, type Grid } from "../../src/volume/index.js";

const RADIUS = 80;
const MU = [0.0268, 0.0184];
const WEIGHTS = [0.4, 0.6];
const REFERENCE = WEIGHTS[0] * MU[0] + WEIGHTS[1] * MU[1];

const backend = await createBackend({ prefer: "wasm" });
afterAll(() => backend[Symbol.asyncDispose]());

/** R1's scan in units of 100 mm: sid 500, sdd 700, 360 views of 128 columns over 400 mm, the middle rows. */
const scan = circularTrajectory({
  detector: { rows: 6, columns: 128, pixelSize: [400 / 128, 400 / 128] },
  sid: 500,
  sdd: 700,
  views: 360,
});
const grid: Grid = createGrid({ size: [64, 64, 2], spacing: 200 / 64 });

/** Mean of the voxels at 0 to 0.25 and 0.75 to 0.9 radii from the axis, and of all up to 0.9. */
async function profile(values: Float64Array) {
  const A = createProjector({ backend, grid, detector: scan.detector, views: scan.views });
  const run = await fdk(A, { ...scan, values }, { filter: "ram-lak" });
  const volume = await toHost(run.volume);
  run.volume.dispose();
  A.dispose();
  const mean = (from: number, to: number) => {
    let sum = 0;
    let count = 0;
    for (const [i, value] of volume.values.entries()) {
      const [x, y] = [i % 64, Math.floor(i / 64) % 64].map((k) => (k - 31.5) * (200 / 64));
      const r = Math.hypot(x, y) / RADIUS;
      if (r < from || r >= to) continue;
      sum += value;
      count++;
    }
    return sum / count;
  };
  const [center, rim] = [mean(0, 0.25), mean(0.75, 0.9)];
  return { cupping: (rim - center) / rim, mean: mean(0, 0.9) };
}

test("B1: cupping of 2.6 % falls below 0.3 %, and water is mu_ref to 0.3 %", async () => {
  const ball = createPhantom([{ kind: "ellipsoid", center: [0, 0, 0], radii: RADIUS, density: 1 }]);
  const paths = ball.project({ ...scan, views: [scan.views[0]] }).values;
  const one = paths.map((t) => -Math.log(WEIGHTS[0] * Math.exp(-MU[0] * t) + WEIGHTS[1] * Math.exp(-MU[1] * t)));
  const measured = new Float64Array(360 * one.length);
  for (let view = 0; view < 360; view++) measured.set(one, view * one.length);
  const correction = beamHardeningCorrection({
    spectrum: createSpectrum([40, 80], WEIGHTS),
    attenuation: MU,
    maximumPath: 200,
  });
  const raw = await profile(measured);
  const corrected = await profile(correctBeamHardening(measured, correction));
  const percent = (x: number) => `${(100 * x).toFixed(3)} %`;
  console.log(
    `B1: cupping ${percent(raw.cupping)} raw (measured elsewhere 2.6 %), ${percent(corrected.cupping)} corrected (bar 0.3 %); mean ${percent(corrected.mean / REFERENCE - 1)} off mu_ref (bar 0.3 %)`,
  );
  expect(raw.cupping).toBeGreaterThan(0.02);
  expect(Math.abs(corrected.cupping)).toBeLessThan(0.003);
  expect(Math.abs(corrected.mean / REFERENCE - 1)).toBeLessThan(0.003);
});
