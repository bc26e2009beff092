/** Work beyond what one dispatch, one direction of workgroups or the default limits of WebGPU take. */
import { expect, test } from "vitest";
import type { Backend, DeviceArray } from "../../src/backend/backend.js";
import { openDevice } from "../../src/backend/webgpu/adapter.js";
import { createWebGpuBackend } from "../../src/backend/webgpu/index.js";
import { createRandom } from "../../src/core/random.js";
import { webGpu } from "../../src/platform/node.js";
import { createProjector, toDevice, toHost } from "../../src/projector/index.js";
import { fdk } from "../../src/reconstruction/fdk.js";
import { relativeErrors, sameBytes } from "../../src/testing/compare.js";
import { cube, views } from "../reconstruction/gates.js";
import { gpuMissing } from "./gpu.js";

const missing = await gpuMissing();

test.skipIf(missing)("a device has the limits of its adapter, not the defaults of WebGPU", async () => {
  const { device, maxBindingBytes } = await openDevice();
  const gpu = await webGpu();
  const adapter = "missing" in gpu ? undefined : await gpu.requestAdapter({ powerPreference: "high-performance" });
  for (const name of ["maxStorageBufferBindingSize", "maxBufferSize"] as const)
    expect(device.limits[name], name).toBe(adapter?.limits[name]);
  expect(maxBindingBytes).toBe(Math.min(device.limits.maxStorageBufferBindingSize, device.limits.maxBufferSize));
  device.destroy();
});

test.skipIf(missing)("an array of more than 65,535 workgroups is filled to its last number", async () => {
  await using backend = await createWebGpuBackend();
  const length = 64 * 65535 + 65;
  using out = backend.allocate({ kind: "flat", length });
  backend.run("fill", { out, value: 3 });
  const values = await backend.download(out);
  expect(values.length).toBe(length);
  expect(values.every((value) => value === 3)).toBe(true);
});

test.skipIf(missing)("a view of more rays than one dispatch takes is computed to its last pixel", async () => {
  await using backend = await createWebGpuBackend();
  // so long that a dispatch takes 640 rays, of 1600; each passes one voxel across
  const [planes, n] = [2 ** 20, 40];
  const random = createRandom(3);
  const values = Float32Array.from({ length: planes }, () => random.uniform());
  using volume = backend.upload(values, { kind: "volume", size: [1, 1, planes] });
  const view = [1, 0, 0, -1, 0.5, 100.5, 0, 0, 25_600, 0, 0, 640, 1, 1, 1, 0, 0, 0];
  using views = backend.upload(Float64Array.from(view), { kind: "flat", length: 18 });
  using out = backend.allocate({ kind: "projections", views: 1, rows: n, columns: n });
  backend.run("project", { out, volume, views, beam: "parallel", model: "siddon", extent: "line", accumulate: false });
  const expected = Float32Array.from(
    { length: n * n },
    (_, i) => values[100 + 25_600 * (i % n) + 640 * Math.floor(i / n)],
  );
  expect(await backend.download(out)).toEqual(expected);
});

/** What a scan of 80³ voxels gives on a backend: forward, both kinds of backprojection, total variation, a sum. */
async function ofLargeVolume(backend: Backend) {
  const n = 80;
  const random = createRandom(8);
  const grid = cube(n);
  const values = Float32Array.from({ length: n ** 3 }, () => random.uniform());
  using A = createProjector({ backend, grid, ...views(4, 48, 0.05), model: "siddon" });
  using x = toDevice(backend, { quantity: "attenuation", grid, values });
  using image = A.apply(x);
  using back = A.adjoint(image);
  using gradient = backend.allocate(x.array.shape);
  using total = backend.allocate({ kind: "flat", length: 1 });
  backend.run("totalVariationGradient", { out: gradient, x: x.array, delta: 0.05, weight: 1 });
  backend.run("sumSquares", { out: total, x: x.array });
  const data = await toHost(image);
  using filtered = (await fdk(A, { ...data, values: data.values.map(Math.fround) })).volume;
  const numbers = async (array: DeviceArray) => (await backend.download(array)) as Float32Array;
  return {
    ...{ image: await numbers(image.array), adjoint: await numbers(back.array), fdk: await numbers(filtered.array) },
    ...{ gradient: await numbers(gradient), sum: await numbers(total) },
  };
}

test.skipIf(missing).each(["gather", "scatter"] as const)(
  "a volume of 2 MB in buffers of 1 MiB gives what it gives in one, adjoints by %s",
  async (adjoint) => {
    await using whole = await createWebGpuBackend({ adjoint });
    await using cut = await createWebGpuBackend({ adjoint, maxBindingBytes: 2 ** 20 });
    const [expected, found] = [await ofLargeVolume(whole), await ofLargeVolume(cut)];
    expect(sameBytes(found.gradient, expected.gradient)).toBe(true);
    // sums over rays and voxels are begun anew in every part: some roundings of 6e-8
    for (const name of ["image", "adjoint", "fdk", "sum"] as const)
      expect(relativeErrors(found[name], expected[name]).worst, name).toBeLessThanOrEqual(1e-6);
    expect(cut.liveBytes).toBe(0);
  },
);
