import { fault, isTomogradError, type Warning } from "../core/errors.js";
import { refuseUnknownOptions } from "../core/options.js";
import { countWeights } from "../physics/noise.js";
import type { Projector } from "../projector/types.js";
import type { Projections } from "../volume/grid.js";
import { arcOf } from "./arc.js";
import { type AutoTvOptions, autoTv } from "./autoTv.js";
import { circularScan } from "./circularScan.js";
import { type FdkOptions, fdk } from "./fdk.js";
import { checkData } from "./measurements.js";
import type { Run } from "./types.js";

/** What `auto` may be told: the options of `autoTv`, and what is known of the counts. */
export interface AutoOptions extends AutoTvOptions {
  /** Photons that reach a pixel with nothing in between. @default not known */
  readonly photonsPerPixel?: number;
  /** Standard deviation of the electronic noise, counts. @default 0 */
  readonly electronicNoise?: number;
}

/** Views over voxels along the longest axis from which on filtered backprojection has no streaks worth avoiding. */
const MANY_VIEWS = 1.5;
/** Mean counts of a pixel below which rays are weighted by them. */
const FEW_COUNTS = 1e4;
/** Options that FDK heeds. */
const OF_FDK = ["quantity", "nonNegative", "signal", "photonsPerPixel", "electronicNoise"];
/** Options that any run may have and that do not ask for an iterative method. */
const OF_ANY_RUN = [
  ...OF_FDK,
  "iterations",
  "seed",
  "solver",
  "tolerance",
  "onIteration",
  "onCheckpoint",
  "checkpointEvery",
];

const OPTION_NAMES = [...OF_ANY_RUN, "mask", "lower", "upper", "start", "weights", "noise", "resume"];

/**
 * The method that fits the scan: `fdk` where the views go all around (parallel beams: half around) on a circle and are at
 * least 1.5 times as many as the longest axis of the grid has voxels; otherwise `autoTv`, with statistical weights where
 * the counts are known and below 10,000 in the mean pixel. Options that FDK cannot heed (mask, bounds, weights, start,
 * resume, noise) ask for `autoTv`; epochs and callbacks concern `autoTv` alone. `used.method` and `used.why` say what was chosen; so does the warning `method-chosen`.
 * @throws what `fdk` and `autoTv` throw
 */
export async function auto(A: Projector, projections: Projections, options: AutoOptions = {}): Promise<Run> {
  const { method, why, weights } = chooseMethod(A, projections, options);
  const { photonsPerPixel: _, electronicNoise: __, ...rest } = options;
  const { quantity, nonNegative = true, signal } = options;
  const ofFdk: FdkOptions = { nonNegative, ...(quantity && { quantity }), ...(signal && { signal }) };
  const run =
    method === "fdk"
      ? await fdk(A, projections, ofFdk)
      : await autoTv(A, projections, { ...rest, ...(weights && { weights }) });
  const warning: Warning = { defect: "method-chosen", message: why };
  return { ...run, warnings: [warning, ...run.warnings], used: { ...run.used, why } };
}

/** What `auto` would run. */
export interface MethodChoice {
  readonly method: "fdk" | "auto-tv";
  /** For people: "auto-tv: 60 views are few, FDK would need 192". */
  readonly why: string;
  /** Of the rays, given or from their counts. */
  readonly weights?: AutoOptions["weights"];
}

/** Chooses as `auto` does, without running. @throws as `auto`, for options and data */
export function chooseMethod(A: Projector, projections: Projections, options: AutoOptions = {}): MethodChoice {
  const { photonsPerPixel, electronicNoise = 0 } = options;
  refuseUnknownOptions("auto", options, OPTION_NAMES);
  checkCounts(photonsPerPixel, electronicNoise);
  checkData(A, projections);
  const reason = whyIterative(A, options);
  if (reason === undefined) return { method: "fdk", why: `fdk: ${A.views.length} views all around are many` };
  const weights = options.weights ?? weightsOf(projections, photonsPerPixel, electronicNoise);
  const weighted = weights && !options.weights ? "; rays are weighted by their few counts" : "";
  return { method: "auto-tv", why: `auto-tv: ${reason}${weighted}`, ...(weights && { weights }) };
}

/** Why FDK does not do; undefined if it does. */
function whyIterative(A: Projector, options: AutoOptions): string | undefined {
  const asked = Object.keys(options).find(
    (name) => !OF_ANY_RUN.includes(name) && options[name as keyof AutoOptions] !== undefined,
  );
  if (asked) return `FDK cannot heed ${asked}`;
  const needed = Math.ceil(MANY_VIEWS * Math.max(...A.grid.size));
  if (A.views.length < needed) return `${A.views.length} views are few, FDK would need ${needed}`;
  try {
    const { beam, views } = circularScan(A.views, A.detector);
    const arc = arcOf(
      views.map(({ angle }) => angle),
      beam === "parallel" ? Math.PI : 2 * Math.PI,
    );
    if (!arc.full) return `the views cover ${((180 / Math.PI) * arc.covered).toFixed(0)} degrees only`;
  } catch (error) {
    if (!isTomogradError(error, "INVALID_GEOMETRY")) throw error;
    return error.message;
  }
  return undefined;
}

/** Weights of the rays where the mean count is small; undefined where it is not, or not known. */
function weightsOf({ values }: Projections, photonsPerPixel: number | undefined, electronicNoise: number) {
  if (photonsPerPixel === undefined) return undefined;
  const counts = Float32Array.from(values, (p) => photonsPerPixel * Math.exp(-p));
  const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return mean < FEW_COUNTS ? countWeights(counts, { electronicNoise }) : undefined;
}

/** @throws INVALID_ARGUMENT */
function checkCounts(photonsPerPixel: number | undefined, electronicNoise: number): void {
  if (photonsPerPixel !== undefined && !(photonsPerPixel > 0 && Number.isFinite(photonsPerPixel)))
    throw fault("INVALID_ARGUMENT", `photonsPerPixel must be a finite number above 0, not ${photonsPerPixel}`, {
      field: "photonsPerPixel",
    });
  if (!(electronicNoise >= 0 && Number.isFinite(electronicNoise)))
    throw fault("INVALID_ARGUMENT", `electronicNoise must be a finite number from 0, not ${electronicNoise}`, {
      field: "electronicNoise",
    });
}
