/**
 * Gates F1 to F4: projections of phantoms with exact integrals, on any backend. The cube [-1, 1]³ seen by 8 views at
 * angles 2 pi k/8 + 0.1, source at 5 mm, detector of 4 x 4 mm at 7 mm.
 */
import type { Backend } from "../../src/backend/backend.js";
import type { Model } from "../../src/backend/kernels.js";
import type { Vec3 } from "../../src/core/linear.js";
import { viewTable } from "../../src/geometry/indexFrame.js";
import type { ConeView, Trajectory } from "../../src/geometry/view.js";
import { createGrid } from "../../src/volume/createGrid.js";
import type { Grid } from "../../src/volume/grid.js";
import { createPhantom, type Phantom } from "../../src/volume/phantom/phantom.js";
import { sheppLogan } from "../../src/volume/phantom/sheppLogan.js";

/** The 8 views of the gates with `pixels` x `pixels` pixels. */
export function gateTrajectory(pixels: number): Trajectory {
  const pitch = 4 / pixels;
  const views = Array.from({ length: 8 }, (_, k): ConeView => {
    const angle = (2 * Math.PI * k) / 8 + 0.1;
    const [x, y] = [Math.cos(angle), Math.sin(angle)];
    const first = (-pitch * (pixels - 1)) / 2;
    const step: Vec3 = [-y * pitch, x * pitch, 0];
    return {
      beam: "cone",
      source: [5 * x, 5 * y, 0],
      firstPixel: [-2 * x - y * first, -2 * y + x * first, first],
      columnStep: step,
      rowStep: [0, 0, pitch],
    };
  });
  return { detector: { rows: pixels, columns: pixels, pixelSize: [pitch, pitch] }, views, about: "8 views of a gate" };
}

export const gateGrid = (n: number): Grid => createGrid({ size: [n, n, n], spacing: 2 / n });

/** Line integrals of voxels under a model; trilinear samples twice a voxel. */
export async function projectValues(
  backend: Backend,
  model: Model,
  grid: Grid,
  values: Float64Array,
  { views, detector }: Trajectory,
): Promise<ArrayLike<number>> {
  const { rows, columns } = detector;
  const table = viewTable(views, grid.indexToWorld);
  using volume = backend.upload(values, { kind: "volume", size: [grid.size[0], grid.size[1], grid.size[2]] });
  using out = backend.allocate({ kind: "projections", views: views.length, rows, columns });
  using tableArray = backend.upload(table, { kind: "flat", length: table.length });
  const step = model === "trilinear" ? grid.indexToWorld[0] / 2 : undefined;
  const rays = { model, step, extent: "segment", beam: "cone", views: tableArray } as const;
  backend.run("project", { ...rays, out, volume, accumulate: false });
  return await backend.download(out);
}

/** |found - expected| / |expected| over the rays above `floor` of the largest. */
export function relativeL2(found: ArrayLike<number>, expected: ArrayLike<number>, floor = 0): number {
  let [largest, difference, norm] = [0, 0, 0];
  for (let i = 0; i < expected.length; i++) largest = Math.max(largest, Math.abs(expected[i]));
  for (let i = 0; i < expected.length; i++) {
    if (Math.abs(expected[i]) <= floor * largest) continue;
    difference += (found[i] - expected[i]) ** 2;
    norm += expected[i] ** 2;
  }
  return Math.sqrt(difference / norm);
}

/** Keeps what `make` gives for a key, so that every backend and model meets the same voxels at one price. */
function remembered<Sizes extends readonly number[], T>(make: (phantom: Phantom, ...sizes: Sizes) => T): typeof make {
  const known = new Map<Phantom, Map<string, T>>();
  return (phantom, ...sizes) => {
    const ofPhantom = known.get(phantom) ?? new Map<string, T>();
    known.set(phantom, ofPhantom);
    const value = ofPhantom.get(sizes.join()) ?? make(phantom, ...sizes);
    ofPhantom.set(sizes.join(), value);
    return value;
  };
}

const voxelsOf = remembered(
  (phantom, n: number, subsamples: number) => phantom.voxelize(gateGrid(n), { subsamples }).values,
);
const exactOf = remembered((phantom, pixels: number) => phantom.project(gateTrajectory(pixels)).values);

/** Relative L2 error of the projections of a voxelized phantom, against its exact integrals. */
export async function projectionError(
  backend: Backend,
  model: Model,
  phantom: Phantom,
  n: number,
  { pixels, subsamples, floor = 0 }: { pixels: number; subsamples: number; floor?: number },
): Promise<number> {
  const voxels = voxelsOf(phantom, n, subsamples);
  const found = await projectValues(backend, model, gateGrid(n), voxels, gateTrajectory(pixels));
  return relativeL2(found, exactOf(phantom, pixels), floor);
}

/** F1: the head of Shepp and Logan. */
export const HEAD = sheppLogan();
/** F1b: a ball of radius 0.7 off center. */
export const BALL = createPhantom([{ kind: "ellipsoid", center: [0.05, -0.03, 0.02], radii: 0.7, density: 1 }]);
/** F2: a Gaussian of standard deviation 0.25. */
export const GAUSSIAN = createPhantom([{ kind: "gaussian", center: [0.1, -0.05, 0.08], radii: 0.25, density: 1 }]);
/** F3: the whole cube. */
export const CUBE = createPhantom([{ kind: "box", center: [0, 0, 0], radii: 1, density: 1 }]);
