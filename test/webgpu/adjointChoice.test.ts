/** The choice between gather and scatter: by name, by what the device is, by a measurement. */
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { Backend } from "../../src/backend/backend.js";
import { type AdjointWay, always } from "../../src/backend/webgpu/adjointWays.js";
import { createWebGpuBackend } from "../../src/backend/webgpu/index.js";
import * as measuring from "../../src/backend/webgpu/measureAdjoints.js";
import { gpuMissing } from "./gpu.js";

/** The driver's adapter under a name, and as if it were hardware if told. */
const adapter = vi.hoisted(() => ({ hardware: false, name: "" }));
vi.mock(import("../../src/backend/webgpu/adapter.js"), async (original) => {
  const { openDevice } = await original();
  return {
    openDevice: async () => ({ ...(await openDevice()), software: !adapter.hardware, adapter: adapter.name }),
  };
});

const missing = await gpuMissing();
const { measureAdjoints } = measuring;

describe.skipIf(missing)(`the choice of adjoints${missing ? `: ${missing}` : ""}`, () => {
  const spy = vi.spyOn(measuring, "measureAdjoints");
  beforeEach(() => {
    spy.mockReset();
  });

  test("on a GPU in software it is the scatter, unmeasured", async () => {
    Object.assign(adapter, { hardware: false, name: "soft" });
    await using backend = await createWebGpuBackend();
    expect(backend.about).toBe("webgpu, 1 device: soft; adjoints by scatter");
    expect(spy).not.toHaveBeenCalled();
  });

  test("on hardware it is measured once, also by two backends at the same time", async () => {
    Object.assign(adapter, { hardware: true, name: "acme" });
    spy.mockResolvedValue({ ...always("gather"), joseph: "scatter" });
    const [one, two] = await Promise.all([createWebGpuBackend(), createWebGpuBackend()]);
    await using third = await createWebGpuBackend();
    for (const { about } of [one, two, third])
      expect(about).toBe(
        "webgpu, 1 device: acme; adjoints of siddon by gather, of joseph by scatter, of trilinear by gather",
      );
    expect(spy).toHaveBeenCalledTimes(1);
    for (const backend of [one, two]) await backend[Symbol.asyncDispose]();
  });

  test("a measurement that fails is told, and tried again by the next backend", async () => {
    Object.assign(adapter, { hardware: true, name: "shy" });
    spy.mockRejectedValueOnce(new Error("busy")).mockResolvedValueOnce(always("gather"));
    await expect(createWebGpuBackend()).rejects.toThrow("busy");
    await using backend = await createWebGpuBackend();
    expect(backend.about).toBe("webgpu, 1 device: shy; adjoints by gather");
  });

  test("a way that is named is taken, unmeasured; another name is refused", async () => {
    Object.assign(adapter, { hardware: true, name: "named" });
    await using backend = await createWebGpuBackend({ adjoint: "scatter" });
    expect(backend.about).toBe("webgpu, 1 device: named; adjoints by scatter");
    expect(spy).not.toHaveBeenCalled();
    await expect(createWebGpuBackend({ adjoint: "walk" as AdjointWay })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
  });

  test("a measurement runs both ways on backends that it closes, and chooses for every model", async () => {
    Object.assign(adapter, { hardware: true, name: "measured" });
    const opened: [AdjointWay, Backend][] = [];
    const ways = await measureAdjoints(
      async (adjoint) => {
        const backend = await createWebGpuBackend({ adjoint });
        opened.push([adjoint, backend]);
        return backend;
      },
      { size: 8, views: 2 },
    );
    expect(Object.keys(ways)).toEqual(["siddon", "joseph", "trilinear"]);
    expect(Object.values(ways).every((way) => way === "gather" || way === "scatter")).toBe(true);
    expect(opened.map(([way]) => way)).toEqual(["gather", "scatter"]);
    for (const [, backend] of opened) {
      expect(backend.liveBytes).toBe(0);
      await expect(backend.idle()).rejects.toMatchObject({ code: "BUFFER_DISPOSED" });
    }
  });
});
