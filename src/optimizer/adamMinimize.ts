import { fault } from "../core/errors.js";
import { refuseUnknownOptions } from "../core/options.js";
import { minimizeFirstOrder } from "./firstOrder.js";
import type { MinimizeOptions, MinimizeResult, Objective } from "./minimize.js";
import { perParameter } from "./minimizeSession.js";

/** How `adamMinimize` steps. */
export interface AdamMinimizeOptions extends MinimizeOptions {
  /** Unit of the parameter per step: one number, or one a parameter (e.g. 0.1 rad, 5 mm). @default 1e-3 */
  readonly learningRate?: number | ArrayLike<number>;
  /** Decay of the first and second moments. @default [0.9, 0.999] */
  readonly betas?: readonly [number, number];
  /** @default 1e-8 */
  readonly epsilon?: number;
}

/**
 * Adam on a few float64 numbers: m <- b1 m + (1 - b1) g, v <- b2 v + (1 - b2) g², x <- x - rate m̂ / (sqrt(v̂) + eps)
 * with m̂ = m / (1 - b1^t), v̂ = v / (1 - b2^t); 500 iterations unless told. Each iteration evaluates once, before its
 * update; it stops at the limit or by the callback alone. For volumes on a device: `adam`.
 * Source: Kingma and Ba, ICLR 2015, algorithm 1 (the formulas of `torch.optim.Adam`).
 * @throws INVALID_ARGUMENT, SHAPE_MISMATCH, NOT_FINITE, ABORTED (before the first evaluation)
 */
export async function adamMinimize(
  f: Objective,
  x0: ArrayLike<number>,
  options: AdamMinimizeOptions = {},
): Promise<MinimizeResult> {
  refuseUnknownOptions("adamMinimize", options, [
    ...["iterations", "signal", "onIteration", "learningRate", "betas", "epsilon"],
  ]);
  const { learningRate = 1e-3, betas = [0.9, 0.999], epsilon = 1e-8 } = options;
  if (betas.length !== 2 || !betas.every((beta) => beta >= 0 && beta < 1) || !(epsilon > 0))
    throw fault(
      "INVALID_ARGUMENT",
      `adamMinimize needs betas in [0, 1) and epsilon > 0, not [${betas}] and ${epsilon}`,
    );
  const rates = perParameter("adamMinimize", "learningRate", learningRate, x0.length);
  const [m, v] = [new Float64Array(x0.length), new Float64Array(x0.length)];
  return minimizeFirstOrder("adamMinimize", f, x0, options, (x, g, iteration) => {
    const first = 1 - betas[0] ** (iteration + 1);
    const second = Math.sqrt(1 - betas[1] ** (iteration + 1));
    for (let i = 0; i < x.length; i++) {
      m[i] += (g[i] - m[i]) * (1 - betas[0]);
      v[i] = v[i] * betas[1] + (1 - betas[1]) * g[i] * g[i];
      x[i] -= (rates[i] / first) * (m[i] / (Math.sqrt(v[i]) / second + epsilon));
    }
  });
}
