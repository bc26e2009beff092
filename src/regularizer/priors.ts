import type { DeviceVolume } from "../projector/types.js";
import type { Regularizer } from "./totalVariation.js";

/** A penalty R(x) with a gradient, and a bound of its second derivatives. */
export interface SmoothPrior extends Regularizer {
  /** At least the sum of |row| of R's Hessian in every voxel, so that R stays below its surrogate; units of D, mm². */
  readonly curvature: number;
}

/** A penalty R(x) with a proximal map; a denoiser will do. It must depend on its arguments alone. */
export interface ProximalPrior {
  /** R(x) */
  value(x: DeviceVolume): Promise<number>;
  /** y <- argmin over lower <= x <= upper of R(x) + 1/2 sum D (x - y)²; D is infinite where voxels must stay as they are. */
  prox(
    y: DeviceVolume,
    options: { readonly curvature: DeviceVolume; readonly lower: number; readonly upper: number },
  ): void | Promise<void>;
}
