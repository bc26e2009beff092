import { fault } from "../core/errors.js";
import type { Projector } from "../projector/types.js";
import type { ProximalPrior } from "../regularizer/priors.js";
import { totalVariationOf } from "../regularizer/totalVariation.js";
import { proxTotalVariation } from "../regularizer/totalVariationProx.js";
import type { Projections } from "../volume/grid.js";
import { curvatureOf } from "./curvature.js";
import { createMomentum, momentumSubsets } from "./momentum.js";
import { checkLambda, createPenalized, gradientStep, totalVariationDual } from "./penalized.js";
import { type IterativeOptions, runMethod } from "./runMethod.js";
import type { Run } from "./types.js";

/** What `fistaTv` may be told. */
export interface FistaTvOptions extends IterativeOptions {
  /** Epochs. @default 40 */
  readonly iterations?: number;
  /** Momentum needs at least 5 views in a subset and at most 5 subsets. @default a fifth of the views, 1 to 5 */
  readonly subsets?: number;
  /** Weight of total variation over the median curvature of the data term, in the unit of the volume. @default 1e-3 of its range */
  readonly lambda?: number;
  /** Steps on the dual for every subset. @default 5 */
  readonly inner?: number;
  /** In place of total variation; holds its own weight. */
  readonly prior?: ProximalPrior;
}

/**
 * Ordered subsets with momentum and a proximal step: y = z - M A_mᵀW(A_m z - p_m) / D; x' = prox of lambda median(D) TV in
 * the metric D, within the bounds. Minimizes 1/2 |sqrt(W) (A x - p)|² + lambda median(D) TV(x), TV isotropic.
 * `value` of the history: that sum where the epoch comes upon it. Where the residual grows by half, the subsets are halved.
 * Memory: 10 volumes and the projections. Source: Beck and Teboulle, IEEE Trans. Image Processing 18(11), 2009.
 * @throws SHAPE_MISMATCH, NOT_FINITE, INVALID_ARGUMENT, INVALID_GEOMETRY (defect `volume-not-seen`), OUT_OF_MEMORY
 */
export function fistaTv(A: Projector, projections: Projections, options: FistaTvOptions = {}): Promise<Run> {
  const { prior } = options;
  return runMethod(
    {
      name: "fista-tv",
      own: ["lambda", "inner", "prior"],
      iterations: 40,
      subsets: momentumSubsets,
      settle: ({ lambda, inner = 5 }: FistaTvOptions) => {
        checkLambda(lambda, prior);
        if (!Number.isInteger(inner) || inner < 1)
          throw fault("INVALID_ARGUMENT", `inner must be a whole number from 1, not ${inner}`, { field: "inner" });
        return { lambda: lambda ?? null, inner, prior: prior ? "of the caller" : "total variation" };
      },
      async prepare(work, { lambda, inner }) {
        const numbers = work.numbers({ t: 1, range: 0, least: 0, subsets: work.parts.length });
        const D = await curvatureOf(work, work.parts);
        const momentum = await createMomentum(work, numbers);
        const dual = prior ? undefined : await totalVariationDual(work);
        const { lower, upper } = work.bounds;
        return createPenalized(work, {
          numbers,
          D,
          momentum,
          needsRange: lambda === null && !prior,
          tuned: () => ({ lambda: lambda ?? 1e-3 * numbers.range }),
          penalty: async (x, { lambda: l }) => (prior ? prior.value(x) : l * D.median * (await totalVariationOf(x))),
          async move(g, scale, { lambda: l }) {
            gradientStep(momentum.z, g, D, scale);
            if (prior) await prior.prox(g, { curvature: D.volume, lower, upper });
            else if (dual)
              proxTotalVariation(g, dual, inner, {
                ...{ weight: l * D.median, curvature: D.volume, lower, upper },
              });
          },
        });
      },
    },
    A,
    projections,
    options,
  );
}
