/** The filters and weights of filtered backprojection on a GPU: as in float64 to 1e-5 of the largest. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../src/backend/backend.js";
import { createReferenceBackend } from "../../src/backend/reference/index.js";
import { backproject } from "../../src/backend/specs/backproject.js";
import { filterRows } from "../../src/backend/specs/filterRows.js";
import { projections, table, uniform, volume } from "../../src/backend/specs/spec.js";
import { createWebGpuBackend } from "../../src/backend/webgpu/index.js";
import { RAMP_FILTERS, rampResponse } from "../../src/reconstruction/ramp.js";
import { relativeErrors } from "../../src/testing/compare.js";
import { runCase } from "../../src/testing/runCase.js";
import { gpuMissing } from "./gpu.js";

const missing = await gpuMissing();
const COLUMNS = 500;
const SIZE = [31, 30, 29] as const;
/** Of a source 60 voxels from the axis, pixels as large as voxels there: the last row is the depth, 1 at the axis. */
const MATRIX = [0.4 - 20 / 60, 0.9, 0, 10, -25 / 60, 0, 1, 30, -1 / 60, 0, 0, 1 + 15.5 / 60];

describe.skipIf(missing)(`filtered backprojection on a GPU${missing ? `: ${missing}` : ""}`, () => {
  let backend: Backend;
  const reference = createReferenceBackend();
  beforeAll(async () => {
    backend = await createWebGpuBackend();
  });
  afterAll(() => backend?.[Symbol.asyncDispose]());

  test.each(RAMP_FILTERS)("rows of 500 columns through %s", async (filter) => {
    const response = rampResponse({ filter, cut: 0.9, length: 1024, columns: COLUMNS });
    const args = { image: projections(2, 3, COLUMNS, uniform(3, 0, 2)), response: table([...response]) };
    const [found, exact] = [
      await runCase(backend, filterRows, { args }),
      await runCase(reference, filterRows, { args }),
    ];
    expect(relativeErrors(found.outputs.image, exact.outputs.image).worst).toBeLessThanOrEqual(1e-5);
  });

  test("voxels that see an image of ones have the weight 1 / depth²", async () => {
    const args = {
      ...{ out: volume(SIZE), image: projections(1, 300, 300, 1), matrices: table(MATRIX) },
      ...{ firstSlice: 0, accumulate: false },
    };
    const { outputs } = await runCase(backend, backproject, { args });
    const [a, b, c, d] = MATRIX.slice(8);
    const expected = Float64Array.from({ length: SIZE[0] * SIZE[1] * SIZE[2] }, (_, i) => {
      const [x, y, z] = [i % SIZE[0], Math.floor(i / SIZE[0]) % SIZE[1], Math.floor(i / (SIZE[0] * SIZE[1]))];
      return (a * (x + 0.5) + b * (y + 0.5) + c * (z + 0.5) + d) ** -2;
    });
    expect(relativeErrors(outputs.out, expected).worst).toBeLessThanOrEqual(1e-5);
  });
});
