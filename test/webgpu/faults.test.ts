import { describe, expect, test } from "vitest";
import type { DeviceArray } from "../../src/backend/backend.js";
import { openDevice } from "../../src/backend/webgpu/adapter.js";
import { always } from "../../src/backend/webgpu/adjointWays.js";
import { createBackendOn } from "../../src/backend/webgpu/backendOn.js";
import { createWebGpuBackend } from "../../src/backend/webgpu/index.js";
import { isTomogradError } from "../../src/core/errors.js";
import { circularTrajectory } from "../../src/geometry/index.js";
import { createProjector, toDevice } from "../../src/projector/index.js";
import { createGrid } from "../../src/volume/index.js";
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

  test("memory that is not there is OUT_OF_MEMORY also where the array is used at once, told once", async () => {
    await using backend = await createWebGpuBackend();
    const held: DeviceArray[] = [];
    let error: unknown;
    while (error === undefined && held.length < 100) {
      const large = backend.allocate({ kind: "flat", length: backend.limits.maxElements }, "the large one");
      held.push(large);
      backend.run("fill", { out: large, value: 1 });
      error = await backend.idle().then(
        () => undefined,
        (reason: unknown) => reason,
      );
    }
    expect(isTomogradError(error, "OUT_OF_MEMORY") && error.message).toMatch(/'the large one'.*; use a coarser grid/);
    // nothing can be read from it; that is told by the download alone
    expect(await codeOf(() => backend.download(held.at(-1) as DeviceArray))).not.toBe("none");
    for (const array of held) array.dispose();
    await backend.idle();
  });

  test("NaN is refused when it is uploaded, with its place", async () => {
    await using backend = await createWebGpuBackend();
    const upload = () => backend.upload(Float32Array.of(1, Number.NaN, 3), THREE, "measured");
    expect(upload).toThrow(/'measured': element 1 is NaN/);
    expect(await codeOf(upload)).toBe("NOT_FINITE");
    expect(backend.liveBytes).toBe(0);
  });

  test.each(["gather", "scatter"] as const)("an infinite pixel is not lost in the adjoint by %s", async (adjoint) => {
    await using backend = await createWebGpuBackend({ adjoint });
    const grid = createGrid({ size: [8, 8, 8], spacing: [1, 1, 1] });
    const { detector, views } = circularTrajectory({
      ...{ views: 2, sid: 100, sdd: 150 },
      detector: { rows: 7, columns: 7, pixelSize: [2, 2] },
    });
    for (const model of ["siddon", "joseph", "trilinear"] as const) {
      using A = createProjector({ backend, grid, detector, views, model });
      const values = new Float32Array(98).fill(1);
      values[24] = Number.POSITIVE_INFINITY; // in the middle of the first view
      using image = toDevice(backend, { detector, views, about: "", values });
      using volume = A.adjoint(image);
      const found = await backend.download(volume.array);
      expect(
        found.some((value) => !Number.isFinite(value)),
        model,
      ).toBe(true);
      // what is finite is right: a voxel that the ray does not meet, or none
      if (adjoint === "scatter") expect(found.every(Number.isNaN), model).toBe(true);
    }
  });

  test("unknown options and bindings too small for the tables of a kernel are refused by name", async () => {
    // @ts-expect-error not an option
    expect(await codeOf(() => createWebGpuBackend({ bindingBytes: 1 }))).toBe("INVALID_ARGUMENT");
    expect(await codeOf(() => createWebGpuBackend({ maxBindingBytes: 1024 }))).toBe("INVALID_ARGUMENT");
  });
});
