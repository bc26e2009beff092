import { fault, type Warning } from "../core/errors.js";
import { refuseUnknownOptions } from "../core/options.js";
import { createRandom, type Random, randomSubset } from "../core/random.js";
import { meanAbsoluteError, meanSquaredError } from "../metric/residual.js";
import { adam } from "../optimizer/adam.js";
import type { DeviceOptimizer } from "../optimizer/deviceOptimizer.js";
import { sgd } from "../optimizer/sgd.js";
import { toDevice, toHost, zeros, zerosLike } from "../projector/arrays.js";
import type { DeviceVolume, Projector } from "../projector/types.js";
import { type Regularizer, totalVariation } from "../regularizer/totalVariation.js";
import type { Projections, Quantity, Volume } from "../volume/grid.js";
import { checkFingerprint, type FitCheckpoint, fingerprint } from "./checkpoint.js";
import { DEFAULT_RATE, estimateRange, scheduledRate } from "./learningRate.js";
import { checkData, createSubset, type Subset } from "./measurements.js";
import { bitReversedOrder, orderedSubsets } from "./subsets.js";
import type { Iteration, Run, RunOptions } from "./types.js";

/** A step as it is shown while the run goes on. */
export interface FitProgress extends Iteration {
  readonly iterations: number;
  /** The images that this step predicted (of its subset of views), before the step. */
  image(): Promise<Projections>;
  /** The volume after the step. */
  volume(): Promise<Volume>;
}

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
  /** Called after every step; "stop" ends the run. */
  // biome-ignore lint/suspicious/noConfusingVoidType: a callback that returns nothing goes on
  readonly onIteration?: (progress: FitProgress) => "stop" | undefined | void | Promise<"stop" | undefined | void>;
  /** Called with the whole state every `checkpointEvery` steps and when the run is aborted. */
  readonly onCheckpoint?: (checkpoint: FitCheckpoint) => void | Promise<void>;
  /** @default never (only on abort) */
  readonly checkpointEvery?: number;
  /** Continue a run: the same bits as if it had not been interrupted. */
  readonly resume?: FitCheckpoint;
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
  checkStart(A, options);
  const settings = await settle(A, projections, options);
  const print = fingerprintOf(A, projections, options, settings);
  if (options.resume) checkFingerprint(options.resume, print);

  const owned: Disposable[] = [];
  const own = <T extends Disposable>(resource: T): T => {
    owned.push(resource);
    return resource;
  };
  let x: DeviceVolume | undefined;
  let finished = false;
  try {
    x = startVolume(A, options, settings.quantity);
    const parts = orderedSubsets(A.views.length, settings.subsets).map((views) =>
      createSubset(A, projections, views, own),
    );
    const descent: Descent = {
      x,
      optimizer: own(createOptimizer(x, options, settings)),
      gradient: own(zerosLike(x, "gradient")),
      parts,
      random: createRandom(settings.seed, options.resume?.drawn),
      history: [...(options.resume?.history ?? [])],
      fingerprint: print,
    };
    const stopped = await descend(A, descent, options, settings);
    await A.backend.idle();
    finished = true;
    const { history } = descent;
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
  checkNumbers(iterations, rayFraction);
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
  readonly history: Iteration[];
  readonly fingerprint: string;
}

/** The steps of a run, from where it starts or resumes until it ends. */
async function descend(
  A: Projector,
  descent: Descent,
  options: FitOptions,
  settings: Settings,
): Promise<Run["stopped"]> {
  const { x, optimizer, gradient, parts, history } = descent;
  const { iterations, learningRate, subsets } = settings;
  const regularizer = options.totalVariation && totalVariation(options.totalVariation);
  const order = bitReversedOrder(subsets);
  const started = performance.now() - 1000 * (history.at(-1)?.seconds ?? 0);
  for (let iteration = options.resume?.iteration ?? 0; iteration < iterations; iteration++) {
    if (options.signal?.aborted) {
      await options.onCheckpoint?.(await checkpointOf(descent, iteration));
      return "aborted";
    }
    const part = parts[order[iteration % subsets]];
    const value = await differentiate(A, part, descent, regularizer, settings);
    if (!Number.isFinite(value)) throw diverged(value, iteration, learningRate);
    optimizer.step(gradient, scheduledRate(learningRate, settings.decay, iteration, iterations));
    history.push({ iteration, value, seconds: (performance.now() - started) / 1000 });
    const answer = await options.onIteration?.({
      ...history[history.length - 1],
      iterations,
      image: () => toHost(part.image),
      volume: () => toHost(x),
    });
    const done = iteration + 1;
    if (options.checkpointEvery && done % options.checkpointEvery === 0 && done < iterations)
      await options.onCheckpoint?.(await checkpointOf(descent, done));
    if (answer === "stop") return "callback";
  }
  return "iterations";
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
  const operator = rays?.operator ?? part.A;
  operator.apply(x, { out: part.image });
  const evaluation = metric(part.image, part.target, rays && { mask: rays.mask, count: rays.count });
  try {
    operator.adjoint(evaluation.cotangent, { out: gradient });
    regularizer?.addGradient(x, gradient);
    const value = evaluation.value();
    return (await value) + (regularizer ? await regularizer.value(x) : 0);
  } finally {
    evaluation.dispose();
    rays?.operator.dispose();
    rays?.mask.dispose();
  }
}

/** A random share of the pixels, the same in every view of the subset: their operator, and 1 where they are. */
function drawRays(A: Projector, part: Subset, random: Random, fraction: number) {
  const pixels = A.detector.rows * A.detector.columns;
  const drawn = randomSubset(random, pixels, Math.max(1, Math.round(fraction * pixels))).sort();
  const { views } = part.A;
  const values = new Float32Array(views.length * pixels);
  for (let view = 0; view < views.length; view++) for (const pixel of drawn) values[view * pixels + pixel] = 1;
  return {
    operator: part.A.withPixels(drawn),
    mask: toDevice(A.backend, { detector: A.detector, views, about: "rays drawn", values }, "ray mask"),
    count: views.length * drawn.length,
  };
}

async function checkpointOf(descent: Descent, iteration: number): Promise<FitCheckpoint> {
  return {
    format: "tomograd-fit-checkpoint/1",
    iteration,
    volume: (await toHost(descent.x)).values as Float32Array | Float64Array,
    optimizer: await optimizerState(descent.optimizer),
    drawn: descent.random.drawn,
    history: [...descent.history],
    fingerprint: descent.fingerprint,
  };
}

const diverged = (value: number, iteration: number, learningRate: number) =>
  fault("NOT_FINITE", `the loss became ${value} at step ${iteration}: give a learningRate below ${learningRate}`, {
    defect: "diverged",
    iteration,
    learningRate,
  });

function checkNumbers(iterations: number, rayFraction: number): void {
  if (!Number.isInteger(iterations) || iterations < 1)
    throw fault("INVALID_ARGUMENT", `iterations must be a positive integer, not ${iterations}`, {
      field: "iterations",
    });
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

function startVolume(A: Projector, options: FitOptions, quantity: Quantity): DeviceVolume {
  const { start, resume } = options;
  const values = resume?.volume ?? start?.values;
  if (!values) return zeros(A.backend, A.grid, quantity, "reconstruction");
  return toDevice(A.backend, { quantity, grid: start?.grid ?? A.grid, values }, "reconstruction");
}

function createOptimizer(x: DeviceVolume, { momentum, resume }: FitOptions, settings: Settings): DeviceOptimizer {
  const common = {
    learningRate: settings.learningRate,
    ...(settings.nonNegative && { lower: 0 }),
    ...(resume && { resume: resume.optimizer }),
  };
  return settings.optimizer === "sgd" ? sgd(x, { ...common, momentum: momentum ?? 0 }) : adam(x, common);
}

async function optimizerState(optimizer: DeviceOptimizer): Promise<FitCheckpoint["optimizer"]> {
  const arrays: Record<string, Float32Array | Float64Array> = {};
  for (const [name, array] of Object.entries(optimizer.state))
    arrays[name] = (await array.backend.download(array)) as Float32Array | Float64Array;
  return { steps: optimizer.steps, arrays };
}

/** @throws INVALID_ARGUMENT for a start of another quantity, or an operator of some pixels only */
function checkStart(A: Projector, { start, quantity = "attenuation" }: FitOptions): void {
  if (A.pixels)
    throw fault("INVALID_ARGUMENT", "fit needs the operator of all pixels; rayFraction draws a share of them", {
      field: "pixels",
    });
  if (start && start.quantity !== "unknown" && start.quantity !== quantity)
    throw fault(
      "INVALID_ARGUMENT",
      `start holds ${start.quantity}, but ${quantity} is reconstructed: convert it first (hounsfieldToAttenuation)`,
      { defect: "wrong-quantity" },
    );
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
