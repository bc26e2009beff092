/** What keeps a GPU within its limits, tested without one: sizes that no test could compute. */
import { describe, expect, test } from "vitest";
import { type DeviceArray, type Shape, shapeLength } from "../../../src/backend/backend.js";
import { SPECS } from "../../../src/backend/specs/index.js";
import type { GpuArray } from "../../../src/backend/webgpu/array.js";
import { createBufferPool } from "../../../src/backend/webgpu/bufferPool.js";
import type { DeviceFaults } from "../../../src/backend/webgpu/faults.js";
import type { KernelContext } from "../../../src/backend/webgpu/kernel.js";
import { backprojectKernels } from "../../../src/backend/webgpu/kernels/backproject.js";
import { elementwiseKernels } from "../../../src/backend/webgpu/kernels/elementwise.js";
import { filterKernels } from "../../../src/backend/webgpu/kernels/filterRows.js";
import { projectKernels } from "../../../src/backend/webgpu/kernels/project.js";
import { rangesOf } from "../../../src/backend/webgpu/layout.js";
import { type Groups, linearGroups } from "../../../src/backend/webgpu/recorder.js";
import { createPipelines, GROUP, perElement } from "../../../src/backend/webgpu/shader.js";

const MOST_GROUPS = 65535;
const maxBindingBytes = 2 ** 30;

interface Dispatch {
  readonly settings: { readonly [name: string]: number };
  readonly invocations: number;
}
/** Elements of a dispatch. */
const elementsOf = ({ settings }: Dispatch): number => settings.count - settings.firstElement;
const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

/** Runs a kernel on nothing; what it would dispatch. */
function dispatchesOf(run: (context: KernelContext) => void): readonly Dispatch[] {
  const dispatches: Dispatch[] = [];
  const nothing = () => ({});
  const context = {
    ...{ maxBindingBytes, workShare: 1, temporary: nothing, upload: nothing },
    ...{ copy: nothing, clear: nothing, flush: nothing },
    dispatch(_: unknown, { settings }: Dispatch, [x, y = 1, z = 1]: Groups) {
      expect(Math.max(x, y, z)).toBeLessThanOrEqual(MOST_GROUPS);
      dispatches.push({ settings, invocations: GROUP * x * y * z });
    },
  };
  run(context as unknown as KernelContext);
  return dispatches;
}

const arrayOf = (shape: Shape, numbers?: Float64Array): DeviceArray => {
  const parts = rangesOf(shape, maxBindingBytes, "array").map((range) => ({ ...range, slot: {} }));
  return { shape, type: "real", label: "array", length: shapeLength(shape), parts, numbers } as unknown as GpuArray;
};
const volumeOf = (n: number) => arrayOf({ kind: "volume", size: [n, n, n] });
const imagesOf = (views: number, n: number) => arrayOf({ kind: "projections", views, rows: n, columns: n });
/** As many views of the first case as asked for. */
const viewsOf = (views: number) => {
  const { numbers } = SPECS.project.cases[0].args.views;
  const first = (numbers as readonly number[]).slice(0, 18);
  const table = Float64Array.from({ length: 18 * views }, (_, i) => first[i % 18]);
  return arrayOf({ kind: "flat", length: table.length }, table);
};

test.each([1, 65535, 65536, 2 ** 25 + 1])("%s workgroups keep to the limit in each direction", (count) => {
  const [x, y = 1] = linearGroups(count);
  expect(Math.max(x, y)).toBeLessThanOrEqual(MOST_GROUPS);
  expect(x * y).toBeGreaterThanOrEqual(count);
  expect(x * y - count).toBeLessThan(y);
});

describe("no dispatch takes long on a small GPU", () => {
  // a tenth of a second at 20 giga voxels a second
  test.each([
    [40, 1000],
    [2, 4096],
  ])("projection of %s views of %s² pixels reads at most 2^31 voxels at once, and every ray once", (views, n) => {
    const [volume, out] = [volumeOf(512), imagesOf(views, n)];
    // Joseph reads four voxels of each plane
    const model = "joseph";
    const dispatches = dispatchesOf((context) =>
      projectKernels.project(
        {
          ...SPECS.project.cases[0].args,
          model,
          out,
          volume,
          views: viewsOf(views),
          pixels: undefined,
          accumulate: false,
        },
        context,
      ),
    );
    for (const dispatch of dispatches) {
      expect(elementsOf(dispatch) * 4 * 512).toBeLessThanOrEqual(2 ** 31);
      expect(dispatch.invocations).toBeGreaterThanOrEqual(elementsOf(dispatch));
    }
    expect(sum(dispatches.map(elementsOf))).toBe(views * n * n);
  });

  test("filtering multiplies at most 2^32 times at once, and every row once", () => {
    const response = arrayOf({ kind: "flat", length: 4097 }, new Float64Array(4097).fill(1));
    const dispatches = dispatchesOf((context) =>
      filterKernels.filterRows({ image: imagesOf(9, 4096), response }, context),
    );
    for (const { settings } of dispatches) expect(settings.rows * 4096 ** 2).toBeLessThanOrEqual(2 ** 32);
    expect(sum(dispatches.map(({ settings }) => settings.rows))).toBe(9 * 4096);
  });

  test("backprojection adds at most 2^29 times at once, and every view to every voxel once", () => {
    const table = Float64Array.from({ length: 12 * 720 }, (_, i) => [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1][i % 12]);
    const matrices = arrayOf({ kind: "flat", length: table.length }, table);
    const [out, image] = [volumeOf(1024), imagesOf(720, 512)];
    const dispatches = dispatchesOf((context) =>
      backprojectKernels.backproject({ out, image, matrices, firstSlice: 0, accumulate: false }, context),
    );
    const updates = dispatches.map((dispatch) => 4 * elementsOf(dispatch) * dispatch.settings.views);
    expect(Math.max(...updates)).toBeLessThanOrEqual(2 ** 29);
    // those of a part follow each other up to the last four slices of its last voxel
    dispatches.forEach(({ settings: { firstElement } }, i) => {
      const before = dispatches[i - 1]?.settings ?? { count: 0, planes: 0 };
      const ended = before.count === 1024 ** 2 * Math.ceil(before.planes / 4);
      expect(firstElement).toBe(ended ? 0 : before.count);
    });
    const firstOnes = dispatches.filter(({ settings }) => settings.firstElement === 0);
    expect(sum(firstOnes.map(({ settings }) => settings.planes * settings.views))).toBe(720 * 1024);
  });

  test("elementwise work on a whole binding is one dispatch of two directions", () => {
    const dispatches = dispatchesOf((context) => elementwiseKernels.fill({ out: volumeOf(512), value: 1 }, context));
    expect(dispatches.map(elementsOf)).toEqual([512 ** 3]);
  });
});

/** Anything of a device: every member is a function that returns an object. */
const deviceThat = (members: { readonly [name: string]: (descriptor: never) => unknown }) =>
  new Proxy(members, { get: (_, name) => members[String(name)] ?? (() => ({})) }) as unknown as GPUDevice;

test("a shader is compiled once for a device", () => {
  const compiled: string[] = [];
  const pipelineOf = createPipelines(
    deviceThat({ createShaderModule: ({ label }: GPUShaderModuleDescriptor) => compiled.push(label ?? "") }),
  );
  const [a, b] = ["a", "b"].map((name) => perElement({ name, settings: {}, buffers: {}, body: "" }));
  expect(pipelineOf(a)).toBe(pipelineOf(a));
  pipelineOf(b);
  pipelineOf(a);
  expect(compiled).toEqual(["a", "b"]);
});

test("buffers are used again, at once only if no command of the open batch names them, and all destroyed in the end", () => {
  let [made, destroyed] = [0, 0];
  const device = deviceThat({
    createBuffer() {
      made++;
      return { destroy: () => destroyed++ };
    },
  });
  const pool = createBufferPool(device, { mention: () => {} } as unknown as DeviceFaults, maxBindingBytes);
  const first = pool.take("storage", 1000, "first");
  first.batch = 3;
  pool.give(first);
  expect(pool.take("storage", 1024, "second")).toBe(first);
  pool.give(first);
  expect(pool.take("storage", 1000, "written by the host", 3)).not.toBe(first);
  expect(pool.take("storage", 1000, "written by the host", 4)).toBe(first);
  expect(pool.take("storage", 1000, "another")).not.toBe(first);
  expect(made).toBe(3);
  pool.destroy();
  expect(destroyed).toBe(3);
});
