/** The backend for GPUs: kernels in WGSL through WebGPU, in the browser or in Node with the optional package webgpu. */
import { fault } from "../../core/errors.js";
import { refuseUnknownOptions } from "../../core/options.js";
import type { Backend } from "../backend.js";
import { openDevice } from "./adapter.js";
import { createBackendOn } from "./backendOn.js";

export interface WebGpuBackendOptions {
  /** Larger arrays are cut into several buffers, bytes. @default what the device can bind */
  readonly maxBindingBytes?: number;
  /** Refuses a GPU that runs on the CPU, where `wasm` is faster. @default false */
  readonly hardwareOnly?: boolean;
}

/** Less would not hold the tables of one dispatch. */
const LEAST_BINDING = 4096;

/**
 * Starts the backend on the fastest adapter.
 * @throws UNSUPPORTED_KERNEL without WebGPU or without a GPU that suits, INVALID_ARGUMENT
 */
export async function createWebGpuBackend(options: WebGpuBackendOptions = {}): Promise<Backend> {
  refuseUnknownOptions("createWebGpuBackend", options, ["maxBindingBytes", "hardwareOnly"]);
  const { maxBindingBytes = Infinity, hardwareOnly = false } = options;
  if (!(maxBindingBytes >= LEAST_BINDING))
    throw fault("INVALID_ARGUMENT", `maxBindingBytes must be at least ${LEAST_BINDING}, not ${maxBindingBytes}`);
  const { device, adapter, ...opened } = await openDevice(hardwareOnly);
  return createBackendOn({
    device,
    // whole numbers of 4 bytes
    maxBindingBytes: 4 * Math.floor(Math.min(maxBindingBytes, opened.maxBindingBytes) / 4),
    about: `webgpu, 1 device: ${adapter}`,
  });
}
