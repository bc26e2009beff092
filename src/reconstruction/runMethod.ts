import { fault, type Warning } from "../core/errors.js";
import { refuseUnknownOptions } from "../core/options.js";
import type { DeviceVolume, Projector } from "../projector/types.js";
import type { Projections, Quantity, Volume } from "../volume/grid.js";
import { checkCheckpoint, fingerprint } from "./checkpoint.js";
import { boundsOf, type ConstraintOptions } from "./constraints.js";
import { iterate, type Outcome } from "./iterate.js";
import { checkData } from "./measurements.js";
import type { Run, RunOptions } from "./types.js";
import { checkStart, createWorkspace, predicted, startVolume, type Workspace } from "./workspace.js";

/** What iterative methods may be told; a method that has no use for one of them says so. An iteration is an epoch. */
export interface IterativeOptions extends RunOptions, ConstraintOptions {
  /** Where to start, on the operator's grid. @default zeros */
  readonly start?: Volume;
  /** What the voxels of the result mean. @default "attenuation" (1/mm) */
  readonly quantity?: Quantity;
  /** Statistical weight of each ray, >= 0, [view][row][column]; only their ratios matter. 0: does not count. @default 1 */
  readonly weights?: Float32Array | Float64Array;
  /** Ordered subsets of views. */
  readonly subsets?: number;
  /** Stop where the volume changes by less than this share of its norm in an iteration; 0: never. @default 1e-4 */
  readonly tolerance?: number;
  /** Standard deviation of the line integrals: stop where the residual is at most 1.02 times as large. @default never */
  readonly noise?: number;
}

/** Names of `IterativeOptions`. */
const COMMON = [
  "iterations",
  "signal",
  "onIteration",
  "onCheckpoint",
  "checkpointEvery",
  "resume",
  "mask",
  "lower",
  "upper",
  "nonNegative",
  "start",
  "quantity",
  "weights",
  "subsets",
  "tolerance",
  "noise",
] as const satisfies readonly (keyof IterativeOptions)[];

/** An iterative method as the driver knows it. `S`: its own settings, as they stand in `Run.used`. */
export interface Definition<O extends IterativeOptions, S extends object> {
  readonly name: string;
  /** Names of the options that it has beside the common ones. */
  readonly own: readonly (keyof O & string)[];
  /** Common options that it cannot heed, with the reason. */
  readonly without?: { readonly [K in (typeof COMMON)[number]]?: string };
  readonly iterations: number;
  /** Subsets for a number of views. @default 1 */
  readonly subsets?: (views: number) => number;
  /** `IterativeOptions.tolerance` unless told otherwise. @default 1e-4 */
  readonly tolerance?: number;
  /** Whether voxels stay >= 0 unless told otherwise. @default true */
  readonly nonNegative?: boolean;
  /** Checks its own options and fills in their defaults. */
  readonly settle?: (options: O, A: Projector) => S;
  /** Makes ready what the iterations need. */
  readonly prepare: (work: Workspace, settings: S) => Promise<Steps>;
}

/** The iterations of a method. */
export interface Steps {
  step(iteration: number): Promise<Outcome>;
  /** Asked once when the run has ended. */
  warnings?(): readonly Warning[];
  /** What it has estimated and decided, for `Run.used`; asked once when the run has ended. */
  used?(): Readonly<Record<string, unknown>>;
  /** What to do if the objective is no longer finite. */
  readonly remedy?: string;
}

/**
 * Runs an iterative method: checks what it is given, sets up subsets, weights, mask and state, and loops.
 * @throws SHAPE_MISMATCH, NOT_FINITE, INVALID_ARGUMENT, INVALID_GEOMETRY (defect `volume-not-seen`), OUT_OF_MEMORY
 */
export async function runMethod<O extends IterativeOptions, S extends object>(
  definition: Definition<O, S>,
  A: Projector,
  projections: Projections,
  options: O,
): Promise<Run> {
  const { name } = definition;
  const settings = settle(definition, A, projections, options);
  const iterations = options.iterations ?? definition.iterations;
  const { tolerance, noise, ...steering } = settings;
  const print = fingerprint(
    [name, steering, A.discretization, A.grid, A.detector, A.views, A.backend.name],
    [projections.values, options.start?.values, options.mask?.values, options.weights].filter((v) => v !== undefined),
  );
  if (options.resume) checkCheckpoint(options.resume, name, print);
  const owned: Disposable[] = [];
  const own = <T extends Disposable>(resource: T): T => {
    owned.push(resource);
    return resource;
  };
  let x: DeviceVolume | undefined;
  let finished = false;
  try {
    x = await startVolume(A, options, settings.quantity);
    const { work, arrays, numbers } = createWorkspace({ A, projections, options, settings, x, own });
    if (!work.resumed) work.constrain(x);
    const steps = await definition.prepare(work, settings);
    const method = {
      name,
      volume: x,
      arrays,
      numbers,
      step: steps.step,
      image: () => predicted(work),
      remedy: steps.remedy ?? "check the scale of projections and start",
    };
    const limits = { iterations, tolerance, ...(noise !== null && { noise }) };
    const { history, stopped } = await iterate(method, { ...options, ...limits }, print);
    await A.backend.idle();
    finished = true;
    const used = { method: name, iterations, ...settings, ...steps.used?.(), model: A.model };
    return { volume: x, history, stopped, warnings: steps.warnings?.() ?? [], used };
  } finally {
    for (const resource of owned.reverse()) resource[Symbol.dispose]();
    if (!finished) x?.dispose();
  }
}

/** Every option that steers the numbers, checked, defaults filled in. */
function settle<O extends IterativeOptions, S extends object>(
  definition: Definition<O, S>,
  A: Projector,
  projections: Projections,
  options: O,
) {
  const { name, without = {} } = definition;
  refuseUnknownOptions(name, options, [
    ...COMMON.filter((option) => !(option in without)),
    ...definition.own,
    ...Object.keys(without),
  ]);
  for (const [option, reason] of Object.entries(without))
    if (options[option as keyof O] !== undefined)
      throw fault("INVALID_ARGUMENT", `${name} takes no ${option}: ${reason}`, {
        defect: "unsuitable-option",
        option,
      });
  checkData(A, projections);
  if (A.pixels)
    throw fault("INVALID_ARGUMENT", `${name} needs the operator of all pixels; weights of 0 leave rays out`, {
      field: "pixels",
    });
  const quantity: Quantity = options.quantity ?? "attenuation";
  checkStart(A, options.start, quantity);
  const { tolerance = definition.tolerance ?? 1e-4, noise } = options;
  for (const [field, value] of Object.entries({ tolerance, noise: noise ?? 0 }))
    if (!(value >= 0 && Number.isFinite(value)))
      throw fault("INVALID_ARGUMENT", `${field} must be a finite number from 0, not ${value}`, { field });
  return {
    subsets: options.subsets ?? definition.subsets?.(A.views.length) ?? 1,
    ...boundsOf(options, definition.nonNegative ?? true),
    masked: options.mask !== undefined,
    weighted: options.weights !== undefined,
    quantity,
    tolerance,
    noise: noise ?? null,
    ...(definition.settle?.(options, A) ?? ({} as S)),
  };
}
