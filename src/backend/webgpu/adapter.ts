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

/** Refuses with what would help; `short`: why, in a few words. */
const refusal = (why: string, short: string) =>
  fault("UNSUPPORTED_KERNEL", `the webgpu backend cannot run here: ${why}; the wasm backend runs without`, { short });

/**
 * Asks for the fastest adapter and a device with its limits. `hardwareOnly`: not for one that runs on the CPU.
 * @throws UNSUPPORTED_KERNEL if there is none, and why
 */
export async function openDevice(hardwareOnly = false): Promise<OpenDevice> {
  const gpu = await webGpu();
  if ("missing" in gpu) throw refusal(gpu.missing, gpu.short);
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter)
    throw refusal(
      "WebGPU finds no GPU: install or update its driver (Vulkan on Linux, Direct3D 12, Metal)",
      "no GPU found",
    );
  const { info, limits } = adapter;
  // the last one says most
  const names = [info.vendor, info.architecture || info.device, info.description].filter((name) => name);
  const software = info.isFallbackAdapter || names.some((name) => SOFTWARE.test(name));
  const name = `${names.join(" ") || "a GPU without a name"}${software ? ", in software" : ""}`;
  if (software && hardwareOnly)
    throw refusal(`its only GPU is ${name}`, `${names.at(-1) ?? "its only GPU"} is a GPU in software`);
  const { maxStorageBufferBindingSize, maxBufferSize } = limits;
  const device = await adapter.requestDevice({ requiredLimits: { maxStorageBufferBindingSize, maxBufferSize } });
  return {
    device,
    maxBindingBytes: Math.min(maxStorageBufferBindingSize, maxBufferSize),
    adapter: name,
    software,
  };
}
