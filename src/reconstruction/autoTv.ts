import { fault } from "../core/errors.js";
import type { DeviceVolume, Projector } from "../projector/types.js";
import { proxTotalVariation } from "../regularizer/totalVariationProx.js";
import type { Projections } from "../volume/grid.js";
import { curvatureOf, rangeOf } from "./curvature.js";
import { HELD_OUT, neighborNoise, splitRays } from "./heldOut.js";
import type { Subset } from "./measurements.js";
import { createMomentum, momentumSubsets } from "./momentum.js";
import { gradientStep, plainEpoch, RUNAWAY, totalVariationDual } from "./penalized.js";
import { type IterativeOptions, runMethod, type Steps } from "./runMethod.js";
import { createShelf } from "./shelf.js";
import type { Run } from "./types.js";
import type { Workspace } from "./workspace.js";

/** What `autoTv` may be told: nothing that would have to be tuned. */
export interface AutoTvOptions extends IterativeOptions {
  /** Most epochs. @default 1000; it ends by itself after 50 to 300 */
  readonly iterations?: number;
  /** Of the rays that are held out. @default 0 */
  readonly seed?: number;
  /** The method inside; see `autoTv`. @default fista-tv where its volumes fit the memory of the backend */
  readonly solver?: "fista-tv" | "os-sqs";
}

/** First lambda over the range of the volume, its factor from stage to stage, and where the path ends. */
const FIRST = 3e-3;
const FACTOR = 0.6;
const LAST = 1e-6;
/** Epochs for each lambda; few views need more: +3 dB without noise at 10 views (docs/decisions/0014). */
const EPOCHS = 5;
const FEW_VIEWS = 12;
const EPOCHS_OF_FEW_VIEWS = 16;
/** Fall of the held-out residual that counts, and how many lambdas may go without one. */
const FALL = 1e-3;
const PATIENCE = 2;
const POLISHING = 32;
const INNER = 5;
/** All rays weigh 16/15 of those that took part in the path; lambda grows with them, by this part of a stage back. */
const STAGE_OF_ALL_RAYS = Math.log(1 / (1 - HELD_OUT)) / Math.log(FACTOR);
/** Held-out residual over noise, and over the largest line integral, above which the model is in error; see `autoTv`. */
const MODEL_ERROR = 1.5;
const MODEL_ERROR_FLOOR = 1e-3;
/** Held-out residual over its least that is as good as that. */
const AS_GOOD = 1.15;
/** Most iterates of the path that are kept; 6 were too few with 75 views (1.3 dB lost). */
const MOST_KEPT = 12;
/** Volumes of each solver on a device. */
const VOLUMES = { "fista-tv": 12, "os-sqs": 6 } as const;

const [START, PATH, POLISH] = [0, 1, 2];

/**
 * Total variation with the weight found on the way: few views, no parameter. A sixteenth of the rays is held out; from a
 * large lambda the weight falls by 0.6 every few epochs, each stage starting where the last one ended, until the residual
 * of the held-out rays no longer falls; then all rays go on at the lambda where a parabola through the least residual and
 * its neighbors is lowest, from the iterate of the path at the next larger lambda.
 *
 * Where the model does not reach the data (an object finer than the grid, scatter), neighboring rays share its error, and
 * held-out rays ask for too small a lambda. If their least residual exceeds 1.5 times the noise between neighboring pixels
 * (and 1e-3 of the largest line integral), the result is the iterate of the path at the largest lambda whose residual is
 * within 15 % of the least, not polished: converged further it would fit the error.
 *
 * `used.path` lists lambda and held-out residual of each stage, `used.rule` what decided. `value` of the history: half the
 * weighted squares of the residual; `figures`: lambda and, at the end of a stage, heldOut.
 * `solver`: `fista-tv` (12 volumes) or `os-sqs` with smoothed total variation (6 volumes, within 0.1 to 0.2 dB).
 * @throws SHAPE_MISMATCH, NOT_FINITE, INVALID_ARGUMENT (defect `no-signal`), INVALID_GEOMETRY (defect `volume-not-seen`), OUT_OF_MEMORY
 */
export function autoTv(A: Projector, projections: Projections, options: AutoTvOptions = {}): Promise<Run> {
  return runMethod(
    {
      name: "auto-tv",
      own: ["seed", "solver"],
      without: { subsets: "it follows the number of views" },
      iterations: 1000,
      tolerance: 0,
      subsets: momentumSubsets,
      settle: ({ seed = 0, solver }: AutoTvOptions) => {
        if (!Number.isInteger(seed))
          throw fault("INVALID_ARGUMENT", `seed must be an integer, not ${seed}`, { field: "seed" });
        if (solver !== undefined && !(solver in VOLUMES))
          throw fault("INVALID_ARGUMENT", `solver must be fista-tv or os-sqs, not '${solver}'`, { field: "solver" });
        return { seed, solver: solver ?? solverThatFits(A) };
      },
      prepare,
    },
    A,
    projections,
    options,
  );
}

/** Volumes that fit the memory of the backend beside the projections, a tenth left for scratch. */
function volumesThatFit({ backend, grid, views, detector }: Projector): number {
  const [nx, ny, nz] = grid.size;
  // four times the projections (all in both numbers of subsets, kept, held out), two of them with weights, and images
  const stacks = 8 * views.length * detector.rows * detector.columns;
  return Math.floor((0.9 * backend.limits.maxElements - stacks) / ((nx + 5) * (ny + 4) * (nz + 4)));
}

const solverThatFits = (A: Projector): keyof typeof VOLUMES =>
  volumesThatFit(A) >= VOLUMES["fista-tv"] + 1 ? "fista-tv" : "os-sqs";

const shelfPlaces = (A: Projector, solver: keyof typeof VOLUMES): number =>
  Math.max(0, Math.min(MOST_KEPT, volumesThatFit(A) - VOLUMES[solver]));

interface Settings {
  readonly seed: number;
  readonly solver: keyof typeof VOLUMES;
}

async function prepare(work: Workspace, { seed, solver }: Settings): Promise<Steps> {
  const { A, projections, weights, x, bounds } = work;
  const { backend } = A;
  const n = work.numbers<Record<string, number>>({
    t: 1,
    phase: START,
    epoch: 0,
    stage: 0,
    range: 0,
    subsets: work.parts.length,
    best: -1,
    unimproved: 0,
    least: 0,
    chosen: -1,
    consecutive: 0,
  });
  const state = n as typeof n & { t: number };
  const rays = splitRays(work, seed);
  const D = await curvatureOf(work, work.parts);
  const momentum = await createMomentum(work, state);
  const dual = solver === "fista-tv" ? await totalVariationDual(work) : undefined;
  const best = await work.stateVolume("best");
  const before = await work.stateVolume("before the best");
  const noise = neighborNoise(projections, weights);
  const floor = MODEL_ERROR_FLOOR * largest(projections.values, weights);
  const epochsOfStage = A.views.length <= FEW_VIEWS ? EPOCHS_OF_FEW_VIEWS : EPOCHS;
  const shelf = await createShelf(work, n, shelfPlaces(A, solver));

  const lambdaOf = (stage: number) => FIRST * FACTOR ** stage * n.range;
  const move = (lambda: number, count: number) => (g: DeviceVolume) => {
    const weight = lambda * D.median;
    if (dual) {
      gradientStep(momentum.z, g, D, count);
      proxTotalVariation(g, dual, INNER, { weight, curvature: D.volume, ...bounds });
    } else
      backend.run("surrogateStep", {
        ...{ out: g.array, at: momentum.z.array, curvature: D.volume.array, scale: count },
        ...{ weight, delta: 2e-3 * n.range, ...bounds },
      });
  };
  const epoch = async (parts: readonly Subset[], lambda: number) => {
    for (const part of parts) await momentum.step(part, move(lambda, parts.length));
    return momentum.ledger.close();
  };
  const goTo = (volume: DeviceVolume) => {
    backend.run("copy", { out: x.array, x: volume.array });
    momentum.restart();
  };

  return {
    async step() {
      if (n.phase === START) {
        const found = await plainEpoch(rays.kept(n.subsets), D, momentum, bounds, state);
        n.range = await rangeOf(x);
        n.phase = PATH;
        return found;
      }
      if (n.phase === POLISH) {
        const lambda = lambdaOf(n.chosen);
        const found = await epoch(work.split(Math.max(1, Math.floor(n.subsets / 2))), lambda);
        return { ...found, figures: { lambda }, finished: ++n.epoch === POLISHING };
      }
      const lambda = lambdaOf(n.stage);
      const found = await epoch(rays.kept(n.subsets), lambda);
      if (++n.epoch < epochsOfStage) return { ...found, figures: { lambda } };
      n.epoch = 0;
      const heldOut = await rays.heldOut(x);
      const finished = await closeStage(heldOut);
      return { ...found, figures: { lambda, heldOut }, finished };
    },
    used: () => ({
      lambda: n.chosen < 0 ? null : lambdaOf(n.chosen),
      range: n.range,
      noise,
      subsets: n.subsets,
      rule: n.chosen < 0 ? "ended before" : n.phase === POLISH ? "least held-out residual" : "model error",
      path: Array.from({ length: n.stage }, (_, stage) => ({ lambda: lambdaOf(stage), heldOut: n[`heldOut${stage}`] })),
    }),
    remedy: "check the scale of projections and start",
  };

  /** Takes note of a stage and decides what comes next; true: the run is done. */
  async function closeStage(heldOut: number): Promise<boolean> {
    if (n.best >= 0 && !(heldOut <= RUNAWAY * n.least) && n.subsets > 1) {
      n.subsets = Math.floor(n.subsets / 2);
      goTo(best);
      return false;
    }
    n[`heldOut${n.stage}`] = heldOut;
    n.unimproved = n.best < 0 || heldOut < (1 - FALL) * n.least ? 0 : n.unimproved + 1;
    if (n.best < 0 || heldOut < n.least) {
      if (n.best === n.stage - 1) backend.run("copy", { out: before.array, x: best.array });
      n.consecutive = n.best === n.stage - 1 ? 1 : 0;
      n.best = n.stage;
      n.least = heldOut;
      backend.run("copy", { out: best.array, x: x.array });
    }
    const limit = Math.max(MODEL_ERROR * noise, floor);
    const undecided = n.least > limit;
    if (undecided) await shelf.add(n.stage, x);
    shelf.keepIf((stage) => undecided && n[`heldOut${stage}`] <= AS_GOOD * n.least);
    n.stage++;
    if (n.unimproved < PATIENCE && lambdaOf(n.stage) >= LAST * n.range) return false;
    const early = shelf.oldest();
    if (early) {
      n.chosen = early.stage;
      goTo(early.volume);
      return true;
    }
    const [larger, smaller] = [n[`heldOut${n.best - 1}`], n[`heldOut${n.best + 1}`]];
    n.chosen = n.best + vertex(larger, n.least, smaller) + STAGE_OF_ALL_RAYS;
    // From the smoother side: noise comes in within a few epochs, but takes dozens to go.
    goTo(n.chosen < n.best && n.consecutive ? before : best);
    n.phase = POLISH;
    return false;
  }
}

/** Where the parabola through values at -1, 0 and 1, the middle one the least, is lowest; 0 without neighbors. */
function vertex(before: number | undefined, least: number, after: number | undefined): number {
  if (before === undefined || after === undefined) return 0;
  const bend = before - 2 * least + after;
  return bend > 0 ? (before - after) / (2 * bend) : 0;
}

/** The largest line integral of the rays that count. */
function largest(values: ArrayLike<number>, weights: ArrayLike<number> | undefined): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) if (weights?.[i] !== 0) most = Math.max(most, values[i]);
  return most;
}
