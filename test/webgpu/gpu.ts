import type { Backend } from "../../src/backend/backend.js";
import { openDevice } from "../../src/backend/webgpu/adapter.js";
import { always } from "../../src/backend/webgpu/adjointWays.js";
import { createBackendOn } from "../../src/backend/webgpu/backendOn.js";
import { createWebGpuBackend } from "../../src/backend/webgpu/index.js";
import { isTomogradError } from "../../src/core/errors.js";

/** Why there is no GPU to test on; undefined if there is one. Where one is promised, its absence is an error. */
export async function gpuMissing(): Promise<string | undefined> {
  try {
    await using _ = await createWebGpuBackend();
    return undefined;
  } catch (error) {
    if (process.env.TOMOGRAD_GPU === "promised" || !isTomogradError(error, "UNSUPPORTED_KERNEL")) throw error;
    return error.message;
  }
}

/** A backend whose device the test destroys. */
export async function mortalBackend(): Promise<{ readonly backend: Backend; readonly destroy: () => void }> {
  const { device, maxBindingBytes, adapter } = await openDevice();
  const about = `webgpu, 1 device: ${adapter}, to be lost`;
  const backend = createBackendOn({ device, maxBindingBytes, adjoint: always("scatter"), about });
  return { backend, destroy: () => device.destroy() };
}
