import { refuseUnknownOptions, type Warning } from "../core/index.js";
import { voxelArray, voxelType } from "../volume/createVolume.js";
import type { Volume } from "../volume/grid.js";
import { refuseQuantity } from "./quantity.js";

export interface PaddingOptions {
  /** HU; voxels below are padding: no scanner reconstructs less than its 12-bit floor. @default -1024 */
  readonly below?: number;
  /** HU that padding becomes. @default -1000 */
  readonly air?: number;
}

/** A volume without padding values, and what was found. */
export interface ClampedPadding {
  /** The volume itself if there was no padding, else a copy. */
  readonly volume: Volume;
  /** Voxels that were padding. */
  readonly count: number;
  /** One warning, defect `padding-values`, if there was padding. */
  readonly warnings: readonly Warning[];
}

/**
 * Turns padding values into air. Scanners fill the corners outside their round field with values that are no Hounsfield
 * units (-2048, -3024, -32768).
 * @throws INVALID_ARGUMENT (defect `wrong-quantity`)
 */
export function clampPadding(volume: Volume, options: PaddingOptions = {}): ClampedPadding {
  refuseUnknownOptions("clampPadding", options, ["below", "air"]);
  refuseQuantity("clampPadding", volume, "hounsfield");
  const { below = -1024, air = -1000 } = options;
  const { values } = volume;
  let count = 0;
  let lowest = 0;
  for (let i = 0; i < values.length; i++)
    if (values[i] < below) {
      count++;
      if (values[i] < lowest) lowest = values[i];
    }
  if (count === 0) return { volume, count, warnings: [] };
  const clamped = voxelArray(voxelType(values), values.length);
  for (let i = 0; i < values.length; i++) clamped[i] = values[i] < below ? air : values[i];
  const share = ((100 * count) / values.length).toPrecision(2);
  const message = `${count} voxels (${share} %) below ${below} HU, down to ${lowest}, are padding and became air (${air} HU)`;
  return { volume: { ...volume, values: clamped }, count, warnings: [{ defect: "padding-values", message }] };
}
