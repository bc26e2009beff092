/** Reconstruction on a GPU: as in float64, the same bytes every time, nothing left behind. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../src/backend/backend.js";
import { createReferenceBackend } from "../../src/backend/reference/index.js";
import { createWebGpuBackend } from "../../src/backend/webgpu/index.js";
import { createProjector } from "../../src/projector/createProjector.js";
import type { Projector } from "../../src/projector/types.js";
import { asdPocs } from "../../src/reconstruction/asdPocs.js";
import { autoTv } from "../../src/reconstruction/autoTv.js";
import { cgls } from "../../src/reconstruction/cgls.js";
import { fdk } from "../../src/reconstruction/fdk.js";
import { fistaTv } from "../../src/reconstruction/fistaTv.js";
import { fit as descend } from "../../src/reconstruction/fit.js";
import { lsqr } from "../../src/reconstruction/lsqr.js";
import { mlem } from "../../src/reconstruction/mlem.js";
import { osSqs } from "../../src/reconstruction/osSqs.js";
import { ossart, sart } from "../../src/reconstruction/ossart.js";
import { pdhg } from "../../src/reconstruction/pdhg.js";
import { sirt } from "../../src/reconstruction/sirt.js";
import { tikhonov } from "../../src/reconstruction/tikhonov.js";
import type { Run } from "../../src/reconstruction/types.js";
import { createGrid } from "../../src/volume/createGrid.js";
import type { Grid, Projections } from "../../src/volume/grid.js";
import { cube, relativeError, smallProblem, views, voxels } from "../reconstruction/gates.js";
import { gpuMissing } from "./gpu.js";

/** Every method that works by itself (`auto` runs one of them), with subsets where it has them. */
const METHODS: Readonly<Record<string, (A: Projector, p: Projections) => Promise<Run>>> = {
  fdk: (A, p) => fdk(A, p),
  sirt: (A, p) => sirt(A, p, { iterations: 4, tolerance: 0 }),
  sart: (A, p) => sart(A, p, { iterations: 2, tolerance: 0 }),
  ossart: (A, p) => ossart(A, p, { iterations: 2, tolerance: 0, subsets: 5 }),
  cgls: (A, p) => cgls(A, p, { iterations: 4, tolerance: 0 }),
  lsqr: (A, p) => lsqr(A, p, { iterations: 4, tolerance: 0 }),
  tikhonov: (A, p) => tikhonov(A, p, { iterations: 4, tolerance: 0, lambda: 1e-4 }),
  mlem: (A, p) => mlem(A, p, { iterations: 2, tolerance: 0, subsets: 5 }),
  "os-sqs": (A, p) => osSqs(A, p, { iterations: 4, tolerance: 0, subsets: 2 }),
  "fista-tv": (A, p) => fistaTv(A, p, { iterations: 4, tolerance: 0, subsets: 2 }),
  "fista-tv in a mask": (A, p) => {
    const values = new Uint8Array(A.grid.size[0] ** 3).map((_, i) => (i % 3 === 0 ? 0 : 1));
    return fistaTv(A, p, {
      iterations: 4,
      tolerance: 0,
      subsets: 2,
      mask: { quantity: "unknown", grid: A.grid, values },
    });
  },
  pdhg: (A, p) => pdhg(A, p, { iterations: 3, tolerance: 0 }),
  "asd-pocs": (A, p) => asdPocs(A, p, { iterations: 2, tolerance: 0, steps: 6, epsilon: 1e-3 }),
  "auto-tv": (A, p) => autoTv(A, p, { iterations: 4, tolerance: 0 }),
  "descent with total variation": (A, p) =>
    descend(A, p, { iterations: 6, totalVariation: { weight: 1e-3, delta: 0.05 } }),
};

const missing = await gpuMissing();

describe.skipIf(missing)(`reconstruction on a GPU${missing ? `: ${missing}` : ""}`, () => {
  let backend: Backend;
  let reference: Backend;
  let projections: Projections;

  /** The voxels of a method on a backend, on the grid of the problem unless told. */
  async function result(name: string, on: Backend, grid: Grid = cube(8)) {
    using A = createProjector({ backend: on, grid, ...views(10, 12, 0.05), model: "joseph" });
    return voxels(await METHODS[name](A, projections));
  }

  beforeAll(async () => {
    backend = await createWebGpuBackend();
    reference = createReferenceBackend();
    const problem = await smallProblem(reference);
    problem.A.dispose();
    projections = problem.projections;
  });
  afterAll(async () => {
    await backend?.[Symbol.asyncDispose]();
    await reference?.[Symbol.asyncDispose]();
  });

  test.each(Object.keys(METHODS))("%s is the float64 volume to 1e-4, the same bytes from two runs", async (name) => {
    const [first, second] = [await result(name, backend), await result(name, backend)];
    expect(relativeError(first, await result(name, reference))).toBeLessThanOrEqual(1e-4);
    expect(second).toEqual(first);
    expect(backend.liveBytes).toBe(0);
  });

  test("fdk has the same bytes where every array is cut, and slab by slab", async () => {
    const whole = await result("fdk", backend);
    await using small = await createWebGpuBackend({ maxBindingBytes: 4096 });
    // parts of 6, 6 and 4 planes
    const fine = createGrid({ size: [12, 10, 16], spacing: 0.12 });
    expect(await result("fdk", small, fine)).toEqual(await result("fdk", backend, fine));
    for (const [first, slices] of [
      [0, 3],
      [3, 5],
    ]) {
      const spacing = 1 / 4;
      const slab = createGrid({ size: [8, 8, slices], spacing, center: [0, 0, spacing * (first + slices / 2 - 4)] });
      expect([...(await result("fdk", backend, slab))]).toEqual([...whole.subarray(64 * first, 64 * (first + slices))]);
    }
    expect(small.liveBytes).toBe(0);
  });
});
