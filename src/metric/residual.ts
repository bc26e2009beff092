import type { DeviceArray } from "../backend/backend.js";
import { fault } from "../core/errors.js";
import { disposeOnFailure } from "../core/owned.js";
import { deviceProjections } from "../projector/arrays.js";
import type { DeviceProjections } from "../projector/types.js";
import type { Evaluation, Metric, MetricOptions } from "./metric.js";

/** factor * (predicted - target), masked: a new array that belongs to the caller. */
function residual(
  predicted: DeviceProjections,
  target: DeviceProjections,
  factor: number,
  mask: DeviceProjections | undefined,
): DeviceProjections {
  const { backend, shape } = predicted.array;
  return disposeOnFailure((own) => {
    const out = own(backend.allocate(shape, "residual"));
    backend.run("copy", { out, x: predicted.array });
    backend.run("axpby", { a: -factor, x: target.array, b: factor, y: out });
    if (mask) backend.run("multiply", { x: mask.array, y: out });
    return deviceProjections(out, predicted.detector, predicted.views);
  });
}

function pixelCount(predicted: DeviceProjections, { mask, count }: MetricOptions): number {
  if (mask && count === undefined)
    throw fault("INVALID_ARGUMENT", "a metric with a mask needs the number of pixels that count", { field: "count" });
  return count ?? predicted.array.length;
}

function evaluation(cotangent: DeviceProjections, scalar: DeviceArray, factor: number): Evaluation {
  const { backend } = scalar;
  const dispose = () => {
    cotangent.dispose();
    scalar.dispose();
  };
  return {
    cotangent,
    value: async () => factor * (await backend.download(scalar))[0],
    dispose,
    [Symbol.dispose]: dispose,
  };
}

/** Mean over the n pixels of (predicted - target)²; cotangent 2 (predicted - target) / n. */
export const meanSquaredError: Metric = (predicted, target, options = {}) => {
  const n = pixelCount(predicted, options);
  const { backend } = predicted.array;
  return disposeOnFailure((own) => {
    const cotangent = own(residual(predicted, target, 2 / n, options.mask));
    const scalar = own(backend.allocate({ kind: "flat", length: 1 }, "squared error"));
    backend.run("sumSquares", { out: scalar, x: cotangent.array });
    return evaluation(cotangent, scalar, n / 4);
  });
};

/** Mean over the n pixels of |predicted - target|; cotangent sign(predicted - target) / n. */
export const meanAbsoluteError: Metric = (predicted, target, options = {}) => {
  const n = pixelCount(predicted, options);
  using difference = residual(predicted, target, 1, options.mask);
  const { backend, shape } = predicted.array;
  return disposeOnFailure((own) => {
    const scalar = own(backend.allocate({ kind: "flat", length: 1 }, "absolute error"));
    backend.run("sumAbsolute", { out: scalar, x: difference.array });
    backend.run("sign", { x: difference.array });
    const cotangent = own(backend.allocate(shape, "cotangent"));
    backend.run("axpby", { a: 1 / n, x: difference.array, b: 0, y: cotangent });
    return evaluation(deviceProjections(cotangent, predicted.detector, predicted.views), scalar, 1 / n);
  });
};
