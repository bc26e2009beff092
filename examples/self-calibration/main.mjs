/**
 * Can the X-rays of a scan tell where its source and detector were? A circular scan of a phantom, every view of it off by
 * up to 2 mm and 1.5 degrees, is reconstructed with the geometry as it is believed to be, as self-calibration finds it, and
 * as it was. One slice of each stands side by side in the picture.
 *
 *   node examples/self-calibration/main.mjs [--out DIR] [--views N] [--mm N] [--deg N] [--rounds N]
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import {
  circularTrajectory,
  createBackend,
  createGrid,
  createPhantom,
  createProjector,
  gridCenter,
  psnr,
  toHost,
  writeImage,
} from "tomograd";
import { alignViews, moveView, reprojectionError, selfCalibrate, VIEW_PARAMETERS } from "tomograd/calibration";
import { fistaTv } from "tomograd/reconstruction";
import { innerCorners } from "tomograd/volume";

const { values: options } = parseArgs({
  options: {
    out: { type: "string", default: "out/self-calibration" },
    views: { type: "string", default: "48" },
    mm: { type: "string", default: "2" },
    deg: { type: "string", default: "1.5" },
    rounds: { type: "string", default: "8" },
  },
});
const [views, mm, deg] = [options.views, options.mm, options.deg].map(Number);
const size = 48;
const grid = createGrid({ size: [size, size, size], spacing: 3 });
const center = gridCenter(grid);
const at = (x, y, z) => [center[0] + x, center[1] + y, center[2] + z];
const phantom = createPhantom([
  { kind: "ellipsoid", center, radii: [62, 52, 58], density: 0.02 },
  { kind: "ellipsoid", center: at(24, 6, 0), radii: [20, 28, 34], density: -0.014 },
  { kind: "ellipsoid", center: at(-24, 6, 0), radii: [20, 28, 34], density: -0.014 },
  { kind: "ellipsoid", center: at(0, -32, 0), radii: [10, 10, 45], density: 0.025 },
  { kind: "ellipsoid", center: at(20, 2, 8), radii: [4, 4, 4], density: 0.03 },
  { kind: "ellipsoid", center: at(-26, 14, -6), radii: [4, 4, 7], density: 0.03 },
  { kind: "ellipsoid", center: at(-20, -8, 2), radii: [3, 6, 3], density: 0.03 },
  { kind: "ellipsoid", center: at(4, 30, 20), radii: [8, 6, 12], density: 0.02 },
  { kind: "ellipsoid", center: at(-6, 28, -24), radii: [6, 8, 6], density: 0.03 },
]);
const truth = phantom.voxelize(grid);
const detector = { rows: 72, columns: 72, pixelSize: [3, 3] };
const believed = circularTrajectory({ detector, sid: 500, sdd: 700, isocenter: center, views });

/** Numbers uniform in [-1, 1], the same in every run (a generator of Numerical Recipes). */
let state = 7;
function uniform() {
  state = (Math.imul(1664525, state) + 1013904223) >>> 0;
  return state / 2 ** 31 - 1;
}
const error = (name) => uniform() * (name.startsWith("shift") ? mm : (deg * Math.PI) / 180);
const actual = believed.views.map((view) =>
  moveView(view, Object.fromEntries(VIEW_PARAMETERS.map((name) => [name, error(name)])), center),
);
// exact line integrals of the actual geometry, handed over with the believed one
const projections = { ...believed, values: phantom.project({ ...believed, views: actual }).values };

const backend = await createBackend();
const found = await selfCalibrate({
  ...{
    backend,
    grid,
    projections,
    iterations: Number(options.rounds),
    expectedShift: mm / 2,
    expectedTurnDeg: deg / 2,
  },
  onIteration: ({ iteration, residual, change }) =>
    console.log(`round ${iteration}: residual ${residual.toFixed(4)}, views moved by ${change.toFixed(3)} mm`),
});
found.volume.dispose();

const landmarks = innerCorners(grid);
const middle = [];
for (const [name, geometry] of Object.entries({ believed: believed.views, calibrated: found.views, actual })) {
  // no projection tells a rigid motion of everything: taken out, so that volumes can be compared with the truth
  const aligned = alignViews(geometry, actual, landmarks).views;
  const { mean, depth } = reprojectionError(aligned, actual, landmarks);
  const A = createProjector({ backend, grid, detector, views: aligned, model: "joseph" });
  const run = await fistaTv(A, { ...projections, views: aligned }, { iterations: 30, lambda: 2e-5 });
  const volume = await toHost(run.volume);
  for (const resource of [run.volume, A]) resource.dispose();
  const likeness = psnr(volume.values, truth.values).toFixed(1);
  console.log(
    `${name}: landmarks off by ${mean.toFixed(3)} mm on the detector, ${depth.toFixed(2)} mm in depth; volume ${likeness} dB`,
  );
  middle.push(volume.values);
}
await backend[Symbol.asyncDispose]();

/** The same slice of several volumes side by side, every voxel as 6 x 6 pixels. */
const ZOOM = 6;
const slices = [...middle, truth.values];
const [rows, columns] = [size * ZOOM, size * ZOOM * slices.length];
const picture = Float32Array.from({ length: rows * columns }, (_, pixel) => {
  const [row, column] = [Math.floor(pixel / columns), pixel % columns];
  const [which, x] = [Math.floor(column / (size * ZOOM)), Math.floor((column % (size * ZOOM)) / ZOOM)];
  return slices[which][x + size * (size - 1 - Math.floor(row / ZOOM) + size * (size >> 1))];
});
mkdirSync(options.out, { recursive: true });
await writeImage(join(options.out, "slices.png"), { rows, columns, values: picture }, { window: [0, 0.05] });
console.log(`${join(options.out, "slices.png")}: believed, calibrated, actual geometry; the phantom`);
