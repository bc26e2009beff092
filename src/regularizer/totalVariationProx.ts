import type { DeviceArray } from "../backend/backend.js";
import type { DeviceVolume } from "../projector/types.js";

/** Where a proximal map is taken, and between which bounds. */
export interface ProxOptions {
  /** Weight of the penalty. */
  readonly weight: number;
  /** D of each voxel, above 0; infinite: the voxel stays. */
  readonly curvature: DeviceVolume;
  readonly lower: number;
  readonly upper: number;
}

/** Six volumes: the dual vector of each voxel (zeros, or those of the last call), and where it is heading (the same). */
export interface TotalVariationDual {
  readonly qx: DeviceArray;
  readonly qy: DeviceArray;
  readonly qz: DeviceArray;
  readonly rx: DeviceArray;
  readonly ry: DeviceArray;
  readonly rz: DeviceArray;
}

/**
 * y <- argmin over lower <= x <= upper of weight TV(x) + 1/2 sum D (x - y)², TV isotropic with forward differences,
 * approximately: `steps` of fast gradient projection on the dual from where the last call ended.
 * Source: Beck, Teboulle, IEEE Trans. Image Processing 18(11), 2009, in the metric D.
 */
export function proxTotalVariation(
  y: DeviceVolume,
  dual: TotalVariationDual,
  steps: number,
  options: ProxOptions,
): void {
  const { weight, lower, upper } = options;
  const { backend } = y.array;
  const curvature = options.curvature.array;
  if (weight === 0) {
    backend.run("clamp", { x: y.array, lower, upper });
    return;
  }
  // the rows of grad D⁻¹ gradᵀ sum to at most 12 / the smallest D around
  const step = 1 / (12 * weight);
  let t = 1;
  for (let i = 0; i < steps; i++) {
    const next = (1 + Math.sqrt(1 + 4 * t * t)) / 2;
    // The last step leaves r = q, where the next call begins.
    const momentum = i < steps - 1 ? (t - 1) / next : 0;
    backend.run("totalVariationDualStep", { y: y.array, curvature, ...dual, weight, step, momentum, lower, upper });
    t = next;
  }
  const { qx, qy, qz } = dual;
  backend.run("totalVariationPrimal", { x: y.array, curvature, qx, qy, qz, weight, lower, upper });
}
