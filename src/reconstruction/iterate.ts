import type { DeviceArray } from "../backend/backend.js";
import { fault } from "../core/errors.js";
import { toHost } from "../projector/arrays.js";
import type { DeviceVolume } from "../projector/types.js";
import type { Projections } from "../volume/grid.js";
import { type LiveCheckpoint, liveArray } from "./checkpoint.js";
import type { Iteration, RunOptions, Stopped } from "./types.js";

/** What an iteration found; see `Iteration`. */
export interface Outcome extends Omit<Iteration, "iteration" | "seconds"> {
  /** The method has nothing left to do. */
  readonly finished?: boolean;
}

/** A method that is ready to run: its whole state, and one iteration of it. */
export interface Method {
  readonly name: string;
  /** The reconstruction; changed in place. */
  readonly volume: DeviceVolume;
  /** Arrays beside the volume that the next iteration depends on, by name. */
  readonly arrays: Readonly<Record<string, DeviceArray>>;
  /** Numbers that the next iteration depends on, beside its own number. */
  numbers(): Record<string, number>;
  /** Runs iteration `iteration` (from 0). */
  step(iteration: number): Promise<Outcome>;
  /** See `Progress.image`. */
  image(): Promise<Projections>;
  /** What to do if the objective is no longer finite. */
  readonly remedy: string;
}

/** What steers the loop. */
export interface LoopOptions extends RunOptions {
  readonly iterations: number;
  /** Ends the run where `change` is smaller; 0: never. @default 0 */
  readonly tolerance?: number;
  /** Ends the run where the residual is at most 1.02 times this standard deviation of the line integrals. @default never */
  readonly noise?: number;
}

/** Residual over noise at which the data ask for no more (Morozov's discrepancy principle, with 2 % to spare). */
const DISCREPANCY = 1.02;

/**
 * The loop of every iterative method: history, progress, stopping, checkpoints, resumption and abort.
 * @throws NOT_FINITE (defect `diverged`), INVALID_ARGUMENT; what the callbacks throw passes through
 */
export async function iterate(
  method: Method,
  options: LoopOptions,
  fingerprint: string,
): Promise<{ history: readonly Iteration[]; stopped: Stopped }> {
  const { iterations, checkpointEvery } = options;
  checkCount("iterations", iterations);
  if (checkpointEvery !== undefined) checkCount("checkpointEvery", checkpointEvery);
  const history: Iteration[] = [...(options.resume?.history ?? [])];
  const started = performance.now() - 1000 * (history.at(-1)?.seconds ?? 0);
  const checkpoint = (done: number) => options.onCheckpoint?.(checkpointOf(method, done, history, fingerprint));
  for (let iteration = options.resume?.iteration ?? 0; iteration < iterations; iteration++) {
    if (options.signal?.aborted) {
      await checkpoint(iteration);
      return { history, stopped: "aborted" };
    }
    const { finished, ...outcome } = await method.step(iteration);
    if (!Number.isFinite(outcome.value)) throw diverged(outcome.value, iteration, method);
    const record = { iteration, ...outcome, seconds: (performance.now() - started) / 1000 };
    history.push(record);
    const answer = await options.onIteration?.({
      ...record,
      iterations,
      image: () => method.image(),
      volume: () => toHost(method.volume),
    });
    const done = iteration + 1;
    if (checkpointEvery && done % checkpointEvery === 0) await checkpoint(done);
    if (answer === "stop") return { history, stopped: "callback" };
    if (finished) return { history, stopped: "tolerance" };
    const stopped = atRest(outcome, options);
    if (stopped) return { history, stopped };
  }
  return { history, stopped: "iterations" };
}

function atRest({ change, residual }: Outcome, { tolerance = 0, noise }: LoopOptions): Stopped | undefined {
  if (change !== undefined && change < tolerance) return "tolerance";
  if (noise !== undefined && residual !== undefined && residual <= DISCREPANCY * noise) return "discrepancy";
  return undefined;
}

function checkpointOf(method: Method, done: number, history: readonly Iteration[], print: string): LiveCheckpoint {
  const arrays = { volume: method.volume.array, ...method.arrays };
  return {
    format: "tomograd-checkpoint/1",
    method: method.name,
    iteration: done,
    arrays: Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, liveArray(array)])),
    numbers: method.numbers(),
    history: [...history],
    fingerprint: print,
  };
}

const diverged = (value: number, iteration: number, { name, remedy }: Method) =>
  fault("NOT_FINITE", `the objective of ${name} became ${value} at iteration ${iteration}: ${remedy}`, {
    defect: "diverged",
    iteration,
  });

function checkCount(field: string, count: number): void {
  if (!Number.isInteger(count) || count < 1)
    throw fault("INVALID_ARGUMENT", `${field} must be a positive integer, not ${count}`, { field });
}
