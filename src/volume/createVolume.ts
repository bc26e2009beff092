import { fault, refuseUnknownOptions } from "../core/index.js";
import type { Grid, Quantity, Volume } from "./grid.js";
import { validateGrid, voxelCount } from "./gridFrame.js";

/** Arrays that hold voxels. */
export type VoxelArray = Volume["values"];

/** How voxels are stored. */
export type VoxelType = "float32" | "float64" | "int16" | "uint8";

/** Zeros of a voxel type. */
export function voxelArray(type: VoxelType, length: number): VoxelArray {
  switch (type) {
    case "float32":
      return new Float32Array(length);
    case "float64":
      return new Float64Array(length);
    case "int16":
      return new Int16Array(length);
    case "uint8":
      return new Uint8Array(length);
  }
}

/** The type of stored voxels. */
export function voxelType(values: VoxelArray): VoxelType {
  if (values instanceof Int16Array) return "int16";
  if (values instanceof Uint8Array) return "uint8";
  return values instanceof Float64Array ? "float64" : "float32";
}

/** What a voxel outside the patient holds: -1000 HU, else 0. */
export const airValue = (quantity: Quantity): number => (quantity === "hounsfield" ? -1000 : 0);

/** A grid, what its voxels mean, and their values. */
export interface VolumeOptions<Q extends Quantity> {
  readonly quantity: Q;
  readonly grid: Grid;
  /** [nz][ny][nx], x fastest; kept, not copied. */
  readonly values: VoxelArray;
}

/**
 * A volume after all checks.
 * @throws INVALID_GEOMETRY (see `validateGrid`), SHAPE_MISMATCH (defect `length`), NOT_FINITE (defect `non-finite-values`)
 */
export function createVolume<Q extends Quantity>(options: VolumeOptions<Q>): Volume<Q> {
  refuseUnknownOptions("createVolume", options, ["quantity", "grid", "values"]);
  const { quantity, grid, values } = options;
  validateGrid(grid);
  if (values.length !== voxelCount(grid))
    throw fault(
      "SHAPE_MISMATCH",
      `a grid of ${grid.size.join(" x ")} has ${voxelCount(grid)} voxels, got ${values.length}`,
      {
        defect: "length",
        expected: voxelCount(grid),
        length: values.length,
      },
    );
  const bad = firstNotFinite(values);
  if (bad >= 0)
    throw fault("NOT_FINITE", `every voxel must be a finite number, voxel ${bad} is ${values[bad]}`, {
      defect: "non-finite-values",
      voxel: bad,
    });
  return { quantity, grid, values };
}

/** A volume of zeros. @throws INVALID_GEOMETRY (see `validateGrid`) */
export function zeroVolume<Q extends Quantity>(grid: Grid, quantity: Q, type: VoxelType = "float32"): Volume<Q> {
  validateGrid(grid);
  return { quantity, grid, values: voxelArray(type, voxelCount(grid)) };
}

/** Smallest and largest voxel. */
export function valueRange({ values }: Volume): [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    if (values[i] < low) low = values[i];
    if (values[i] > high) high = values[i];
  }
  return [low, high];
}

function firstNotFinite(values: VoxelArray): number {
  if (values instanceof Int16Array || values instanceof Uint8Array) return -1;
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return i;
  return -1;
}
