import type { Backend } from "../../src/backend/backend.js";
import { createRandom } from "../../src/core/random.js";
import { circularTrajectory } from "../../src/geometry/index.js";
import { toDevice, toHost } from "../../src/projector/arrays.js";
import { createProjector } from "../../src/projector/createProjector.js";
import type { Projector } from "../../src/projector/types.js";
import type { Run } from "../../src/reconstruction/types.js";
import { createGrid } from "../../src/volume/createGrid.js";
import type { Grid, Projections, Volume } from "../../src/volume/grid.js";

/** n³ voxels over the cube [-half, half]³ mm. */
export const cube = (n: number, half = 1): Grid => createGrid({ size: [n, n, n], spacing: (2 * half) / n });

/** Circular views of `pixels`² over 4 x 4 mm around the cube [-1, 1]³: source at 5 mm, detector at 7 mm. */
export const views = (count: number, pixels: number, firstAngle: number) =>
  circularTrajectory({
    detector: { rows: pixels, columns: pixels, pixelSize: [4 / pixels, 4 / pixels] },
    sid: 5,
    sdd: 7,
    views: count,
    startDeg: (180 / Math.PI) * firstAngle,
  });

/** A small problem with noisy data of its own operator. */
export interface Problem {
  readonly A: Projector;
  readonly truth: Volume;
  readonly projections: Projections;
}

/** A x plus Gaussian noise. */
export async function simulated(A: Projector, truth: Volume, noise: number, seed: number): Promise<Projections> {
  const x = toDevice(A.backend, truth);
  const image = A.apply(x);
  const clean = await toHost(image);
  for (const resource of [x, image]) resource.dispose();
  const random = createRandom(seed);
  return { ...clean, values: clean.values.map((p) => p + noise * random.normal()) };
}

/** The problem of the gates of the linear solvers: 8³ voxels, 10 views of 12², values uniform, those below 0.5 zero. */
export async function smallProblem(backend: Backend, model: "siddon" | "joseph" = "joseph"): Promise<Problem> {
  const grid = cube(8);
  const A = createProjector({ backend, grid, ...views(10, 12, 0.05), model });
  const random = createRandom(11);
  const values = Float32Array.from({ length: 512 }, () => random.uniform()).map((v) => (v < 0.5 ? 0 : v));
  const truth: Volume = { quantity: "attenuation", grid, values };
  return { A, truth, projections: await simulated(A, truth, 0.01, 12) };
}

/** The voxels of a run; its volume is disposed. */
export async function voxels({ volume }: Run): Promise<Float32Array | Float64Array> {
  const { values } = await toHost(volume);
  volume.dispose();
  return values as Float32Array | Float64Array;
}

/** |a - b| / |b| */
export function relativeError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let difference = 0;
  let size = 0;
  for (let i = 0; i < b.length; i++) {
    difference += (a[i] - b[i]) ** 2;
    size += b[i] ** 2;
  }
  return Math.sqrt(difference / size);
}
