/** What `osSqs` and `fistaTv` share: epochs, their objective, estimates, and what happens if momentum runs away. */
import { fault } from "../core/errors.js";
import type { DeviceVolume } from "../projector/types.js";
import type { TotalVariationDual } from "../regularizer/totalVariationProx.js";
import { type Curvature, rangeOf } from "./curvature.js";
import type { Outcome } from "./iterate.js";
import type { Subset } from "./measurements.js";
import type { Momentum } from "./momentum.js";
import type { Steps } from "./runMethod.js";
import { workVolume } from "./sums.js";
import type { Workspace } from "./workspace.js";

/** Weights that may be estimated, in the unit of the volume. */
type Tuned = Readonly<Record<string, number>>;

interface Penalized<T extends Tuned> {
  /** The state: momentum's t; range of the volume (0: not asked for); subsets now; smallest residual so far (0: none). */
  readonly numbers: { t: number; range: number; subsets: number; least: number };
  readonly D: Curvature;
  readonly momentum: Momentum;
  /** Whether a first epoch without penalty is needed to learn the range of the volume. */
  readonly needsRange: boolean;
  readonly tuned: () => T;
  /** The penalty of a volume. */
  readonly penalty: (x: DeviceVolume, tuned: T) => Promise<number>;
  /** Turns the volume that holds A_mᵀW(A_m z - p_m) into x'; `scale` = M. */
  readonly move: (gradient: DeviceVolume, scale: number, tuned: T) => void | Promise<void>;
}

/** Growth of the residual over its smallest so far that counts as running away. */
export const RUNAWAY = 1.5;

/** The epochs of a penalized method. */
export async function createPenalized<T extends Tuned>(work: Workspace, parts: Penalized<T>): Promise<Steps> {
  const { numbers, D, momentum } = parts;
  if (parts.needsRange && !work.resumed) {
    await plainEpoch(work.parts, D, momentum, work.bounds, numbers);
    numbers.range = await rangeOf(work.x);
  }
  const tuned = parts.tuned();
  return {
    async step() {
      const price = parts.penalty(momentum.z, tuned);
      const subsets = work.split(numbers.subsets);
      for (const part of subsets) await momentum.step(part, (g) => parts.move(g, subsets.length, tuned));
      const found = await momentum.ledger.close();
      const { residual = 0 } = found;
      if (numbers.least > 0 && residual > RUNAWAY * numbers.least && numbers.subsets > 1) {
        numbers.subsets = Math.floor(numbers.subsets / 2);
        momentum.restart();
      }
      if (numbers.least === 0 || residual < numbers.least) numbers.least = residual;
      return { ...found, value: found.value + (await price) };
    },
    used: () => ({ ...tuned, subsets: numbers.subsets }),
    remedy: "give fewer subsets",
  };
}

/** g <- z - scale g / D, unbounded. */
export function gradientStep(z: DeviceVolume, g: DeviceVolume, D: Curvature, scale: number, bounds = UNBOUNDED): void {
  z.array.backend.run("surrogateStep", {
    ...{ out: g.array, at: z.array, curvature: D.volume.array, scale, weight: 0, delta: 1, ...bounds },
  });
}
const UNBOUNDED = { lower: -Infinity, upper: Infinity };

/** An epoch of least squares alone, without momentum: a start for every trajectory, and a measure of the range. */
export async function plainEpoch(
  parts: readonly Subset[],
  D: Curvature,
  momentum: Momentum,
  bounds: Workspace["bounds"],
  numbers: { t: number },
): Promise<Outcome> {
  for (const part of parts) {
    numbers.t = 1;
    await momentum.step(part, (g) => gradientStep(momentum.z, g, D, parts.length, bounds));
  }
  momentum.restart();
  return momentum.ledger.close();
}

/** The dual of total variation as part of the state. */
export async function totalVariationDual(work: Workspace): Promise<TotalVariationDual> {
  const [qx, qy, qz] = [await work.stateVolume("qx"), await work.stateVolume("qy"), await work.stateVolume("qz")].map(
    ({ array }) => array,
  );
  const [rx, ry, rz] = ["rx", "ry", "rz"].map((name) => workVolume(work, name).array);
  if (work.resumed)
    for (const [out, x] of [
      [rx, qx],
      [ry, qy],
      [rz, qz],
    ])
      work.A.backend.run("copy", { out, x });
  return { qx, qy, qz, rx, ry, rz };
}

/** @throws INVALID_ARGUMENT */
export function checkLambda(lambda: number | undefined, prior: object | undefined): void {
  if (lambda === undefined) return;
  if (prior)
    throw fault("INVALID_ARGUMENT", "a prior holds its own weight: leave out lambda", {
      defect: "contradictory-options",
      field: "lambda",
    });
  if (!(lambda >= 0 && Number.isFinite(lambda)))
    throw fault("INVALID_ARGUMENT", `lambda must be a finite number from 0, not ${lambda}`, { field: "lambda" });
}
