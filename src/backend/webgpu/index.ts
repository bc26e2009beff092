/** The backend for GPUs: kernels in WGSL through WebGPU, in the browser or in Node with the optional package webgpu. */
import { fault } from "../../core/errors.js";
import { refuseUnknownOptions } from "../../core/options.js";
import { describeValue } from "../../core/words.js";
import type { Backend } from "../backend.js";
import { openDevice } from "./adapter.js";
import { type AdjointWay, type AdjointWays, always, describeWays } from "./adjointWays.js";
import { createBackendOn } from "./backendOn.js";
import { measureAdjoints } from "./measureAdjoints.js";

export interface WebGpuBackendOptions {
  /** Larger arrays are cut into several buffers, bytes. @default what the device can bind */
  readonly maxBindingBytes?: number;
  /** Refuses a GPU that runs on the CPU, where `wasm` is faster. @default false */
  readonly hardwareOnly?: boolean;
  /**
   * How adjoints of views are computed: by a gather where it applies, or by a scatter. "auto": whichever is faster on this
   * GPU, measured once in a process for each model; on a GPU in software always the scatter. They differ in their last
   * bits, so that naming one gives the same bytes on every start. @default "auto"
   */
  readonly adjoint?: "auto" | AdjointWay;
}

/** Less would not hold the tables of one dispatch. */
const LEAST_BINDING = 4096;

/** By the name of the adapter: two backends of one process give the same bytes. */
const measured = new Map<string, Promise<AdjointWays>>();

function measuredOnce(adapter: string): Promise<AdjointWays> {
  const ways = measured.get(adapter) ?? measureAdjoints((adjoint) => createWebGpuBackend({ adjoint }));
  measured.set(adapter, ways);
  ways.catch(() => measured.delete(adapter));
  return ways;
}

async function waysOn(adapter: string, software: boolean, wanted: "auto" | AdjointWay): Promise<AdjointWays> {
  if (wanted !== "auto") return always(wanted);
  // without atomics of its own a processor does them as fast as additions, and branches slowly: docs/backends.md
  return software ? always("scatter") : measuredOnce(adapter);
}

/**
 * Starts the backend on the fastest adapter.
 * @throws UNSUPPORTED_KERNEL without WebGPU or without a GPU that suits, INVALID_ARGUMENT
 */
export async function createWebGpuBackend(options: WebGpuBackendOptions = {}): Promise<Backend> {
  refuseUnknownOptions("createWebGpuBackend", options, ["maxBindingBytes", "hardwareOnly", "adjoint"]);
  const { maxBindingBytes = Infinity, hardwareOnly = false, adjoint = "auto" } = options;
  if (!(typeof maxBindingBytes === "number" && maxBindingBytes >= LEAST_BINDING))
    throw fault(
      "INVALID_ARGUMENT",
      `maxBindingBytes must be a number of at least ${LEAST_BINDING}, not ${describeValue(maxBindingBytes)}`,
    );
  if (!["auto", "gather", "scatter"].includes(adjoint))
    throw fault("INVALID_ARGUMENT", `adjoint is 'auto', 'gather' or 'scatter', not '${adjoint}'`, { adjoint });
  const { device, adapter, software, ...opened } = await openDevice(hardwareOnly);
  const ways = await waysOn(adapter, software, adjoint).catch((error: unknown) => {
    device.destroy();
    throw error;
  });
  return createBackendOn({
    device,
    // whole numbers of 4 bytes
    maxBindingBytes: 4 * Math.floor(Math.min(maxBindingBytes, opened.maxBindingBytes) / 4),
    adjoint: ways,
    about: `webgpu, 1 device: ${adapter}; ${describeWays(ways)}`,
  });
}
