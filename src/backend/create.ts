import { fault, isTomogradError } from "../core/errors.js";
import { refuseUnknownOptions } from "../core/options.js";
import type { Backend } from "./backend.js";
import { KERNEL_NAMES } from "./kernels.js";
import { createReferenceBackend } from "./reference/index.js";
import type { WebGpuBackendOptions } from "./webgpu/index.js";

/** What runs: see `Backend.name`. */
type Name = "webgpu" | "wasm" | "reference";

export interface BackendOptions extends Pick<WebGpuBackendOptions, "maxBindingBytes" | "adjoint"> {
  /**
   * "auto": `webgpu` on a GPU that has every kernel and is not made of software, else `wasm`, else `reference`;
   * `Backend.about` says which and why. In Node `webgpu` needs the optional package `webgpu`. @default "auto"
   */
  readonly prefer?: "auto" | Name;
  /** Threads of `wasm`; "auto" then leaves `webgpu` out. @default what the machine has; 1 where memory cannot be shared */
  readonly threads?: number;
}

/** One line of `listBackends`. */
export interface BackendReport {
  readonly name: Name;
  readonly available: boolean;
  /** `Backend.about`, or why it does not run here. */
  readonly about: string;
}

/** In the order of "auto". */
const NAMES: readonly Name[] = ["webgpu", "wasm", "reference"];

async function open(name: Name, threads?: number, gpu?: WebGpuBackendOptions): Promise<Backend> {
  if (name === "reference") return createReferenceBackend();
  if (name === "webgpu") {
    const { createWebGpuBackend } = await import("./webgpu/index.js");
    return createWebGpuBackend(gpu);
  }
  const { createWasmBackend } = await import("./wasm/index.js");
  return createWasmBackend({ threads });
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** The reason in few words where the error has them. */
const shortOf = (error: unknown) =>
  isTomogradError(error) && typeof error.detail.short === "string" ? error.detail.short : messageOf(error);

/** The backend of a GPU that is worth it. @throws what says why there is none */
async function openHardware(gpu: WebGpuBackendOptions): Promise<Backend> {
  const backend = await open("webgpu", undefined, { ...gpu, hardwareOnly: true });
  const lacking = KERNEL_NAMES.filter((kernel) => backend.unsupportedReason(kernel));
  if (lacking.length === 0) return backend;
  await backend[Symbol.asyncDispose]();
  throw fault("UNSUPPORTED_KERNEL", `it lacks the kernels ${lacking.join(", ")}`);
}

/** `about` of a backend with why none before it was taken. */
const withReason = (backend: Backend, why: string): Backend =>
  Object.defineProperty(backend, "about", { value: `${backend.about} (${why})`, enumerable: true });

/** The backend of this machine's processor: `wasm`, else `reference`; `passed` says why none before was taken. */
async function openHost(passed: readonly string[], threads?: number): Promise<Backend> {
  try {
    return withReason(await open("wasm", threads), passed.join("; "));
  } catch (error) {
    if (isTomogradError(error, "INVALID_ARGUMENT")) throw error;
    return createReferenceBackend([...passed, `not wasm: ${messageOf(error)}`].join("; "));
  }
}

async function openBest(threads: number | undefined, gpu: WebGpuBackendOptions): Promise<Backend> {
  if (threads !== undefined) return openHost(["not webgpu: threads are asked for"], threads);
  try {
    return withReason(await openHardware(gpu), "the fastest here");
  } catch (error) {
    if (isTomogradError(error, "INVALID_ARGUMENT")) throw error;
    return openHost([`not webgpu: ${shortOf(error)}`]);
  }
}

/** What goes on where a GPU has failed: `wasm`, else `reference`. `why`: for `about`. The caller disposes of it. */
export const createHostBackend = (why: string): Promise<Backend> => openHost([`not webgpu: ${why}`]);

/**
 * Starts a backend; its `about` says what runs and why. The caller disposes of it (`await using`).
 * @throws INVALID_ARGUMENT, UNSUPPORTED_KERNEL or BACKEND_FAULT (the preferred backend does not run here, and why)
 */
export async function createBackend(options: BackendOptions = {}): Promise<Backend> {
  refuseUnknownOptions("createBackend", options, ["prefer", "threads", "maxBindingBytes", "adjoint"]);
  const { prefer = "auto", threads, ...gpu } = options;
  if (prefer !== "auto" && !NAMES.includes(prefer))
    throw fault("INVALID_ARGUMENT", `prefer is 'auto', 'webgpu', 'wasm' or 'reference', not '${prefer}'`, { prefer });
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1))
    throw fault("INVALID_ARGUMENT", `threads is a whole number from 1, not ${threads}`, { threads });
  if (threads !== undefined && prefer === "webgpu")
    throw fault("INVALID_ARGUMENT", "threads belong to the wasm backend; webgpu runs on the GPU", { threads });
  const ofGpu = Object.entries(gpu).find(([, value]) => value !== undefined)?.[0];
  if (ofGpu && (threads !== undefined || prefer === "wasm" || prefer === "reference"))
    throw fault("INVALID_ARGUMENT", `${ofGpu} belongs to the webgpu backend: leave it out, or prefer 'webgpu'`, gpu);
  if (prefer === "reference") return createReferenceBackend("as asked");
  if (prefer === "auto") return openBest(threads, gpu);
  try {
    return await open(prefer, threads, gpu);
  } catch (error) {
    if (isTomogradError(error)) throw error;
    throw fault("BACKEND_FAULT", `the ${prefer} backend does not run here: ${messageOf(error)}`, { prefer }, error);
  }
}

/** Every backend in the order of "auto" (which leaves GPUs in software out); each is started and closed again. */
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
