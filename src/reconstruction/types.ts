import type { Warning } from "../core/errors.js";
import type { DeviceVolume, Projector } from "../projector/types.js";
import type { Projections, Volume } from "../volume/grid.js";
import type { Checkpoint, LiveCheckpoint } from "./checkpoint.js";

/** One iteration of a method, as it is recorded. */
export interface Iteration {
  /** From 0. */
  readonly iteration: number;
  /** The objective, where the iteration comes upon it: each method says whether before or after its update. */
  readonly value: number;
  /** Since the start of the run (a resumed run counts on). */
  readonly seconds: number;
  /** Weighted root mean square of A x - p over the rays, at the same place as `value`. */
  readonly residual?: number;
  /** |x_k - x_(k-1)| / |x_k|; with subsets the sum of their changes, which is no smaller. */
  readonly change?: number;
  /** What the method adds of its own, by name. */
  readonly figures?: Readonly<Record<string, number>>;
}

/** An iteration as it is shown while the run goes on; its functions work until the callback's promise is settled. */
export interface Progress extends Iteration {
  readonly iterations: number;
  /** Images of a subset of the views: those that `fit` predicted before its step, those of the volume in other methods. */
  image(): Promise<Projections>;
  /** The volume after the iteration. */
  volume(): Promise<Volume>;
}

/** What every iterative method may be told. */
export interface RunOptions {
  /** Limit of iterations, those before a resumption included. */
  readonly iterations?: number;
  /** Stops the run after the iteration in progress; the run so far is returned (`stopped: "aborted"`). */
  readonly signal?: AbortSignal;
  /** Called after every iteration; "stop" ends the run. */
  // biome-ignore lint/suspicious/noConfusingVoidType: a callback that returns nothing goes on
  readonly onIteration?: (progress: Progress) => "stop" | undefined | void | Promise<"stop" | undefined | void>;
  /** Called with the state every `checkpointEvery` iterations and when the run is aborted. */
  readonly onCheckpoint?: (checkpoint: LiveCheckpoint) => void | Promise<void>;
  /** @default never (only on abort) */
  readonly checkpointEvery?: number;
  /** Continue a run: the same bits as if it had not been interrupted. */
  readonly resume?: Checkpoint | LiveCheckpoint;
}

/** Why a run ended; "tolerance": the volume no longer changes; "discrepancy": the residual is as small as the noise. */
export type Stopped = "iterations" | "tolerance" | "discrepancy" | "callback" | "aborted";

/** What a method returns. The volume belongs to the caller. */
export interface Run {
  readonly volume: DeviceVolume;
  readonly history: readonly Iteration[];
  readonly stopped: Stopped;
  readonly warnings: readonly Warning[];
  /** Every option as it was used, defaults and estimates filled in: plain data for the report. */
  readonly used: Readonly<Record<string, unknown>>;
}

/** A reconstruction method: the operator of all views, and their line integrals. */
export type Reconstruct<O extends RunOptions = RunOptions> = (
  A: Projector,
  projections: Projections,
  options?: O,
) => Promise<Run>;
