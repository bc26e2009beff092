import { afterAll, describe, expect, test } from "vitest";
import type { Backend } from "../../../src/backend/backend.js";
import type { Model } from "../../../src/backend/kernels.js";
import { createReferenceBackend } from "../../../src/backend/reference/index.js";
import { createWasmBackend } from "../../../src/backend/wasm/index.js";
import { createRandom } from "../../../src/core/random.js";
import { relativeErrors } from "../../../src/testing/compare.js";

const MODELS: readonly Model[] = ["siddon", "joseph", "trilinear"];
const SIZE = [43, 38, 29] as const;
const ROWS = 22;
const COLUMNS = 17;
/** Voxels of 1.1 x 0.9 x 1.6 mm with a little shear. */
const METRIC = [1.21, 0.81, 2.56, 0.05, -0.03, 0.08];

/** Cone views of random directions, some steep, some with source or detector inside the volume. */
function randomViews(count: number, seed: number): Float64Array {
  const random = createRandom(seed);
  const table: number[] = [];
  const vector = (length: number) => {
    const v = [random.normal(), random.normal(), random.normal()];
    const norm = Math.hypot(...v);
    return v.map((x) => (x * length) / norm);
  };
  for (let view = 0; view < count; view++) {
    const center = SIZE.map((n) => n * (0.4 + 0.2 * random.uniform()));
    const ray = vector(1);
    const source = center.map((x, i) => x - ray[i] * (view % 5 === 4 ? 5 : 60 + 300 * random.uniform()));
    const middle = center.map((x, i) => x + ray[i] * (view % 5 === 3 ? 4 : 40 + 60 * random.uniform()));
    const [column, row] = [vector(1.9), vector(1.7)];
    const first = middle.map((x, i) => x - (column[i] * (COLUMNS - 1)) / 2 - (row[i] * (ROWS - 1)) / 2);
    table.push(...source, ...first, ...column, ...row, ...METRIC);
  }
  return Float64Array.from(table);
}

const VIEWS = 20;
const TABLE = randomViews(VIEWS, 11);
const random = createRandom(7);
const VOLUME = Float32Array.from({ length: SIZE[0] * SIZE[1] * SIZE[2] }, () => random.uniform());
const IMAGE = Float32Array.from({ length: VIEWS * ROWS * COLUMNS }, () => random.uniform());

const volumeShape = { kind: "volume", size: SIZE } as const;
const stack = (views: number) => ({ kind: "projections", views, rows: ROWS, columns: COLUMNS }) as const;

/** Arrays on a backend and its answers, as numbers. */
function laboratory(backend: Backend) {
  const volume = backend.upload(VOLUME, volumeShape, "volume");
  const image = backend.upload(IMAGE, stack(VIEWS), "image");
  const views = backend.upload(TABLE, { kind: "flat", length: TABLE.length }, "views");
  const rays = (model: Model, extent: "segment" | "line" = "segment") =>
    ({ model, extent, beam: "cone", views, ...(model === "trilinear" && { step: 0.8 }) }) as const;
  return {
    backend,
    rays,
    async forward(model: Model, extent?: "segment" | "line") {
      using out = backend.allocate(stack(VIEWS));
      backend.run("project", { ...rays(model, extent), volume, out, accumulate: false });
      return await backend.download(out);
    },
    async adjoint(model: Model) {
      using out = backend.allocate(volumeShape);
      backend.run("projectAdjoint", { ...rays(model), image, out, accumulate: false });
      return await backend.download(out);
    },
    async jacobian(model: Model) {
      using out = backend.allocate(stack(VIEWS));
      using jacobian = backend.allocate(stack(6 * VIEWS));
      backend.run("projectLineJacobian", { ...rays(model), volume, out, jacobian });
      return { image: await backend.download(out), jacobian: await backend.download(jacobian) };
    },
    /** The sum of an adjoint as the backend computes it over its own layout, and over what it downloads. */
    async sums(model: Model) {
      using out = backend.allocate(volumeShape);
      using sum = backend.allocate({ kind: "flat", length: 1 });
      backend.run("projectAdjoint", { ...rays(model), image, out, accumulate: false });
      backend.run("sum", { out: sum, x: out });
      const values = Array.from(await backend.download(out));
      return { inside: values.reduce((a, b) => a + b, 0), stored: (await backend.download(sum))[0] };
    },
    async listed(pixels: Uint32Array) {
      using list = backend.upload(pixels, { kind: "flat", length: pixels.length });
      using out = backend.upload(IMAGE, stack(VIEWS));
      backend.run("project", { ...rays("siddon"), pixels: list, volume, out, accumulate: false });
      return await backend.download(out);
    },
  };
}

const reference = laboratory(createReferenceBackend());
const one = laboratory(await createWasmBackend({ threads: 1 }));
const others = [
  laboratory(await createWasmBackend({ threads: 2 })),
  laboratory(await createWasmBackend({ threads: 5 })),
];
afterAll(async () => {
  for (const { backend } of [reference, one, ...others]) await backend[Symbol.asyncDispose]();
});

for (const model of MODELS)
  describe(`${model} on 43 x 38 x 29 sheared voxels, ${VIEWS} random views, some from or to the inside`, () => {
    // float32 positions have an ulp of 2e-6 cells here; rays nearly in a face multiply it by 1/slope
    for (const extent of ["segment", "line"] as const)
      test(`forward along the ${extent}: 1e-5 at the 99th percentile, 5e-4 at worst`, async () => {
        const { percentile99, worst } = relativeErrors(
          await one.forward(model, extent),
          await reference.forward(model, extent),
        );
        expect(percentile99).toBeLessThanOrEqual(1e-5);
        expect(worst).toBeLessThanOrEqual(5e-4);
      });

    test("adjoint: 1e-5 at the 99th percentile, 5e-4 at worst", async () => {
      const { percentile99, worst } = relativeErrors(await one.adjoint(model), await reference.adjoint(model));
      expect(percentile99).toBeLessThanOrEqual(1e-5);
      expect(worst).toBeLessThanOrEqual(5e-4);
    });

    test("the adjoint leaves its padding 0: a sum over the stored layout is that of the voxels to 1e-6", async () => {
      const { inside, stored } = await one.sums(model);
      expect(Math.abs(stored - inside)).toBeLessThanOrEqual(1e-6 * inside);
    });

    test("the line Jacobian is the reference's to 1e-4 of the largest at the 99th percentile", async () => {
      const { jacobian } = await one.jacobian(model);
      const expected = await reference.jacobian(model);
      expect(relativeErrors(jacobian, expected.jacobian).percentile99).toBeLessThanOrEqual(1e-4);
    });

    test("the line Jacobian's image has the bits of the projection", async () => {
      expect((await one.jacobian(model)).image).toEqual(await one.forward(model));
    });

    test("2 and 5 threads give the bytes of 1, images, adjoints and Jacobians", async () => {
      const [image, volume, { jacobian }] = [
        await one.forward(model),
        await one.adjoint(model),
        await one.jacobian(model),
      ];
      for (const many of others) {
        expect(await many.forward(model)).toEqual(image);
        expect(await many.adjoint(model)).toEqual(volume);
        expect((await many.jacobian(model)).jacobian).toEqual(jacobian);
      }
    });
  });

test("a list of 9 pixels gives these values of the whole image, and 0 elsewhere", async () => {
  const pixels = Uint32Array.of(0, 5, 40, 41, 100, 200, 201, 300, ROWS * COLUMNS - 1);
  const [some, all] = [await one.listed(pixels), await one.forward("siddon")];
  const expected = all.map((value, i) => (pixels.includes(i % (ROWS * COLUMNS)) ? value : 0));
  expect(some).toEqual(expected);
});
