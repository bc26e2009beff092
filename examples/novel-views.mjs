/**
 * How many X-rays does a volume need before new views of it are right?
 *
 *   node examples/novel-views.mjs
 */
import {
  circularTrajectory,
  createBackend,
  createGrid,
  createPhantom,
  createProjector,
  fit,
  psnr,
  toDevice,
  toHost,
} from "tomograd";

const grid = createGrid({ size: [32, 32, 32], spacing: [4, 4, 4] });
const truth = createPhantom([
  { kind: "ellipsoid", center: [0, 0, 0], radii: [50, 40, 45], density: 0.02 },
  { kind: "ellipsoid", center: [15, -10, 5], radii: [12, 15, 20], density: 0.03 },
]).voxelize(grid);
const detector = { rows: 32, columns: 32, pixelSize: [6, 6] };
const scan = (views, startDeg = 0) => circularTrajectory({ detector, sid: 850, sdd: 1020, views, startDeg }).views;

const backend = await createBackend();
const x = toDevice(backend, truth);
const novel = createProjector({ backend, grid, detector, views: scan(8, 11) });
const expected = await toHost(novel.apply(x));
for (const views of [1, 4, 16, 64]) {
  const projector = createProjector({ backend, grid, detector, views: scan(views) });
  const { volume } = await fit(projector, await toHost(projector.apply(x)), { iterations: 120 });
  const found = await toHost(novel.apply(volume));
  console.log(`${views} views: ${psnr(found.values, expected.values).toFixed(1)} dB at angles never seen`);
}
await backend[Symbol.asyncDispose]();
