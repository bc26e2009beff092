/** A small body without symmetries, its voxels and its exact X-rays. */
import { transformPoint, type Vec3 } from "../../src/core/linear.js";
import { type ConeView, cArmView, type Detector, transformView } from "../../src/geometry/index.js";
import { eulerMotion } from "../../src/registration/motion.js";
import type { XRay } from "../../src/registration/xray.js";
import { createGrid, createPhantom, type Grid, innerCorners } from "../../src/volume/index.js";

/** Ellipsoids of soft tissue, bone and air, about 200 mm across. */
export const phantom = createPhantom([
  { kind: "ellipsoid", center: [0, 0, 0], radii: [95, 70, 90], density: 0.02 },
  { kind: "ellipsoid", center: [-38, 10, 12], radii: [28, 35, 45], density: -0.014 },
  { kind: "ellipsoid", center: [40, 8, -5], radii: [25, 30, 52], density: -0.015 },
  { kind: "ellipsoid", center: [3, -45, 0], radii: [14, 13, 88], density: 0.03 },
  { kind: "ellipsoid", center: [-60, 30, -50], radii: [9, 25, 10], density: 0.04 },
  { kind: "ellipsoid", center: [55, 25, 45], radii: [22, 8, 9], density: 0.04 },
  { kind: "ellipsoid", center: [20, 40, -60], radii: [10, 9, 14], density: 0.035 },
  { kind: "ellipsoid", center: [-20, 35, 60], radii: [8, 12, 7], density: 0.04 },
]);

export const grid: Grid = createGrid({ size: [48, 40, 46], spacing: [4.5, 4.5, 4.5], center: [0, 0, 0] });
export const volume = phantom.voxelize(grid);

export const detector = { rows: 64, columns: 64, pixelSize: [5, 5] as const };

/** A C-arm about the center of the body, turned about its long axis. */
export const armAt = (degrees: number): ConeView =>
  cArmView({ detector, sdd: 1020, rotationDeg: [degrees, 0, 0], translation: [0, 850, 0] });

/** Exact X-rays from `views`, filed as if they had been taken from where `error` puts those views. */
export const xraysFrom = (views: readonly ConeView[], error: readonly number[], seenBy: Detector = detector): XRay[] =>
  views.map((view) => ({
    values: phantom.project({ detector: seenBy, views: [view], about: "test" }, { extent: "line" }).values,
    detector: seenBy,
    view: transformView(view, error),
  }));

/** Euler angles (degrees) and shift (mm) about the center of the body. */
export const moved = (rotationDeg: Vec3, translation: Vec3): number[] =>
  eulerMotion(rotationDeg, translation, [0, 0, 0]);

/** mm: mean distance of the corners of the inner half of the volume from where they belong, for motion times error. */
export function meanTargetError(residual: readonly number[]): number {
  const corners = innerCorners(grid);
  const distances = corners.map((corner) => {
    const at = transformPoint(residual, corner);
    return Math.hypot(at[0] - corner[0], at[1] - corner[1], at[2] - corner[2]);
  });
  return distances.reduce((sum, d) => sum + d, 0) / distances.length;
}
