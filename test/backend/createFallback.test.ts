import { expect, test, vi } from "vitest";
import { createBackend, listBackends } from "../../src/backend/create.js";
import { isTomogradError } from "../../src/core/errors.js";

vi.mock("../../src/backend/wasm/index.js", () => ({
  createWasmBackend: async () => {
    throw new Error("this machine has no SIMD");
  },
}));

test("where wasm does not run the reference starts, and says why it is not wasm", async () => {
  await using backend = await createBackend();
  expect(backend.name).toBe("reference");
  expect(backend.about).toContain("this machine has no SIMD");
});

test("a preferred backend that does not run is an error that says why", async () => {
  const error = await createBackend({ prefer: "wasm" }).catch((reason: unknown) => reason);
  expect(isTomogradError(error, "BACKEND_FAULT")).toBe(true);
  expect(String(error)).toContain("this machine has no SIMD");
});

test("the list of backends says which does not run and why", async () => {
  const [wasm, reference] = await listBackends();
  expect(wasm).toEqual({ name: "wasm", available: false, about: "this machine has no SIMD" });
  expect(reference.available).toBe(true);
});
