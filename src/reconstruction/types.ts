import type { Warning } from "../core/errors.js";
import type { DeviceVolume, Projector } from "../projector/types.js";
import type { Projections } from "../volume/grid.js";

/** One step of a method, as it is recorded. */
export interface Iteration {
  /** From 0. */
  readonly iteration: number;
  /** The objective before the step. */
  readonly value: number;
  /** Since the start of the run (a resumed run counts on). */
  readonly seconds: number;
}

/** What every iterative method may be told. */
export interface RunOptions {
  readonly iterations?: number;
  /** Stops the run after the step in progress; the run so far is returned (`stopped: "aborted"`). */
  readonly signal?: AbortSignal;
}

/** What a method returns. The volume belongs to the caller. */
export interface Run {
  readonly volume: DeviceVolume;
  readonly history: readonly Iteration[];
  readonly stopped: "iterations" | "tolerance" | "callback" | "aborted";
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
