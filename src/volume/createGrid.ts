import {
  affine,
  apply3,
  fault,
  IDENTITY3,
  type Matrix3,
  refuseUnknownOptions,
  subtract,
  type Vec3,
} from "../core/index.js";
import type { Grid } from "./grid.js";
import { validateGrid } from "./gridFrame.js";

export interface GridOptions {
  /** [nx, ny, nz] voxels. */
  readonly size: Vec3;
  /** mm from voxel to voxel, one number for all axes or one each. */
  readonly spacing: number | Vec3;
  /** World RAS mm of the middle of the grid. @default [0, 0, 0]; not together with `origin` */
  readonly center?: Vec3;
  /** World RAS mm of the center of voxel (0, 0, 0). */
  readonly origin?: Vec3;
  /** 9 numbers, row-major; column a is the direction of array axis a, a unit vector (not checked). @default identity (RAS) */
  readonly directions?: Matrix3;
}

/**
 * A grid from size, spacing and place. The affine is directions * diag(spacing) with the origin as last column.
 * @throws INVALID_ARGUMENT (both center and origin), INVALID_GEOMETRY (see `validateGrid`)
 */
export function createGrid(options: GridOptions): Grid {
  refuseUnknownOptions("createGrid", options, ["size", "spacing", "center", "origin", "directions"]);
  const { size, center, origin, directions = IDENTITY3 } = options;
  if (center && origin)
    throw fault("INVALID_ARGUMENT", "a grid is placed by its center or by its origin, not by both", {
      center: [...center],
      origin: [...origin],
    });
  const step =
    typeof options.spacing === "number" ? [options.spacing, options.spacing, options.spacing] : options.spacing;
  if (step.some((s) => s < 0))
    throw fault("INVALID_GEOMETRY", `spacing is a distance in mm, got [${step}]; turn axes by 'directions'`, {
      defect: "negative-spacing",
      spacing: [...step],
    });
  const linear = directions.map((d, entry) => d * step[entry % 3]);
  const half: Vec3 = [(size[0] - 1) / 2, (size[1] - 1) / 2, (size[2] - 1) / 2];
  const first = origin ?? subtract(center ?? [0, 0, 0], apply3(linear, half));
  const grid: Grid = { size: [...size], indexToWorld: affine(linear, first) };
  validateGrid(grid);
  return grid;
}
