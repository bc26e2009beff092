/** Where the axis of rotation is seen on the detector, found from rays that were measured twice. */
import { add, fault, refuseUnknownOptions, scale } from "../core/index.js";
import type { Trajectory } from "../geometry/view.js";
import type { Projections } from "../volume/grid.js";
import { type PlanarScan, planarScan } from "./planarScan.js";

/** Options of `findCenterOfRotation`. */
export interface CenterOptions {
  /** Pixels to both sides of where the geometry says that the axis is. @default a quarter of the columns */
  readonly range?: number;
}

/** The axis, and how sure that is. */
export interface CenterOfRotation {
  /** Column where the axis is seen, fractional, 0 = center of the first. */
  readonly column: number;
  /** Pixels from where the geometry says that it is. */
  readonly shift: number;
  /** Disagreement of opposite rays, 0 (none) to about 1 (unrelated), at each column tried. */
  readonly curve: readonly (readonly [column: number, disagreement: number])[];
  /** The smallest disagreement. */
  readonly disagreement: number;
  /** `opposite-rays`, or `seam` for a parallel scan that stops short of half a turn. */
  readonly method: "opposite-rays" | "seam";
}

/** Rows of a parallel scan that are looked at, at most. */
const ROWS = 8;
/** Pixels between the columns tried in the second round. */
const FINE_STEP = 0.1;
/** Views that the first round looks at, about. */
const COARSE_VIEWS = 45;
/** Pixels, standard deviation: rows are smoothed so that neither noise nor sharp edges favor columns between two pixels. */
const SMOOTHING = { "opposite-rays": 1, seam: 4 } as const;
/** Neighboring views further apart than this many median steps are not interpolated between. */
const LARGEST_GAP = 2.5;
/** The largest gap, radians, that the seam of a parallel scan may have. */
const LARGEST_SEAM = 0.1;

/**
 * Finds the column where the axis of rotation is seen, to a few hundredths of a pixel: opposite rays measure the same
 * line, so sum (p(u, b) - p(-u, b'))² / sum (p² + p'²) is smallest at the true center; b' = b + pi for parallel beams, and
 * b + pi ± 2 atan(u / sdd) for a fan or the middle plane of a cone. Whole pixels first, then tenths, then a parabola.
 * A parallel scan that ends just short of half a turn has no opposite rays: the first views, mirrored, must continue the
 * last ones smoothly instead (cubic interpolation across the seam).
 * @throws INVALID_GEOMETRY (defects `not-circular`, `no-opposite-rays`), INVALID_ARGUMENT (defects `no-signal`,
 * `out-of-range`, `center-at-border`)
 */
export function findCenterOfRotation(projections: Projections, options: CenterOptions = {}): CenterOfRotation {
  refuseUnknownOptions("findCenterOfRotation", options, ["range"]);
  const { columns } = projections.detector;
  const { range = columns / 4 } = options;
  if (!(range >= 1 && range <= columns / 2))
    throw fault("INVALID_ARGUMENT", `the range is 1 to ${columns / 2} pixels (half of the columns), got ${range}`, {
      defect: "out-of-range",
    });
  const scan = planarScan(projections);
  const rows = sinograms(projections, scan);
  const { disagreement, method } = chooseMethod(scan, rows, columns);
  const curve: (readonly [number, number])[] = [];
  const round = (from: number, to: number, step: number, stride: number) => {
    const points = Array.from({ length: Math.round((to - from) / step) + 1 }, (_, k) => {
      const column = from + k * step;
      return [column, disagreement(column, stride)] as const;
    });
    curve.push(...points);
    const at = points.reduce((low, point, k) => (point[1] < points[low][1] ? k : low), 0);
    return { points, at, column: points[at][0] };
  };
  const first = scan.axisColumn - Math.floor(range);
  const last = scan.axisColumn + Math.floor(range);
  const coarse = round(first, last, 1, Math.max(1, Math.floor(scan.angles.length / COARSE_VIEWS))).column;
  if (coarse <= first + 0.5 || coarse >= last - 0.5)
    throw fault(
      "INVALID_ARGUMENT",
      `no center of rotation within ${Math.floor(range)} pixels of column ${scan.axisColumn.toFixed(1)}: the disagreement still falls at the border; is the order of the views right? A larger range looks further`,
      { defect: "center-at-border", column: coarse },
    );
  const fine = round(coarse - 1 - FINE_STEP, coarse + 1 + FINE_STEP, FINE_STEP, 1);
  const at = Math.min(fine.points.length - 2, Math.max(1, fine.at));
  const [left, middle, right] = [-1, 0, 1].map((k) => fine.points[at + k][1]);
  const bend = left - 2 * middle + right;
  const column = fine.points[at][0] + (bend > 0 ? (FINE_STEP * (left - right)) / (2 * bend) : 0);
  return {
    column,
    shift: column - scan.axisColumn,
    curve: curve.sort(([a], [b]) => a - b),
    disagreement: middle,
    method,
  };
}

/**
 * The views with the detector moved along its rows so that the axis is seen at `column` (0 = center of the first); the
 * images stay as they are.
 * @throws INVALID_GEOMETRY (defect `not-circular`)
 */
export function centerTrajectory(trajectory: Trajectory, column: number): Trajectory {
  const { axisColumn } = planarScan(trajectory);
  const move = axisColumn - column;
  return {
    ...trajectory,
    about: `${trajectory.about}, axis at column ${column.toFixed(2)}`,
    views: trajectory.views.map((view) => ({
      ...view,
      firstPixel: add(view.firstPixel, scale(view.columnStep, move)),
    })),
  };
}

/** One sinogram [view][column] each, views in order of angle: the middle plane of a cone, up to 8 rows of a parallel scan. */
function sinograms({ detector, values }: Projections, scan: PlanarScan): Float64Array[] {
  const { rows, columns } = detector;
  const views = scan.angles.length;
  const extract = (row: number) => {
    const low = Math.min(rows - 1, Math.max(0, Math.floor(row)));
    const high = Math.min(rows - 1, low + 1);
    const t = Math.min(1, Math.max(0, row - low));
    const out = new Float64Array(views * columns);
    for (let view = 0; view < views; view++)
      for (let c = 0; c < columns; c++) {
        const at = (r: number) => values[(view * rows + r) * columns + c];
        out[view * columns + c] = t === 0 ? at(low) : (1 - t) * at(low) + t * at(high);
      }
    return out;
  };
  if (scan.beam === "cone") {
    if (scan.middleRow < -0.5 || scan.middleRow > rows - 0.5)
      throw fault("INVALID_GEOMETRY", "the detector does not see the plane of the source, where opposite rays meet", {
        defect: "no-opposite-rays",
      });
    return [extract(scan.middleRow)];
  }
  const count = Math.min(ROWS, rows);
  return Array.from({ length: count }, (_, k) => extract(Math.floor(((k + 0.5) * rows) / count)));
}

interface Method {
  readonly method: CenterOfRotation["method"];
  readonly disagreement: Disagreement;
}

/** Of a column, over every `stride`-th view. @throws INVALID_ARGUMENT (defect `no-signal`) */
type Disagreement = (center: number, stride: number) => number;

function chooseMethod(scan: PlanarScan, rows: readonly Float64Array[], columns: number): Method {
  const order = Array.from(scan.angles.keys()).sort((a, b) => scan.angles[a] - scan.angles[b]);
  const views = order.length;
  const circle = 2 * Math.PI;
  const gaps = order.map((view, k) =>
    k + 1 < views ? scan.angles[order[k + 1]] - scan.angles[view] : scan.angles[order[0]] + circle - scan.angles[view],
  );
  const step = [...gaps].sort((a, b) => a - b)[Math.floor(views / 2)];
  const turn = { order, gaps, step, angles: Float64Array.from(order, (view) => scan.angles[view]) };
  const smooth = (method: CenterOfRotation["method"]) =>
    rows.map((row) => smoothedRows(row, columns, SMOOTHING[method]));
  const opposite = oppositeRays(scan, turn, smooth("opposite-rays"), columns);
  if (opposite) return { method: "opposite-rays", disagreement: opposite };
  const seam = scan.beam === "parallel" ? seamOf(turn, smooth("seam"), columns) : undefined;
  if (seam) return { method: "seam", disagreement: seam };
  throw fault(
    "INVALID_GEOMETRY",
    "no line was measured from both sides, so the data do not say where the axis is: half a turn (and the fan's angle) is needed",
    { defect: "no-opposite-rays" },
  );
}

/** Views in order of angle, and the gap behind each. */
interface Turn {
  readonly order: readonly number[];
  readonly angles: Float64Array;
  readonly gaps: readonly number[];
  readonly step: number;
}

/** Share of the rays that must have an opposite one. */
const ENOUGH = 0.05;

function oppositeRays(
  scan: PlanarScan,
  { order, angles, gaps, step }: Turn,
  rows: readonly Float64Array[],
  columns: number,
): Disagreement | undefined {
  const views = order.length;
  const circle = 2 * Math.PI;
  /** The view before an angle and the fraction of the gap behind it; fraction -1 where no views are near. */
  const locate = (angle: number): readonly [number, number] => {
    const turned = angles[0] + ((((angle - angles[0]) % circle) + circle) % circle);
    let low = 0;
    for (let high = views; high - low > 1; ) {
      const middle = (low + high) >> 1;
      if (angles[middle] <= turned) low = middle;
      else high = middle;
    }
    const rest = turned - angles[low];
    if (rest <= 1e-6 * step) return [low, 0];
    if (gaps[low] - rest <= 1e-6 * step) return [(low + 1) % views, 0];
    return gaps[low] > LARGEST_GAP * step ? [low, -1] : [low, rest / gaps[low]];
  };
  const compare = (center: number, stride: number) => {
    let difference = 0;
    let energy = 0;
    let pairs = 0;
    for (let c = Math.max(0, Math.ceil(2 * center - columns + 1)); c <= Math.min(columns - 1, 2 * center); c++) {
      const fan = scan.sense === 0 ? 0 : Math.atan(((c - center) * scan.pitch) / scan.sdd);
      for (let k = 0; k < views; k += stride) {
        const [before, t] = locate(angles[k] + Math.PI + 2 * scan.sense * fan);
        if (t < 0) continue;
        const after = (before + 1) % views;
        for (const row of rows) {
          const mine = row[order[k] * columns + c];
          const theirs =
            (1 - t) * cubicAt(row, order[before] * columns, columns, 2 * center - c) +
            (t === 0 ? 0 : t * cubicAt(row, order[after] * columns, columns, 2 * center - c));
          difference += (mine - theirs) ** 2;
          energy += mine ** 2 + theirs ** 2;
        }
        pairs++;
      }
    }
    return { difference, energy, pairs };
  };
  if (compare(scan.axisColumn, 1).pairs < ENOUGH * views * columns) return undefined;
  return (center, stride) => {
    const { difference, energy } = compare(center, stride);
    return share(difference, energy);
  };
}

/** Where the scan ends, views are predicted from two on each side; those beyond the end are the mirrored first ones. */
function seamOf({ order, angles }: Turn, rows: readonly Float64Array[], columns: number): Disagreement | undefined {
  const views = order.length;
  // the end of the arc lies behind the largest gap of the circle; from there on views are counted
  let start = 0;
  let largest = 0;
  for (let k = 0; k < views; k++) {
    const gap = k + 1 < views ? angles[k + 1] - angles[k] : angles[0] + 2 * Math.PI - angles[k];
    if (gap > largest) [largest, start] = [gap, (k + 1) % views];
  }
  const angleOf = (k: number) => angles[(start + k) % views] + (start + k >= views ? 2 * Math.PI : 0);
  const seam = angleOf(0) + Math.PI - angleOf(views - 1);
  if (views < 8 || seam <= 0 || seam > LARGEST_SEAM) return undefined;
  const at = (k: number, row: Float64Array, c: number, center: number) => {
    const base = order[(start + (k % views)) % views] * columns;
    return k < views ? cubicAt(row, base, columns, c) : cubicAt(row, base, columns, 2 * center - c);
  };
  const position = (k: number) => (k < views ? angleOf(k) : angleOf(k - views) + Math.PI);
  return (center) => {
    let difference = 0;
    let energy = 0;
    for (let k = views - 2; k < views + 2; k++) {
      const around = [k - 2, k - 1, k + 1, k + 2];
      const weights = around.map((j) =>
        around.reduce(
          (product, i) => (i === j ? product : (product * (position(k) - position(i))) / (position(j) - position(i))),
          1,
        ),
      );
      for (let c = Math.max(0, 2 * center - columns + 1); c <= Math.min(columns - 1, 2 * center); c++)
        for (const row of rows) {
          const mine = at(k, row, c, center);
          const theirs = around.reduce((sum, j, i) => sum + weights[i] * at(j, row, c, center), 0);
          difference += (mine - theirs) ** 2;
          energy += mine ** 2 + theirs ** 2;
        }
    }
    return share(difference, energy);
  };
}

function share(difference: number, energy: number): number {
  if (!(energy > 0))
    throw fault("INVALID_ARGUMENT", "the projections are zero (or no numbers) where opposite rays would be compared", {
      defect: "no-signal",
    });
  return difference / energy;
}

/** Every row of pixels smoothed by a Gaussian; beyond the ends the last pixel goes on. */
function smoothedRows(values: Float64Array, columns: number, deviation: number): Float64Array {
  const reach = Math.ceil(3 * deviation);
  const kernel = Float64Array.from({ length: 2 * reach + 1 }, (_, k) =>
    Math.exp(-(((k - reach) / deviation) ** 2) / 2),
  );
  const sum = kernel.reduce((total, weight) => total + weight, 0);
  return values.map((_, i) => {
    const [base, c] = [i - (i % columns), i % columns];
    let value = 0;
    for (let k = -reach; k <= reach; k++)
      value += kernel[k + reach] * values[base + Math.min(columns - 1, Math.max(0, c + k))];
    return value / sum;
  });
}

/** A row of pixels at a fractional column: cubic (Catmull and Rom), the ends repeated. */
function cubicAt(values: Float64Array, base: number, columns: number, at: number): number {
  const i = Math.floor(at);
  const t = at - i;
  const value = (c: number) => values[base + Math.min(columns - 1, Math.max(0, c))];
  if (t < 1e-9) return value(i);
  const [a, b, c, d] = [value(i - 1), value(i), value(i + 1), value(i + 2)];
  return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
}
