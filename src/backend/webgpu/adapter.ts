import { webGpu } from "#platform";
import { fault } from "../../core/errors.js";

/** A device, what it can bind, and what it is. */
export interface OpenDevice {
  readonly device: GPUDevice;
  /** Most bytes of one binding and of one buffer. */
  readonly maxBindingBytes: number;
  /** "nvidia lovelace", "google swiftshader, in software". */
  readonly adapter: string;
  /** Runs on the CPU. */
  readonly software: boolean;
}

const SOFTWARE = /swiftshader|llvmpipe|lavapipe|basic render/i;

/** Asks for the fastest adapter and a device with its limits. @throws UNSUPPORTED_KERNEL if there is none, and why */
export async function openDevice(): Promise<OpenDevice> {
  const gpu = await webGpu();
  if ("missing" in gpu) throw fault("UNSUPPORTED_KERNEL", `the webgpu backend cannot run here: ${gpu.missing}`);
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter)
    throw fault(
      "UNSUPPORTED_KERNEL",
      "the webgpu backend cannot run here: WebGPU finds no GPU; is its driver (Vulkan, Metal, Direct3D 12) installed?",
    );
  const { info, limits } = adapter;
  const { maxStorageBufferBindingSize, maxBufferSize } = limits;
  const device = await adapter.requestDevice({ requiredLimits: { maxStorageBufferBindingSize, maxBufferSize } });
  const names = [info.vendor, info.architecture || info.device, info.description].filter((name) => name);
  const software = info.isFallbackAdapter || names.some((name) => SOFTWARE.test(name));
  return {
    device,
    maxBindingBytes: Math.min(maxStorageBufferBindingSize, maxBufferSize),
    adapter: `${names.join(" ") || "a GPU without a name"}${software ? ", in software" : ""}`,
    software,
  };
}
