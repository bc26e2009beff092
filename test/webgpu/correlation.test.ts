/** Normalized cross correlation on a GPU where the contract's cases do not go: many tiles, images much alike. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../src/backend/backend.js";
import { createReferenceBackend } from "../../src/backend/reference/index.js";
import { normalizedCrossCorrelation } from "../../src/backend/specs/normalizedCrossCorrelation.js";
import { flat, hostValues, projections, uniform } from "../../src/backend/specs/spec.js";
import { createWebGpuBackend } from "../../src/backend/webgpu/index.js";
import { createRandom } from "../../src/core/random.js";
import { relativeErrors } from "../../src/testing/compare.js";
import { runCase } from "../../src/testing/runCase.js";
import { gpuMissing } from "./gpu.js";

const missing = await gpuMissing();
const [VIEWS, ROWS, COLUMNS] = [2, 90, 95];

/** An image on a high ground, and nearly the same one. */
function alike(difference: number) {
  const random = createRandom(5);
  const target = hostValues(projections(VIEWS, ROWS, COLUMNS, uniform(1, 3, 4))) as Float32Array;
  const predicted = target.map((value) => value + difference * random.normal());
  return { predicted: [...predicted], target: [...target] };
}

describe.skipIf(missing)(`normalized cross correlation on a GPU${missing ? `: ${missing}` : ""}`, () => {
  let backend: Backend;
  let reference: Backend;
  beforeAll(async () => {
    backend = await createWebGpuBackend();
    reference = createReferenceBackend();
  });
  afterAll(async () => {
    await backend?.[Symbol.asyncDispose]();
    await reference?.[Symbol.asyncDispose]();
  });

  // 8550 pixels are three tiles; derivatives are 1e-4 of their terms where images differ by 1e-4
  test.each([1, 1e-2, 1e-4])("of images that differ by %s, derivatives as in float64 to 1e-6", async (difference) => {
    const images = alike(difference);
    const args = {
      value: flat(VIEWS, 9),
      cotangent: projections(VIEWS, ROWS, COLUMNS, 9),
      predicted: projections(VIEWS, ROWS, COLUMNS, images.predicted),
      target: projections(VIEWS, ROWS, COLUMNS, images.target),
      epsilon: 1e-5,
    };
    const [found, expected] = [
      await runCase(backend, normalizedCrossCorrelation, { args }),
      await runCase(reference, normalizedCrossCorrelation, { args }),
    ];
    for (const output of ["value", "cotangent"])
      expect(relativeErrors(found.outputs[output], expected.outputs[output]).worst, output).toBeLessThanOrEqual(1e-6);
    expect(backend.liveBytes).toBe(0);
  });
});
