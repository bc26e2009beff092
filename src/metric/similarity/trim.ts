import type { FeaturePair } from "./term.js";

const BINS = 1024;

/**
 * Makes a function that finds the pixels to keep: all valid ones but the share `trim` with the largest |a / s_a - f / s_f|.
 * The share is met to one bin of a histogram over [0, largest], 1/1024 of it; a bin at the edge is kept whole.
 * The array that it gives is the same at every call.
 */
export function trimmer(pixels: number, trim: number) {
  const residual = new Float64Array(pixels);
  const kept = new Uint8Array(pixels);
  const histogram = new Int32Array(BINS);
  return ({ moving, fixed, valid, count }: FeaturePair, perA: number, perF: number): Uint8Array => {
    let largest = 0;
    for (let i = 0; i < pixels; i++) {
      const r = Math.abs(moving[i] * perA - fixed[i] * perF);
      residual[i] = r;
      if (r > largest && valid?.[i] !== 0) largest = r;
    }
    const perBin = largest > 0 ? BINS / largest : 0;
    histogram.fill(0);
    for (let i = 0; i < pixels; i++)
      if (valid?.[i] !== 0) histogram[Math.min(BINS - 1, Math.floor(residual[i] * perBin))]++;
    let bin = BINS - 1;
    for (let left = Math.floor(trim * count); bin > 0; bin--) {
      left -= histogram[bin];
      if (left < 0) break;
    }
    for (let i = 0; i < pixels; i++)
      kept[i] = valid?.[i] !== 0 && Math.min(BINS - 1, Math.floor(residual[i] * perBin)) <= bin ? 1 : 0;
    return kept;
  };
}
