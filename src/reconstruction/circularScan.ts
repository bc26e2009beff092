/** What filtered backprojection must know of a scan, found from its views: axis, circle, angles. */
import { fault, type Warning } from "../core/errors.js";
import { add, apply3, cross, dot, inverse3, norm, normalize, scale, subtract, type Vec3 } from "../core/linear.js";
import { symmetricEigen } from "../core/symmetricEigen.js";
import type { Detector, View } from "../geometry/view.js";
import { nearestIsocenter } from "./fieldOfView.js";

/** A view of a scan on a circle. Vectors are of length 1 and lie in the plane of the circle. */
export interface CircularView {
  /** The exposure with its columns across the axis: `transposed` if rows and columns were swapped for that. */
  readonly view: View;
  readonly transposed: boolean;
  /** Radians, of the source counterclockwise about the axis. */
  readonly angle: number;
  /** From the source to the axis. */
  readonly toward: Vec3;
  /** `toward` turned a quarter counterclockwise about the axis. */
  readonly across: Vec3;
  /** mm, of the source from the axis; Infinity for parallel rays. */
  readonly radius: number;
}

export interface CircularScan {
  readonly beam: "cone" | "parallel";
  /** A point of the axis: cone beams: the center of the circle. */
  readonly isocenter: Vec3;
  readonly axis: Vec3;
  readonly views: readonly CircularView[];
  readonly warnings: readonly Warning[];
}

/** Deviation from a circle, over its radius, that is refused, and that is told. */
const REFUSED = 0.02;
const TOLD = 0.002;

/**
 * The circle that the sources lie on, or the axis that parallel rays are at right angles to.
 * @throws INVALID_GEOMETRY (defect `non-circular`) if they do not, or if the views are too few to say
 */
export function circularScan(views: readonly View[], detector: Detector): CircularScan {
  if (views.length < 3)
    throw refusal(`${views.length} views do not define a circle`, "filtered backprojection needs 3 or more");
  const { axis, isocenter, deviation } = views[0].beam === "cone" ? circleOf(views) : axisOfParallel(views, detector);
  if (!(deviation <= REFUSED))
    throw refusal(
      `the views deviate from a circle by ${percent(deviation)} of its radius`,
      "use an iterative method (os-sart, cgls, auto-tv), which takes any trajectory",
    );
  const [e1, e2] = planeOf(axis);
  const warnings =
    deviation > TOLD
      ? [
          {
            defect: "irregular-circle",
            message: `the views deviate from a circle by ${percent(deviation)} of its radius`,
          },
        ]
      : [];
  const along = (step: "columnStep" | "rowStep") =>
    views.reduce((sum, view) => sum + Math.abs(dot(normalize(view[step]), axis)), 0);
  const transposed = along("columnStep") > along("rowStep");
  const placed = views.map((given): CircularView => {
    const view = transposed ? { ...given, columnStep: given.rowStep, rowStep: given.columnStep } : given;
    const ray = view.beam === "cone" ? subtract(isocenter, view.source) : view.direction;
    const inPlane = subtract(ray, scale(axis, dot(axis, ray)));
    const toward = normalize(inPlane);
    const angle = Math.atan2(-dot(toward, e2), -dot(toward, e1));
    const radius = view.beam === "cone" ? norm(inPlane) : Infinity;
    return { view, transposed, angle, toward, across: cross(axis, toward), radius };
  });
  return { beam: views[0].beam, isocenter, axis, views: placed, warnings };
}

const refusal = (what: string, advice: string) =>
  fault("INVALID_GEOMETRY", `${what}; ${advice}`, { defect: "non-circular" });

const percent = (share: number) => `${(100 * share).toFixed(2)} %`;

/** Unit vector along which points spread least. */
function thinnestDirection(points: readonly Vec3[]): Vec3 {
  const sums = [0, 1, 2].flatMap((r) => [0, 1, 2].map((c) => points.reduce((sum, p) => sum + p[r] * p[c], 0)));
  const [least] = symmetricEigen(sums, 3).vectors;
  return normalize([least[0], least[1], least[2]]);
}

/** Plane and circle through the sources by least squares (the circle after Kasa, IEEE Trans. Instrum. Meas. 25, 1976). */
function circleOf(views: readonly View[]) {
  const sources = views.map((view) => (view.beam === "cone" ? view.source : view.direction));
  const middle = scale(sources.reduce(add), 1 / sources.length);
  const spread = sources.map((source) => subtract(source, middle));
  const size = Math.max(...spread.map(norm));
  if (!(size > 0)) throw refusal("all views have one source", "filtered backprojection needs a source that turns");
  const axis = upward(thinnestDirection(spread));
  const [e1, e2] = planeOf(axis);
  // 2 x cx + 2 y cy + c = x² + y², in units of the spread
  const equations = spread.map((p) => {
    const [x, y] = [dot(p, e1) / size, dot(p, e2) / size];
    return { row: [2 * x, 2 * y, 1], right: x * x + y * y };
  });
  const center = scale(leastSquares3(equations, "the sources lie on a straight line"), size);
  const fromCenter = spread.map((p) => subtract(subtract(p, scale(e1, center[0])), scale(e2, center[1])));
  const radii = fromCenter.map((p) => Math.hypot(dot(p, e1), dot(p, e2)));
  const radius = radii.reduce((sum, r) => sum + r, 0) / radii.length;
  const off = fromCenter.map((p, k) => Math.max(Math.abs(dot(p, axis)), Math.abs(radii[k] - radius)));
  const isocenter = add(middle, add(scale(e1, center[0]), scale(e2, center[1])));
  return { axis, isocenter, deviation: Math.max(...off) / radius };
}

/**
 * The axis of parallel views: the point that lies as far beside the middle of the detector in all of them, by least
 * squares (half a turn of a displaced detector does not bring its central rays together there).
 */
function axisOfParallel(views: readonly View[], detector: Detector) {
  const directions = views.map((view) => normalize(view.beam === "parallel" ? view.direction : view.source));
  const axis = upward(thinnestDirection(directions));
  const deviation = Math.max(...directions.map((d) => Math.abs(dot(d, axis))));
  const start = nearestIsocenter({ views, detector, about: "views" });
  const [e1, e2] = planeOf(axis);
  // a e1 . across + b e2 . across + c = (middle - start) . across
  const rows = views.map((view, n) => {
    const across = normalize(cross(axis, directions[n]));
    const half = scale(view.columnStep, (detector.columns - 1) / 2);
    const middle = add(add(view.firstPixel, half), scale(view.rowStep, (detector.rows - 1) / 2));
    return { row: [dot(e1, across), dot(e2, across), 1], right: dot(subtract(middle, start), across) };
  });
  const [a, b] = leastSquares3(rows, "the views look along nearly one direction");
  return { axis, isocenter: add(start, add(scale(e1, a), scale(e2, b))), deviation };
}

/** Two unit vectors at right angles to an axis and to each other. */
function planeOf(axis: Vec3): [Vec3, Vec3] {
  const e1 = normalize(cross(axis, Math.abs(axis[0]) < 0.9 ? [1, 0, 0] : [0, 1, 0]));
  return [e1, cross(axis, e1)];
}

/** Least squares in three unknowns by the normal equations. @throws INVALID_GEOMETRY (defect `non-circular`): `why` */
function leastSquares3(equations: readonly { readonly row: readonly number[]; readonly right: number }[], why: string) {
  const matrix = new Array<number>(9).fill(0);
  const vector = [0, 0, 0];
  for (const { row, right } of equations)
    for (let r = 0; r < 3; r++) {
      vector[r] += row[r] * right;
      for (let c = 0; c < 3; c++) matrix[3 * r + c] += row[r] * row[c];
    }
  try {
    return apply3(inverse3(matrix), [vector[0], vector[1], vector[2]]);
  } catch {
    throw refusal(why, "use an iterative method (os-sart, cgls, auto-tv)");
  }
}

/** Of the two directions of an axis the one with the larger world z (then y, then x): the same for the same scan. */
function upward(axis: Vec3): Vec3 {
  const leading = [axis[2], axis[1], axis[0]].find((a) => Math.abs(a) > 1e-6) ?? 1;
  return leading < 0 ? scale(axis, -1) : axis;
}
