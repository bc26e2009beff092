/** What a beam of many energies measures behind water and bone. */
import { fault, refuseUnknownOptions } from "../core/index.js";
import type { Volume } from "../volume/grid.js";
import { linearAttenuation, massAttenuation } from "./massAttenuation.js";
import { refuseQuantity } from "./quantity.js";
import type { Spectrum } from "./spectrum.js";

type Samples = Float32Array | Float64Array;

/** Options of `splitWaterAndBone`. */
export interface SplitOptions {
  /** keV, the energy that the attenuation is given at. @default 70 */
  readonly referenceKeV?: number;
}

/** Two volumes whose sum is the attenuation that was split, 1/mm at the reference energy. */
export interface WaterAndBone {
  readonly water: Volume<"attenuation">;
  readonly bone: Volume<"attenuation">;
}

/**
 * Splits attenuation into that of water and of cortical bone. A voxel up to water is water of lower density, one from
 * bone on is bone of higher density, and in between both share the voxel: bone fills (mu - mu_w) / (mu_b - mu_w) of it.
 * @throws INVALID_ARGUMENT (defect `wrong-quantity`, `out-of-range`)
 */
export function splitWaterAndBone(volume: Volume, options: SplitOptions = {}): WaterAndBone {
  refuseUnknownOptions("splitWaterAndBone", options, ["referenceKeV"]);
  refuseQuantity("splitWaterAndBone", volume, "attenuation");
  const { referenceKeV = 70 } = options;
  const [ofWater, ofBone] = [linearAttenuation("water", referenceKeV), linearAttenuation("bone", referenceKeV)];
  const { grid, values } = volume;
  const make = () =>
    values instanceof Float64Array ? new Float64Array(values.length) : new Float32Array(values.length);
  const [water, bone] = [make(), make()];
  for (let i = 0; i < values.length; i++) {
    const mu = values[i];
    const share = Math.min(1, Math.max(0, (mu - ofWater) / (ofBone - ofWater)));
    water[i] = share === 0 ? mu : (1 - share) * ofWater;
    bone[i] = share === 1 ? mu : share * ofBone;
  }
  return {
    water: { quantity: "attenuation", grid, values: water },
    bone: { quantity: "attenuation", grid, values: bone },
  };
}

/** Line integrals of each material and the energy that they hold for. */
export interface MaterialIntegrals<T extends Samples> {
  /** No unit: integral of the water's attenuation at the reference energy. */
  readonly water: T;
  /** As `water`, of the bone; left out where there is none. */
  readonly bone?: T;
  /** keV. @default 70 */
  readonly referenceKeV?: number;
}

/**
 * Line integrals that a beam of many energies measures: p = -ln sum_E w(E) exp(-r_w(E) p_w - r_b(E) p_b), with r_m(E) the
 * mass attenuation of material m relative to that at the reference energy. A new array of the same type.
 * @throws INVALID_ARGUMENT, SHAPE_MISMATCH
 */
export function polychromaticIntegrals<T extends Samples>(integrals: MaterialIntegrals<T>, spectrum: Spectrum): T {
  refuseUnknownOptions("polychromaticIntegrals", integrals, ["water", "bone", "referenceKeV"]);
  const { water, bone, referenceKeV = 70 } = integrals;
  if (bone && bone.length !== water.length)
    throw fault("SHAPE_MISMATCH", `water has ${water.length} line integrals, bone ${bone.length}`, {
      defect: "length",
    });
  const { energiesKeV, weights } = spectrum;
  const relative = (material: "water" | "bone") => {
    const reference = massAttenuation(material, referenceKeV);
    return energiesKeV.map((energy) => massAttenuation(material, energy) / reference);
  };
  const [ofWater, ofBone] = [relative("water"), relative("bone")];
  const out = water.slice() as T;
  for (let i = 0; i < out.length; i++) {
    const [w, b] = [water[i], bone ? bone[i] : 0];
    let transmission = 0;
    for (let e = 0; e < weights.length; e++) transmission += weights[e] * Math.exp(-ofWater[e] * w - ofBone[e] * b);
    out[i] = -Math.log(transmission);
  }
  return out;
}
