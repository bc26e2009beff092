import { afterAll, describe, expect, test } from "vitest";
import type { Model } from "../../../src/backend/kernels.js";
import { createWasmBackend } from "../../../src/backend/wasm/index.js";
import { createRandom } from "../../../src/core/random.js";

const backend = await createWasmBackend({ threads: 1 });
afterAll(() => backend[Symbol.asyncDispose]());

const SIZE = [23, 18, 29] as const;
const [ROWS, COLUMNS, VIEWS] = [14, 13, 40];
const volumeShape = { kind: "volume", size: SIZE } as const;
const stack = (views: number) => ({ kind: "projections", views, rows: ROWS, columns: COLUMNS }) as const;
/** More than two planes of a volume with its padding. */
const NEAR = { kind: "flat", length: 4096 } as const;

/** Cone views from all around, whose rays leave the box through faces, edges and corners. */
function viewTable(): Float64Array {
  const random = createRandom(3);
  const unit = () => {
    const v = [random.normal(), random.normal(), random.normal()];
    return v.map((x) => x / Math.hypot(...v));
  };
  const table: number[] = [];
  for (let n = 0; n < VIEWS; n++) {
    const [ray, column, row] = [unit(), unit(), unit()];
    const source = SIZE.map((length, i) => length / 2 - 90 * ray[i]);
    const first = SIZE.map(
      (length, i) => length / 2 + 60 * ray[i] - 3 * (COLUMNS - 1) * column[i] - 3 * (ROWS - 1) * row[i],
    );
    table.push(...source, ...first, ...column.map((x) => 6 * x), ...row.map((x) => 6 * x), 1, 1, 1, 0, 0, 0);
  }
  return Float64Array.from(table);
}

describe("a volume between two other arrays", () => {
  const table = viewTable();
  const views = backend.upload(table, { kind: "flat", length: table.length }, "views");
  const rays = (model: Model) =>
    ({ model, extent: "line", beam: "cone", views, ...(model === "trilinear" && { step: 0.7 }) }) as const;
  const ones = new Float32Array(SIZE[0] * SIZE[1] * SIZE[2]).fill(1);

  test.each<Model>(["siddon", "joseph", "trilinear"])(
    "%s does not read what lies before and behind it: NaN there changes nothing",
    async (model) => {
      using before = backend.upload(new Float32Array(4096).fill(Number.NaN), NEAR, "before");
      using volume = backend.upload(ones, volumeShape, "volume");
      using behind = backend.upload(new Float32Array(4096).fill(Number.NaN), NEAR, "behind");
      using out = backend.allocate(stack(VIEWS));
      using jacobian = backend.allocate(stack(6 * VIEWS));
      backend.run("project", { ...rays(model), volume, out, accumulate: false });
      const image = await backend.download(out);
      expect(image.every(Number.isFinite)).toBe(true);
      expect(image.filter((value) => value > 0).length).toBeGreaterThan(image.length / 10);
      backend.run("projectLineJacobian", { ...rays(model), volume, out, jacobian });
      expect((await backend.download(jacobian)).every(Number.isFinite)).toBe(true);
      expect([before.disposed, behind.disposed]).toEqual([false, false]);
    },
  );

  test.each<Model>(["siddon", "joseph", "trilinear"])(
    "the adjoint of %s does not write there, not even a zero: -0 stays -0",
    async (model) => {
      using before = backend.upload(new Float32Array(4096).fill(-0), NEAR, "before");
      using out = backend.upload(ones, volumeShape, "volume");
      using behind = backend.upload(new Float32Array(4096).fill(-0), NEAR, "behind");
      using image = backend.upload(new Float32Array(VIEWS * ROWS * COLUMNS).fill(1), stack(VIEWS), "image");
      backend.run("projectAdjoint", { ...rays(model), image, out, accumulate: false });
      expect((await backend.download(out)).some((value) => value > 0)).toBe(true);
      for (const near of [before, behind])
        expect((await backend.download(near)).every((value) => Object.is(value, -0))).toBe(true);
    },
  );
});
