/** What keeps a GPU within its limits, tested without one: sizes that no test could compute. */
import { describe, expect, test } from "vitest";
import { type DeviceArray, type Shape, shapeLength } from "../../../src/backend/backend.js";
import { SPECS } from "../../../src/backend/specs/index.js";
import type { GpuArray } from "../../../src/backend/webgpu/array.js";
import { type BufferPool, createBufferPool } from "../../../src/backend/webgpu/bufferPool.js";
import type { DeviceFaults } from "../../../src/backend/webgpu/faults.js";
import type { KernelContext } from "../../../src/backend/webgpu/kernel.js";
import { backprojectKernels } from "../../../src/backend/webgpu/kernels/backproject.js";
import { elementwiseKernels } from "../../../src/backend/webgpu/kernels/elementwise.js";
import { filterKernels } from "../../../src/backend/webgpu/kernels/filterRows.js";
import { correlationKernels } from "../../../src/backend/webgpu/kernels/normalizedCrossCorrelation.js";
import { projectKernels } from "../../../src/backend/webgpu/kernels/project.js";
import { reductionKernels, TILE } from "../../../src/backend/webgpu/kernels/reductions.js";
import { totalVariationKernels } from "../../../src/backend/webgpu/kernels/totalVariation.js";
import { gradientKernels } from "../../../src/backend/webgpu/kernels/viewGradient.js";
import { rangesOf } from "../../../src/backend/webgpu/layout.js";
import { createRecorder, type Groups, linearGroups } from "../../../src/backend/webgpu/recorder.js";
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
    ...{ copy: nothing, clear: nothing, tableOutput: () => [] },
    dispatch(_: unknown, { settings }: Dispatch, [x, y = 1, z = 1]: Groups, share: number) {
      expect(Math.max(x, y, z)).toBeLessThanOrEqual(MOST_GROUPS);
      expect(share).toBeGreaterThan(0);
      expect(share).toBeLessThanOrEqual(1);
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

  test("elementwise work takes at most 2^25 elements at once, in workgroups of two directions", () => {
    const dispatches = dispatchesOf((context) => elementwiseKernels.fill({ out: volumeOf(512), value: 1 }, context));
    expect(dispatches.map(elementsOf)).toEqual(new Array(4).fill(2 ** 25));
  });

  test("a piecewise linear map looks at most at 2^31 of its segments at once", () => {
    const knots = Float64Array.from({ length: 2 * 257 }, (_, i) => i);
    const dispatches = dispatchesOf((context) =>
      elementwiseKernels.mapPiecewise(
        { x: volumeOf(512), knots: arrayOf({ kind: "flat", length: knots.length }, knots) },
        context,
      ),
    );
    expect(Math.max(...dispatches.map(elementsOf)) * 256).toBeLessThanOrEqual(2 ** 31);
    expect(sum(dispatches.map(elementsOf))).toBe(512 ** 3);
  });

  test("reductions and total variation take at most 2^25 elements at once, and every element once", () => {
    const [out, x] = [arrayOf({ kind: "flat", length: 1 }), volumeOf(512)];
    const gradient = dispatchesOf((context) =>
      totalVariationKernels.totalVariationGradient({ out: x, x, delta: 1, weight: 1 }, context),
    );
    expect(gradient.map(elementsOf)).toEqual(new Array(4).fill(2 ** 25));
    for (const run of [
      (context: KernelContext) => reductionKernels.sum({ out, x }, context),
      (context: KernelContext) => totalVariationKernels.totalVariation({ out, x, delta: 1 }, context),
    ]) {
      const dispatches = dispatchesOf(run);
      const ofTiles = dispatches.slice(0, -1).map(({ settings }) => settings.count - TILE * settings.firstTile);
      expect(ofTiles).toEqual(new Array(4).fill(2 ** 25));
      // the last joins what the tiles left
      expect(dispatches.at(-1)?.settings.count).toBe(512 ** 3 / TILE);
    }
  });

  test.each([
    [1, 8192],
    [3000, 64],
  ])(
    "correlation of %s views of %s² pixels adds at most 2^30 wide numbers at once, and every tile once",
    (views, n) => {
      const images = imagesOf(views, n);
      const args = { value: arrayOf({ kind: "flat", length: views }), cotangent: images, target: images, epsilon: 1 };
      const dispatches = dispatchesOf((context) =>
        correlationKernels.normalizedCrossCorrelation({ ...args, predicted: images }, context),
      );
      const tiles = Math.ceil(n ** 2 / TILE);
      const counts = dispatches.map(({ settings }) => settings.count - settings.firstTile);
      // 8 at a pixel, and 5 at every tile of the view by each of 64 lanes
      expect(Math.max(...counts) * (8 * TILE + 5 * 64 * tiles)).toBeLessThanOrEqual(2 ** 30);
      expect(sum(counts)).toBe(3 * views * tiles);
    },
  );

  test("gradients of views take at most 2^25 pixels at once, and every tile of every view once", () => {
    const [views, n] = [3, 6400];
    const [jacobian, cotangent] = [imagesOf(6 * views, n), imagesOf(views, n)];
    const out = arrayOf({ kind: "flat", length: 12 * views });
    const dispatches = dispatchesOf((context) =>
      gradientKernels.viewGradient({ out, jacobian, cotangent, firstView: 0 }, context),
    );
    const counts = (kind: boolean) =>
      dispatches
        .filter(({ settings }) => "pixels" in settings === kind)
        .map(({ settings }) => settings.count - settings.first);
    expect(Math.max(...counts(true)) * TILE).toBeLessThanOrEqual(2 ** 25);
    // four vectors of a view
    expect(sum(counts(true))).toBe((4 * views * n ** 2) / TILE);
    expect(sum(counts(false))).toBe(4 * views);
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

test("a batch is submitted before its work takes a small GPU more than a tenth of a second", () => {
  let submitted = 0;
  const device = deviceThat({});
  Object.assign(device, {
    queue: { submit: () => submitted++, writeBuffer: () => {} },
    createCommandEncoder: () => ({
      beginComputePass: () => ({ setPipeline() {}, setBindGroup() {}, dispatchWorkgroups() {}, end() {} }),
      finish: () => ({}),
    }),
  });
  const pool = { trim: () => {} } as unknown as BufferPool;
  const recorder = createRecorder(device, pool, { rotate: () => {} } as unknown as DeviceFaults);
  const nothing = perElement({ name: "nothing", settings: {}, buffers: {}, body: "" });
  const submissions = [0.6, 0.3, 0.2, 0.8, 1, 0.1].map((share) => {
    recorder.dispatch(nothing, { settings: { firstElement: 0, count: 1 }, slots: {} }, [1], share);
    return submitted;
  });
  recorder.flush();
  expect(submissions).toEqual([0, 0, 1, 1, 2, 3]);
  expect(submitted).toBe(4);
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
