import { renderTrilinear } from "../backend/reference/parity/index.js";
import { fault, type Matrix3, type Matrix4, refuseUnknownOptions } from "../core/index.js";
import { cotangentsToWorld } from "../geometry/indexFrame.js";
import type { Detector } from "../geometry/view.js";
import type { Volume } from "../volume/grid.js";
import { parityVolume, raysInIndex } from "./parityRays.js";

/** One exposure as nanodrr describes it. */
export interface NanoDrrCamera {
  /** 4x4 camera to world mm, 16 free numbers (points are divided by the fourth coordinate); see `nanoDrrExtrinsic`. */
  readonly cameraToWorld: Matrix4;
  /** 3x3 inverse intrinsics, pixel centers at index + 1/2; see `nanoDrrInverseIntrinsics`. */
  readonly inverseIntrinsics: Matrix3;
}

/** How nanodrr is asked to render. */
export interface NanoDrrOptions {
  readonly volume: Volume;
  /** One channel per label 0..largest; on the volume's grid. */
  readonly labels?: Volume;
  readonly detector: Pick<Detector, "rows" | "columns">;
  readonly cameras: readonly NanoDrrCamera[];
  /** mm from source to detector. */
  readonly sdd: number;
  /** Parallel rays: the source of every pixel lies sdd before it. @default false */
  readonly orthographic?: boolean;
  /** Samples from source to pixel, both included. @default 500 */
  readonly samples?: number;
}

export interface NanoDrrGradient {
  /** [nz][ny][nx], x fastest. */
  readonly volume: Float64Array;
  /** [view][16] */
  readonly cameraToWorld: Float64Array;
  /** [view][9] */
  readonly inverseIntrinsics: Float64Array;
  /** d / d sdd with the inverse intrinsics held fixed. */
  readonly sdd: number;
}

export interface NanoDrrRender {
  /** 1, or the largest label + 1. */
  readonly channels: number;
  /** [view][channel][row][column], mm times the unit of the volume. */
  readonly values: Float64Array;
  /** Cotangents of everything from cotangents of `values` (same layout). Reads the volume again. */
  vjp(cotangent: ArrayLike<number>): NanoDrrGradient;
  /** `vjp(cotangent).volume` alone, several times faster. */
  vjpVolume(cotangent: ArrayLike<number>): Float64Array;
}

/**
 * Images by nanodrr 0.1.6's formula: pixel p = sdd Kinv (column + 1/2, row + 1/2, 1) in the camera frame, source at its
 * origin, value = |p| / (samples - 1) * sum of the trilinear interpolation at alpha = m / (samples - 1), m = 0..samples - 1,
 * of the way from source to pixel; the affine places voxel centers; labels by nearest voxel. Rays are not clipped, so most
 * samples fall outside the volume.
 * @throws INVALID_ARGUMENT for unknown options; SHAPE_MISMATCH for labels on another grid
 */
export function renderNanoDrr(options: NanoDrrOptions): NanoDrrRender {
  refuseUnknownOptions("renderNanoDrr", options, [
    "volume",
    "labels",
    "detector",
    "cameras",
    "sdd",
    "orthographic",
    "samples",
  ]);
  const { detector, cameras, sdd, orthographic = false, samples = 500 } = options;
  if (!(Number.isInteger(samples) && samples >= 2))
    throw fault("INVALID_ARGUMENT", `samples must be an integer of at least 2, got ${samples}`, { field: "samples" });
  const pixels = detector.rows * detector.columns;
  const count = cameras.length * pixels;
  const world = {
    views: cameras.length,
    pixels,
    sources: new Float64Array(3 * count),
    ends: new Float64Array(3 * count),
    lengths: new Float64Array(count),
  };
  for (let ray = 0; ray < count; ray++) {
    const { cameraToWorld } = cameras[Math.floor(ray / pixels)];
    const [source, end] = cameraRay(ray);
    world.sources.set(project(cameraToWorld, source), 3 * ray);
    world.ends.set(project(cameraToWorld, end), 3 * ray);
    world.lengths[ray] = Math.hypot(end[0] - source[0], end[1] - source[1], end[2] - source[2]);
  }

  const { indexToWorld } = options.volume.grid;
  const rays = raysInIndex(world, indexToWorld, 0.5);
  const image = renderTrilinear(parityVolume(options.volume, options.labels), rays, {
    samples,
    mode: "bilinear",
    labelMode: "nearest",
    reduce: "sum",
    alignCorners: false,
    epsilon: 0,
    interval: { from: 0, to: 1 },
    run: pixels,
  });

  /** (column + 1/2, row + 1/2, 1) of a ray's pixel. */
  function pixelOf(ray: number): readonly [number, number, number] {
    const pixel = ray % pixels;
    return [(pixel % detector.columns) + 0.5, Math.floor(pixel / detector.columns) + 0.5, 1];
  }
  /** Source and pixel in the camera frame, mm, homogeneous. */
  function cameraRay(ray: number): [number[], number[]] {
    const k = cameras[Math.floor(ray / pixels)].inverseIntrinsics;
    const [u, v, w] = pixelOf(ray);
    const end = [0, 3, 6].map((at) => sdd * (k[at] * u + k[at + 1] * v + k[at + 2] * w));
    const source = orthographic ? [end[0], end[1], end[2] - sdd] : [0, 0, 0];
    return [
      [...source, 1],
      [...end, 1],
    ];
  }

  function vjp(cotangent: ArrayLike<number>): NanoDrrGradient {
    const gradient = image.vjp(cotangent);
    const ofSources = cotangentsToWorld(gradient.sources, indexToWorld);
    const ofEnds = cotangentsToWorld(gradient.ends, indexToWorld);
    const matrices = new Float64Array(16 * cameras.length);
    const intrinsics = new Float64Array(9 * cameras.length);
    let ofSdd = 0;
    for (let ray = 0; ray < count; ray++) {
      const view = Math.floor(ray / pixels);
      const { cameraToWorld } = cameras[view];
      const [source, end] = cameraRay(ray);
      const matrix = matrices.subarray(16 * view, 16 * view + 16);
      const ofSource = pullProject(cameraToWorld, source, ofSources.subarray(3 * ray, 3 * ray + 3), matrix);
      const ofEnd = pullProject(cameraToWorld, end, ofEnds.subarray(3 * ray, 3 * ray + 3), matrix);
      const pixel = pixelOf(ray);
      for (let axis = 0; axis < 3; axis++) {
        const along = ((end[axis] - source[axis]) / world.lengths[ray]) * gradient.lengths[ray];
        // Orthographic sources move with their pixels.
        const total = ofEnd[axis] + along + (orthographic ? ofSource[axis] - along : 0);
        ofSdd += (total * end[axis]) / sdd;
        for (let column = 0; column < 3; column++)
          intrinsics[9 * view + 3 * axis + column] += total * sdd * pixel[column];
        if (orthographic && axis === 2) ofSdd -= ofSource[2] - along;
      }
    }
    return { volume: gradient.volume, cameraToWorld: matrices, inverseIntrinsics: intrinsics, sdd: ofSdd };
  }
  return { channels: image.channels, values: image.values, vjp, vjpVolume: image.vjpVolume };
}

/** The first three coordinates of M p over the fourth. */
function project(m: Matrix4, p: readonly number[]): [number, number, number] {
  const row = (r: number) => m[4 * r] * p[0] + m[4 * r + 1] * p[1] + m[4 * r + 2] * p[2] + m[4 * r + 3] * p[3];
  const w = row(3);
  return [row(0) / w, row(1) / w, row(2) / w];
}

/** Adds the cotangent of M to `matrix` and returns that of p's first three coordinates. */
function pullProject(m: Matrix4, p: readonly number[], cotangent: ArrayLike<number>, matrix: Float64Array): number[] {
  const w = m[12] * p[0] + m[13] * p[1] + m[14] * p[2] + m[15] * p[3];
  const x = project(m, p);
  const rows = [cotangent[0] / w, cotangent[1] / w, cotangent[2] / w, 0];
  rows[3] = -(rows[0] * x[0] + rows[1] * x[1] + rows[2] * x[2]);
  for (let r = 0; r < 4; r++) for (let c = 0; c < 4; c++) matrix[4 * r + c] += rows[r] * p[c];
  return [0, 1, 2].map((c) => rows[0] * m[c] + rows[1] * m[4 + c] + rows[2] * m[8 + c] + rows[3] * m[12 + c]);
}
