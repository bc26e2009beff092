import { fault } from "../core/errors.js";
import { add, apply3, determinant3, inverse3, norm, normalize, scale, subtract, type Vec3 } from "../core/linear.js";
import type { Trajectory, View } from "../geometry/view.js";
import type { Grid } from "../volume/grid.js";

/** The ray through the middle of the detector: a point on it and its unit direction. */
export function centralRay(view: View, { detector }: Pick<Trajectory, "detector">): { point: Vec3; direction: Vec3 } {
  const middle = add(
    view.firstPixel,
    add(scale(view.columnStep, (detector.columns - 1) / 2), scale(view.rowStep, (detector.rows - 1) / 2)),
  );
  const direction = normalize(view.beam === "cone" ? subtract(middle, view.source) : view.direction);
  return { point: middle, direction };
}

/**
 * The point nearest to the central rays of all views: least squares of the distances.
 * @throws INVALID_GEOMETRY (defect `no-isocenter`) if the rays are nearly parallel
 */
export function nearestIsocenter(trajectory: Trajectory): Vec3 {
  const matrix = new Array<number>(9).fill(0);
  let right: Vec3 = [0, 0, 0];
  for (const view of trajectory.views) {
    const { point, direction: d } = centralRay(view, trajectory);
    const across = [0, 1, 2].flatMap((r) => [0, 1, 2].map((c) => (r === c ? 1 : 0) - d[r] * d[c]));
    for (let i = 0; i < 9; i++) matrix[i] += across[i] / trajectory.views.length;
    right = add(right, scale(apply3(across, point), 1 / trajectory.views.length));
  }
  const determinant = determinant3(matrix);
  // directions within a cone of half-angle a give a determinant of about sin²(a)
  if (!(determinant > 1e-3))
    throw fault(
      "INVALID_GEOMETRY",
      "the views look along nearly one direction, so they do not say where the volume lies: give its grid",
      { defect: "no-isocenter" },
    );
  return apply3(inverse3(matrix), right);
}

/**
 * A grid for a trajectory that comes without one: centered where the central rays meet, voxels as large as a pixel seen
 * there, as wide and deep as a row of the detector and as high as a column. Axes along the world's.
 * @throws INVALID_GEOMETRY (defect `no-isocenter`)
 */
export function fieldOfViewGrid(trajectory: Trajectory): Grid {
  const center = nearestIsocenter(trajectory);
  const { rows, columns } = trajectory.detector;
  let width = 0;
  let height = 0;
  for (const view of trajectory.views) {
    const { point } = centralRay(view, trajectory);
    const shrink = view.beam === "cone" ? norm(subtract(center, view.source)) / norm(subtract(point, view.source)) : 1;
    width += (shrink * norm(view.columnStep)) / trajectory.views.length;
    height += (shrink * norm(view.rowStep)) / trajectory.views.length;
  }
  const size: Vec3 = [columns, columns, rows];
  const spacing: Vec3 = [width, width, height];
  const origin = [0, 1, 2].map((axis) => center[axis] - (spacing[axis] * (size[axis] - 1)) / 2);
  return {
    size,
    indexToWorld: [width, 0, 0, origin[0], 0, width, 0, origin[1], 0, 0, height, origin[2], 0, 0, 0, 1],
  };
}
