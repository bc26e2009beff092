import type { DeviceArray } from "../backend/backend.js";
import type { DeviceVolume } from "../projector/types.js";

/** A first-order optimizer of one volume, with its state on the device. */
export interface DeviceOptimizer extends Disposable {
  /** Steps taken so far. */
  readonly steps: number;
  /** Changes the volume in place against the gradient. @param learningRate replaces the one given at creation */
  step(gradient: DeviceVolume, learningRate?: number): void;
  /** The arrays that, with `steps`, are the whole state (by name). */
  readonly state: { readonly [name: string]: DeviceArray };
  dispose(): void;
}

/** Values to continue from, as downloaded from `state`. */
export interface OptimizerState {
  readonly steps: number;
  readonly arrays: { readonly [name: string]: Float32Array | Float64Array };
}
