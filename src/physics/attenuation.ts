/** Hounsfield units to attenuation in 1/mm and back. */
import { fault, refuseUnknownOptions } from "../core/index.js";
import type { Volume } from "../volume/grid.js";
import { piecewise } from "./piecewise.js";
import { refuseQuantity } from "./quantity.js";

/**
 * Two slopes, water to air and water to bone:
 * mu = muWater (1 + v / 1000) for -1000 <= v <= 0, muWater + (muBone - muWater) v / hounsfieldBone above, 0 below.
 * Source: nanodrr's `hu_to_mu`; the defaults are its own, near 70 keV.
 */
export interface TwoSlopeModel {
  readonly model?: "two-slope";
  /** 1/mm. @default 0.0192 */
  readonly muWater?: number;
  /** 1/mm, at `hounsfieldBone`; above muWater. @default 0.0573 */
  readonly muBone?: number;
  /** HU. @default 1000 */
  readonly hounsfieldBone?: number;
}

/** The definition of the Hounsfield unit: mu = muWater + v (muWater - muAir) / 1000, muAir below -1000 HU. */
export interface LinearModel {
  readonly model: "linear";
  /** 1/mm; 0.0206 at 60 keV, 0.0193 at 70 keV, 0.0184 at 80 keV. @default 0.0192 */
  readonly muWater?: number;
  /** 1/mm, below muWater. @default 0 */
  readonly muAir?: number;
}

/** How Hounsfield units become attenuation. */
export type AttenuationModel = TwoSlopeModel | LinearModel;

/**
 * The knots (HU, 1/mm, HU, 1/mm, ...) of HU -> attenuation, for the kernel `mapPiecewise` and for `piecewise`.
 * @throws INVALID_ARGUMENT for unknown options and for values that do not rise with HU (defect `bad-attenuation`)
 */
export function attenuationKnots(options: AttenuationModel = {}): Float64Array {
  if (options.model === "linear") {
    refuseUnknownOptions("the linear attenuation model", options, ["model", "muWater", "muAir"]);
    const { muWater = 0.0192, muAir = 0 } = options;
    return risingKnots([-1000, muAir, 0, muWater]);
  }
  if (options.model !== undefined && options.model !== "two-slope")
    throw fault("INVALID_ARGUMENT", `the attenuation model is 'two-slope' or 'linear', got '${options.model}'`, {
      defect: "bad-attenuation",
    });
  refuseUnknownOptions("the two-slope attenuation model", options, ["model", "muWater", "muBone", "hounsfieldBone"]);
  const { muWater = 0.0192, muBone = 0.0573, hounsfieldBone = 1000 } = options;
  return risingKnots([-1000, 0, 0, muWater, hounsfieldBone, muBone]);
}

/** The knots of the way back, attenuation -> HU; -1000 HU for what attenuates no more than air. */
export function hounsfieldKnots(options: AttenuationModel = {}): Float64Array {
  const knots = attenuationKnots(options);
  return knots.map((_, i) => knots[i ^ 1]);
}

/**
 * Attenuation (1/mm) of a volume in Hounsfield units; two slopes unless told otherwise. A new array: float64 from float64,
 * else float32.
 * @throws INVALID_ARGUMENT if the volume holds something else than HU (defect `wrong-quantity`), or see `attenuationKnots`
 */
export function hounsfieldToAttenuation(volume: Volume, options: AttenuationModel = {}): Volume<"attenuation"> {
  refuseQuantity("hounsfieldToAttenuation", volume, "hounsfield");
  return { quantity: "attenuation", grid: volume.grid, values: mapValues(volume.values, attenuationKnots(options)) };
}

/**
 * Hounsfield units of a volume in 1/mm: the inverse of `hounsfieldToAttenuation` down to -1000 HU.
 * @throws INVALID_ARGUMENT (defect `wrong-quantity`), or see `attenuationKnots`
 */
export function attenuationToHounsfield(volume: Volume, options: AttenuationModel = {}): Volume<"hounsfield"> {
  refuseQuantity("attenuationToHounsfield", volume, "attenuation");
  return { quantity: "hounsfield", grid: volume.grid, values: mapValues(volume.values, hounsfieldKnots(options)) };
}

function risingKnots(knots: number[]): Float64Array {
  const rises = (k: number) => knots[k] > knots[k - 2];
  if (!knots.every((value, k) => Number.isFinite(value) && (k < 2 || rises(k))) || knots[1] < 0)
    throw fault("INVALID_ARGUMENT", `attenuation must rise with HU from >= 0: (HU, 1/mm) knots [${knots}]`, {
      defect: "bad-attenuation",
      knots,
    });
  return Float64Array.from(knots);
}

function mapValues(values: Volume["values"], knots: Float64Array): Float32Array | Float64Array {
  const f = piecewise(knots);
  const out = values instanceof Float64Array ? new Float64Array(values.length) : new Float32Array(values.length);
  if (values instanceof Int16Array) {
    // A scan has far more voxels than there are values of 16 bits.
    const table = Float32Array.from({ length: 65536 }, (_, v) => f(v - 32768));
    for (let i = 0; i < values.length; i++) out[i] = table[values[i] + 32768];
  } else for (let i = 0; i < values.length; i++) out[i] = f(values[i]);
  return out;
}
