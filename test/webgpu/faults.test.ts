import { describe, expect, test } from "vitest";
import { openDevice } from "../../src/backend/webgpu/adapter.js";
import { always } from "../../src/backend/webgpu/adjointWays.js";
import { createBackendOn } from "../../src/backend/webgpu/backendOn.js";
import { createWebGpuBackend } from "../../src/backend/webgpu/index.js";
import { isTomogradError } from "../../src/core/errors.js";
import { gpuMissing } from "./gpu.js";

const missing = await gpuMissing();
const THREE = { kind: "flat", length: 3 } as const;

const codeOf = async (work: () => unknown) => {
  try {
    await work();
    return "none";
  } catch (error) {
    return isTomogradError(error) ? error.code : String(error);
  }
};

describe.skipIf(missing)(`faults of a GPU${missing ? `: ${missing}` : ""}`, () => {
  test("a device that is lost rejects what waits and refuses what comes, as DEVICE_LOST", async () => {
    const { device, maxBindingBytes } = await openDevice();
    const about = "webgpu, 1 device: to be lost";
    await using backend = createBackendOn({ device, maxBindingBytes, adjoint: always("scatter"), about });
    using x = backend.upload(Float32Array.of(1, 2, 3), THREE);
    const before = backend.download(x);
    expect([...(await before)]).toEqual([1, 2, 3]);
    backend.run("fill", { out: x, value: 5 });
    const waiting = codeOf(() => backend.download(x));
    device.destroy();
    expect(await waiting).toBe("DEVICE_LOST");
    expect(await codeOf(() => backend.idle())).toBe("DEVICE_LOST");
    expect(await codeOf(() => backend.upload(Float32Array.of(1, 2, 3), THREE))).toBe("DEVICE_LOST");
    expect(await codeOf(() => backend.run("fill", { out: x, value: 5 }))).toBe("DEVICE_LOST");
  });

  test("a backend that was disposed refuses work, and rejects what waits", async () => {
    const backend = await createWebGpuBackend();
    const x = backend.upload(Float32Array.of(1, 2, 3), THREE);
    const waiting = codeOf(() => backend.download(x));
    await backend[Symbol.asyncDispose]();
    expect(["none", "BUFFER_DISPOSED"]).toContain(await waiting);
    expect(backend.liveBytes).toBe(0);
    expect(await codeOf(() => backend.allocate(THREE))).toBe("BUFFER_DISPOSED");
    expect(await codeOf(() => backend.idle())).toBe("BUFFER_DISPOSED");
  });

  test("a view that does not fit a binding is OUT_OF_MEMORY at the call, with what would help", async () => {
    await using backend = await createWebGpuBackend({ maxBindingBytes: 4096 });
    const allocate = () => backend.allocate({ kind: "projections", views: 2, rows: 33, columns: 32 }, "a large view");
    expect(allocate).toThrow(/'a large view'.*4224 bytes in a view.*binds 4096/);
    expect(await codeOf(allocate)).toBe("OUT_OF_MEMORY");
    expect(backend.liveBytes).toBe(0);
  });

  test("buffers larger than the device gives are OUT_OF_MEMORY at the next download, naming the array", async () => {
    const { device, maxBindingBytes } = await openDevice();
    // twice what the device allows in one buffer
    const about = "webgpu, 1 device: of exaggerated limits";
    await using backend = createBackendOn({
      device,
      maxBindingBytes: 2 * maxBindingBytes,
      adjoint: always("scatter"),
      about,
    });
    const large = backend.allocate({ kind: "flat", length: maxBindingBytes / 2 }, "the large one");
    const error = await backend.idle().catch((reason: unknown) => reason);
    expect(isTomogradError(error)).toBe(true);
    expect(String(error)).toContain("the large one");
    large.dispose();
    await backend.idle();
    using x = backend.upload(Float32Array.of(1, 2, 3), THREE);
    expect([...(await backend.download(x))]).toEqual([1, 2, 3]);
  });

  test("unknown options and bindings too small for the tables of a kernel are refused by name", async () => {
    // @ts-expect-error not an option
    expect(await codeOf(() => createWebGpuBackend({ bindingBytes: 1 }))).toBe("INVALID_ARGUMENT");
    expect(await codeOf(() => createWebGpuBackend({ maxBindingBytes: 1024 }))).toBe("INVALID_ARGUMENT");
  });
});
