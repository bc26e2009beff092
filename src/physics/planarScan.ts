/** A circular or parallel scan seen in its plane: where the axis is, and what each column's ray does. */
import { add, cross, dot, fault, norm, normalize, scale, subtract } from "../core/index.js";
import type { Trajectory } from "../geometry/view.js";
import { leastSquares } from "./leastSquares.js";

/** A scan in which all views turn about one axis at right angles to the rows. */
export interface PlanarScan {
  readonly beam: "cone" | "parallel";
  /** Radians, of each view about the axis; any start. */
  readonly angles: Float64Array;
  /** The ray opposite to fan angle g of the view at angle b is seen at b + pi + sense 2 g; 0 for parallel beams. */
  readonly sense: -1 | 0 | 1;
  /** mm from column to column. */
  readonly pitch: number;
  /** mm from source to detector; cone beams. */
  readonly sdd: number;
  /** Column (fractional, 0 = center of the first) where the geometry says that the axis is seen. */
  readonly axisColumn: number;
  /** Row (fractional) of the plane through the source at right angles to the axis; parallel: the middle row. */
  readonly middleRow: number;
}

/** Views whose frames differ more than this (relative to a length, or as a sine) do not turn about one axis. */
const TOLERANCE = 1e-3;

/**
 * @throws INVALID_GEOMETRY (defect `not-circular`) unless source distance, detector distance and offset are the same in
 * all views and the detector's columns are parallel to one axis
 */
export function planarScan(trajectory: Trajectory): PlanarScan {
  const { views, detector } = trajectory;
  const refuse = (what: string): never => {
    throw fault("INVALID_GEOMETRY", `the center of rotation needs a circular or parallel scan: ${what}`, {
      defect: "not-circular",
    });
  };
  if (views.length < 2) refuse(`${views.length} view is too few`);
  const axis = normalize(views[0].rowStep);
  const across = views.map((view) => normalize(view.columnStep));
  const pitch = norm(views[0].columnStep);
  for (const view of views) {
    if (view.beam !== views[0].beam) refuse("its views are of two kinds");
    const tilt = norm(subtract(normalize(view.rowStep), axis));
    const turned = Math.abs(dot(normalize(view.columnStep), axis));
    if (tilt > TOLERANCE || turned > TOLERANCE) refuse("the detector is tilted against the axis in some views");
    if (Math.abs(norm(view.columnStep) - pitch) > TOLERANCE * pitch) refuse("pixels differ between views");
  }
  // in the plane: e1, e2 at right angles to the axis
  const e1 = across[0];
  const e2 = cross(axis, e1);
  // the axis X is seen at one distance from the first column's ray foot in all views: u_b . X - c = foot_b
  const foot = views.map((view, b) => dot(view.beam === "cone" ? view.source : view.firstPixel, across[b]));
  const planar = across.map((u) => [dot(u, e1), dot(u, e2)] as const);
  const cone = views[0].beam === "cone";
  const unknowns = cone ? 2 : 3;
  let solved: number[];
  try {
    solved = leastSquares(views.length, unknowns, (b, row) => {
      row[0] = planar[b][0];
      row[1] = planar[b][1];
      if (!cone) row[2] = -1;
      return foot[b];
    });
  } catch {
    return refuse("the views do not turn");
  }
  const center = add(scale(e1, solved[0]), scale(e2, solved[1]));
  const offAxis = views.map((view, b) => dot(subtract(view.firstPixel, center), across[b]));
  const spread = Math.max(...offAxis) - Math.min(...offAxis);
  if (spread > TOLERANCE * pitch * detector.columns) refuse("the detector's offset changes from view to view");
  let sense: PlanarScan["sense"] = 0;
  let sdd = Number.POSITIVE_INFINITY;
  let middleRow = (detector.rows - 1) / 2;
  const first = views[0];
  if (first.beam === "cone") {
    const distances = views.map((view, b) => {
      if (view.beam !== "cone") return 0;
      const along = cross(across[b], axis);
      const fromAxis = subtract(view.source, center);
      if (Math.abs(dot(fromAxis, across[b])) > TOLERANCE * Math.abs(dot(fromAxis, along)))
        refuse("the sources do not lie on a circle");
      return Math.abs(dot(subtract(view.firstPixel, view.source), along));
    });
    sdd = distances[0];
    if (distances.some((distance) => Math.abs(distance - sdd) > TOLERANCE * sdd)) refuse("sdd changes between views");
    // seen along the axis, columns run with the turn (e1 to e2) or against it
    sense = dot(subtract(first.firstPixel, first.source), cross(axis, across[0])) > 0 ? -1 : 1;
    middleRow = dot(subtract(first.source, first.firstPixel), axis) / norm(first.rowStep);
  }
  const mean = offAxis.reduce((sum, o) => sum + o, 0) / views.length;
  return {
    beam: first.beam,
    angles: Float64Array.from(planar, ([x, y]) => Math.atan2(y, x)),
    sense,
    pitch,
    sdd,
    axisColumn: -mean / pitch,
    middleRow,
  };
}
