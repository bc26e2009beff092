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
