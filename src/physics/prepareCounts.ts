/** All steps from what a detector counted to line integrals that a reconstruction can take. */
import { refuseUnknownOptions, type Warning } from "../core/index.js";
import type { Trajectory } from "../geometry/view.js";
import type { Projections } from "../volume/grid.js";
import { type BeamHardeningCorrection, correctBeamHardening } from "./beamHardening.js";
import { toLineIntegral } from "./beerLambert.js";
import { type BinFactors, binImages, binTrajectory } from "./binning.js";
import { type CenterOfRotation, centerTrajectory, findCenterOfRotation } from "./centerOfRotation.js";
import type { ImageStack } from "./countStack.js";
import { type RingOptions, reduceRings } from "./rings.js";
import { subtractScatter } from "./scatter.js";
import { SMALLEST_TRANSMISSION, type Transmission, type TransmissionOptions, toTransmission } from "./transmission.js";

/** Options of `prepareCounts`; steps that are not named are left out. */
export interface PrepareOptions extends TransmissionOptions {
  /** Scattered photons among those counted behind the object; subtracted before the logarithm. */
  readonly scatterFraction?: number;
  /** Pixels put together, before the logarithm. */
  readonly bin?: BinFactors;
  readonly rings?: RingOptions;
  readonly beamHardening?: BeamHardeningCorrection;
  /** Search the column that sees the axis of rotation, or take this one (of the binned detector, 0 = center of the first). */
  readonly center?: "auto" | number;
}

/** Line integrals with their views, and what was found on the way. */
export interface PreparedCounts extends Projections {
  /** Of each line integral, 0 (filled in, starved) to 1 (measured); for iterative methods. */
  readonly weights: Float32Array;
  readonly found: Transmission["found"];
  /** The center of rotation, if it was searched. */
  readonly center?: CenterOfRotation;
  /** Line integrals before rings and beam hardening were corrected. */
  readonly uncorrected: Float32Array | Float64Array;
  readonly warnings: readonly Warning[];
}

/**
 * Counts to line integrals: transmission (darks, flats or air, bad pixels), scatter, binning, p = -ln I, beam hardening,
 * rings, center of rotation. `trajectory`: of the detector as it counted, before binning.
 * @throws what the steps throw
 */
export function prepareCounts(
  counts: ImageStack,
  trajectory: Trajectory,
  options: PrepareOptions = {},
): PreparedCounts {
  const { scatterFraction, bin = [1, 1], rings, beamHardening, center, ...ofTransmission } = options;
  refuseUnknownOptions("prepareCounts", ofTransmission, [
    "flats",
    "flatsAt",
    "darks",
    "photonsPerPixel",
    "airColumns",
    "saturation",
    "starvedBelow",
  ]);
  const transmission = toTransmission(counts, ofTransmission);
  const primary =
    scatterFraction === undefined ? transmission : subtractScatter(transmission, { fraction: scatterFraction });
  const binned = binImages(primary, bin);
  const weights = binImages({ ...transmission, values: Float32Array.from(transmission.weights) }, bin).values;
  const uncorrected = toLineIntegral(binned.values, { floor: SMALLEST_TRANSMISSION });
  const hardened = beamHardening ? correctBeamHardening(uncorrected, beamHardening) : uncorrected;
  const { values } = rings ? reduceRings({ ...binned, values: hardened }, rings) : { values: hardened };
  const seen = binTrajectory(trajectory, bin);
  const found = center === "auto" ? findCenterOfRotation({ ...seen, values }) : undefined;
  const column = found?.column ?? (center as number | undefined);
  return {
    ...(column === undefined ? seen : centerTrajectory(seen, column)),
    values,
    weights: Float32Array.from(weights),
    found: transmission.found,
    ...(found && { center: found }),
    uncorrected,
    warnings: transmission.warnings,
  };
}
