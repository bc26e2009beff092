import { fault, isTomogradError } from "../core/errors.js";
import type { Projector } from "../projector/types.js";
import type { Projections } from "../volume/grid.js";
import { fdk } from "./fdk.js";
import type { Outcome } from "./iterate.js";
import { misfit } from "./measurements.js";
import { createSweep, type SartOptions, type SartSettings, sartSettings } from "./ossart.js";
import { runMethod } from "./runMethod.js";
import { createTally, maximumOf, scalarsOf, squaresOf, workVolume } from "./sums.js";
import type { Run } from "./types.js";
import type { Workspace } from "./workspace.js";

/** What `asdPocs` may be told. */
export interface AsdPocsOptions extends SartOptions {
  /** Epochs. @default 10 */
  readonly iterations?: number;
  /** @default 0.9999 */
  readonly relaxationDecay?: number;
  /** First step along total variation as a share of the change by the first epoch of SART. @default 0.002 */
  readonly alpha?: number;
  /** Steps along total variation after each epoch. @default 20 */
  readonly steps?: number;
  /** The step shrinks where total variation moves the volume by more than this share of SART's change. @default 0.94 */
  readonly maximumRatio?: number;
  /** By which the step shrinks. @default 0.95 */
  readonly reduction?: number;
  /** |sqrt(W) (A x - p)| that the data allow. @default 0.15 of that of FDK */
  readonly epsilon?: number;
}

interface AsdPocsSettings extends SartSettings {
  readonly alpha: number;
  readonly steps: number;
  readonly maximumRatio: number;
  readonly reduction: number;
  /** null: from FDK. */
  readonly epsilon: number | null;
}

/** Share of the residual of FDK that is allowed. */
const FDK_SHARE = 0.15;
/** Smoothing of total variation over the largest voxel after the first epoch. */
const DELTA = 1e-4;
/** Where the two steps point against each other like this, the solution of the constrained problem is reached. */
const OPPOSED = -0.99;

/**
 * Adaptive steepest descent - projection onto convex sets: an epoch of SART, then `steps` steps along the gradient of
 * smoothed total variation, each as long as a length that adapts to SART's change. Each view is a subset of its own unless
 * `subsets` says otherwise. It comes near the volume of least total variation with |sqrt(W) (A x - p)| <= epsilon.
 * `value` of the history: half the weighted sum of squares of A x - p after the epoch of SART; `figures`: total variation
 * there, and the length of its steps.
 * Source: Sidky and Pan, Phys. Med. Biol. 53(17), 2008, in the form of TIGRE (Biguri et al., Biomed. Phys. Eng. Express 2,
 * 2016).
 * @throws SHAPE_MISMATCH, NOT_FINITE, INVALID_ARGUMENT (defect `no-epsilon` for trajectories that FDK refuses),
 *   INVALID_GEOMETRY (defect `volume-not-seen`), OUT_OF_MEMORY
 */
export const asdPocs = (A: Projector, projections: Projections, options: AsdPocsOptions = {}): Promise<Run> =>
  runMethod(
    {
      name: "asd-pocs",
      own: ["relaxation", "relaxationDecay", "alpha", "steps", "maximumRatio", "reduction", "epsilon"],
      iterations: 10,
      subsets: (views) => views,
      settle,
      prepare,
    },
    A,
    projections,
    options,
  );

/** @throws INVALID_ARGUMENT */
function settle(options: AsdPocsOptions): AsdPocsSettings {
  const { alpha = 0.002, steps = 20, maximumRatio = 0.94, reduction = 0.95, epsilon = null } = options;
  for (const [field, value, top] of [
    ["alpha", alpha, 1],
    ["maximumRatio", maximumRatio, 1],
    ["reduction", reduction, 1],
  ] as const)
    if (!(value > 0 && value <= top))
      throw fault("INVALID_ARGUMENT", `${field} must be above 0 and at most ${top}, not ${value}`, { field });
  if (epsilon !== null && !(epsilon >= 0 && Number.isFinite(epsilon)))
    throw fault("INVALID_ARGUMENT", `epsilon must be a finite number from 0, not ${epsilon}`, { field: "epsilon" });
  if (!Number.isInteger(steps) || steps < 0)
    throw fault("INVALID_ARGUMENT", `steps must be an integer from 0, not ${steps}`, { field: "steps" });
  const { relaxationDecay = 0.9999 } = options;
  return { ...sartSettings({ ...options, relaxationDecay }), alpha, steps, maximumRatio, reduction, epsilon };
}

async function prepare(work: Workspace, settings: AsdPocsSettings) {
  const { x, parts } = work;
  const { backend } = work.A;
  const { relaxation, relaxationDecay, alpha, steps, maximumRatio, reduction } = settings;
  const state = work.numbers({ epsilon: 0, length: 0, delta: 0 });
  if (!work.resumed) state.epsilon = settings.epsilon ?? FDK_SHARE * (await misfitOfFdk(work));
  const sweep = await createSweep(work);
  const bySart = workVolume(work, "change by SART");
  const byVariation = workVolume(work, "change by total variation");
  const gradient = workVolume(work, "gradient of total variation");
  const misfits = createTally(backend, work.own);
  const scalars = scalarsOf(work, ["alike", "variation"]);

  return {
    used: () => ({ epsilon: state.epsilon, delta: state.delta }),
    async step(iteration: number): Promise<Outcome> {
      backend.run("copy", { out: bySart.array, x: x.array });
      await sweep(relaxation * relaxationDecay ** iteration);
      for (const part of parts) {
        misfit(part, x);
        misfits.addSquares(part.image.array);
      }
      backend.run("axpby", { a: 1, x: x.array, b: -1, y: bySart.array });
      const [squares, movedSquared] = await Promise.all([misfits.take(), squaresOf(bySart.array)]);
      const moved = Math.sqrt(movedSquared);
      if (iteration === 0) {
        state.length = alpha * moved;
        state.delta = DELTA * ((await maximumOf(x.array)) || 1);
      }
      const { delta } = state;
      backend.run("totalVariation", { out: scalars.variation, x: x.array, delta });
      backend.run("copy", { out: byVariation.array, x: x.array });
      for (let i = 0; i < steps; i++) {
        backend.run("fill", { out: gradient.array, value: 0 });
        backend.run("totalVariationGradient", { out: gradient.array, x: x.array, delta, weight: 1 });
        const norm = Math.sqrt(await squaresOf(gradient.array));
        if (norm > 0) backend.run("axpby", { a: -state.length / norm, x: gradient.array, b: 1, y: x.array });
      }
      backend.run("axpby", { a: 1, x: x.array, b: -1, y: byVariation.array });
      backend.run("dot", { out: scalars.alike, x: bySart.array, y: byVariation.array });
      work.constrain(x);
      const [smoothedSquared, norm, [alike], [totalVariation]] = await Promise.all([
        squaresOf(byVariation.array),
        squaresOf(x.array),
        backend.download(scalars.alike),
        backend.download(scalars.variation),
      ]);
      const smoothed = Math.sqrt(smoothedSquared);
      const misfitNorm = Math.sqrt(squares);
      const length = state.length;
      if (smoothed > maximumRatio * moved && misfitNorm > state.epsilon) state.length *= reduction;
      return {
        value: squares / 2,
        residual: work.rms(squares),
        change: Math.sqrt(Math.max(0, movedSquared + smoothedSquared + 2 * alike) / (norm || 1)),
        figures: { totalVariation, length },
        finished: misfitNorm <= state.epsilon && alike < OPPOSED * moved * smoothed,
      };
    },
  };
}

/** |sqrt(W) (A x - p)| of filtered backprojection. */
async function misfitOfFdk(work: Workspace): Promise<number> {
  const { A, projections, parts } = work;
  const tally = createTally(A.backend, work.own);
  const run = await fdk(A, projections).catch((error: unknown) => {
    if (!isTomogradError(error, "INVALID_GEOMETRY") && !isTomogradError(error, "INVALID_ARGUMENT")) throw error;
    const message = `asdPocs needs epsilon here: its default comes from FDK, which refuses this scan (${error.message})`;
    throw fault("INVALID_ARGUMENT", message, { defect: "no-epsilon", field: "epsilon" }, error);
  });
  using volume = run.volume;
  for (const part of parts) {
    misfit(part, volume);
    tally.addSquares(part.image.array);
  }
  return Math.sqrt(await tally.take());
}
