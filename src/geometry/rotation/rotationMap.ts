import { fault } from "../../core/errors.js";
import type { Matrix3 } from "../../core/linear.js";

/** Parameters found for a rotation matrix. */
export interface RotationParameters {
  readonly parameters: number[];
  /** True where the parameters are not unique (gimbal lock, angle pi): a documented choice was made. */
  readonly singular: boolean;
}

/**
 * One parameterization of rotations: both directions, each with its vector-Jacobian product (vjp), float64.
 * Cotangents of a matrix are 9 numbers, row-major, as if its entries were free.
 */
export interface RotationMap {
  /** How many numbers parameterize the rotation. */
  readonly size: number;
  /** @throws INVALID_GEOMETRY where no rotation is defined */
  toMatrix(parameters: readonly number[]): number[];
  toMatrixVjp(parameters: readonly number[], cotangent: Matrix3): number[];
  /** The argument is a rotation matrix to rounding. */
  fromMatrix(rotation: Matrix3): RotationParameters;
  fromMatrixVjp(rotation: Matrix3, cotangent: readonly number[]): number[];
}

/** The error for parameters that define no rotation. */
export const undefinedRotation = (parameterization: string, why: string, parameters: readonly number[]) =>
  fault("INVALID_GEOMETRY", `${parameterization} [${parameters.join(", ")}] defines no rotation: ${why}`, {
    defect: "undefined-rotation",
    parameterization,
    parameters: [...parameters],
  });
