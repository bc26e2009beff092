import { fault } from "../core/errors.js";
import type { DeviceVolume } from "../projector/types.js";

/** Scores a volume and adds its gradient. */
export interface Regularizer {
  /** weight * R(x). */
  value(x: DeviceVolume): Promise<number>;
  /** gradient += weight * dR/dx. */
  addGradient(x: DeviceVolume, gradient: DeviceVolume): void;
}

export interface TotalVariationOptions {
  /** Factor of the sum; unit of loss per unit of the volume. */
  readonly weight: number;
  /** Smoothing of the corner at 0, in units of the volume; about 2e-3 of its range. */
  readonly delta: number;
}

/**
 * Smoothed isotropic total variation: weight * sum over voxels of sqrt(|∇x|² + delta²) - delta, forward differences of
 * neighboring voxels (not divided by the spacing), zero at the far faces.
 * Source: Rudin, Osher, Fatemi, Physica D 60, 1992; the smoothed form is the hyperbolic one.
 * @throws INVALID_ARGUMENT
 */
export function totalVariation({ weight, delta }: TotalVariationOptions): Regularizer {
  if (!(weight >= 0) || !(delta > 0))
    throw fault("INVALID_ARGUMENT", `total variation needs weight >= 0 and delta > 0, not ${weight} and ${delta}`);
  return {
    value: async (x) => weight * (await totalVariationOf(x, delta)),
    addGradient(x, gradient) {
      x.array.backend.run("totalVariationGradient", { out: gradient.array, x: x.array, delta, weight });
    },
  };
}

/** Sum over voxels of sqrt(|∇x|² + delta²) - delta; delta 0: total variation itself. Queued at the call. */
export async function totalVariationOf(x: DeviceVolume, delta = 0): Promise<number> {
  const { backend } = x.array;
  using out = backend.allocate({ kind: "flat", length: 1 }, "total variation");
  backend.run("totalVariation", { out, x: x.array, delta });
  return (await backend.download(out))[0];
}
