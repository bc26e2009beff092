/** Hounsfield units from the scan's own water and air. */
import { fault, refuseUnknownOptions, type Vec3 } from "../core/index.js";
import type { Volume } from "../volume/grid.js";
import { indexToWorld } from "../volume/index.js";
import type { LinearModel } from "./attenuation.js";
import { refuseQuantity } from "./quantity.js";

/** A ball in the volume. */
export interface CalibrationRegion {
  /** World RAS mm. */
  readonly center: Vec3;
  /** mm. */
  readonly radius: number;
}

/** Where the volume holds water, and where air. */
export interface CalibrationOptions {
  readonly water: CalibrationRegion;
  /** @default air attenuates nothing */
  readonly air?: CalibrationRegion;
}

/**
 * The linear model whose HU are 0 in the water and -1000 in the air of a reconstruction (means over the voxels whose
 * centers lie in the balls): for `attenuationToHounsfield`.
 * @throws INVALID_ARGUMENT (defect `wrong-quantity`; `empty-region`: no voxel in a ball; `bad-attenuation`: water that
 * attenuates no more than air)
 */
export function calibrateHounsfield(volume: Volume, options: CalibrationOptions): LinearModel {
  refuseUnknownOptions("calibrateHounsfield", options, ["water", "air"]);
  refuseQuantity("calibrateHounsfield", volume, "attenuation");
  const muWater = meanInside(volume, "water", options.water);
  const muAir = options.air ? meanInside(volume, "air", options.air) : 0;
  if (!(muWater > muAir))
    throw fault("INVALID_ARGUMENT", `water must attenuate more than air: found ${muWater} and ${muAir} per mm`, {
      defect: "bad-attenuation",
      muWater,
      muAir,
    });
  // noise around zero can put the air's mean below it, where attenuation cannot be
  return { model: "linear", muWater, muAir: Math.max(0, muAir) };
}

function meanInside({ grid, values }: Volume, what: string, { center, radius }: CalibrationRegion): number {
  const [nx, ny, nz] = grid.size;
  let sum = 0;
  let count = 0;
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++) {
        const at = indexToWorld(grid, [i, j, k]);
        if (Math.hypot(at[0] - center[0], at[1] - center[1], at[2] - center[2]) > radius) continue;
        sum += values[i + nx * (j + ny * k)];
        count++;
      }
  if (count === 0)
    throw fault("INVALID_ARGUMENT", `no voxel lies within ${radius} mm of the ${what} at ${center.join(", ")} mm`, {
      defect: "empty-region",
    });
  return sum / count;
}
