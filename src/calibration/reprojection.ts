/** How far two geometries disagree about where points appear, and the rigid motion that no projection can tell. */
import { fault } from "../core/errors.js";
import { IDENTITY4, type Matrix4, multiply4, scale, type Vec3 } from "../core/linear.js";
import { projectPoints } from "../geometry/points.js";
import { transformView } from "../geometry/sameView.js";
import type { View } from "../geometry/view.js";
import { viewGeometry } from "../geometry/viewGeometry.js";
import { solveDamped } from "../optimizer/dampedSolve.js";
import { motionAbout } from "./viewMotion.js";

/** Differences of where points appear, over all views and points. */
export interface ReprojectionError {
  /** mm on the detector: mean distance. */
  readonly mean: number;
  /** mm on the detector: largest distance. */
  readonly largest: number;
  /** mm along the detector's normal: mean of the absolute difference of depths, which a projection hardly shows. */
  readonly depth: number;
}

/** Per view and point: mm along columns and rows of the reference's detector, mm of depth. */
function differences(views: readonly View[], reference: readonly View[], points: readonly Vec3[]) {
  const plane: number[] = [];
  const depth: number[] = [];
  views.forEach((view, n) => {
    const { pixelSize } = viewGeometry(reference[n]);
    const expected = projectPoints(reference[n], points);
    projectPoints(view, points).forEach((found, k) => {
      plane.push((found.column - expected[k].column) * pixelSize[0], (found.row - expected[k].row) * pixelSize[1]);
      depth.push(found.depth - expected[k].depth);
    });
  });
  return { plane, depth };
}

/**
 * Where `views` see world points, compared with `reference`, view by view.
 * @param points world mm
 * @throws SHAPE_MISMATCH, INVALID_ARGUMENT, INVALID_GEOMETRY for a degenerate view
 */
export function reprojectionError(
  views: readonly View[],
  reference: readonly View[],
  points: readonly Vec3[],
): ReprojectionError {
  checkPair(views, reference, points, 1);
  const { plane, depth } = differences(views, reference, points);
  const distances = depth.map((_, i) => Math.hypot(plane[2 * i], plane[2 * i + 1]));
  const mean = (numbers: readonly number[]) => numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
  return { mean: mean(distances), largest: Math.max(...distances), depth: mean(depth.map(Math.abs)) };
}

/** Steps of Gauss-Newton; for motions of some degrees the third changes nothing any more. */
const STEPS = 8;

/**
 * Moves all views by the one rigid motion that brings what they see of world points nearest to what `reference` sees of
 * them (least squares of the distances on the detectors). No set of projections can tell that motion, so calibrations are
 * compared after it.
 * @param points world mm, at least 3
 * @returns the views, and the 4x4 motion (world mm) that was applied to them
 * @throws SHAPE_MISMATCH, INVALID_ARGUMENT, INVALID_GEOMETRY (defect `unobservable`)
 */
export function alignViews(
  views: readonly View[],
  reference: readonly View[],
  points: readonly Vec3[],
): { readonly views: View[]; readonly motion: Matrix4 } {
  checkPair(views, reference, points, 3);
  const pivot = scale(
    points.reduce<Vec3>((s, p) => [s[0] + p[0], s[1] + p[1], s[2] + p[2]], [0, 0, 0]),
    1 / points.length,
  );
  const radius = Math.max(...points.map((p) => Math.hypot(p[0] - pivot[0], p[1] - pivot[1], p[2] - pivot[2])));
  let motion: Matrix4 = IDENTITY4;
  for (let step = 0; step < STEPS; step++) {
    const after = (m: Matrix4) =>
      differences(
        views.map((view) => transformView(view, multiply4(m, motion))),
        reference,
        points,
      ).plane;
    // central differences: the functions are smooth, in closed form and in float64
    const columns = [0, 1, 2, 3, 4, 5].map((k) => {
      const h = k < 3 ? 1e-4 : 1e-4 / radius;
      const [up, down] = [h, -h].map((s) => {
        const v = [0, 1, 2, 3, 4, 5].map((i) => (i === k ? s : 0));
        return after(motionAbout(pivot, [v[3], v[4], v[5]], [v[0], v[1], v[2]]));
      });
      return up.map((x, i) => (x - down[i]) / (2 * h));
    });
    const residual = after(IDENTITY4);
    const product = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, i) => sum + x * b[i], 0);
    const normal = Float64Array.from({ length: 36 }, (_, i) => product(columns[Math.floor(i / 6)], columns[i % 6]));
    const x = solveDamped(
      normal,
      undefined,
      Float64Array.from(columns, (column) => -product(column, residual)),
    );
    if (!x)
      throw fault("INVALID_GEOMETRY", "these points do not fix a rigid motion; give at least 3 that are on no line", {
        defect: "unobservable",
      });
    motion = multiply4(motionAbout(pivot, [x[3], x[4], x[5]], [x[0], x[1], x[2]]), motion);
  }
  return { views: views.map((view) => transformView(view, motion)), motion };
}

function checkPair(views: readonly View[], reference: readonly View[], points: readonly Vec3[], fewest: number): void {
  if (views.length !== reference.length || views.length === 0)
    throw fault(
      "SHAPE_MISMATCH",
      `views are compared one by one, but ${views.length} and ${reference.length} are given; give as many of both`,
      { defect: "view-count-mismatch" },
    );
  if (points.length < fewest || !points.every((p) => p.length === 3 && p.every(Number.isFinite)))
    throw fault("INVALID_ARGUMENT", `points must be ${fewest} or more, of 3 finite numbers each (world mm)`, {
      field: "points",
    });
}
