import { fault } from "../core/errors.js";
import { refuseUnknownOptions } from "../core/options.js";
import type { DeviceVolume } from "../projector/types.js";
import type { DeviceOptimizer, OptimizerState } from "./deviceOptimizer.js";
import { restoreOrAllocate } from "./state.js";

/** Rates of Adam. */
export interface AdamOptions {
  /** Unit of the volume per step. @default 1e-3 */
  readonly learningRate?: number;
  /** Decay of the first and second moments. @default [0.9, 0.999] */
  readonly betas?: readonly [number, number];
  /** @default 1e-8 */
  readonly epsilon?: number;
  /** Lower bound of the volume, e.g. 0. @default none */
  readonly lower?: number;
  /** Continue from here. @default start */
  readonly resume?: OptimizerState;
}

/**
 * Adam on a volume: m <- b1 m + (1 - b1) g, v <- b2 v + (1 - b2) g², x <- x - rate m̂ / (sqrt(v̂) + eps) with
 * m̂ = m / (1 - b1^t), v̂ = v / (1 - b2^t). Voxels that no ray has touched cost nothing.
 * Source: Kingma and Ba, ICLR 2015, algorithm 1.
 * @throws INVALID_ARGUMENT, OUT_OF_MEMORY
 */
export function adam(x: DeviceVolume, options: AdamOptions = {}): DeviceOptimizer {
  refuseUnknownOptions("adam", options, ["learningRate", "betas", "epsilon", "lower", "resume"]);
  const { learningRate = 1e-3, betas = [0.9, 0.999], epsilon = 1e-8, lower, resume } = options;
  if (!(learningRate > 0) || !betas.every((beta) => beta >= 0 && beta < 1) || !(epsilon > 0))
    throw fault(
      "INVALID_ARGUMENT",
      `adam needs learningRate > 0, betas in [0, 1) and epsilon > 0, not ${learningRate}, [${betas}] and ${epsilon}`,
    );
  const { backend } = x.array;
  const state = restoreOrAllocate(x.array, ["m", "v"], resume);
  let steps = resume?.steps ?? 0;
  const dispose = () => {
    state.m.dispose();
    state.v.dispose();
  };
  return {
    get steps() {
      return steps;
    },
    state,
    step(gradient, rate = learningRate) {
      steps++;
      backend.run("adamStep", {
        x: x.array,
        m: state.m,
        v: state.v,
        gradient: gradient.array,
        step: steps,
        rate,
        beta1: betas[0],
        beta2: betas[1],
        epsilon,
        ...(lower !== undefined && { lower }),
      });
    },
    dispose,
    [Symbol.dispose]: dispose,
  };
}
