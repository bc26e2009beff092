import { fault, type Warning } from "../core/errors.js";
import { nextPowerOfTwo } from "../core/fft.js";
import { refuseUnknownOptions } from "../core/options.js";
import { zeros } from "../projector/arrays.js";
import type { DeviceVolume, Projector } from "../projector/types.js";
import type { Projections, Quantity } from "../volume/grid.js";
import { type CircularScan, circularScan } from "./circularScan.js";
import { anchorOf, matricesOf } from "./fdkMatrices.js";
import { isTruncated, type Widening, weighView } from "./fdkViews.js";
import { checkData } from "./measurements.js";
import { RAMP_FILTERS, type RampFilter, rampResponse } from "./ramp.js";
import { type ScanWeights, scanWeights, seenDetector } from "./scanWeights.js";
import type { Run } from "./types.js";

/** A batch of views as it is reported. */
export interface FdkProgress {
  /** Batches done. */
  readonly iteration: number;
  readonly iterations: number;
  /** Views done. */
  readonly views: number;
  /** Since the start of the run. */
  readonly seconds: number;
}

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
  "nonNegative",
  "quantity",
  "signal",
  "onIteration",
];

/** Bytes of a batch of filtered views, unless these are fewer than 8 or more than 32 views. */
const BATCH_BYTES = 32 * 2 ** 20;
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
  const weights = scanWeights(scan, A.detector, { ...settings, columnAngle: 0 });
  const { columns } = seenDetector(scan.views[0], A.detector);
  const widening = widen(scan, projections, A, weights, settings.truncated, columns);
  const warnings: Warning[] = [...scan.warnings, ...weights.warnings, ...widening.warnings];

  const x = zeros(A.backend, A.grid, settings.quantity, "fdk");
  let finished = false;
  try {
    const stopped = await accumulate(A, projections, x, { scan, weights, widening, settings, options });
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
  if (A.pixels) refuse("pixels", "filtering needs whole rows; give a projector of all pixels");
  return { filter, cut, short, displaced, truncated, nonNegative, quantity };
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

interface Task {
  readonly scan: CircularScan;
  readonly weights: ScanWeights;
  readonly widening: Widening;
  readonly settings: Settings;
  readonly options: FdkOptions;
}

/**
 * Weighs, filters and backprojects batches of views. The host weighs the next batch while the device works on the one
 * before, so that two batches exist at a time.
 */
async function accumulate(
  A: Projector,
  projections: Projections,
  x: DeviceVolume,
  { scan, weights, widening, settings, options }: Task,
): Promise<Run["stopped"]> {
  const { backend } = A;
  const started = performance.now();
  const { rows, columns } = seenDetector(scan.views[0], A.detector);
  const width = widening.before + columns + widening.after;
  const length = nextPowerOfTwo(2 * width);
  const response = rampResponse({ ...settings, length, columns: width });
  const anchor = anchorOf(A.grid, scan.isocenter, A.discretization.voxelShift);
  const count = scan.views.length;
  const perBatch = Math.min(count, 32, Math.max(8, Math.floor(BATCH_BYTES / (4 * rows * width))));
  const Values = projections.values instanceof Float64Array ? Float64Array : Float32Array;
  const values = new Values(perBatch * rows * width);
  using filter = backend.upload(response, { kind: "flat", length: response.length }, "ramp filter", "f64");
  const iterations = Math.ceil(count / perBatch);
  for (let iteration = 0; iteration < iterations; iteration++) {
    if (options.signal?.aborted) return "aborted";
    const first = iteration * perBatch;
    const views = scan.views.slice(first, first + perBatch);
    const each = rows * width;
    for (let n = 0; n < views.length; n++)
      weighView(projections, A.detector, scan, weights, first + n, widening, values.subarray(n * each, (n + 1) * each));
    const shape = { kind: "projections", views: views.length, rows, columns: width } as const;
    using image = backend.upload(values.subarray(0, views.length * each), shape, "filtered views", "real");
    const table = matricesOf(views, anchor, widening.before);
    using matrices = backend.upload(table, { kind: "flat", length: table.length }, "matrices", "f64");
    await backend.idle();
    backend.run("filterRows", { image, response: filter });
    const { firstSlice } = anchor;
    backend.run("backproject", { out: x.array, image, matrices, firstSlice, accumulate: true });
    const seconds = (performance.now() - started) / 1000;
    const answer = await options.onIteration?.({ iteration, iterations, views: first + views.length, seconds });
    if (answer === "stop" && iteration + 1 < iterations) return "callback";
  }
  return "iterations";
}
