/** Fans whose columns are equally spaced in angle about the source: filtered in angle, then read from flat rows. */
import { add, dot, scale, type Vec3 } from "../core/linear.js";
import type { CircularScan, CircularView } from "./circularScan.js";
import { columnOffsets } from "./scanWeights.js";

/** Columns of the flat rows per column of the fan, so that reading twice by interpolation blurs little. */
const FINER = 2;

/** Rows that stand at the axis, at right angles to the central ray, and see all angles of a fan. */
export interface FlatRows {
  readonly columns: number;
  /** Tangents of the fan angles of the first column, and from column to column. */
  readonly first: number;
  readonly step: number;
}

/** Of all views; `fans`: fan angles of the columns of each. */
export function flatRowsFor(fans: readonly Float64Array[], columnAngle: number): FlatRows {
  const ends = fans.flatMap((angles) => [angles[0], angles[angles.length - 1]]);
  const [low, high] = [Math.tan(Math.min(...ends)), Math.tan(Math.max(...ends))];
  const columns = Math.ceil((high - low) / (columnAngle / FINER)) + 1;
  return { columns, first: low, step: (high - low) / (columns - 1) };
}

/**
 * Filtered values at the columns of flat rows, times cos² g / radius²: with (radius/t)² of the backprojection that makes
 * 1/L², L the distance of a voxel from the source.
 * @param filtered one value a column of the fan, `angles` their fan angles; `out`: one a column of the flat rows
 * Source: Kak and Slaney, Principles of Computerized Tomographic Imaging, 1988, section 3.4.1.
 */
export function flattenRow(
  filtered: Float32Array | Float64Array,
  angles: Float64Array,
  radius: number,
  { columns, first, step }: FlatRows,
  out: Float32Array | Float64Array,
): void {
  const pitch = (angles[angles.length - 1] - angles[0]) / (angles.length - 1);
  for (let j = 0; j < columns; j++) {
    const tangent = first + j * step;
    const at = (Math.atan(tangent) - angles[0]) / pitch;
    const c = Math.max(0, Math.min(angles.length - 2, Math.floor(at)));
    const value = filtered[c] + (at - c) * (filtered[c + 1] - filtered[c]);
    // the end columns may be met a rounding beyond; farther out nothing was measured
    out[j] = at < -0.5 || at > angles.length - 0.5 ? 0 : value / (1 + tangent * tangent) / radius ** 2;
  }
}

/** The view that sees the plane of the circle by flat rows. */
export function flatView(placed: CircularView, axis: Vec3, { first, step }: FlatRows): CircularView {
  const { view, toward, across, radius } = placed;
  if (view.beam !== "cone") return placed;
  const firstPixel = add(view.source, scale(add(toward, scale(across, first)), radius));
  const rowStep = scale(axis, Math.abs(dot(view.rowStep, axis)));
  return { ...placed, view: { ...view, firstPixel, columnStep: scale(across, radius * step), rowStep } };
}

/** Fan angles of all columns, `before` and `after` more of them at the ends. */
export function fanAngles(
  scan: CircularScan,
  view: number,
  columns: number,
  columnAngle: number,
  before: number,
  after: number,
): Float64Array {
  const inner = columnOffsets(scan, view, columns, columnAngle);
  const pitch = columns > 1 ? inner[1] - inner[0] : columnAngle;
  return Float64Array.from({ length: before + columns + after }, (_, j) => inner[0] + (j - before) * pitch);
}
