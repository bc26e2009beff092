import { fault, isTomogradError } from "../core/errors.js";
import { refuseUnknownOptions } from "../core/options.js";
import type { Backend } from "./backend.js";
import { createReferenceBackend } from "./reference/index.js";

export interface BackendOptions {
  /**
   * "auto": `wasm` where it works, else `reference`. `webgpu` runs only when asked for (it has been run
   * on a GPU in software only); in Node it needs the optional package `webgpu`. @default "auto"
   */
  readonly prefer?: "auto" | "wasm" | "reference" | "webgpu";
  /** Threads of `wasm`. @default what the machine has; 1 where memory cannot be shared */
  readonly threads?: number;
}

/** One line of `listBackends`. */
export interface BackendReport {
  readonly name: "wasm" | "reference" | "webgpu";
  readonly available: boolean;
  /** `Backend.about`, or why it does not run here. */
  readonly about: string;
}

const NAMES = ["wasm", "reference", "webgpu"] as const;

async function open(name: (typeof NAMES)[number], threads?: number): Promise<Backend> {
  if (name === "reference") return createReferenceBackend();
  if (name === "webgpu") {
    const { createWebGpuBackend } = await import("./webgpu/index.js");
    return createWebGpuBackend();
  }
  const { createWasmBackend } = await import("./wasm/index.js");
  return createWasmBackend({ threads });
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/**
 * Starts a backend; its `about` says what runs and why. The caller disposes of it (`await using`).
 * @throws INVALID_ARGUMENT, BACKEND_FAULT (the preferred backend does not run here, and why)
 */
export async function createBackend(options: BackendOptions = {}): Promise<Backend> {
  refuseUnknownOptions("createBackend", options, ["prefer", "threads"]);
  const { prefer = "auto", threads } = options;
  if (prefer !== "auto" && !NAMES.includes(prefer))
    throw fault("INVALID_ARGUMENT", `prefer is 'auto', 'wasm', 'reference' or 'webgpu', not '${prefer}'`, { prefer });
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1))
    throw fault("INVALID_ARGUMENT", `threads is a whole number from 1, not ${threads}`, { threads });
  if (prefer === "reference") return createReferenceBackend("as asked");
  try {
    return await open(prefer === "webgpu" ? "webgpu" : "wasm", threads);
  } catch (error) {
    if (isTomogradError(error, "INVALID_ARGUMENT")) throw error;
    if (prefer === "auto") return createReferenceBackend(`wasm does not run here: ${messageOf(error)}`);
    if (isTomogradError(error)) throw error;
    throw fault("BACKEND_FAULT", `the ${prefer} backend does not run here: ${messageOf(error)}`, { prefer }, error);
  }
}

/** Every backend: those that "auto" takes in their order, then those to be asked for; each is started and closed again. */
export async function listBackends(): Promise<readonly BackendReport[]> {
  const reports: BackendReport[] = [];
  for (const name of NAMES) {
    try {
      await using backend = await open(name);
      reports.push({ name, available: true, about: backend.about });
    } catch (error) {
      reports.push({ name, available: false, about: messageOf(error) });
    }
  }
  return reports;
}
