/** Which weights a circular scan needs, decided from its arc and from where its detector sees the axis. */
import { fault, type Warning } from "../core/errors.js";
import { add, dot, norm, scale, subtract } from "../core/linear.js";
import { projectPoint } from "../geometry/points.js";
import type { Detector } from "../geometry/view.js";
import { type Arc, arcOf } from "./arc.js";
import type { CircularScan, CircularView } from "./circularScan.js";
import { arcWeight, displacedWeight, parkerWeight } from "./redundancy.js";

export interface ScanWeightOptions {
  readonly short: "auto" | boolean;
  readonly displaced: "auto" | boolean;
  /** Radians from column to column of an equiangular fan; 0: a flat detector. */
  readonly columnAngle: number;
}

export interface ScanWeights {
  /** full: a turn, every line twice; short: Parker; arc: less than a short scan; displaced: half fan; parallel: half a turn. */
  readonly kind: "full" | "short" | "arc" | "displaced" | "parallel";
  /** Degrees that the views cover (parallel: of a half turn). */
  readonly coveredDeg: number;
  /** Columns of zeros that make a displaced detector symmetric: before the first, after the last. */
  readonly padding: readonly [number, number];
  /** Of every column of a view: its share of the turn (radians) times the weight of lines measured twice. */
  columnWeights(view: number): Float64Array;
  readonly warnings: readonly Warning[];
}

/** Offset of the axis from the middle of the detector, over its width, that is told where no weights account for it. */
const NOTABLE_OFFSET = 0.025;

/** Size of the detector as seen by a view, rows and columns swapped where the view is transposed. */
export const seenDetector = ({ transposed }: CircularView, { rows, columns }: Detector) =>
  transposed ? { rows: columns, columns: rows } : { rows, columns };

/** @throws INVALID_ARGUMENT (defect `weights-do-not-fit`), INVALID_GEOMETRY (defect `axis-not-covered`) */
export function scanWeights(scan: CircularScan, detector: Detector, options: ScanWeightOptions): ScanWeights {
  const { columns } = seenDetector(scan.views[0], detector);
  const reach = reachOf(scan, columns, options.columnAngle);
  const angles = scan.views.map(({ angle }) => angle);
  const turn = arcOf(angles, 2 * Math.PI);
  const displaced = isDisplaced(turn, reach, options);
  const warnings = [...reach.warnings];
  if (!displaced && reach.offset > NOTABLE_OFFSET * columns) warnings.push(uncorrectedOffset(scan, reach));
  if (displaced) {
    const { narrow, wide, side } = reach;
    const weights = offsetWeights(scan, columns, turn, options, (a) => displacedWeight(side * a, narrow, wide));
    return { kind: "displaced", coveredDeg: 360, padding: reach.padding, columnWeights: weights, warnings };
  }
  const padding = [0, 0] as const;
  if (scan.beam === "parallel") {
    if (options.short === true)
      throw unfit("short-scan weights are for fan and cone beams: parallel rays need half a turn, each line once");
    const half = arcOf(angles, Math.PI);
    if (!half.full) warnings.push(missingArc(Math.PI, half.covered));
    const columnWeights = (view: number) => new Float64Array(columns).fill(half.shares[view]);
    return { kind: "parallel", coveredDeg: degrees(half.covered), padding, columnWeights, warnings };
  }
  if (turn.full) {
    if (options.short === true) throw unfit("the views go all around: short-scan weights would count lines twice");
    const columnWeights = (view: number) => new Float64Array(columns).fill(turn.shares[view] / 2);
    return { kind: "full", coveredDeg: 360, padding, columnWeights, warnings };
  }
  if (options.short === false)
    throw unfit(
      `the views cover ${degrees(turn.covered).toFixed(1)} degrees: without short-scan weights lines count unequally`,
    );
  const delta = (turn.covered - Math.PI) / 2;
  const enough = delta >= reach.wide * (1 - 1e-6);
  if (!enough) warnings.push(missingArc(Math.PI + 2 * reach.wide, turn.covered));
  const columnWeights = offsetWeights(scan, columns, turn, options, (g, b) =>
    enough ? parkerWeight(b, g, delta) : arcWeight(b, g, turn.covered),
  );
  return { kind: enough ? "short" : "arc", coveredDeg: degrees(turn.covered), padding, columnWeights, warnings };
}

const degrees = (radians: number) => (180 * radians) / Math.PI;

const unfit = (why: string) =>
  fault("INVALID_ARGUMENT", `${why}; leave the choice to 'auto'`, { defect: "weights-do-not-fit" });

const missingArc = (needed: number, covered: number): Warning => ({
  defect: "missing-arc",
  message: `the views cover ${degrees(covered).toFixed(1)} degrees of the ${degrees(needed).toFixed(1)} that see every line: ${degrees(needed - covered).toFixed(1)} degrees are missing, expect streaks and wrong values; an iterative method copes better`,
});

// ---- where columns pass the axis -----------------------------------------------------------------------------------

/** Position of the ray through (column, row) beside the axis: fan angle (cone), mm (parallel), counterclockwise. */
export function offsetOf(
  placed: CircularView,
  isocenter: CircularScan["isocenter"],
  column: number,
  row: number,
): number {
  const { view, toward, across } = placed;
  const pixel = add(view.firstPixel, add(scale(view.columnStep, column), scale(view.rowStep, row)));
  if (view.beam === "parallel") return dot(subtract(pixel, isocenter), across);
  const ray = subtract(pixel, view.source);
  return Math.atan2(dot(ray, across), dot(ray, toward));
}

/** The same of every column, in the row that sees the plane of the circle (or the nearest row). */
export function columnOffsets(scan: CircularScan, view: number, columns: number, columnAngle: number): Float64Array {
  const placed = scan.views[view];
  const middle = projectPoint(placed.view, scan.isocenter);
  const at = (column: number) => offsetOf(placed, scan.isocenter, column, middle.row);
  if (columnAngle === 0) return Float64Array.from({ length: columns }, (_, c) => at(c));
  const sense = Math.sign(at(columns) - at(0));
  return Float64Array.from({ length: columns }, (_, c) => sense * columnAngle * (c - middle.column));
}

function offsetWeights(
  scan: CircularScan,
  columns: number,
  arc: Arc,
  { columnAngle }: ScanWeightOptions,
  weight: (a: number, b: number) => number,
) {
  return (view: number) =>
    columnOffsets(scan, view, columns, columnAngle).map((a) => arc.shares[view] * weight(a, arc.positions[view]));
}

/** How far a detector sees to both sides of the axis (mean over the views), fan angles or mm. */
interface Reach {
  readonly narrow: number;
  readonly wide: number;
  /** +1 if the wider side lies counterclockwise. */
  readonly side: 1 | -1;
  /** Columns between the middle of the detector and the axis. */
  readonly offset: number;
  /** True if the axis stays where it is on the detector. */
  readonly steady: boolean;
  readonly padding: readonly [number, number];
  readonly warnings: readonly Warning[];
}

function reachOf(scan: CircularScan, columns: number, columnAngle: number): Reach {
  const centers: number[] = [];
  let [low, high] = [0, 0];
  for (let view = 0; view < scan.views.length; view++) {
    const placed = scan.views[view];
    const { column, row } = projectPoint(placed.view, scan.isocenter);
    centers.push(column);
    const [a, b] = [-0.5, columns - 0.5].map((c) =>
      columnAngle === 0 ? offsetOf(placed, scan.isocenter, c, row) : columnAngle * (c - column),
    );
    low += Math.min(a, b) / scan.views.length;
    high += Math.max(a, b) / scan.views.length;
  }
  const [narrow, wide] = [Math.min(-low, high), Math.max(-low, high)];
  if (!(narrow > 0))
    throw fault(
      "INVALID_GEOMETRY",
      "the detector does not see the axis of rotation, so no weights make the scan complete; use an iterative method",
      { defect: "axis-not-covered" },
    );
  const steady = Math.max(...centers) - Math.min(...centers) <= Math.max(1, NOTABLE_OFFSET * columns);
  const center = centers.reduce((sum, c) => sum + c, 0) / centers.length;
  const difference = 2 * center + 1 - columns;
  const added = Math.ceil(Math.abs(difference) - 1e-6);
  const warnings = steady
    ? []
    : [
        {
          defect: "moving-detector",
          message: "the axis of rotation moves over the detector from view to view; weights take its mean",
        },
      ];
  return {
    narrow,
    wide,
    side: high >= -low ? 1 : -1,
    offset: Math.abs(difference) / 2,
    steady,
    padding: difference < 0 ? [added, 0] : [0, added],
    warnings,
  };
}

/** In a full turn, a detector that is off by half a column or more sees some lines twice and others once. */
function isDisplaced(turn: Arc, reach: Reach, { displaced }: ScanWeightOptions): boolean {
  const possible = turn.full && reach.steady && reach.offset > 0.5;
  if (displaced === true && !possible)
    throw unfit(
      turn.full
        ? `the axis lies ${reach.offset.toFixed(2)} columns from the middle of the detector: it is not displaced`
        : "the views do not go all around: a displaced detector needs a full turn",
    );
  return displaced !== false && possible;
}

function uncorrectedOffset({ beam, views }: CircularScan, { narrow, offset }: Reach): Warning {
  const first = views[0].view;
  const radius = first.beam === "cone" ? views[0].radius * Math.sin(narrow) : narrow;
  const source = beam === "cone" ? "source" : "beam";
  return {
    defect: "displaced-detector",
    message: `the axis lies ${offset.toFixed(1)} columns from the middle of the detector and the ${source} does not go all around with weights for it: only within ${radius.toFixed(norm(first.columnStep) < 0.1 ? 3 : 1)} mm of the axis is every line measured`,
  };
}
