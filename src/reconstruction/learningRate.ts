import { fault } from "../core/errors.js";
import type { Projector } from "../projector/types.js";
import type { Projections } from "../volume/grid.js";
import { lengthsOfRays } from "./sums.js";

/** Share of the estimated range of the volume that Adam may move a voxel per step; see `estimateRange`. */
export const DEFAULT_RATE = 0.03;

/**
 * Largest voxel over mean density along a ray: bone and contrast against their way through soft tissue, lung and air.
 * 7.5 in the chest CT that ships with the package; a rate twice too large or too small costs 2 to 4 dB there.
 */
const PEAK_OVER_MEAN = 8;

/**
 * A guess of the largest voxel from the data alone, in the unit of the volume: 8 times the 99th percentile of the mean
 * density along a ray (line integral divided by the ray's length in the grid) in the middle view, over rays at least a
 * tenth as long as the longest.
 * @throws INVALID_GEOMETRY (defect `volume-not-seen`), INVALID_ARGUMENT (defect `no-signal`)
 */
export async function estimateRange(A: Projector, projections: Projections): Promise<number> {
  const view = Math.floor(A.views.length / 2);
  using one = A.withViews([A.views[view]]);
  const values = await lengthsOfRays(one);
  const pixels = A.detector.rows * A.detector.columns;
  const data = projections.values.subarray(view * pixels, (view + 1) * pixels);
  let longest = 0;
  for (const length of values) longest = Math.max(longest, length);
  if (longest === 0)
    throw fault("INVALID_GEOMETRY", `view ${view} never meets the volume: check source, detector and grid`, {
      defect: "volume-not-seen",
      view,
    });
  const densities: number[] = [];
  for (const [i, length] of values.entries()) if (length >= 0.1 * longest) densities.push(data[i] / length);
  densities.sort((a, b) => a - b);
  const high = densities[Math.floor(0.99 * (densities.length - 1))];
  if (!(high > 0))
    throw fault(
      "INVALID_ARGUMENT",
      "the projections hold no positive line integrals, so no learning rate can be estimated; are they intensities? Give learningRate to go on",
      { defect: "no-signal" },
    );
  return PEAK_OVER_MEAN * high;
}

/** The rate at a step: constant, or falling along half a cosine to a fiftieth. */
export function scheduledRate(rate: number, decay: "none" | "cosine", iteration: number, iterations: number): number {
  if (decay === "none" || iterations < 2) return rate;
  const floor = 0.02;
  return rate * (floor + (1 - floor) * 0.5 * (1 + Math.cos((Math.PI * iteration) / (iterations - 1))));
}
