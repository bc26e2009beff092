import type { Matrix4, Vec3 } from "../core/linear.js";
import type { Trajectory } from "../geometry/view.js";

/** Voxel (i, j, k) has its center at indexToWorld * (i, j, k, 1), RAS mm. */
export interface Grid {
  /** [nx, ny, nz] voxels. */
  readonly size: Vec3;
  readonly indexToWorld: Matrix4;
}

/** What voxels mean: HU | 1/mm | normalized 0..1 | integer labels | as stored. */
export type Quantity = "hounsfield" | "attenuation" | "density" | "label" | "unknown";

/** Values on a grid: [nz][ny][nx], x fastest. */
export interface Volume<Q extends Quantity = Quantity> {
  readonly quantity: Q;
  readonly grid: Grid;
  readonly values: Float32Array | Float64Array | Int16Array | Uint8Array;
}

/** Line integrals (no unit), [view][row][column]. */
export interface Projections extends Trajectory {
  readonly values: Float32Array | Float64Array;
}
