import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../src/backend/backend.js";
import { createBackend } from "../../src/backend/create.js";
import { createProjector, toDevice, toHost } from "../../src/projector/index.js";
import {
  createVolumePyramid,
  type RegistrationStep,
  registerViews,
  renderTrace,
  type XRay,
} from "../../src/registration/index.js";
import { armAt, detector, grid, moved, volume, xraysFrom } from "./patient.js";

let backend: Backend;
beforeAll(async () => {
  backend = await createBackend();
});
afterAll(async () => {
  const left = backend.liveBytes;
  await backend[Symbol.asyncDispose]();
  expect(left).toBe(0);
});

const xrays = xraysFrom([armAt(15), armAt(105)], moved([6, -4, 5], [8, -6, 5]));
const given: Pick<RegistrationStep, "views"> = { views: [xrays.map(({ view }) => view)] };

/** Root of the mean squared difference, as a share of the root of the mean square of `a`. */
function difference(a: Float64Array, b: Float64Array): number {
  const squares = (of: (i: number) => number) => a.reduce((sum, _, i) => sum + of(i) ** 2, 0);
  return Math.sqrt(squares((i) => a[i] - b[i]) / squares((i) => a[i]));
}

/** Half of the body each, by the sign of x. */
const labels = {
  ...{ quantity: "label" as const, grid },
  values: Uint8Array.from(volume.values, (_, i) => (i % grid.size[0] < grid.size[0] / 2 ? 4 : 9)),
};

test("a registration's trace begins as the X-rays were given, and its last images are those of the views found", async () => {
  const found = await registerViews({ backend, volume, xrays, recipe: "one-start" });
  const images = await renderTrace({ backend, volume, xrays, trace: found.trace });
  expect(found.trace[0].views).toEqual(given.views);
  expect(found.trace.at(-1)?.views).toEqual([found.views]);
  using x = toDevice(backend, volume);
  using A = createProjector({ backend, grid, detector, views: found.views, model: "joseph", extent: "line" });
  using y = A.apply(x);
  const { values } = await toHost(y);
  images.forEach(({ measured, rendered }, i) => {
    expect(rendered).toHaveLength(found.trace.length);
    expect(rendered.at(-1)).toEqual(Float64Array.from(values.subarray(i * 64 * 64, (i + 1) * 64 * 64)));
    expect(measured).toEqual(Float64Array.from(xrays[i].values));
    // What is left of the difference is that of 4.5 mm voxels and exact ellipsoids.
    expect(difference(measured, rendered[rendered.length - 1])).toBeLessThan(0.5 * difference(measured, rendered[0]));
  });
});

test("bodies add up to the whole; a pyramid is rendered by its finest level", async () => {
  const trace = [{ views: [...given.views, ...given.views] }];
  const both = await renderTrace({ backend, volume, labels, bodies: [[4], [9]], xrays, trace });
  const whole = await renderTrace({ backend, volume, xrays, trace: [given] });
  using pyramid = createVolumePyramid(backend, volume);
  const finest = await renderTrace({ volume: pyramid, xrays, trace: [given] });
  both.forEach(({ rendered: [image] }, i) => {
    // Rounding of float32 in two sums instead of one.
    expect(difference(whole[i].rendered[0], image)).toBeLessThan(1e-6);
    expect(finest[i].rendered).toEqual(whole[i].rendered);
  });
});

test("blocks of pixels: the X-ray by their means, the rendering as their centers see it", async () => {
  const [{ measured, rendered, detector: coarse }] = await renderTrace({
    ...{ backend, volume, xrays, trace: [given], longerSide: 32 },
  });
  expect(coarse).toEqual({ rows: 32, columns: 32, pixelSize: [10, 10] });
  const { values } = xrays[0];
  expect(measured[33]).toBeCloseTo((values[130] + values[131] + values[194] + values[195]) / 4, 12);
  const [{ rendered: fine }] = await renderTrace({ backend, volume, xrays, trace: [given] });
  const [image, mean] = [rendered[0], (fine[0][1952] + fine[0][1953] + fine[0][2016] + fine[0][2017]) / 4];
  // Near the middle of the body, where its thickness changes least within a block of 10 mm.
  expect(Math.abs(image[15 * 32 + 16] - mean)).toBeLessThan(0.02 * mean);
});

describe("is refused by name", () => {
  const refused = async (options: Partial<Parameters<typeof renderTrace>[0]>, code: string, defect: string) => {
    const asked = { backend, volume, xrays, trace: [given], ...options };
    await expect(renderTrace(asked)).rejects.toMatchObject({ code, detail: { defect } });
  };

  test("steps of other bodies or X-rays, labels without bodies, no pixels", async () => {
    await refused({ trace: [{ views: [...given.views, ...given.views] }] }, "SHAPE_MISMATCH", "length");
    await refused({ xrays: xrays.slice(0, 1) }, "SHAPE_MISMATCH", "length");
    await refused(
      { xrays: xrays.map((xray): XRay => ({ ...xray, values: new Float64Array(9) })) },
      "SHAPE_MISMATCH",
      "length",
    );
    await refused({ labels }, "INVALID_ARGUMENT", "contradictory-options");
    await refused({ longerSide: 0 }, "INVALID_ARGUMENT", "out-of-range");
  });
});
