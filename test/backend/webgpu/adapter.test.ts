import { expect, test, vi } from "vitest";
import { openDevice } from "../../../src/backend/webgpu/adapter.js";

/** What the next adapter says of itself. */
let info: Partial<GPUAdapterInfo> = {};

vi.mock("#platform", async (original) => ({
  ...(await original<object>()),
  webGpu: async () => ({ requestAdapter: async () => ({ info, limits: {} }) }),
}));

const passedOver = async (next: typeof info) => {
  info = next;
  const error = await openDevice(true).catch((reason: unknown) => reason);
  return (error as { detail: { short: string } }).detail.short;
};

test("a GPU in software is passed over by its own name, not by its vendor's", async () => {
  const google = { vendor: "google", architecture: "swiftshader", device: "", description: "" };
  expect(await passedOver(google)).toBe("swiftshader is a GPU in software");
  expect(await passedOver({ ...google, description: "SwiftShader driver 5.0.0" })).toBe(
    "SwiftShader driver 5.0.0 is a GPU in software",
  );
  expect(await passedOver({ vendor: "mesa", architecture: "", device: "", description: "llvmpipe (LLVM 15)" })).toBe(
    "llvmpipe (LLVM 15) is a GPU in software",
  );
  expect(await passedOver({ isFallbackAdapter: true })).toBe("its only GPU is a GPU in software");
});
