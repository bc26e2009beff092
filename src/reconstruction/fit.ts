import { fault, type Warning } from "../core/errors.js";
import { refuseUnknownOptions } from "../core/options.js";
import { disposeOnFailure } from "../core/owned.js";
import { createRandom, type Random, randomSubset } from "../core/random.js";
import { meanAbsoluteError, meanSquaredError } from "../metric/residual.js";
import { adam } from "../optimizer/adam.js";
import type { DeviceOptimizer } from "../optimizer/deviceOptimizer.js";
import { sgd } from "../optimizer/sgd.js";
import { toDevice, toHost, zerosLike } from "../projector/arrays.js";
import type { DeviceVolume, Projector } from "../projector/types.js";
import { type Regularizer, totalVariation } from "../regularizer/totalVariation.js";
import type { Projections, Quantity, Volume } from "../volume/grid.js";
import { checkCheckpoint, fingerprint, readArray, type StateValues } from "./checkpoint.js";
import { iterate, type Method } from "./iterate.js";
import { DEFAULT_RATE, estimateRange, scheduledRate } from "./learningRate.js";
import { checkData, createSubsets, type Subset } from "./measurements.js";
import { bitReversedOrder, orderedSubsets } from "./subsets.js";
import type { Iteration, Run, RunOptions } from "./types.js";
import { checkStart, startVolume } from "./workspace.js";

/** What `fit` may be told; every field has a default. */
export interface FitOptions extends RunOptions {
  /** Number of steps; each uses one subset of the views. @default 101 */
  readonly iterations?: number;
  /** Where to start, on the projector's grid. @default zeros */
  readonly start?: Volume;
  /** What the voxels of the result mean. @default "attenuation" (1/mm) */
  readonly quantity?: Quantity;
  /** Mean squared or mean absolute difference of the line integrals. @default "mse" */
  readonly loss?: "mse" | "l1";
  /** @default "adam" */
  readonly optimizer?: "adam" | "sgd";
  /** Of `sgd`. @default 0 */
  readonly momentum?: number;
  /** Unit of the volume per step (sgd: per unit of gradient, and required). @default 3 % of the estimated range */
  readonly learningRate?: number;
  /** How the rate falls over the run: not at all, or along half a cosine to 2 %. @default "cosine" */
  readonly decay?: "none" | "cosine";
  /** Ordered subsets of views, visited in bit-reversed order. @default 1 */
  readonly subsets?: number;
  /** Share of the pixels, redrawn for every step. @default 1 */
  readonly rayFraction?: number;
  /** Of the random pixels. @default 0 */
  readonly seed?: number;
  /** Keep voxels >= 0. @default true */
  readonly nonNegative?: boolean;
  /** Smoothed total variation: weight in loss per unit, delta in units of the volume. @default none */
  readonly totalVariation?: { readonly weight: number; readonly delta: number };
}

const OPTION_NAMES: readonly (keyof FitOptions)[] = [
  "iterations",
  "signal",
  "start",
  "quantity",
  "loss",
  "optimizer",
  "momentum",
  "learningRate",
  "decay",
  "subsets",
  "rayFraction",
  "seed",
  "nonNegative",
  "totalVariation",
  "onIteration",
  "onCheckpoint",
  "checkpointEvery",
  "resume",
];

/**
 * Reconstruction by gradient descent through the renderer: minimizes loss(A x, projections) [+ TV(x)] over the voxels.
 * The loss of a step is that of its subset of views, before the step.
 *
 * `A`: the projector of all views. `projections`: line integrals (no unit), [view][row][column].
 * @throws SHAPE_MISMATCH, NOT_FINITE (data, or a run that diverges), INVALID_ARGUMENT, OUT_OF_MEMORY
 */
export async function fit(A: Projector, projections: Projections, options: FitOptions = {}): Promise<Run> {
  refuseUnknownOptions("fit", options, OPTION_NAMES);
  checkData(A, projections);
  if (A.pixels)
    throw fault("INVALID_ARGUMENT", "fit needs the operator of all pixels; rayFraction draws a share of them", {
      field: "pixels",
    });
  checkStart(A, options.start, options.quantity ?? "attenuation");
  const settings = await settle(A, projections, options);
  const print = fingerprintOf(A, projections, options, settings);
  if (options.resume) checkCheckpoint(options.resume, "fit", print);

  const owned: Disposable[] = [];
  const own = <T extends Disposable>(resource: T): T => {
    owned.push(resource);
    return resource;
  };
  let x: DeviceVolume | undefined;
  let finished = false;
  try {
    x = await startVolume(A, options, settings.quantity);
    const create = createSubsets(A, projections, own);
    const descent: Descent = {
      x,
      optimizer: own(await createOptimizer(x, options, settings)),
      gradient: own(zerosLike(x, "gradient")),
      parts: orderedSubsets(A.views.length, settings.subsets).map(create),
      random: createRandom(settings.seed, options.resume?.numbers.drawn),
    };
    const { iterations } = settings;
    const { history, stopped } = await iterate(
      methodOf(A, descent, options, settings),
      { ...options, iterations },
      print,
    );
    await A.backend.idle();
    finished = true;
    const warnings = stopped === "iterations" ? flatness(history, settings.subsets) : [];
    return { volume: x, history, stopped, warnings, used: { method: "fit", ...settings, model: A.model } };
  } finally {
    for (const resource of owned) resource[Symbol.dispose]();
    if (!finished) x?.dispose();
  }
}

/** Every option that steers the numbers, defaults and estimates filled in. */
type Settings = Readonly<Awaited<ReturnType<typeof settle>>>;

async function settle(A: Projector, projections: Projections, options: FitOptions) {
  const { iterations = 101, loss = "mse", decay = "cosine", subsets = 1, rayFraction = 1, seed = 0 } = options;
  checkRayFraction(rayFraction);
  const optimizer = options.optimizer ?? "adam";
  return {
    iterations,
    loss,
    optimizer,
    ...(optimizer === "sgd" && { momentum: options.momentum ?? 0 }),
    learningRate: options.learningRate ?? (await defaultRate(A, projections, options)),
    decay,
    subsets,
    rayFraction,
    seed,
    nonNegative: options.nonNegative ?? true,
    totalVariation: options.totalVariation ?? null,
    quantity: options.quantity ?? ("attenuation" as const),
  };
}

/** Of all that decides the bits of a run. */
function fingerprintOf(A: Projector, projections: Projections, { start }: FitOptions, settings: Settings): string {
  const plain = [settings, A.discretization, A.grid, A.detector, A.views, A.backend.name];
  return fingerprint(plain, start ? [projections.values, Float32Array.from(start.values)] : [projections.values]);
}

/** What a run works on. */
interface Descent {
  readonly x: DeviceVolume;
  readonly optimizer: DeviceOptimizer;
  readonly gradient: DeviceVolume;
  readonly parts: readonly Subset[];
  readonly random: Random;
}

/** The descent as the loop knows it: an iteration is a step on one subset. */
function methodOf(A: Projector, descent: Descent, options: FitOptions, settings: Settings): Method {
  const { x, optimizer, gradient, parts, random } = descent;
  const { iterations, learningRate, subsets } = settings;
  const regularizer = options.totalVariation && totalVariation(options.totalVariation);
  const order = bitReversedOrder(subsets);
  let part = parts[0];
  return {
    name: "fit",
    volume: x,
    arrays: optimizer.state,
    numbers: () => ({ steps: optimizer.steps, drawn: random.drawn }),
    remedy: `give a learningRate below ${learningRate}`,
    image: () => toHost(part.image),
    async step(iteration) {
      part = parts[order[iteration % subsets]];
      const value = await differentiate(A, part, descent, regularizer, settings);
      optimizer.step(gradient, scheduledRate(learningRate, settings.decay, iteration, iterations));
      return { value };
    },
  };
}

/** Objective of a subset at the volume; fills its gradient. */
async function differentiate(
  A: Projector,
  part: Subset,
  { x, gradient, random }: Descent,
  regularizer: Regularizer | undefined,
  { loss, rayFraction }: Settings,
): Promise<number> {
  const metric = loss === "mse" ? meanSquaredError : meanAbsoluteError;
  const rays = rayFraction < 1 ? drawRays(A, part, random, rayFraction) : undefined;
  using _operator = rays?.operator;
  using _mask = rays?.mask;
  const operator = rays?.operator ?? part.A;
  operator.apply(x, { out: part.image });
  using evaluation = metric(part.image, part.target, rays && { mask: rays.mask, count: rays.count });
  operator.adjoint(evaluation.cotangent, { out: gradient });
  regularizer?.addGradient(x, gradient);
  const value = evaluation.value();
  return (await value) + (regularizer ? await regularizer.value(x) : 0);
}

/** A random share of the pixels, the same in every view of the subset: their operator, and 1 where they are. */
function drawRays(A: Projector, part: Subset, random: Random, fraction: number) {
  const pixels = A.detector.rows * A.detector.columns;
  const drawn = randomSubset(random, pixels, Math.max(1, Math.round(fraction * pixels))).sort();
  const { views } = part.A;
  const values = new Float32Array(views.length * pixels);
  for (let view = 0; view < views.length; view++) for (const pixel of drawn) values[view * pixels + pixel] = 1;
  return disposeOnFailure((own) => ({
    operator: own(part.A.withPixels(drawn)),
    mask: toDevice(A.backend, { detector: A.detector, views, about: "rays drawn", values }, "ray mask"),
    count: views.length * drawn.length,
  }));
}

function checkRayFraction(rayFraction: number): void {
  if (!(rayFraction > 0 && rayFraction <= 1))
    throw fault("INVALID_ARGUMENT", `rayFraction must be above 0 and at most 1, not ${rayFraction}`, {
      field: "rayFraction",
    });
}

async function defaultRate(A: Projector, projections: Projections, options: FitOptions): Promise<number> {
  if (options.optimizer === "sgd")
    throw fault(
      "INVALID_ARGUMENT",
      "sgd needs a learningRate: its right size depends on the operator; adam has a default",
      {
        field: "learningRate",
      },
    );
  return DEFAULT_RATE * (await estimateRange(A, projections));
}

async function createOptimizer(
  x: DeviceVolume,
  { momentum, resume }: FitOptions,
  settings: Settings,
): Promise<DeviceOptimizer> {
  const moments: Record<string, StateValues> = {};
  for (const name of Object.keys(resume?.arrays ?? {}))
    if (resume && name !== "volume") moments[name] = await readArray(resume, name);
  const common = {
    learningRate: settings.learningRate,
    ...(settings.nonNegative && { lower: 0 }),
    ...(resume && { resume: { steps: resume.numbers.steps, arrays: moments } }),
  };
  return settings.optimizer === "sgd" ? sgd(x, { ...common, momentum: momentum ?? 0 }) : adam(x, common);
}

/** Fall of the mean loss from an eighth of the run to the next that still counts as flat, at the end and half-way. */
const FLAT_AT_END = 0.1;
const FLAT_HALF_WAY = 0.75;

/**
 * A warning if more steps would get closer: the loss still falls at the end of the run, or, where a decaying rate brings
 * it to rest there in any case, fell fast half-way; or the run is too short to tell.
 */
function flatness(history: readonly Iteration[], subsets: number): Warning[] {
  const warn = (why: string) => [{ defect: "loss-not-flat", message: `${why}: more iterations would get closer` }];
  const eighth = Math.floor(history.length / 8 / subsets) * subsets;
  if (eighth < 1) return warn(`${history.length} steps are too few to tell whether the loss has come to rest`);
  const mean = (from: number) => history.slice(from, from + eighth).reduce((sum, { value }) => sum + value, 0) / eighth;
  const fall = (from: number) => 1 - mean(from + eighth) / mean(from);
  const atEnd = fall(history.length - 2 * eighth);
  const halfWay = fall(3 * eighth);
  const percent = (share: number) => `${Math.round(100 * share)} %`;
  if (atEnd > FLAT_AT_END) return warn(`the loss still fell by ${percent(atEnd)} over the last eighth of the run`);
  if (halfWay > FLAT_HALF_WAY) return warn(`half-way the loss still fell by ${percent(halfWay)} from eighth to eighth`);
  return [];
}
