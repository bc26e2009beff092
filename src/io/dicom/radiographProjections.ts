import type { Warning } from "../../core/errors.js";
import type { Projections } from "../../volume/grid.js";
import type { RadiographFacts } from "./radiographFacts.js";
import { type RadiographTrajectoryOptions, radiographTrajectory } from "./radiographViews.js";
import type { Radiograph } from "./readRadiograph.js";

/**
 * A radiograph as projections, to register a CT to: its views (`radiographTrajectory`) and values that grow with
 * attenuation, line integrals up to the scale and offset that the detector's electronics chose.
 *
 * Values proportional to intensity I become ln(largest / I), to its square root twice that; logarithms are turned over.
 * DX and CR for presentation, which show bone bright, stay as they are shown, as do images that say nothing (warning
 * `unknown-intensity`). Source: DICOM PS3.3 C.8.7.1.1.6 (Pixel Intensity Relationship), C.8.11.3.1.2 (its sign).
 * @throws as `radiographTrajectory`
 */
export function radiographProjections(
  radiograph: Radiograph,
  options: RadiographTrajectoryOptions = {},
): Projections & { readonly warnings: readonly Warning[] } {
  const trajectory = radiographTrajectory(radiograph, options);
  return { ...trajectory, ...risingValues(radiograph) };
}

/** The values of a radiograph as they grow with attenuation, see `radiographProjections`; a new array. */
export function risingValues(radiograph: RadiographFacts & { readonly values: Radiograph["values"] }): {
  readonly values: Float32Array | Float64Array;
  readonly warnings: readonly Warning[];
} {
  const { meaning, warnings } = meaningOfLarge(radiograph);
  const { values: shown, intensityRelationship } = radiograph;
  const values = shown instanceof Float64Array ? shown.slice() : Float32Array.from(shown);
  if (meaning === "intensity") {
    if (intensityRelationship === "LIN" || intensityRelationship === "SQRT")
      toLogarithms(values, intensityRelationship === "LIN" ? 1 : 2);
    else turnOver(values);
  }
  return { values, warnings };
}

/** What large values of `Radiograph.values` stand for. */
function meaningOfLarge(facts: RadiographFacts): { meaning: "attenuation" | "intensity"; warnings: Warning[] } {
  const { modality, intensitySign, intensityRelationship = "", whiteIsZero, forPresentation } = facts;
  const opposite = { attenuation: "intensity", intensity: "attenuation" } as const;
  const ofStored = (stored: "attenuation" | "intensity") => (whiteIsZero ? opposite[stored] : stored);
  const signed = intensitySign === undefined ? undefined : ofStored(intensitySign < 0 ? "attenuation" : "intensity");
  if (forPresentation) {
    const message =
      "PixelIntensityRelationshipSign says that bright is intensity; an image for presentation shows bone bright, and is taken so";
    return {
      meaning: "attenuation",
      warnings: signed === "intensity" ? [{ defect: "inconsistent-header", message }] : [],
    };
  }
  if (signed) return { meaning: signed, warnings: [] };
  if (/^(XA|RF)$/.test(modality) && /^(LIN|LOG|SQRT)$/.test(intensityRelationship))
    return { meaning: ofStored("intensity"), warnings: [] };
  const message = "the file does not say whether large values are much or little attenuation; bright is taken for much";
  return { meaning: "attenuation", warnings: [{ defect: "unknown-intensity", message }] };
}

/** I becomes factor * ln(largest / I), in place; what is not above 0 counts as the smallest number that is. */
function toLogarithms(values: Float32Array | Float64Array, factor: number): void {
  let largest = 0;
  let smallest = Number.POSITIVE_INFINITY;
  for (const value of values) {
    if (value > largest) largest = value;
    if (value > 0 && value < smallest) smallest = value;
  }
  if (largest === 0) values.fill(0);
  else for (let i = 0; i < values.length; i++) values[i] = factor * Math.log(largest / Math.max(smallest, values[i]));
}

/** v becomes largest - v, in place. */
function turnOver(values: Float32Array | Float64Array): void {
  let largest = Number.NEGATIVE_INFINITY;
  for (const value of values) if (value > largest) largest = value;
  for (let i = 0; i < values.length; i++) values[i] = largest - values[i];
}
