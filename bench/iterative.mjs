/** Epochs of iterative methods: n³ voxels of 1 mm from 60 views of n x n pixels of 1.6 mm, Joseph. */
import { circularTrajectory } from "tomograd/geometry";
import { createProjector, toDevice, toHost } from "tomograd/projector";
import { cgls, ossart, sirt } from "tomograd/reconstruction";
import { createGrid, sheppLogan } from "tomograd/volume";

export const ITERATIVE_VIEWS = 60;
const METHODS = { sirt, ossart, cgls };

/** CPU milliseconds and wall seconds of the second epoch of a method: the first one follows the set-up. */
export async function secondEpoch(backend, name, size) {
  const detector = { rows: size, columns: size, pixelSize: [1.6, 1.6] };
  const trajectory = circularTrajectory({ detector, sid: 1000, sdd: 1500, views: ITERATIVE_VIEWS });
  const grid = createGrid({ size: [size, size, size], spacing: 1 });
  const A = createProjector({ backend, grid, ...trajectory, model: "joseph" });
  const x = toDevice(backend, sheppLogan({ radius: 0.45 * size, density: 0.02 }).voxelize(grid, { subsamples: 1 }));
  const image = A.apply(x);
  const projections = await toHost(image);
  for (const resource of [image, x]) resource.dispose();
  const marks = [];
  let peakBytes = 0;
  const onIteration = () => {
    const { user, system } = process.cpuUsage();
    marks.push({ cpuMs: (user + system) / 1000, wallMs: performance.now() });
    peakBytes = Math.max(peakBytes, backend.liveBytes);
  };
  const { volume } = await METHODS[name](A, projections, { iterations: 2, tolerance: 0, onIteration });
  volume.dispose();
  A.dispose();
  const [first, second] = marks;
  return { cpuMs: second.cpuMs - first.cpuMs, wallMs: second.wallMs - first.wallMs, peakBytes };
}
