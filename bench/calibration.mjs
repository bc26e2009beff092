/**
 * How well does self-calibration find the geometry of a scan whose every view is off? 60 views of a fine CT (no inverse
 * crime: all its voxels, 2 x 2 rays a pixel) over a circle, each view moved by six errors, uniform; reconstruction and
 * calibration on 64³ voxels. The errors before and after are those of the reprojection of 8 landmarks (corners of the inner
 * half of the volume), after the best common rigid motion, which no projection can tell.
 */
import { createBackend } from "tomograd/backend";
import { alignViews, moveView, reprojectionError, selfCalibrate, VIEW_PARAMETERS } from "tomograd/calibration";
import { circularTrajectory } from "tomograd/geometry";
import { psnr } from "tomograd/metric";
import { binImages, clampPadding, hounsfieldToAttenuation } from "tomograd/physics";
import { createProjector, toDevice, toHost } from "tomograd/projector";
import { osSqs } from "tomograd/reconstruction";
import { boxResample, gridCenter, innerCorners } from "tomograd/volume";
import { describeLoad, describeMachine } from "./measure.mjs";

const GANTRY = { sid: 850, sdd: 1020 };
const WIDTH_MM = 512;

/** Numbers uniform in [-1, 1] from a linear congruential generator (Numerical Recipes' constants). */
function uniform(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(1664525, state) + 1013904223) >>> 0;
    return (2 * state) / 2 ** 32 - 1;
  };
}

/** Line integrals of a volume: the mean of 2 x 2 rays in every pixel, half a pixel apart. */
export async function integrals(backend, volume, { detector, views }) {
  const { rows, columns, pixelSize } = detector;
  const fine = { rows: 2 * rows, columns: 2 * columns, pixelSize: pixelSize.map((size) => size / 2) };
  const halved = views.map((view) => ({
    ...view,
    firstPixel: view.firstPixel.map((x, i) => x - (view.columnStep[i] + view.rowStep[i]) / 4),
    columnStep: view.columnStep.map((x) => x / 2),
    rowStep: view.rowStep.map((x) => x / 2),
  }));
  const A = createProjector({ backend, grid: volume.grid, detector: fine, views: halved, model: "siddon" });
  const x = toDevice(backend, volume);
  const y = A.apply(x);
  const { values } = await toHost(y);
  for (const resource of [y, x, A]) resource.dispose();
  return binImages({ views: views.length, rows: fine.rows, columns: fine.columns, values }, [2, 2]).values;
}

/** The views, each off by up to `mm` along and `deg` about three axes. */
export function disturbed(views, pivot, { mm, deg, seed }) {
  const next = uniform(seed);
  return views.map((view) => {
    const size = (name) => (name.startsWith("shift") ? mm : (deg * Math.PI) / 180);
    return moveView(view, Object.fromEntries(VIEW_PARAMETERS.map((name) => [name, size(name) * next()])), pivot);
  });
}

/** `ct`: HU. `voxels`: of the calibration's own cube, where it is not that of the reconstruction. */
export async function runCalibration(ct, options = {}) {
  const { size = 64, voxels = size, pixels = 128, views: count = 60, mm = 1, deg = 0.5, seed = 1, say } = options;
  const { threads, levels = 1, iterations = 6 } = options;
  const load = await describeLoad();
  const fine = hounsfieldToAttenuation(clampPadding(ct).volume);
  const truth = boxResample(fine, [size, size, size]);
  const pivot = gridCenter(fine.grid);
  const landmarks = innerCorners(truth.grid);
  const pitch = WIDTH_MM / pixels;
  const detector = { rows: pixels, columns: pixels, pixelSize: [pitch, pitch] };
  const believed = circularTrajectory({ ...GANTRY, detector, isocenter: pivot, views: count });
  const actual = disturbed(believed.views, pivot, { mm, deg, seed });
  const backend = await createBackend({ threads });
  say(`${count} views of ${fine.grid.size.join(" x ")} voxels, off by up to ${mm} mm and ${deg} degrees`);
  const values = await integrals(backend, fine, { detector, views: actual });

  const errorOf = (views) => {
    const aligned = alignViews(views, actual, landmarks).views;
    return { aligned, error: reprojectionError(aligned, actual, landmarks) };
  };
  const reconstructed = async (views) => {
    const A = createProjector({ backend, grid: truth.grid, detector, views, model: "joseph" });
    const run = await osSqs(A, { ...believed, views, values }, { iterations: 20 });
    const volume = await toHost(run.volume);
    run.volume.dispose();
    A.dispose();
    return { volume, psnr: psnr(volume.values, truth.values) };
  };
  const before = errorOf(believed.views);
  const course = [];
  const cpu = process.cpuUsage();
  const grid = boxResample(fine, [voxels, voxels, voxels]).grid;
  const found = await selfCalibrate({
    ...{ backend, grid, projections: { ...believed, values }, iterations, levels },
    // the standard deviations of what is uniform in ±mm and ±deg
    expectedShift: mm / Math.sqrt(3),
    expectedTurnDeg: deg / Math.sqrt(3),
    onIteration({ iteration, residual, views }) {
      const { mean, depth } = errorOf(views).error;
      course.push({ iteration, residual, reprojectionMm: mean, depthMm: depth });
      say(`round ${iteration}: ${mean.toFixed(4)} mm on the detector, ${depth.toFixed(3)} mm in depth`);
    },
  });
  const { user, system } = process.cpuUsage(cpu);
  found.volume.dispose();
  const after = errorOf(found.views);
  say(`os-sqs on ${size}³ voxels: true geometry, believed, calibrated`);
  const [withTruth, withBelieved, calibrated] = [
    await reconstructed(actual),
    await reconstructed(before.aligned),
    await reconstructed(after.aligned),
  ];
  await backend[Symbol.asyncDispose]();
  return {
    figures: {
      machine: describeMachine(),
      load,
      ...{ size, voxels, pixels, views: count, mm, deg, seed, levels, stopped: found.stopped },
      reprojectionMm: { before: before.error.mean, after: after.error.mean },
      factor: before.error.mean / after.error.mean,
      largestMm: { before: before.error.largest, after: after.error.largest },
      depthMm: { before: before.error.depth, after: after.error.depth },
      psnr: { trueGeometry: withTruth.psnr, believed: withBelieved.psnr, calibrated: calibrated.psnr },
      belowTrueGeometry: withTruth.psnr - calibrated.psnr,
      cpuSeconds: (user + system) / 1e6,
      course,
    },
    volumes: { truth, believed: withBelieved.volume, calibrated: calibrated.volume },
  };
}
