import { fault } from "../core/errors.js";
import { add, cross, dot, norm, normalize, scale, subtract, type Vec3 } from "../core/linear.js";
import type { Detector, View } from "./view.js";

/** Relative size below which steps count as parallel and a source as lying on the detector. */
const DEGENERATE = 1e-9;

/**
 * Refuses a view that cannot exist: not finite, pixel steps of length 0 or parallel, a source in the detector plane, or
 * parallel rays that run along the detector.
 * @throws INVALID_GEOMETRY (defect `degenerate-view`)
 */
export function checkView(view: View): void {
  const start = view.beam === "cone" ? view.source : view.direction;
  const refuse = (why: string) => {
    throw fault("INVALID_GEOMETRY", `a view must be able to exist, but ${why}`, { defect: "degenerate-view", view });
  };
  if (view.beam !== "cone" && view.beam !== "parallel") refuse("its beam is neither 'cone' nor 'parallel'");
  for (const vector of [start, view.firstPixel, view.columnStep, view.rowStep])
    if (vector?.length !== 3 || !vector.every(Number.isFinite))
      refuse(`it has a vector [${vector}] that is not 3 finite numbers`);
  const area = cross(view.columnStep, view.rowStep);
  if (!(norm(area) > DEGENERATE * norm(view.columnStep) * norm(view.rowStep)))
    refuse("its column step and row step are parallel or of length 0");
  const toDetector = view.beam === "cone" ? subtract(view.firstPixel, view.source) : view.direction;
  if (!(Math.abs(dot(toDetector, normalize(area))) > DEGENERATE * norm(toDetector)))
    refuse(view.beam === "cone" ? "its source lies in the plane of the detector" : "its rays run along the detector");
}

/** What people ask about a view; all lengths in mm. */
export interface ViewGeometry {
  /** Unit vector at right angles to the detector, from the source's side through it. */
  readonly normal: Vec3;
  /** mm: distance of the source from the detector plane; Infinity for parallel rays. */
  readonly sdd: number;
  /** Where the perpendicular from the source meets the detector, as [column, row], pixel centers at 0, 1, ...; undefined for parallel rays. */
  readonly principalPoint: readonly [number, number] | undefined;
  /** mm: lengths of column step and row step. */
  readonly pixelSize: readonly [number, number];
  /** Cosine of the angle between the two steps; 0 for a rectangular detector. */
  readonly skew: number;
  /** +1: columns run to the right and rows down as seen from the source; -1: mirrored (as seen from the detector's far side). */
  readonly handedness: 1 | -1;
}

/** sdd, principal point and orientation of a view. @throws INVALID_GEOMETRY for a degenerate view */
export function viewGeometry(view: View): ViewGeometry {
  checkView(view);
  const { columnStep, rowStep } = view;
  const area = normalize(cross(columnStep, rowStep));
  const toDetector = view.beam === "cone" ? subtract(view.firstPixel, view.source) : view.direction;
  const handedness = dot(toDetector, area) > 0 ? 1 : -1;
  const normal = scale(area, handedness);
  const pixelSize = [norm(columnStep), norm(rowStep)] as const;
  const skew = dot(columnStep, rowStep) / (pixelSize[0] * pixelSize[1]);
  if (view.beam === "parallel")
    return { normal, sdd: Infinity, principalPoint: undefined, pixelSize, skew, handedness };
  const sdd = dot(toDetector, normal);
  const foot = subtract(add(view.source, scale(normal, sdd)), view.firstPixel);
  return { normal, sdd, principalPoint: inPlane(view, foot), pixelSize, skew, handedness };
}

/** [column, row] of a vector in the plane of the two steps. */
function inPlane(view: View, v: Vec3): [number, number] {
  const area = cross(view.columnStep, view.rowStep);
  const square = dot(area, area);
  return [dot(cross(v, view.rowStep), area) / square, dot(cross(view.columnStep, v), area) / square];
}

/**
 * How much larger than life an object at `point` (world mm) appears on the detector: sdd over its depth along the normal;
 * 1 for parallel rays. Negative behind the source, infinite beside it.
 */
export function magnificationAt(view: View, point: Vec3): number {
  const { normal, sdd } = viewGeometry(view);
  return view.beam === "parallel" ? 1 : sdd / dot(subtract(point, view.source), normal);
}

/** World mm: the four corners of the detector's area (pixel edges, not centers): (0,0), (0,last), (last,last), (last,0). */
export function detectorCorners(view: View, detector: Detector): [Vec3, Vec3, Vec3, Vec3] {
  const at = (column: number, row: number) =>
    add(view.firstPixel, add(scale(view.columnStep, column), scale(view.rowStep, row)));
  const [right, bottom] = [detector.columns - 0.5, detector.rows - 0.5];
  return [at(-0.5, -0.5), at(right, -0.5), at(right, bottom), at(-0.5, bottom)];
}
