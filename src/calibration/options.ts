/** What `selfCalibrate` is told, checked. */
import type { Backend } from "../backend/backend.js";
import type { Model } from "../backend/kernels.js";
import { fault } from "../core/errors.js";
import { refuseUnknownOptions } from "../core/options.js";
import type { View } from "../geometry/view.js";
import type { Grid, Projections } from "../volume/grid.js";
import { gridCorners, spacing, validateGrid } from "../volume/gridFrame.js";
import { COMMON_PARAMETERS, type CommonParameter, VIEW_PARAMETERS, type ViewParameter } from "./viewMotion.js";

/** One round of `selfCalibrate`. */
export interface CalibrationIteration {
  /** From 0, over all levels. */
  readonly iteration: number;
  /** Pixels and voxels of this level are 2 ^ level times as large as those given. */
  readonly level: number;
  /** Squared residual in the metric of `selfCalibrate` where the round began. */
  readonly value: number;
  /** Root mean square of A x - p there. */
  readonly residual: number;
  /** mm: root mean square of the shifts of this round, turns counted as the way of the grid's corner. */
  readonly change: number;
  /** Since the start. */
  readonly seconds: number;
}

/** A round as it is shown while the calibration goes on. */
export interface CalibrationProgress extends CalibrationIteration {
  /** Rounds at most, over all levels. */
  readonly iterations: number;
  /** The geometry after the round. */
  readonly views: readonly View[];
}

// biome-ignore lint/suspicious/noConfusingVoidType: a callback that returns nothing goes on
type Answer = "stop" | undefined | void;

/** What `selfCalibrate` may be told. */
export interface SelfCalibrationOptions {
  readonly backend: Backend;
  /** Of the volume that is reconstructed along with the geometry; finer voxels leave less error of the model. */
  readonly grid: Grid;
  /** Line integrals, with the geometry as it is believed to be. */
  readonly projections: Projections;
  /**
   * Free in every view, or "all" (of a parallel beam all but `shiftDepth`, which no projection shows); [] for none.
   * @default "all"
   */
  readonly parameters?: "all" | readonly ViewParameter[];
  /** Free, but the same in all views. @default [] */
  readonly common?: readonly CommonParameter[];
  /** mm: standard deviation of the shifts that you expect. @default a tenth of the smallest voxel side */
  readonly expectedShift?: number;
  /** Degrees: that of the turns. @default the turn that moves what lies half way to a corner of the grid by `expectedShift` */
  readonly expectedTurnDeg?: number;
  /** Rounds on each level. @default 6 */
  readonly iterations?: number;
  /** Steps of conjugate gradients in each round. @default 6 */
  readonly inner?: number;
  /** Levels of resolution: each coarser one has pixels and voxels twice as large. @default 1 */
  readonly levels?: number;
  /** End a level where the change of a round is below this share of the smallest voxel side; 0: never. @default 1e-3 */
  readonly tolerance?: number;
  /** @default "joseph": Siddon's derivatives are too rough */
  readonly model?: Model;
  /** Ends the calibration after the round in progress; what it has so far is returned (`stopped: "aborted"`). */
  readonly signal?: AbortSignal;
  /** Called after every round; "stop" ends the calibration. */
  readonly onIteration?: (progress: CalibrationProgress) => Answer | Promise<Answer>;
}

const NAMES: readonly (keyof SelfCalibrationOptions)[] = [
  "backend",
  "grid",
  "projections",
  "parameters",
  "common",
  "expectedShift",
  "expectedTurnDeg",
  "iterations",
  "inner",
  "levels",
  "tolerance",
  "model",
  "signal",
  "onIteration",
];

/** The options with their defaults. */
export interface Settings {
  readonly own: readonly ViewParameter[];
  readonly shared: readonly CommonParameter[];
  /** Standard deviations, mm and rad, in the order of own, then shared. */
  readonly expected: readonly number[];
  readonly iterations: number;
  readonly inner: number;
  readonly levels: number;
  /** mm */
  readonly tolerance: number;
  readonly model: Model;
  /** mm: from the center of the grid to its corner. */
  readonly radius: number;
}

/** An error that all views share may be that many times as large as one view's shift. */
const COMMON_OVER_SHIFT = 10;
/** Fewest voxels and pixels along any side of the coarsest level. */
const FEWEST = 8;

/** @throws INVALID_ARGUMENT, INVALID_GEOMETRY, SHAPE_MISMATCH, NOT_FINITE */
export function settle(options: SelfCalibrationOptions): Settings {
  refuseUnknownOptions("selfCalibrate", options, NAMES);
  const { grid, projections, iterations = 6, inner = 6, levels = 1, tolerance = 1e-3, model = "joseph" } = options;
  validateGrid(grid);
  checkProjections(projections);
  const parallel = projections.views[0].beam === "parallel";
  const everything = parallel ? VIEW_PARAMETERS.filter((name) => name !== "shiftDepth") : VIEW_PARAMETERS;
  const { parameters = "all", common = [] } = options;
  const own = parameters === "all" ? everything : parameters;
  checkNames("parameters", own, VIEW_PARAMETERS, parallel ? "shiftDepth" : undefined);
  checkNames("common", common, COMMON_PARAMETERS, parallel ? "sdd" : undefined);
  if (own.length + common.length === 0)
    throw fault("INVALID_ARGUMENT", "nothing is free: name parameters or common ones, or reconstruct right away", {
      defect: "nothing-free",
    });
  for (const [field, value] of Object.entries({ iterations, inner, levels }))
    if (!(Number.isInteger(value) && value >= 1))
      throw fault("INVALID_ARGUMENT", `${field} must be a whole number from 1, not ${value}`, { field });
  const side = Math.min(...spacing(grid));
  const corner = gridCorners(grid);
  const radius = Math.hypot(...[0, 1, 2].map((axis) => (corner[7][axis] - corner[0][axis]) / 2));
  const shift = options.expectedShift ?? 0.1 * side;
  const turn = options.expectedTurnDeg === undefined ? (2 * shift) / radius : (options.expectedTurnDeg * Math.PI) / 180;
  for (const [field, value] of Object.entries({ expectedShift: shift, expectedTurnDeg: turn }))
    if (!(value > 0 && Number.isFinite(value)))
      throw fault(
        "INVALID_ARGUMENT",
        `${field} must be above 0, not ${value}; what is known is left out of parameters`,
        {
          field,
        },
      );
  if (!(tolerance >= 0 && Number.isFinite(tolerance)))
    throw fault("INVALID_ARGUMENT", `tolerance must be a finite number from 0, not ${tolerance}`, {
      field: "tolerance",
    });
  const fewest = Math.min(...grid.size, projections.detector.rows, projections.detector.columns);
  if (levels > 1 && fewest / 2 ** (levels - 1) < FEWEST)
    throw fault(
      "INVALID_ARGUMENT",
      `${levels} levels leave fewer than ${FEWEST} voxels or pixels to a side of the coarsest; take fewer levels`,
      { field: "levels" },
    );
  const expected = [
    ...own.map((name) => (name === "roll" || name.startsWith("turn") ? turn : shift)),
    ...common.map(() => COMMON_OVER_SHIFT * shift),
  ];
  return { own, shared: common, expected, iterations, inner, levels, tolerance: tolerance * side, model, radius };
}

function checkNames(
  field: string,
  names: readonly string[],
  known: readonly string[],
  unseen: string | undefined,
): void {
  for (const [i, name] of names.entries()) {
    const wrong = !known.includes(name)
      ? `it is no such name; known are ${known.join(", ")}`
      : names.indexOf(name) !== i
        ? "it is listed twice; list it once"
        : name === unseen && "no projection of a parallel beam shows it; leave it out";
    if (wrong) throw fault("INVALID_ARGUMENT", `${field} holds '${name}', but ${wrong}`, { field });
  }
}

function checkProjections({ views, detector, values }: Projections): void {
  if (views.length < 2)
    throw fault("INVALID_GEOMETRY", `a geometry is found from 2 views or more, not ${views.length}; give more`, {
      field: "views",
    });
  const expected = views.length * detector.rows * detector.columns;
  if (values.length !== expected)
    throw fault(
      "SHAPE_MISMATCH",
      `${views.length} views of ${detector.rows} x ${detector.columns} pixels need ${expected} values, the projections hold ${values.length}`,
      { defect: "truncated" },
    );
  let most = 0;
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i]))
      throw fault("NOT_FINITE", `projections must be finite: value ${i} is ${values[i]}; mend or mask it`, {
        defect: "not-finite",
        index: i,
      });
    most = Math.max(most, Math.abs(values[i]));
  }
  if (most === 0)
    throw fault("INVALID_ARGUMENT", "all projections are 0: they say nothing of the geometry", { defect: "no-signal" });
}
