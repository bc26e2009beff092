import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { KERNEL_NAMES } from "../../src/backend/kernels.js";
import { createReferenceBackend } from "../../src/backend/reference/index.js";
import { root } from "../package/sourceImports.js";

const built = existsSync(join(root, "dist", "index.js"));
const script = (name: string) => import(pathToFileURL(join(root, "bench", name)).href);

describe.skipIf(!built)("the benchmark of GPUs (needs dist)", () => {
  test("has a case for every kernel of the list", async () => {
    const { gpuCases } = await script("gpuKernels.mjs");
    const kernels: readonly string[] = gpuCases(4, 2).map(({ kernel }: { kernel: string }) => kernel);
    expect([...new Set(kernels)].sort()).toEqual([...KERNEL_NAMES].sort());
  });

  test("backprojects to where its rays project from: a point's shadow peaks there in every view", async () => {
    const { gpuScene } = await script("gpuScene.mjs");
    const n = 8;
    const scene = gpuScene(n, 3);
    await using backend = createReferenceBackend();
    using volume = backend.allocate({ kind: "volume", size: [n, n, n] });
    using matrices = backend.upload(scene.matrices, { kind: "flat", length: 36 }, "matrices", "f64");
    // one pixel of each view, at which the point (2.5, 4.5, 3.5) appears
    const image = new Float32Array(3 * n * n);
    for (let view = 0; view < 3; view++) {
      const m = scene.matrices.subarray(12 * view, 12 * (view + 1));
      const at = (row: number) => 2.5 * m[4 * row] + 4.5 * m[4 * row + 1] + 3.5 * m[4 * row + 2] + m[4 * row + 3];
      const [column, row] = [at(0) / at(2), at(1) / at(2)];
      const t = scene.views.subarray(18 * view);
      // the point lies on the line from the source to that place of the detector
      const toPixel = [0, 1, 2].map((i) => t[3 + i] + column * t[6 + i] + row * t[9 + i] - t[i]);
      const toPoint = [2.5, 4.5, 3.5].map((p, i) => p - t[i]);
      const along = Math.hypot(...toPoint) / Math.hypot(...toPixel);
      for (const i of [0, 1, 2]) expect(along * toPixel[i]).toBeCloseTo(toPoint[i], 9);
      image[view * n * n + Math.round(row) * n + Math.round(column)] = 1;
    }
    using stack = backend.upload(image, { kind: "projections", views: 3, rows: n, columns: n });
    backend.run("backproject", { out: volume, image: stack, matrices, firstSlice: 0, accumulate: false });
    const values = await backend.download(volume);
    expect(values[2 + n * (4 + n * 3)]).toBe(Math.max(...values));
  });
});

describe("the table of the benchmark of GPUs", async () => {
  const { gpuTable, gpuRefusal } = await script("gpuTable.mjs");

  test("says which time is divided by which, with digits where wasm is much faster or slower, in straight columns", () => {
    const one = {
      name: "fill",
      msPerView: 35.3817,
      gigaPerSecond: 0.000926,
      wasmMsPerView: 0.0432,
      wasmOverGpu: 0.00122,
    };
    const other = { ...one, name: "project, siddon", wasmMsPerView: 4321.4, wasmOverGpu: 122.2 };
    const lines: readonly string[] = gpuTable({
      ...{ machine: { cpu: "cpu", cores: 2, node: "v20" }, load: { average1min: 1 }, adapter: "gpu", threads: 2 },
      ...{ size: 32, views: 4, cases: [one, other].map((each) => ({ ...each, error: { worst: 3e-8, rms: 0 } })) },
    });
    const at = lines.findIndex((line) => line.startsWith("fill"));
    const [above, head, first, second] = lines.slice(at - 2, at + 2);
    expect(above).toMatch(/wasm: ms {3}wasm time \/$/);
    expect(head).toMatch(/a view +GPU time$/);
    expect(first).toMatch(/ 35\.4 .* 0\.0432 +0\.00122$/);
    expect(second).toMatch(/ 4321 +122$/);
    expect(new Set([above, head, first, second].map(({ length }) => length)).size).toBe(1);
    expect(lines.join("\n")).toContain("above 1 the GPU is faster");
  });

  test("where no GPU runs one line says so and names --software; defects keep their stack", () => {
    const refused = Object.assign(new Error("no GPU here"), { name: "TomogradError" });
    expect(gpuRefusal(refused, false)).toMatch(/^no GPU here; --software takes a GPU in software.*$/);
    expect(gpuRefusal(refused, true)).toBe("no GPU here");
    expect(() => gpuRefusal(new TypeError("defect"), false)).toThrow(TypeError);
  });
});
