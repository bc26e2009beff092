import { fault } from "../core/errors.js";
import { disposeOnFailure } from "../core/owned.js";
import { toDevice, zeros } from "../projector/arrays.js";
import type { DeviceVolume, Projector } from "../projector/types.js";
import type { Projections, Volume } from "../volume/grid.js";
import { sameGrid } from "../volume/gridFrame.js";
import { checkFinite } from "./measurements.js";

/** What the voxels of a reconstruction may be. */
export interface ConstraintOptions {
  /** Voxels where it is 0 stay 0; on the operator's grid. @default none */
  readonly mask?: Volume;
  /** Voxels inside the mask stay >= this. @default 0 if `nonNegative`, else none */
  readonly lower?: number;
  /** Voxels inside the mask stay <= this. @default none */
  readonly upper?: number;
  /** Voxels stay >= 0. @default true */
  readonly nonNegative?: boolean;
}

/** Lower and upper bound of the voxels. @throws INVALID_ARGUMENT */
export function boundsOf({ lower, upper = Infinity, nonNegative }: ConstraintOptions, byDefault: boolean) {
  const bounds = { lower: lower ?? ((nonNegative ?? byDefault) ? 0 : -Infinity), upper };
  if (nonNegative && bounds.lower < 0)
    throw fault("INVALID_ARGUMENT", `nonNegative and lower ${lower} contradict each other; leave out one of them`, {
      defect: "contradictory-options",
      field: "lower",
    });
  if (!(bounds.lower < bounds.upper))
    throw fault("INVALID_ARGUMENT", `lower must be below upper, not ${bounds.lower} and ${bounds.upper}`, {
      field: "lower",
    });
  return bounds;
}

/** The mask as 0 and 1 on the device. @throws SHAPE_MISMATCH (`grid-mismatch`), INVALID_ARGUMENT (`empty-mask`) */
export function uploadMask(A: Projector, mask: Volume): DeviceVolume {
  checkGridOf("mask", A, mask);
  const values = Float32Array.from(mask.values, (value) => (value ? 1 : 0));
  if (!values.includes(1))
    throw fault("INVALID_ARGUMENT", "the mask is 0 everywhere: no voxel is left to reconstruct", {
      defect: "empty-mask",
    });
  return toDevice(A.backend, { quantity: "unknown", grid: A.grid, values }, "mask");
}

/** @throws SHAPE_MISMATCH (`grid-mismatch`, `truncated`), NOT_FINITE */
export function checkGridOf(what: string, A: Projector, { grid, values }: Volume): void {
  if (!sameGrid(grid, A.grid))
    throw fault(
      "SHAPE_MISMATCH",
      `the ${what} must lie on the grid of the operator (${A.grid.size.join(" x ")} voxels), it has ${grid.size.join(" x ")}${grid.size.every((n, axis) => n === A.grid.size[axis]) ? " with another affine" : ""}: resample it`,
      { defect: "grid-mismatch", field: what },
    );
  const expected = grid.size[0] * grid.size[1] * grid.size[2];
  if (values.length !== expected)
    throw fault("SHAPE_MISMATCH", `the ${what} must hold ${expected} voxels, it holds ${values.length}`, {
      defect: "truncated",
      field: what,
    });
  checkFinite(values, (index) => `the ${what} must be finite: voxel ${index}`);
}

/** Weights of rays: as many as the projections hold, finite, >= 0, not all 0. Returns their sum. */
export function checkWeights(weights: Float32Array | Float64Array, { values, detector }: Projections): number {
  if (weights.length !== values.length)
    throw fault(
      "SHAPE_MISMATCH",
      `weights need one number a ray (${values.length}, as the projections lie), ${weights.length} are given`,
      { defect: "weights-mismatch" },
    );
  const pixels = detector.rows * detector.columns;
  checkFinite(
    weights,
    (index) => `weights must be finite: view ${Math.floor(index / pixels)}, pixel ${index % pixels}`,
  );
  const negative = weights.findIndex((weight) => weight < 0);
  if (negative >= 0)
    throw fault(
      "INVALID_ARGUMENT",
      `weights must be >= 0 (0: the ray does not count): view ${Math.floor(negative / pixels)}, pixel ${negative % pixels} is ${weights[negative]}`,
      { defect: "negative-weight", index: negative },
    );
  let sum = 0;
  for (const weight of weights) sum += weight;
  if (sum === 0)
    throw fault("INVALID_ARGUMENT", "all weights are 0: no ray is left to reconstruct from", { defect: "no-rays" });
  return sum;
}

/** 1 everywhere, or the mask: what sums along rays are taken of. Belongs to the caller. */
export function onesInside(A: Projector, mask: DeviceVolume | undefined): DeviceVolume {
  const { backend, grid } = A;
  return disposeOnFailure((own) => {
    const ones = own(zeros(backend, grid, "unknown", "ones"));
    if (mask) backend.run("copy", { out: ones.array, x: mask.array });
    else backend.run("fill", { out: ones.array, value: 1 });
    return ones;
  });
}
