import { fault } from "../../core/index.js";
import { deviceProjections } from "../../projector/arrays.js";
import type { DeviceProjections } from "../../projector/types.js";
import type { Evaluation } from "../metric.js";
import type { ImageStack, PreparedSimilarity, Similarity } from "./similarity.js";

/** Images of a device, on the host. The copy is queued at the call. */
export async function imageStack({ array, detector, views }: DeviceProjections): Promise<ImageStack> {
  const values = await array.backend.download(array);
  if (!(values instanceof Float32Array || values instanceof Float64Array))
    throw fault("SHAPE_MISMATCH", "found images of integers; expected projections of real numbers", {
      defect: "length",
    });
  return { values, views: views.length, rows: detector.rows, columns: detector.columns };
}

/** What `evaluateSimilarity` may be given. */
export interface DeviceEvaluationOptions {
  /** 1 where a pixel counts, 0 where not: on the host, one byte per pixel, [view][row][column]. @default all count */
  readonly mask?: Uint8Array;
}

/**
 * A similarity of images on a device, by way of the host: value (the sum over the views) and, on the device, its derivative
 * with respect to the predicted images, as the metrics of `fit` have them. Works on every backend; the images go down and
 * the cotangent up at each call.
 *
 * @param similarity prepared (then `target` is left out: it is in it), or not (then it is prepared for this call alone)
 * @throws SHAPE_MISMATCH if the images differ in shape; the two may lie on different backends
 */
export async function evaluateSimilarity(
  similarity: Similarity,
  predicted: DeviceProjections,
  target: DeviceProjections,
  options?: DeviceEvaluationOptions,
): Promise<Evaluation>;
export async function evaluateSimilarity(
  similarity: PreparedSimilarity,
  predicted: DeviceProjections,
  target?: undefined,
  options?: DeviceEvaluationOptions,
): Promise<Evaluation>;
export async function evaluateSimilarity(
  similarity: Similarity | PreparedSimilarity,
  predicted: DeviceProjections,
  target?: DeviceProjections,
  { mask }: DeviceEvaluationOptions = {},
): Promise<Evaluation> {
  const { array, detector, views } = predicted;
  const [moving, fixed] = await Promise.all([imageStack(predicted), target && imageStack(target)]);
  const prepared = prepare(similarity, fixed);
  const values = new Float64Array(moving.values.length);
  const perView = prepared.evaluate(moving, { mask, cotangent: values });
  const value = perView.reduce((sum, one) => sum + one, 0);
  const uploaded = array.backend.upload(values, array.shape, "cotangent", "real");
  const cotangent = deviceProjections(uploaded, detector, views);
  const dispose = () => cotangent.dispose();
  return { cotangent, value: async () => value, dispose, [Symbol.dispose]: dispose };
}

function prepare(similarity: Similarity | PreparedSimilarity, fixed: ImageStack | undefined): PreparedSimilarity {
  if ("evaluate" in similarity) return similarity;
  if (fixed) return similarity.prepare(fixed);
  throw fault("INVALID_ARGUMENT", "found no target images; give them, or a prepared similarity", {
    defect: "missing-target",
    field: "target",
  });
}
