/** What a detector counts: photons (Poisson) and its electronics (Gaussian), from a seed. */
import { createRandom, fault, poisson, refuseUnknownOptions } from "../core/index.js";
import { toLineIntegral } from "./beerLambert.js";

type Samples = Float32Array | Float64Array;

/** Options of `simulateCounts`. */
export interface CountOptions {
  /** I0, photons that a pixel counts without an object. */
  readonly photonsPerPixel: number;
  /** Standard deviation of the electronics, in counts. @default 0 */
  readonly electronicNoise?: number;
  /** s, no unit: the object attenuates by exp(-p / s). The public few-view protocol takes the largest p. @default 1 */
  readonly scale?: number;
  /** Integer; equal seeds give equal counts. @default 0 */
  readonly seed?: number;
}

/**
 * Counts = Poisson(I0 exp(-p / s)) + N(0, electronicNoise) behind line integrals p. A new array of the same type; counts
 * can be negative where the electronics say so.
 * @throws INVALID_ARGUMENT for values out of range, NOT_FINITE for a line integral that is no number
 */
export function simulateCounts<T extends Samples>(lineIntegrals: T, options: CountOptions): T {
  refuseUnknownOptions("simulateCounts", options, ["photonsPerPixel", "electronicNoise", "scale", "seed"]);
  const { photonsPerPixel, electronicNoise = 0, scale = 1, seed = 0 } = options;
  inRange("photonsPerPixel", photonsPerPixel, photonsPerPixel > 0);
  inRange("electronicNoise", electronicNoise, electronicNoise >= 0);
  inRange("scale", scale, scale > 0);
  const random = createRandom(seed);
  const out = lineIntegrals.slice() as T;
  for (let i = 0; i < out.length; i++) {
    const mean = photonsPerPixel * Math.exp(-lineIntegrals[i] / scale);
    if (!Number.isFinite(mean))
      throw fault("NOT_FINITE", `line integrals must be finite, number ${i} is ${lineIntegrals[i]}`, {
        defect: "not-finite",
        index: i,
      });
    const photons = poisson(random, mean);
    out[i] = electronicNoise > 0 ? photons + electronicNoise * random.normal() : photons;
  }
  return out;
}

/** Options of `addNoise`. */
export interface NoiseOptions extends CountOptions {
  /** Results below 0 become 0; the mean of empty rays then lies above 0. @default false */
  readonly nonNegative?: boolean;
}

/**
 * Line integrals as a counting detector measures them: p' = -s ln(max(counts, 1) / I0), counts as in `simulateCounts`.
 * A new array of the same type.
 * @throws as `simulateCounts`
 */
export function addNoise<T extends Samples>(lineIntegrals: T, options: NoiseOptions): T {
  const { nonNegative = false, ...ofCounts } = options;
  const { photonsPerPixel, scale = 1 } = options;
  const out = toLineIntegral(simulateCounts(lineIntegrals, ofCounts), { photonsPerPixel, floor: 1 });
  for (let i = 0; i < out.length; i++) out[i] = nonNegative ? Math.max(0, scale * out[i]) : scale * out[i];
  return out;
}

/** Options of `countWeights`. */
export interface WeightOptions {
  /** Standard deviation of the electronics, in counts. @default 0 */
  readonly electronicNoise?: number;
}

/**
 * Statistical weights of line integrals, the inverse of their variance: W = counts² / (counts + electronicNoise²),
 * scaled to mean 1; 0 where nothing was counted. A new array of the same type.
 */
export function countWeights<T extends Samples>(counts: T, options: WeightOptions = {}): T {
  refuseUnknownOptions("countWeights", options, ["electronicNoise"]);
  const { electronicNoise = 0 } = options;
  inRange("electronicNoise", electronicNoise, electronicNoise >= 0);
  const out = counts.slice() as T;
  let sum = 0;
  for (let i = 0; i < out.length; i++) {
    const n = counts[i];
    sum += out[i] = n > 0 ? (n * n) / (n + electronicNoise ** 2) : 0;
  }
  if (sum > 0) for (let i = 0; i < out.length; i++) out[i] *= out.length / sum;
  return out;
}

function inRange(name: string, value: number, holds: boolean): void {
  if (!holds || !Number.isFinite(value))
    throw fault("INVALID_ARGUMENT", `${name} is out of range: ${value}`, { defect: "out-of-range", field: name });
}
