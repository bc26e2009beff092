import { fault } from "../core/errors.js";
import { refuseUnknownOptions } from "../core/options.js";
import type { DeviceVolume } from "../projector/types.js";
import type { DeviceOptimizer, OptimizerState } from "./deviceOptimizer.js";
import { restoreOrAllocate } from "./state.js";

/** Rate and momentum of gradient descent. */
export interface SgdOptions {
  /** Unit of the volume per unit of gradient. */
  readonly learningRate: number;
  /** @default 0 */
  readonly momentum?: number;
  /** Lower bound of the volume, e.g. 0. @default none */
  readonly lower?: number;
  /** Continue from here. @default start */
  readonly resume?: OptimizerState;
}

/**
 * Gradient descent with (heavy-ball) momentum: velocity <- momentum velocity + g, x <- x - rate velocity.
 * Source: Polyak, USSR Comput. Math. Math. Phys. 4(5), 1964.
 * @throws INVALID_ARGUMENT, OUT_OF_MEMORY
 */
export function sgd(x: DeviceVolume, options: SgdOptions): DeviceOptimizer {
  refuseUnknownOptions("sgd", options, ["learningRate", "momentum", "lower", "resume"]);
  const { learningRate, momentum = 0, lower, resume } = options;
  if (!(learningRate > 0) || !(momentum >= 0 && momentum < 1))
    throw fault(
      "INVALID_ARGUMENT",
      `sgd needs learningRate > 0 and momentum in [0, 1), not ${learningRate} and ${momentum}`,
    );
  const { backend } = x.array;
  const state = restoreOrAllocate(x.array, ["velocity"], resume);
  let steps = resume?.steps ?? 0;
  const dispose = () => state.velocity.dispose();
  return {
    get steps() {
      return steps;
    },
    state,
    step(gradient, rate = learningRate) {
      steps++;
      backend.run("sgdStep", {
        x: x.array,
        velocity: state.velocity,
        gradient: gradient.array,
        rate,
        momentum,
        ...(lower !== undefined && { lower }),
      });
    },
    dispose,
    [Symbol.dispose]: dispose,
  };
}
