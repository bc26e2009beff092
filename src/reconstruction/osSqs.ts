import { fault } from "../core/errors.js";
import type { Projector } from "../projector/types.js";
import type { SmoothPrior } from "../regularizer/priors.js";
import { totalVariationOf } from "../regularizer/totalVariation.js";
import type { Projections } from "../volume/grid.js";
import { onesInside } from "./constraints.js";
import { curvatureOf } from "./curvature.js";
import { createMomentum, momentumSubsets } from "./momentum.js";
import { checkLambda, createPenalized } from "./penalized.js";
import { type IterativeOptions, runMethod } from "./runMethod.js";
import type { Run } from "./types.js";

/** What `osSqs` may be told. */
export interface OsSqsOptions extends IterativeOptions {
  /** Epochs. @default 40 */
  readonly iterations?: number;
  /** Momentum needs at least 5 views in a subset and at most 5 subsets. @default a fifth of the views, 1 to 5 */
  readonly subsets?: number;
  /** Weight of total variation over the median curvature of the data term, in the unit of the volume. @default 1e-3 of its range */
  readonly lambda?: number;
  /** Smoothing of total variation's corner at 0, in the unit of the volume. @default 2e-3 of its range */
  readonly delta?: number;
  /** @default true */
  readonly momentum?: boolean;
  /** In place of total variation; holds its own weight. */
  readonly prior?: SmoothPrior;
}

/**
 * Separable quadratic surrogates with ordered subsets and momentum:
 * x' = z - (M A_mᵀW(A_m z - p_m) + l grad TV_d(z)) / (D + l curv(z)) within the bounds, l = lambda median(D), TV_d smoothed
 * total variation (`surrogateStep` in the list of kernels). Without momentum and with one subset the objective
 * 1/2 |sqrt(W) (A x - p)|² + l TV_d(x) never rises. `value` of the history: that sum where the epoch comes upon it. Where
 * the residual grows by half, the subsets are halved. Memory: 4 volumes and the projections.
 * Source: Kim, Ramani, Fessler, IEEE Trans. Med. Imaging 34(1), 2015.
 * @throws SHAPE_MISMATCH, NOT_FINITE, INVALID_ARGUMENT, INVALID_GEOMETRY (defect `volume-not-seen`), OUT_OF_MEMORY
 */
export function osSqs(A: Projector, projections: Projections, options: OsSqsOptions = {}): Promise<Run> {
  const { prior } = options;
  return runMethod(
    {
      name: "os-sqs",
      own: ["lambda", "delta", "momentum", "prior"],
      iterations: 40,
      subsets: momentumSubsets,
      settle: ({ lambda, delta, momentum = true }: OsSqsOptions) => {
        checkLambda(lambda, prior);
        if (delta !== undefined && !(delta > 0 && Number.isFinite(delta)))
          throw fault("INVALID_ARGUMENT", `delta must be above 0, not ${delta}`, { field: "delta" });
        if (prior && !(prior.curvature >= 0))
          throw fault("INVALID_ARGUMENT", `a prior's curvature must be a number from 0, not ${prior.curvature}`, {
            field: "prior",
          });
        return {
          lambda: lambda ?? null,
          delta: delta ?? null,
          momentum,
          prior: prior ? "of the caller" : "total variation",
        };
      },
      async prepare(work, settings) {
        const { lower, upper } = work.bounds;
        const numbers = work.numbers({ t: 1, range: 0, least: 0, subsets: work.parts.length });
        const D = await curvatureOf(work, work.parts);
        const momentum = await createMomentum(work, numbers, settings.momentum);
        const { backend } = work.A;
        if (prior) {
          using ones = onesInside(work.A, undefined);
          backend.run("axpby", { a: prior.curvature, x: ones.array, b: 1, y: D.volume.array });
        }
        return createPenalized(work, {
          numbers,
          D,
          momentum,
          needsRange: !prior && (settings.lambda === null || settings.delta === null),
          tuned: () => ({
            lambda: settings.lambda ?? 1e-3 * numbers.range,
            delta: settings.delta ?? 2e-3 * numbers.range,
          }),
          penalty: async (x, { lambda, delta }) =>
            prior ? prior.value(x) : lambda * D.median * (await totalVariationOf(x, delta)),
          move(g, scale, { lambda, delta }) {
            if (prior) {
              backend.run("axpby", { a: 0, x: momentum.z.array, b: scale, y: g.array });
              prior.addGradient(momentum.z, g);
            }
            backend.run("surrogateStep", {
              ...{ out: g.array, at: momentum.z.array, curvature: D.volume.array, scale: prior ? 1 : scale },
              ...{ weight: prior ? 0 : lambda * D.median, delta: prior ? 1 : delta, lower, upper },
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
