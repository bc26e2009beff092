import type { DeviceProjections } from "../projector/types.js";

/** A metric's value and its derivative with respect to the predicted images. Dispose it after use. */
export interface Evaluation extends Disposable {
  /** One number for the whole stack. */
  value(): Promise<number>;
  /** d(value)/d(predicted), on the device; belongs to the evaluation. */
  readonly cotangent: DeviceProjections;
  dispose(): void;
}

export interface MetricOptions {
  /** 1 where a pixel counts, 0 where not (same shape as the images). @default all count */
  readonly mask?: DeviceProjections;
  /** Number of pixels that count; needed with `mask` (nothing is read back to find it). */
  readonly count?: number;
}

/** Compares predicted images with target images of the same shape. */
export type Metric = (predicted: DeviceProjections, target: DeviceProjections, options?: MetricOptions) => Evaluation;
