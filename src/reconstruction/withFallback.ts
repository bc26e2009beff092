/** Runs that outlive their GPU: the state is kept in the host's memory now and then, and another backend goes on from it. */
import type { Backend } from "../backend/backend.js";
import { createHostBackend } from "../backend/create.js";
import { isTomogradError, type TomogradError } from "../core/errors.js";
import { type Checkpoint, holdCheckpoint, type LiveCheckpoint, movedCheckpoint } from "./checkpoint.js";
import type { RunOptions } from "./types.js";

/** A backend that has failed, and the one that goes on. */
export interface FallbackEvent {
  /** DEVICE_LOST or OUT_OF_MEMORY. */
  readonly error: TomogradError;
  /** What goes on. */
  readonly backend: Backend;
  /** Iterations done that are kept; 0: it begins anew. */
  readonly iteration: number;
}

export interface FallbackOptions {
  /** Makes what goes on, after `error`. @default `wasm`, else `reference` */
  readonly fallback?: (error: TomogradError) => Promise<Backend>;
  /** Told when another backend goes on. */
  readonly onFallback?: (event: FallbackEvent) => void;
  /** The state is kept after so many passes over all views, or so many seconds, whichever comes first. @default 5 */
  readonly keepEpochs?: number;
  /** s; see `keepEpochs`. @default 30 */
  readonly keepSeconds?: number;
}

/** Options of a method, with what keeps its state and continues it. */
export type Keep = <O extends RunOptions & { readonly subsets?: number }>(options: O) => O;

/** Keeping takes at most this share of the time. */
const MOST_KEEPING = 0.05;

/**
 * Does `work` on `backend`. If its device is lost or out of memory, the work is done again on another backend, from the
 * state that was kept last: give the options of an iterative method through `keep`. `work` makes projector and method
 * anew; what it returns lies on the backend that is returned, which the caller disposes of if it is not the one given.
 *
 *     const { value, backend: last } = await withFallback(backend, async (backend, keep) => {
 *       using A = createProjector({ backend, grid, detector, views });
 *       using volume = (await ossart(A, projections, keep({ iterations: 50 }))).volume;
 *       return toHost(volume);
 *     });
 *
 * @throws what `work` throws, but for DEVICE_LOST and OUT_OF_MEMORY of `webgpu`
 */
export async function withFallback<T>(
  backend: Backend,
  work: (backend: Backend, keep: Keep) => Promise<T>,
  options: FallbackOptions = {},
): Promise<{ readonly value: T; readonly backend: Backend }> {
  let kept: Checkpoint | LiveCheckpoint | undefined;
  const keep: Keep = (own) =>
    keeping(own, options, (state) => {
      kept = state;
    });
  try {
    return { value: await work(backend, keep), backend };
  } catch (error) {
    if (!isDeviceFailure(backend, error)) throw error;
    const next = await (options.fallback ?? (({ message }) => createHostBackend(message)))(error);
    options.onFallback?.({ error, backend: next, iteration: kept?.iteration ?? 0 });
    const resume = kept && movedCheckpoint(kept);
    const value = await work(next, (own) => (resume ? { ...own, resume } : own));
    return { value, backend: next };
  }
}

/** True if another backend may do what this one could not. */
export const isDeviceFailure = (backend: Backend, error: unknown): error is TomogradError =>
  backend.name === "webgpu" && (isTomogradError(error, "DEVICE_LOST") || isTomogradError(error, "OUT_OF_MEMORY"));

/** `own` with a callback that keeps the state where it is time, and calls the caller's own where that is due. */
function keeping<O extends RunOptions & { readonly subsets?: number }>(
  own: O,
  { keepEpochs = 5, keepSeconds = 30 }: FallbackOptions,
  hold: (state: Checkpoint | LiveCheckpoint) => void,
): O {
  if (own.resume) hold(own.resume);
  // the iterations of `fit` are steps on one subset; those of other methods are epochs
  const iterations = (method: string) => keepEpochs * (method === "fit" ? (own.subsets ?? 1) : 1);
  let [last, since, cost] = [own.resume?.iteration ?? 0, performance.now(), 0];
  const onCheckpoint = async (state: LiveCheckpoint) => {
    const seconds = (performance.now() - since) / 1000;
    const due = state.iteration - last >= iterations(state.method) || seconds >= keepSeconds;
    if (due && seconds * MOST_KEEPING >= cost) {
      const started = performance.now();
      hold(await holdCheckpoint(state));
      [last, since] = [state.iteration, performance.now()];
      cost = (since - started) / 1000;
    }
    if (own.signal?.aborted || (own.checkpointEvery && state.iteration % own.checkpointEvery === 0))
      await own.onCheckpoint?.(state);
  };
  return { ...own, onCheckpoint, checkpointEvery: 1 };
}
