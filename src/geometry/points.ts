/**
 * World points to pixels and back, through the same views that render. Pixel coordinates here are [column, row] and count
 * pixel centers at 0, 1, ...; those of projection matrices (`projectionMatrix.ts`) count them at 1/2, 3/2, ...
 */
import { add, cross, dot, norm, scale, subtract, type Vec3 } from "../core/linear.js";
import type { View } from "./view.js";
import { checkView, viewGeometry } from "./viewGeometry.js";

/** Where a world point appears. */
export interface PixelPosition {
  /** Pixel centers at 0, 1, ...; may lie outside the detector. Not finite for a point beside the source (depth 0). */
  readonly column: number;
  readonly row: number;
  /**
   * mm along the detector's normal: from the source (cone; 0 or less: not in front of it, nothing appears), or from the
   * detector plane (parallel; negative on the source's side).
   */
  readonly depth: number;
}

/**
 * The linear functions of a view: for y = X - source (cone) or X - first pixel (parallel), y = columnOf(y) columnStep +
 * rowOf(y) rowStep + alongOf(y) toDetector, with toDetector = first pixel - source or the direction.
 */
export interface PixelFunctions {
  readonly origin: Vec3;
  readonly columnOf: Vec3;
  readonly rowOf: Vec3;
  readonly alongOf: Vec3;
}

/** The rows of the inverse of [columnStep, rowStep, toDetector]. @throws INVALID_GEOMETRY for a degenerate view */
export function pixelFunctions(view: View): PixelFunctions {
  checkView(view);
  const { columnStep: u, rowStep: v } = view;
  const w = view.beam === "cone" ? subtract(view.firstPixel, view.source) : view.direction;
  const volume = dot(cross(u, v), w);
  return {
    origin: view.beam === "cone" ? view.source : view.firstPixel,
    columnOf: scale(cross(v, w), 1 / volume),
    rowOf: scale(cross(w, u), 1 / volume),
    alongOf: scale(cross(u, v), 1 / volume),
  };
}

/**
 * Where world points (mm) appear on the detector: the line from the source through the point, or along the direction.
 * @throws INVALID_GEOMETRY for a degenerate view
 */
export function projectPoints(view: View, points: readonly Vec3[]): PixelPosition[] {
  const { origin, columnOf, rowOf, alongOf } = pixelFunctions(view);
  const unit = 1 / norm(alongOf);
  return points.map((point) => {
    const y = subtract(point, origin);
    const along = dot(alongOf, y);
    const share = view.beam === "cone" ? along : 1;
    return { column: dot(columnOf, y) / share, row: dot(rowOf, y) / share, depth: along * unit };
  });
}

/** `projectPoints` of one point. */
export const projectPoint = (view: View, point: Vec3): PixelPosition => projectPoints(view, [point])[0];

/** World mm: the point of the detector at pixel coordinates (centers at 0, 1, ...). */
export const pixelToWorld = (view: View, column: number, row: number): Vec3 =>
  add(view.firstPixel, add(scale(view.columnStep, column), scale(view.rowStep, row)));

/**
 * World mm: the point that appears at pixel coordinates (centers at 0, 1, ...) and lies at a depth (mm, as in
 * `PixelPosition`: from the source for a cone, from the detector plane for parallel rays).
 */
export function pixelToWorldAtDepth(view: View, column: number, row: number, depth: number): Vec3 {
  const pixel = pixelToWorld(view, column, row);
  const { sdd, normal } = viewGeometry(view);
  if (view.beam === "cone") return add(view.source, scale(subtract(pixel, view.source), depth / sdd));
  return add(pixel, scale(view.direction, depth / dot(view.direction, normal)));
}
