import type { Backend, DeviceArray } from "../backend/backend.js";
import type { Model } from "../backend/kernels.js";
import type { Detector, View } from "../geometry/view.js";
import type { Grid, Quantity } from "../volume/grid.js";

/** A volume on a device. */
export interface DeviceVolume extends Disposable {
  readonly quantity: Quantity;
  readonly grid: Grid;
  readonly array: DeviceArray;
  dispose(): void;
}

/** Line integrals on a device: [view][row][column]. */
export interface DeviceProjections extends Disposable {
  readonly detector: Detector;
  readonly views: readonly View[];
  readonly array: DeviceArray;
  dispose(): void;
}

export interface OutputOptions<T> {
  /** Filled and returned instead of a new array. */
  readonly out?: T;
  /** Add to `out` instead of replacing it. @default false */
  readonly accumulate?: boolean;
}

/** A linear map and its exact transpose. What is returned belongs to the caller. */
export interface LinearOperator<X, Y> {
  apply(x: X, options?: OutputOptions<Y>): Y;
  adjoint(y: Y, options?: OutputOptions<X>): X;
}

/** The cone or parallel beam operator A of some views on a grid. */
export interface Projector extends LinearOperator<DeviceVolume, DeviceProjections>, Disposable {
  readonly backend: Backend;
  readonly grid: Grid;
  readonly detector: Detector;
  readonly views: readonly View[];
  readonly model: Model;
  /**
   * d<cotangent, A x>/d(view): an f64 table of 12 numbers a view, world mm: cotangents of source (or direction), first
   * pixel, column step and row step. Poses and intrinsics follow by the chain rule (`geometry`).
   */
  vjpViews(x: DeviceVolume, cotangent: DeviceProjections): Promise<Float64Array>;
  /** Cheap: a new view table, same buffers. */
  withViews(views: readonly View[]): Projector;
  dispose(): void;
}
