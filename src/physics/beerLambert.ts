/** Line integrals and what a detector counts behind them (Beer and Lambert): I = I0 exp(-p). */
import { fault, refuseUnknownOptions } from "../core/index.js";

type Samples = Float32Array | Float64Array;

export interface IntensityOptions {
  /** I0, photons that a pixel counts without an object; 1 gives the transmission I / I0. @default 1 */
  readonly photonsPerPixel?: number;
}

/** Expected intensity I0 exp(-p) of line integrals p; no noise. A new array of the same type. @throws INVALID_ARGUMENT */
export function toIntensity<T extends Samples>(lineIntegrals: T, options: IntensityOptions = {}): T {
  refuseUnknownOptions("toIntensity", options, ["photonsPerPixel"]);
  const photons = readPhotons(options.photonsPerPixel);
  const out = lineIntegrals.slice() as T;
  for (let i = 0; i < out.length; i++) out[i] = photons * Math.exp(-lineIntegrals[i]);
  return out;
}

export interface LineIntegralOptions extends IntensityOptions {
  /** Smaller intensities count as this much, so that p stays finite. @default 1e-6 of photonsPerPixel */
  readonly floor?: number;
}

/** Line integrals p = ln(I0 / max(I, floor)) of intensities I. A new array of the same type. @throws INVALID_ARGUMENT */
export function toLineIntegral<T extends Samples>(intensities: T, options: LineIntegralOptions = {}): T {
  refuseUnknownOptions("toLineIntegral", options, ["photonsPerPixel", "floor"]);
  const photons = readPhotons(options.photonsPerPixel);
  const { floor = 1e-6 * photons } = options;
  if (!(floor > 0))
    throw fault("INVALID_ARGUMENT", `the smallest intensity must be above 0, got ${floor}`, { defect: "out-of-range" });
  const out = intensities.slice() as T;
  for (let i = 0; i < out.length; i++) out[i] = Math.log(photons / Math.max(intensities[i], floor));
  return out;
}

function readPhotons(photons = 1): number {
  if (!(photons > 0 && Number.isFinite(photons)))
    throw fault("INVALID_ARGUMENT", `photonsPerPixel must be above 0, got ${photons}`, { defect: "out-of-range" });
  return photons;
}
