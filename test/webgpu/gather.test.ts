/** The gather against its oracle, the scatter, and against float64. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../src/backend/backend.js";
import type { Model } from "../../src/backend/kernels.js";
import { createReferenceBackend } from "../../src/backend/reference/index.js";
import { SPECS } from "../../src/backend/specs/index.js";
import { createWebGpuBackend } from "../../src/backend/webgpu/index.js";
import type { Vec3 } from "../../src/core/linear.js";
import { createRandom } from "../../src/core/random.js";
import type { View } from "../../src/geometry/view.js";
import { createProjector, toDevice, toHost } from "../../src/projector/index.js";
import { relativeErrors, sameBytes } from "../../src/testing/compare.js";
import { adjointDefect as caseDefect, float32Defect, raysOf } from "../../src/testing/operatorLaws.js";
import { runCase } from "../../src/testing/runCase.js";
import { createGrid } from "../../src/volume/createGrid.js";
import { ADJOINT_SCENES, adjointDefect } from "../projector/adjointScenes.js";
import { gpuMissing } from "./gpu.js";

/**
 * Both ways add the same float32 weights: the scatter exactly, the gather in float32, which leaves 2^-24 of the sum for each
 * of some tens of additions.
 */
const AGREEMENT = 2e-6;

const MODELS = ["siddon", "joseph", "trilinear"] as const;
const GRID = createGrid({ size: [12, 10, 16], spacing: [1, 1.2, 0.9] });
const cone = (source: Vec3, firstPixel: Vec3, columnStep: Vec3, rowStep: Vec3): View => ({
  ...{ beam: "cone", source, firstPixel, columnStep, rowStep },
});
/** Views in world mm, of 16 x 16 pixels; the volume is 12 x 12 x 14.4 mm around the origin. */
const SCENES: { readonly [name: string]: readonly View[] } = {
  "an oblique view": [cone([30, 21, 17], [-25, 2, -28], [1.1, -1.6, 0], [0.4, 0.3, 2])],
  "a tilted detector, its steps not at right angles": [
    cone([-40, 3, 1], [14, -16, -15], [0.9, 2, 0.1], [-0.7, 0.4, 2]),
  ],
  "a detector beside the axis": [cone([0.3, 45, 0], [-4, -30, -17], [2, 0, 0], [0, 0, 2.1])],
  "a source 3 mm from the face": [cone([-9, 0.2, 0.1], [8, -22, -22], [0, 3, 0], [0, 0, 3])],
  "a source at the face": [cone([-6.001, 0.2, 0.1], [8, -22, -22], [0, 3, 0], [0, 0, 3])],
  "nine views": Array.from({ length: 9 }, (_, i) => {
    const [c, s] = [Math.cos(0.7 * i + 0.1), Math.sin(0.7 * i + 0.1)];
    const corner: Vec3 = [-20 * c + 15 * s, -20 * s - 15 * c, -15.3];
    return cone([40 * c, 40 * s, i - 4], corner, [-2 * s, 2 * c, 0], [0, 0, 2]);
  }),
};
/** Where the window fails, and the scatter stands in. */
const FALLBACK = "a source at the face";

const missing = await gpuMissing();

describe.skipIf(missing)(`adjoints by gathering${missing ? `: ${missing}` : ""}`, () => {
  let gather: Backend;
  let scatter: Backend;
  const reference = createReferenceBackend();
  beforeAll(async () => {
    gather = await createWebGpuBackend({ adjoint: "gather" });
    scatter = await createWebGpuBackend({ adjoint: "scatter" });
  });
  afterAll(async () => {
    for (const backend of [gather, scatter]) {
      expect(backend.liveBytes).toBe(0);
      await backend[Symbol.asyncDispose]();
    }
  });

  const adjoint = async (backend: Backend, model: Model, views: readonly View[], pixels = 16) => {
    const random = createRandom(5);
    const detector = { rows: pixels, columns: pixels, pixelSize: [2, 2] } as const;
    const values = Float32Array.from({ length: views.length * pixels ** 2 }, () => random.uniform());
    using A = createProjector({ backend, grid: GRID, detector, views, model });
    using image = toDevice(backend, { detector, views, about: "random", values });
    using volume = A.adjoint(image);
    return (await toHost(volume)).values as Float32Array;
  };

  for (const model of MODELS) {
    for (const [name, views] of Object.entries(SCENES))
      test(`${model}, ${name}: the scatter to 2e-6, float64 to 1e-4, the same bytes again`, async () => {
        const found = await adjoint(gather, model, views);
        const scattered = await adjoint(scatter, model, views);
        expect(Math.max(...found)).toBeGreaterThan(0.5);
        expect(relativeErrors(found, scattered).worst).toBeLessThanOrEqual(AGREEMENT);
        expect(relativeErrors(found, await adjoint(reference, model, views)).worst).toBeLessThanOrEqual(1e-4);
        expect(sameBytes(await adjoint(gather, model, views), found)).toBe(true);
        if (name === FALLBACK) expect(sameBytes(scattered, found)).toBe(true);
      });

    test(`${model}: the same bytes from a backend of its own, where rays come in batches and the volume in parts`, async () => {
      // one or two views of 64 rays of 32 or 48 bytes; 6, 6 and 4 planes of 480 bytes and their neighbors
      await using small = await createWebGpuBackend({ adjoint: "gather", maxBindingBytes: 4096 });
      const views = SCENES["nine views"];
      expect(sameBytes(await adjoint(small, model, views, 8), await adjoint(gather, model, views, 8))).toBe(true);
      expect(small.liveBytes).toBe(0);
    });

    test(`${model}: every case of the contract, as the scatter to 2e-6 and as the reference`, async () => {
      const { tolerance } = SPECS.projectAdjoint;
      for (const each of SPECS.projectAdjoint.cases.filter(({ name }) => name.startsWith(model))) {
        const run = async (backend: Backend) => runCase(backend, SPECS.projectAdjoint, each);
        const [found, scattered, exact] = [await run(gather), await run(scatter), await run(reference)];
        expect(found.damaged, each.name).toEqual([]);
        expect(relativeErrors(found.outputs.out, scattered.outputs.out).worst, each.name).toBeLessThanOrEqual(
          AGREEMENT,
        );
        const errors = relativeErrors(found.outputs.out, exact.outputs.out);
        expect(errors.worst, each.name).toBeLessThanOrEqual(tolerance.worst);
        expect(errors.percentile99, each.name).toBeLessThanOrEqual(tolerance.percentile99);
        expect(await caseDefect(gather, "projectAdjoint", each), each.name).toBeLessThanOrEqual(
          float32Defect(raysOf("projectAdjoint", each)),
        );
      }
    });
  }

  const large = ADJOINT_SCENES.flatMap((scene, i) =>
    // trilinear takes far longer on a GPU in software, and walks alike in all scenes
    MODELS.filter((model) => model !== "trilinear" || i === 2).map((model) => ({ scene, model, name: scene.name })),
  );
  test.each(large)("|<Ax, y> - <x, Aᵀy>| <= 1e-8 |Ax||y|: $name, $model", async ({ scene, model }) => {
    const { length, defect } = await adjointDefect(gather, scene, model);
    expect(length).toBeGreaterThan(0);
    expect(defect).toBeLessThanOrEqual(1e-8);
  });
});
