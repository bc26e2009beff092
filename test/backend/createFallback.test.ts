import { expect, test, vi } from "vitest";
import type { Backend } from "../../src/backend/backend.js";
import { createBackend, listBackends } from "../../src/backend/create.js";
import { fault, isTomogradError } from "../../src/core/errors.js";

/** What the next adapter is. */
let gpu: "hardware" | "software" | "hardware without filterRows" = "software";

vi.mock("../../src/backend/webgpu/index.js", () => ({
  createWebGpuBackend: async ({ hardwareOnly = false } = {}) => {
    if (gpu === "software" && hardwareOnly) throw fault("UNSUPPORTED_KERNEL", "long", { short: "a GPU in software" });
    const reason = (kernel: string) => (gpu.endsWith(`without ${kernel}`) ? "not written" : undefined);
    return {
      ...{ name: "webgpu", about: "webgpu, 1 device: acme", unsupportedReason: reason },
      [Symbol.asyncDispose]: async () => {},
    } as Pick<Backend, "name" | "about" | "unsupportedReason"> & AsyncDisposable;
  },
}));

vi.mock("../../src/backend/wasm/index.js", () => ({
  createWasmBackend: async () => {
    throw new Error("this machine has no SIMD");
  },
}));

test("a GPU in hardware that has every kernel is taken first, and said to be the fastest", async () => {
  gpu = "hardware";
  await using backend = await createBackend();
  expect(backend.about).toBe("webgpu, 1 device: acme (the fastest here)");
});

test("a GPU that lacks a kernel, or is made of software, is passed over and why", async () => {
  gpu = "hardware without filterRows";
  await using without = await createBackend();
  expect(without.name).toBe("reference");
  expect(without.about).toContain("not webgpu: it lacks the kernels filterRows; not wasm: this machine has no SIMD");
  gpu = "software";
  await using slow = await createBackend();
  expect(slow.about).toContain("not webgpu: a GPU in software; not wasm");
});

test("a GPU in software is taken when it is asked for", async () => {
  gpu = "software";
  await using backend = await createBackend({ prefer: "webgpu" });
  expect(backend.about).toBe("webgpu, 1 device: acme");
});

test("a preferred backend that does not run is an error that says why", async () => {
  const error = await createBackend({ prefer: "wasm" }).catch((reason: unknown) => reason);
  expect(isTomogradError(error, "BACKEND_FAULT")).toBe(true);
  expect(String(error)).toContain("this machine has no SIMD");
});

test("the list of backends says which does not run and why", async () => {
  const [webgpu, wasm, reference] = await listBackends();
  expect(webgpu).toEqual({ name: "webgpu", available: true, about: "webgpu, 1 device: acme" });
  expect(wasm).toEqual({ name: "wasm", available: false, about: "this machine has no SIMD" });
  expect(reference.available).toBe(true);
});
