import type { Backend } from "../backend/backend.js";
import { type BackendOptions, createBackend } from "../backend/create.js";
import type { Warning } from "../core/errors.js";
import type { GeometryFile } from "../io/index.js";
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
  close(): Promise<void>;
}

export function lazyBackend(choice: BackendChoice): LazyBackend {
  let made: Promise<Backend> | undefined;
  return {
    get() {
      made ??= createBackend({ prefer: choice.backend ?? "auto", ...(choice.threads && { threads: choice.threads }) });
      return made;
    },
    used: async () => made,
    async close() {
      if (made) await (await made)[Symbol.asyncDispose]();
    },
  };
}
