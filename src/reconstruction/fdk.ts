import { fault, type Warning } from "../core/errors.js";
import { refuseUnknownOptions } from "../core/options.js";
import { zeros } from "../projector/arrays.js";
import type { Projector } from "../projector/types.js";
import type { Projections, Quantity } from "../volume/grid.js";
import { type CircularScan, circularScan } from "./circularScan.js";
import { backprojectBatches, type FdkProgress } from "./fdkBatches.js";
import { isTruncated, type Widening } from "./fdkViews.js";
import { checkData } from "./measurements.js";
import { RAMP_FILTERS, type RampFilter } from "./ramp.js";
import { type ScanWeights, scanWeights, seenDetector } from "./scanWeights.js";
import type { Run } from "./types.js";

/** What `fdk` may be told; every field has a default. */
export interface FdkOptions {
  /** Window over the ramp. @default "ram-lak" from 300 views on, else "hann" */
  readonly filter?: RampFilter;
  /** Share of the band that passes, above 0 up to 1. @default 1 */
  readonly cut?: number;
  /** Weights of a scan of less than a full turn (fan and cone beams). @default "auto": from the arc of the views */
  readonly short?: "auto" | boolean;
  /** Weights of a detector that is shifted along its rows (half fan). @default "auto": from where it sees the axis */
  readonly displaced?: "auto" | boolean;
  /**
   * Rows of an object that reaches over the edges of the detector are continued by a fall to 0 over 20 % of their length.
   * @default "auto": if the edges hold more than 10 % of the mean value
   */
  readonly truncated?: "auto" | boolean;
  /**
   * Radians from column to column of an equiangular fan, one row: column c is seen at (c - c0) times this from the ray
   * through the axis, c0 being where the views (of a flat detector) see it. Rows made flat by `flattenArc` are flat. 0: a
   * flat detector. @default 0
   */
  readonly columnAngle?: number;
  /** Set voxels below 0 to 0. @default false */
  readonly nonNegative?: boolean;
  /** What the voxels of the result mean. @default "attenuation" (1/mm) */
  readonly quantity?: Quantity;
  /** Stops after the batch in progress; the sum so far is returned (`stopped: "aborted"`). */
  readonly signal?: AbortSignal;
  /** Called after every batch of views; "stop" ends the run. */
  // biome-ignore lint/suspicious/noConfusingVoidType: a callback that returns nothing goes on
  readonly onIteration?: (progress: FdkProgress) => "stop" | undefined | void | Promise<"stop" | undefined | void>;
}

const OPTION_NAMES: readonly (keyof FdkOptions)[] = [
  "filter",
  "cut",
  "short",
  "displaced",
  "truncated",
  "columnAngle",
  "nonNegative",
  "quantity",
  "signal",
  "onIteration",
];

/** Columns that a truncated row is continued by on each side, over its own. */
const ROLL_OFF = 0.2;

/**
 * Filtered backprojection of a scan on a circle: FDK for cone beams, fan and parallel beams as its special cases. With
 * q = (weights p) * ramp along the rows: x(r) = sum over views of share (radius/t)² q(u(r), v(r)) (parallel: no (..)²),
 * in 1/mm. Rows are filtered across the axis of rotation, which the views themselves tell, as they do the circle, the
 * arc and the displacement of the detector. Exact in the plane of the circle, approximate beside it.
 *
 * The grid may be a slab of another one: its voxels have the same bits as in the whole.
 *
 * `A`: grid, views, detector and backend (its model does not matter). `projections`: line integrals (no unit),
 * [view][row][column].
 * Source: Feldkamp, Davis, Kress, J. Opt. Soc. Am. A 1(6), 1984; Kak and Slaney, Principles of Computerized Tomographic
 * Imaging, 1988, chapter 3.
 * @throws INVALID_GEOMETRY (`non-circular`, `axis-not-covered`), INVALID_ARGUMENT (`weights-do-not-fit`), SHAPE_MISMATCH,
 * NOT_FINITE, OUT_OF_MEMORY
 */
export async function fdk(A: Projector, projections: Projections, options: FdkOptions = {}): Promise<Run> {
  refuseUnknownOptions("fdk", options, OPTION_NAMES);
  const settings = settle(A, options);
  checkData(A, projections);
  const scan = circularScan(A.views, A.detector);
  const weights = scanWeights(scan, A.detector, settings);
  const { columns } = seenDetector(scan.views[0], A.detector);
  const widening = widen(scan, projections, A, weights, settings.truncated, columns);
  const warnings: Warning[] = [...scan.warnings, ...weights.warnings, ...widening.warnings];

  const x = zeros(A.backend, A.grid, settings.quantity, "fdk");
  let finished = false;
  try {
    const { columnAngle, filter, cut } = settings;
    const weighted = { projections, detector: A.detector, scan, weights, widening, columnAngle };
    const stopped = await backprojectBatches(A, weighted, { filter, cut }, x, options);
    if (settings.nonNegative) A.backend.run("clamp", { x: x.array, lower: 0, upper: Infinity });
    await A.backend.idle();
    finished = true;
    const { kind, coveredDeg } = weights;
    const used = { method: "fdk", ...settings, weights: kind, coveredDeg, truncated: widening.rollOff };
    return { volume: x, history: [], stopped, warnings, used };
  } finally {
    if (!finished) x.dispose();
  }
}

interface Settings {
  readonly filter: RampFilter;
  readonly cut: number;
  readonly short: "auto" | boolean;
  readonly displaced: "auto" | boolean;
  readonly truncated: "auto" | boolean;
  readonly columnAngle: number;
  readonly nonNegative: boolean;
  readonly quantity: Quantity;
}

function settle(A: Projector, options: FdkOptions): Settings {
  const {
    filter = A.views.length >= 300 ? "ram-lak" : "hann",
    cut = 1,
    short = "auto",
    displaced = "auto",
    truncated = "auto",
    columnAngle = 0,
    nonNegative = false,
    quantity = "attenuation",
  } = options;
  const refuse = (field: string, message: string) => {
    throw fault("INVALID_ARGUMENT", `fdk: ${message}`, { defect: "out-of-range", field });
  };
  if (!RAMP_FILTERS.includes(filter)) refuse("filter", `filter is one of ${RAMP_FILTERS.join(", ")}, not '${filter}'`);
  if (!(cut > 0 && cut <= 1)) refuse("cut", `cut is above 0 and at most 1, not ${cut}`);
  for (const [field, value] of Object.entries({ short, displaced, truncated }))
    if (value !== "auto" && typeof value !== "boolean")
      refuse(field, `${field} is 'auto', true or false, not ${value}`);
  if (!(columnAngle >= 0 && columnAngle * A.detector.columns < Math.PI))
    refuse(
      "columnAngle",
      `columnAngle times the columns is below pi radians, not ${columnAngle} times ${A.detector.columns}`,
    );
  if (columnAngle > 0 && (A.detector.rows !== 1 || A.views[0].beam !== "cone"))
    refuse("columnAngle", "an equiangular fan is one row of a cone beam; leave columnAngle away for flat detectors");
  if (A.pixels) refuse("pixels", "filtering needs whole rows; give a projector of all pixels");
  return { filter, cut, short, displaced, truncated, columnAngle, nonNegative, quantity };
}

function widen(
  scan: CircularScan,
  projections: Projections,
  A: Projector,
  { padding, kind }: ScanWeights,
  truncated: "auto" | boolean,
  columns: number,
): Widening & { readonly warnings: readonly Warning[] } {
  const sides = kind === "displaced" ? padding.map((added) => added === 0) : [true, true];
  const rollOff = truncated === "auto" ? isTruncated(scan, projections, A.detector, sides) : truncated;
  if (!rollOff) return { before: padding[0], after: padding[1], rollOff, warnings: [] };
  const added = Math.ceil(ROLL_OFF * columns);
  // the narrow side of a displaced detector weighs 0 at its edge: nothing is continued there
  const [before, after] = padding.map((zeros) => (zeros > 0 ? zeros : added));
  const message = `the object reaches over the edges of the detector: rows are continued by ${added} columns that fall to 0; values near the edge of the field of view are too high or too low`;
  return { before, after, rollOff, warnings: [{ defect: "truncated-projections", message }] };
}
