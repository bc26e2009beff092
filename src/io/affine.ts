import { fault } from "../core/errors.js";
import { determinant3, linearPart, type Matrix4 } from "../core/linear.js";

/**
 * Refuses an affine that is not finite or whose axes lie in one plane; `which` says what it is called in the file.
 * @throws CORRUPT_FILE (`non-finite-affine`, `singular-affine`)
 */
export function refuseBadAffine(matrix: Matrix4, name: string, which: string): void {
  if (!matrix.every(Number.isFinite))
    throw fault("CORRUPT_FILE", `${name}: the ${which} holds NaN or infinity`, { defect: "non-finite-affine" });
  const linear = linearPart(matrix);
  const volume = Math.abs(determinant3(linear));
  const edges = [0, 1, 2].map((k) => Math.hypot(linear[k], linear[3 + k], linear[6 + k]));
  // float32 rounding of a singular matrix leaves a determinant of this order.
  if (!(volume > 1e-6 * edges[0] * edges[1] * edges[2]))
    throw fault("CORRUPT_FILE", `${name}: the ${which} is singular: its axes lie in one plane`, {
      defect: "singular-affine",
    });
}

/** Refuses voxels without length. @throws CORRUPT_FILE (`zero-spacing`, `negative-spacing`, `non-finite-affine`) */
export function refuseBadSpacing(spacing: readonly number[], name: string): void {
  const defect = spacing.some((s) => !Number.isFinite(s))
    ? "non-finite-affine"
    : spacing.some((s) => s === 0)
      ? "zero-spacing"
      : spacing.some((s) => s < 0)
        ? "negative-spacing"
        : undefined;
  if (defect)
    throw fault("CORRUPT_FILE", `${name}: voxel spacings must be positive, not ${spacing.join(", ")}`, { defect });
}
