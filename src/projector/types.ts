import type { Backend, DeviceArray } from "../backend/backend.js";
import type { Discretization, Model } from "../backend/kernels.js";
import type { Detector, View } from "../geometry/view.js";
import type { Grid, Quantity } from "../volume/grid.js";

/** A volume on a device. */
export interface DeviceVolume extends Disposable {
  readonly quantity: Quantity;
  readonly grid: Grid;
  readonly array: DeviceArray;
  /** Idempotent; takes effect after the work queued so far. */
  dispose(): void;
}

/** Line integrals on a device: [view][row][column]. */
export interface DeviceProjections extends Disposable {
  readonly detector: Detector;
  readonly views: readonly View[];
  readonly array: DeviceArray;
  /** Idempotent; takes effect after the work queued so far. */
  dispose(): void;
}

/** Where a result goes. */
export interface OutputOptions<T> {
  /** Filled and returned instead of a new array. */
  readonly out?: T;
  /** Add to `out` instead of replacing it. @default false */
  readonly accumulate?: boolean;
}

/** A linear map and its exact transpose. What is returned belongs to the caller, unless it is `out`. */
export interface LinearOperator<X, Y> {
  apply(x: X, options?: OutputOptions<Y>): Y;
  adjoint(y: Y, options?: OutputOptions<X>): X;
}

/** The operator A of some views on a grid: line integrals of a volume, in mm times its unit. */
export interface Projector extends LinearOperator<DeviceVolume, DeviceProjections>, Disposable {
  readonly backend: Backend;
  readonly grid: Grid;
  readonly detector: Detector;
  readonly views: readonly View[];
  readonly model: Model;
  /** Everything else that decides the numbers: step, interval, extent, shift of the voxels. */
  readonly discretization: Discretization & { readonly voxelShift: 0 | 0.5 };
  /** The pixels that count in every view; undefined: all. */
  readonly pixels: Uint32Array | undefined;
  /**
   * d<cotangent, A x>/d(view): 12 numbers a view, world mm: cotangents of source (parallel beams: direction), first
   * pixel, column step and row step. Poses and intrinsics follow by the chain rule of `geometry`.
   */
  vjpViews(x: DeviceVolume, cotangent: DeviceProjections): Promise<Float64Array>;
  /**
   * A x and, from the same pass, the derivative of every pixel with respect to its ray: `jacobian` is a projections array
   * of 6 images a view, image 6 view + c = derivative with respect to coordinate c of the source (c < 3; parallel beams:
   * of the direction) and of the pixel (c - 3), in index coordinates of the grid. Both belong to the caller.
   */
  lineJacobian(x: DeviceVolume): { readonly image: DeviceProjections; readonly jacobian: DeviceArray };
  /** Maximum intensity projection: the largest voxel that each ray meets, 0 where it meets none. */
  maximum(x: DeviceVolume, options?: { readonly out?: DeviceProjections }): DeviceProjections;
  /** The same operator for other views (a new view table, nothing else is copied). */
  withViews(views: readonly View[]): Projector;
  /** The same operator for some pixels (row * columns + column) of every view; the others are 0 and count for nothing. */
  withPixels(pixels: Uint32Array): Projector;
  dispose(): void;
}
