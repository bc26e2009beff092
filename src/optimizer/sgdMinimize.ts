import { fault } from "../core/errors.js";
import { refuseUnknownOptions } from "../core/options.js";
import { minimizeFirstOrder } from "./firstOrder.js";
import type { MinimizeOptions, MinimizeResult, Objective } from "./minimize.js";
import { perParameter } from "./minimizeSession.js";

/** How `sgdMinimize` steps. */
export interface SgdMinimizeOptions extends MinimizeOptions {
  /** Unit of the parameter per unit of gradient: one number, or one a parameter. */
  readonly learningRate: number | ArrayLike<number>;
  /** Share of the velocity that is kept, in [0, 1). @default 0 */
  readonly momentum?: number;
  /** Share by which a new gradient counts less in the velocity, in [0, 1); asks for momentum. @default 0 */
  readonly dampening?: number;
}

/**
 * Gradient descent with momentum on a few float64 numbers: u <- g at first, then u <- momentum u + (1 - dampening) g;
 * x <- x - rate u; 500 iterations unless told. Each iteration evaluates once, before its update; it stops at the limit
 * or by the callback alone. For volumes on a device: `sgd`.
 * Source: Polyak, USSR Comput. Math. Math. Phys. 4(5), 1964, in the form of `torch.optim.SGD`.
 * @throws INVALID_ARGUMENT, SHAPE_MISMATCH, NOT_FINITE, ABORTED (before the first evaluation)
 */
export async function sgdMinimize(
  f: Objective,
  x0: ArrayLike<number>,
  options: SgdMinimizeOptions,
): Promise<MinimizeResult> {
  refuseUnknownOptions("sgdMinimize", options, [
    ...["iterations", "signal", "onIteration", "learningRate", "momentum", "dampening"],
  ]);
  const { learningRate, momentum = 0, dampening = 0 } = options;
  if (!(momentum >= 0 && momentum < 1) || !(dampening >= 0 && dampening < 1))
    throw fault(
      "INVALID_ARGUMENT",
      `sgdMinimize needs momentum and dampening in [0, 1), not ${momentum} and ${dampening}`,
    );
  if (dampening > 0 && momentum === 0)
    throw fault("INVALID_ARGUMENT", "dampening weakens what enters the momentum; give a momentum above 0 with it", {
      defect: "contradictory-options",
    });
  const rates = perParameter("sgdMinimize", "learningRate", learningRate, x0.length);
  const velocity = new Float64Array(x0.length);
  return minimizeFirstOrder("sgdMinimize", f, x0, options, (x, g, iteration) => {
    for (let i = 0; i < x.length; i++) {
      velocity[i] = iteration === 0 ? g[i] : momentum * velocity[i] + (1 - dampening) * g[i];
      x[i] -= rates[i] * velocity[i];
    }
  });
}
