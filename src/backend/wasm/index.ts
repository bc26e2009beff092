/** The fast backend for CPUs: kernels in WebAssembly with SIMD, on as many threads as there are, float32 volumes. */
import { hardwareThreads, sharedMemoryAvailable } from "#platform";
import { fault } from "../../core/errors.js";
import { refuseUnknownOptions } from "../../core/options.js";
import type { Backend } from "../backend.js";
import { createBackendOn } from "./backendOn.js";
import { createHeap } from "./heap.js";
import { compileKernels, wasmUnavailable } from "./modules.js";
import { createPool } from "./pool.js";
import { createImmediateRunner } from "./runner.js";

export { wasmUnavailable } from "./modules.js";

export interface WasmBackendOptions {
  /** 1: work runs at the call, on the calling thread. @default hardware threads, at most 16 */
  readonly threads?: number;
  /** Use the module without shared memory, on one thread, as where SharedArrayBuffer is missing. @default false */
  readonly forceSingleThread?: boolean;
  /** Most memory that arrays may take, bytes. @default 4 GiB, the most that WebAssembly addresses */
  readonly maximumBytes?: number;
}

const MOST_THREADS = 64;
const DEFAULT_MOST_THREADS = 16;
const FOUR_GIB = 2 ** 32;
const PAGE = 65536;

/**
 * Starts the backend. One thread where threads cannot share memory or cannot be started; `about` says why.
 * @throws UNSUPPORTED_KERNEL without WebAssembly SIMD, INVALID_ARGUMENT
 */
export async function createWasmBackend(options: WasmBackendOptions = {}): Promise<Backend> {
  refuseUnknownOptions("createWasmBackend", options, ["threads", "forceSingleThread", "maximumBytes"]);
  const { forceSingleThread = false, maximumBytes = FOUR_GIB } = options;
  const threads = options.threads ?? Math.min(hardwareThreads(), DEFAULT_MOST_THREADS);
  if (!(Number.isInteger(threads) && threads >= 1 && threads <= MOST_THREADS))
    throw fault("INVALID_ARGUMENT", `threads must be a whole number from 1 to ${MOST_THREADS}, not ${threads}`);
  if (!(typeof maximumBytes === "number" && maximumBytes >= 16 * PAGE && maximumBytes <= FOUR_GIB))
    throw fault("INVALID_ARGUMENT", `maximumBytes must be from ${16 * PAGE} to ${FOUR_GIB}, not ${maximumBytes}`);
  const unavailable = wasmUnavailable();
  if (unavailable) throw fault("UNSUPPORTED_KERNEL", `the wasm backend cannot run here: ${unavailable}`);

  let oneThread: string | undefined;
  if (forceSingleThread) oneThread = "asked to do without shared memory";
  else if (!sharedMemoryAvailable()) oneThread = "SharedArrayBuffer is missing";
  else if (threads === 1) oneThread = options.threads === 1 ? "as asked" : "the machine has one";
  else
    try {
      return await startThreaded(threads, maximumBytes);
    } catch (error) {
      oneThread = `threads cannot be started (${error instanceof Error ? error.message : error})`;
    }
  const heap = createHeap({ shared: false, maximumBytes });
  const runner = createImmediateRunner(await compileKernels("plain"), heap);
  return createBackendOn({ heap, runner, maximumBytes, about: `wasm, 1 thread: ${oneThread}` }).backend;
}

async function startThreaded(threads: number, maximumBytes: number): Promise<Backend> {
  const heap = createHeap({ shared: true, maximumBytes });
  let lose = (_cause: Error) => {};
  const runner = await createPool({
    module: await compileKernels("threaded"),
    heap,
    threads,
    onLost: (cause) => lose(cause),
  });
  const about = `wasm, ${threads} threads: WebAssembly SIMD, shared memory`;
  const created = createBackendOn({ heap, runner, maximumBytes, about });
  lose = created.lose;
  return created.backend;
}
