import type { Backend } from "../backend/backend.js";
import { type BackendOptions, createBackend, createHostBackend } from "../backend/create.js";
import type { Warning } from "../core/errors.js";
import type { GeometryFile } from "../io/index.js";
import { isDeviceFailure, type Keep, withFallback } from "../reconstruction/withFallback.js";
import type { Progress } from "./progress.js";

/** What an operation has around it: where to talk, what to compute on, when to stop. */
export interface Session {
  /** A line for people, on stderr. */
  say(line: string): void;
  warn(warning: Warning): void;
  readonly progress: Progress;
  /** What was typed, or would have to be to get the same: `tomograd reconstruct scan.npy --out back.nii.gz`. */
  readonly command: string;
  /** The results go to stdout as JSON: a program asks, nobody looks. */
  readonly json: boolean;
  /** Fires at Ctrl-C. */
  readonly signal: AbortSignal;
  /** The backend of the run, created at the first call. */
  backend(): Promise<Backend>;
  /** See `LazyBackend.replace`. */
  replaceBackend(error: unknown): Promise<Backend | undefined>;
}

/** What an operation has done. */
export interface Outcome {
  /** Plain data: printed by --json, kept in the run file. */
  readonly results: Readonly<Record<string, unknown>>;
  /** Lines for people, on stdout, unless --json. */
  readonly summary: readonly string[];
  /** Files written, the main one first. */
  readonly outputs: readonly string[];
  readonly seed?: number;
  /** The geometry used, for the run file. */
  readonly geometry?: GeometryFile;
}

/** Options that choose the backend. */
export interface BackendChoice {
  readonly backend?: BackendOptions["prefer"];
  readonly threads?: number;
}

/** A backend made once, on demand. */
export interface LazyBackend {
  get(): Promise<Backend>;
  /** The backend if it was made. */
  used(): Promise<Backend | undefined>;
  /** What goes on where the GPU has failed, if `error` says so and nobody asked for that GPU by name. */
  replace(error: unknown): Promise<Backend | undefined>;
  close(): Promise<void>;
}

export function lazyBackend({ backend = "auto", threads }: BackendChoice): LazyBackend {
  let made: Promise<Backend> | undefined;
  const close = async () => {
    if (made) await (await made)[Symbol.asyncDispose]();
  };
  return {
    get() {
      made ??= createBackend({ prefer: backend, ...(threads && { threads }) });
      return made;
    },
    used: async () => made,
    async replace(error) {
      if (backend !== "auto" || !made || !isDeviceFailure(await made, error)) return undefined;
      await close();
      made = createHostBackend(error.message);
      return made;
    },
    close,
  };
}

/**
 * Does `work` on the backend of a session, and goes on with the next from the state kept last if its GPU fails; says so.
 * @throws what `work` throws, the failure too where the GPU was asked for by name
 */
export async function onBackend<T>(
  session: Pick<Session, "backend" | "replaceBackend" | "warn">,
  work: (backend: Backend, keep: Keep) => Promise<T>,
): Promise<T> {
  const { value } = await withFallback(await session.backend(), work, {
    fallback: async (error) => {
      const next = await session.replaceBackend(error);
      if (!next) throw error;
      return next;
    },
    onFallback: ({ error, backend, iteration }) => session.warn(gpuFailed(error, backend, iteration)),
  });
  return value;
}

/** The warning of a run that changed its backend. */
export const gpuFailed = ({ message }: Error, { name }: Backend, iteration = 0): Warning => ({
  defect: "gpu-failed",
  message: `${message}; ${name} goes on ${iteration > 0 ? `from iteration ${iteration}` : "from the start"}`,
});
