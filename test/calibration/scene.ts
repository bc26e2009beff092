import type { Backend } from "../../src/backend/backend.js";
import { moveView, VIEW_PARAMETERS } from "../../src/calibration/index.js";
import { createRandom } from "../../src/core/random.js";
import { circularTrajectory, parallelTrajectory, type View } from "../../src/geometry/index.js";
import { createProjector, toDevice, toHost } from "../../src/projector/index.js";
import { createGrid, createPhantom, gridCenter, type Projections } from "../../src/volume/index.js";

export const grid = createGrid({ size: [20, 20, 20], spacing: 5 });
export const pivot = gridCenter(grid);
const at = (x: number, y: number, z: number) => [pivot[0] + x, pivot[1] + y, pivot[2] + z] as const;
const truth = createPhantom([
  { kind: "ellipsoid", center: at(0, 0, 0), radii: [42, 36, 40], density: 0.02 },
  { kind: "ellipsoid", center: at(14, -9, 6), radii: [9, 12, 14], density: 0.02 },
  { kind: "ellipsoid", center: at(-16, 8, -12), radii: [8, 10, 9], density: 0.03 },
  { kind: "ellipsoid", center: at(2, 15, 16), radii: [10, 8, 7], density: -0.02 },
  { kind: "ellipsoid", center: at(-4, -14, -18), radii: [7, 9, 8], density: 0.03 },
]).voxelize(grid);

export const detector = { rows: 28, columns: 28, pixelSize: [5, 5] } as const;
export const believed = circularTrajectory({ detector, sid: 400, sdd: 500, isocenter: pivot, views: 24 });
export const believedParallel = parallelTrajectory({ detector, isocenter: pivot, views: 24 });

/** Every view off by up to `mm` and `deg` in each of its six motions. */
export function disturbed(views: readonly View[], mm: number, deg: number, seed = 3): View[] {
  const random = createRandom(seed);
  const size = (name: string) => (name.startsWith("shift") ? mm : (deg * Math.PI) / 180);
  return views.map((view) =>
    moveView(
      view,
      Object.fromEntries(VIEW_PARAMETERS.map((name) => [name, size(name) * (2 * random.uniform() - 1)])),
      pivot,
    ),
  );
}

/** What `actual` views see of the phantom's voxels, told with the views as they are believed to be. */
export async function scanned(
  backend: Backend,
  actual: readonly View[],
  { views, about }: { views: readonly View[]; about: string } = believed,
): Promise<Projections> {
  const A = createProjector({ backend, grid, detector, views: actual, model: "joseph" });
  const x = toDevice(backend, truth);
  const y = A.apply(x);
  try {
    return { detector, views, about, values: (await toHost(y)).values };
  } finally {
    for (const resource of [y, x, A]) resource.dispose();
  }
}
