/** Work beyond what one dispatch, one direction of workgroups or the default limits of WebGPU take. */
import { expect, test } from "vitest";
import { openDevice } from "../../src/backend/webgpu/adapter.js";
import { createWebGpuBackend } from "../../src/backend/webgpu/index.js";
import { createRandom } from "../../src/core/random.js";
import { webGpu } from "../../src/platform/node.js";
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
  // so long that 2^30 cells are 1024 rays, of 1600; each passes one voxel across
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
