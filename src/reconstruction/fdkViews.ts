/** The host's part of filtered backprojection: views weighted, turned and widened for the device. */
import { dot, subtract } from "../core/linear.js";
import type { Detector } from "../geometry/view.js";
import type { Projections } from "../volume/grid.js";
import type { CircularScan } from "./circularScan.js";
import { viewFactor } from "./fdkMatrices.js";
import { columnOffsets, type ScanWeights, seenDetector } from "./scanWeights.js";

/** How rows are widened: columns before and after, of zeros, or falling from the edge's value to 0 along half a cosine. */
export interface Widening {
  readonly before: number;
  readonly after: number;
  readonly rollOff: boolean;
}

/** Mean of the edge columns over the mean of all, from which projections count as truncated. */
const TRUNCATED = 0.1;

/**
 * True if the object reaches over an edge of the detector: edge columns hold 10 % or more of the mean value. `sides`:
 * which edges count (a displaced detector's narrow side does not).
 */
export function isTruncated(
  scan: CircularScan,
  { values }: Projections,
  detector: Detector,
  sides: readonly boolean[],
): boolean {
  const pixels = detector.rows * detector.columns;
  const { rows, columns } = seenDetector(scan.views[0], detector);
  const edges = [0, 0];
  let all = 0;
  for (const [n, { transposed }] of scan.views.entries()) {
    const [rowStride, columnStride] = transposed ? [1, rows] : [columns, 1];
    for (let i = n * pixels; i < (n + 1) * pixels; i++) all += values[i];
    for (const [side, column] of [0, columns - 1].entries())
      for (let r = 0; r < rows; r++) edges[side] += values[n * pixels + r * rowStride + column * columnStride];
  }
  return edges.some((sum, side) => sides[side] && sum * columns > TRUNCATED * all && all > 0);
}

/** All that decides the weighted views. */
export interface WeightedScan {
  readonly projections: Projections;
  readonly detector: Detector;
  readonly scan: CircularScan;
  readonly weights: ScanWeights;
  readonly widening: Widening;
  /** Radians from column to column of an equiangular fan; 0: a flat detector. */
  readonly columnAngle: number;
}

/**
 * Writes one view, times all its weights, into `out` ([row][column], columns across the axis, widened): the cosine of
 * each ray to the line from source to axis (Feldkamp, Davis, Kress, J. Opt. Soc. Am. A 1(6), 1984), the weight of its
 * column, and the view's factor.
 */
export function weighView(weighted: WeightedScan, view: number, out: Float32Array | Float64Array): void {
  const { detector, scan, weights, widening, columnAngle } = weighted;
  const { values } = weighted.projections;
  const { before, after, rollOff } = widening;
  const placed = scan.views[view];
  const { rows, columns } = seenDetector(placed, detector);
  const [rowStride, columnStride] = placed.transposed ? [1, rows] : [columns, 1];
  const first = view * rows * columns;
  const width = before + columns + after;
  const byColumn = weights.columnWeights(view);
  const factor = columnAngle === 0 ? viewFactor(placed, scan) : placed.radius / columnAngle;
  const fan = columnAngle === 0 ? undefined : columnOffsets(scan, view, columns, columnAngle);
  const cosines = fan ? (c: number) => Math.cos(fan[c]) : cosineTerms(placed);
  for (let r = 0; r < rows; r++) {
    const start = r * width + before;
    for (let c = 0; c < columns; c++)
      out[start + c] = values[first + r * rowStride + c * columnStride] * factor * byColumn[c] * cosines(c, r);
    const [left, right] = rollOff ? [out[start], out[start + columns - 1]] : [0, 0];
    for (let c = 1; c <= before; c++) out[start - c] = left * fall(c, before);
    for (let c = 1; c <= after; c++) out[start + columns - 1 + c] = right * fall(c, after);
  }
}

const fall = (c: number, width: number) => 0.5 * (1 + Math.cos((Math.PI * c) / (width + 1)));

/** Cosine of a pixel's ray to the line from source to axis; 1 for parallel rays. */
function cosineTerms({ view, toward }: CircularScan["views"][number]): (column: number, row: number) => number {
  if (view.beam === "parallel") return () => 1;
  const ray = subtract(view.firstPixel, view.source);
  const { columnStep: u, rowStep: v } = view;
  const [along, alongU, alongV] = [ray, u, v].map((d) => dot(d, toward));
  // |ray + c u + r v|² by its products
  const [rr, uu, vv, ru, rv, uv] = [dot(ray, ray), dot(u, u), dot(v, v), dot(ray, u), dot(ray, v), dot(u, v)];
  return (c, r) =>
    (along + c * alongU + r * alongV) / Math.sqrt(rr + c * (c * uu + 2 * ru) + r * (r * vv + 2 * rv) + 2 * c * r * uv);
}
