import { afterAll, describe, expect, test } from "vitest";
import { createReferenceBackend } from "../../../src/backend/reference/index.js";
import { createWasmBackend } from "../../../src/backend/wasm/index.js";
import { createRandom } from "../../../src/core/random.js";
import { relativeErrors } from "../../../src/testing/compare.js";

/** Rays walk more than 256 planes in blocks of 128 (`projectorPhases.ts`); 300 make three blocks of 100. */
const LONG = 300;
const ROWS = 14;
const COLUMNS = 11;
const VIEWS = 6;

const reference = createReferenceBackend();
const one = await createWasmBackend({ threads: 1 });
const two = await createWasmBackend({ threads: 2 });
afterAll(async () => {
  for (const backend of [reference, one, two]) await backend[Symbol.asyncDispose]();
});

/** Views from the outside; every other one looks along the long axis, the others across; rays of a view differ in axis. */
function scene(axis: number) {
  const random = createRandom(31 + axis);
  const size = [9, 8, 7].map((n, i) => (i === axis ? LONG : n)) as [number, number, number];
  const unit = (i: number, by: number) => [0, 1, 2].map((k) => (k === i ? by : by * 0.02 * random.normal()));
  const table: number[] = [];
  for (let view = 0; view < VIEWS; view++) {
    const along = view % 2 === 0 ? axis : (axis + 1) % 3;
    const [u, v] = [(along + 1) % 3, (along + 2) % 3];
    const reach = view % 2 === 0 ? 400 : 60;
    const center = size.map((n) => n * (0.4 + 0.2 * random.uniform()));
    const ray = unit(along, reach);
    const source = center.map((x, i) => x - ray[i]);
    const [column, row] = [unit(u, view % 2 === 0 ? 1.4 : 12), unit(v, 1.3)];
    const first = center.map((x, i) => x + ray[i] - (column[i] * (COLUMNS - 1)) / 2 - (row[i] * (ROWS - 1)) / 2);
    table.push(...source, ...first, ...column, ...row, 1.21, 0.81, 2.56, 0.05, -0.03, 0.08);
  }
  const values = Float32Array.from({ length: size[0] * size[1] * size[2] }, () => random.uniform());
  const image = Float32Array.from({ length: VIEWS * ROWS * COLUMNS }, () => random.uniform());
  return { size, table: Float64Array.from(table), values, image };
}

const stack = (views: number) => ({ kind: "projections", views, rows: ROWS, columns: COLUMNS }) as const;

function setUp(backend: typeof reference | typeof one, axis: number) {
  const { size, table, values, image } = scene(axis);
  const volumeShape = { kind: "volume", size } as const;
  const volume = backend.upload(values, volumeShape);
  const views = backend.upload(table, { kind: "flat", length: table.length });
  const rays = { model: "joseph", extent: "segment", beam: "cone", views } as const;
  return {
    async forward(accumulate: boolean) {
      using out = backend.allocate(stack(VIEWS));
      backend.run("project", { ...rays, volume, out, accumulate });
      return await backend.download(out);
    },
    async imageOfJacobian() {
      using out = backend.allocate(stack(VIEWS));
      using jacobian = backend.allocate(stack(6 * VIEWS));
      backend.run("projectLineJacobian", { ...rays, volume, out, jacobian });
      return await backend.download(out);
    },
    async adjoint() {
      using out = backend.allocate(volumeShape);
      using cotangent = backend.upload(image, stack(VIEWS));
      backend.run("projectAdjoint", { ...rays, image: cotangent, out, accumulate: false });
      return await backend.download(out);
    },
  };
}

describe.each([0, 1, 2])("Joseph where axis %i has 300 planes", (axis) => {
  const [exact, single, double] = [reference, one, two].map((backend) => setUp(backend, axis));

  // the bounds of projectors.test.ts: float32 positions against float64
  test("forward and adjoint are the reference's: 1e-5 at the 99th percentile, 5e-4 at worst", async () => {
    const pairs = [
      [await single.forward(false), await exact.forward(false)],
      [await single.adjoint(), await exact.adjoint()],
    ] as const;
    for (const [found, expected] of pairs) {
      const { percentile99, worst } = relativeErrors(found, expected);
      expect(percentile99).toBeLessThanOrEqual(1e-5);
      expect(worst).toBeLessThanOrEqual(5e-4);
    }
  });

  test("in blocks, in one go (accumulated on zeros) and beside the line Jacobian: the same bits", async () => {
    const inBlocks = await single.forward(false);
    expect(inBlocks.some((value) => value > 0)).toBe(true);
    expect(await single.forward(true)).toEqual(inBlocks);
    expect(await single.imageOfJacobian()).toEqual(inBlocks);
  });

  test("2 threads give the bytes of 1", async () => {
    expect(await double.forward(false)).toEqual(await single.forward(false));
    expect(await double.adjoint()).toEqual(await single.adjoint());
  });
});
