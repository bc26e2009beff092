import type { Missing } from "./types.js";

/**
 * Why Dawn (the package webgpu) would find no Vulkan on this system; undefined where it may. Asked first, since Dawn
 * writes to stderr where the loader is missing. Opening a library that is no add-on of Node fails, but says how far it came.
 */
export function vulkanMissing(): Missing | undefined {
  if (process.platform !== "linux" || typeof process.dlopen !== "function") return undefined;
  try {
    process.dlopen({ exports: {} }, "libvulkan.so.1");
  } catch (error) {
    if (/libvulkan\.so\.1: cannot open/.test(String(error)))
      return {
        missing:
          "the Vulkan loader libvulkan.so.1 is missing: install it (Debian, Ubuntu: apt install libvulkan1) and the driver of the GPU",
        short: "no Vulkan loader, libvulkan.so.1",
      };
  }
  return undefined;
}
