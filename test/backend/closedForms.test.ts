import { describe, expect, test } from "vitest";
import type { Discretization } from "../../src/backend/kernels.js";
import { createReferenceBackend } from "../../src/backend/reference/index.js";

const UNIT = [1, 1, 1, 0, 0, 0];
const SIDDON: Discretization = { model: "siddon", extent: "segment" };
type Size = readonly [number, number, number];

/** Integrals of rays, 6 numbers each in index coordinates, through a volume. */
async function integrals(
  discretization: Discretization,
  size: Size,
  values: readonly number[],
  rays: readonly number[],
  metric: readonly number[] = UNIT,
): Promise<number[]> {
  await using backend = createReferenceBackend();
  using volume = backend.upload(Float64Array.from(values), { kind: "volume", size }, "volume", "real");
  using table = backend.upload(Float64Array.from(rays), { kind: "flat", length: rays.length });
  using out = backend.allocate({ kind: "flat", length: rays.length / 6 });
  backend.run("projectRays", { ...discretization, rays: table, metric, out, volume, accumulate: false });
  return [...(await backend.download(out))];
}

const ones = (size: Size) => new Array<number>(size[0] * size[1] * size[2]).fill(1);
const counting = (size: Size) => ones(size).map((_, i) => i + 1);

describe("siddon", () => {
  test("a ray through the center of one 2 mm voxel of 0.5/mm integrates to 1", async () => {
    const found = await integrals(SIDDON, [1, 1, 1], [0.5], [-4, 0.5, 0.5, 4, 0.5, 0.5], [4, 4, 4, 0, 0, 0]);
    expect(found).toEqual([1]);
  });

  test("a diagonal of a cube of 3 mm is 3 sqrt 3 mm long", async () => {
    const [found] = await integrals(SIDDON, [3, 3, 3], ones([3, 3, 3]), [-1, -1, -1, 4, 4, 4]);
    expect(found).toBeCloseTo(3 * Math.sqrt(3), 14);
  });

  test("lengths in a sheared grid are those of the world: sqrt(dᵀ G d)", async () => {
    // index-to-world [[1, 0.5, 0], [0, 2, 0], [0, 0, 3]]: one step along j is (0.5, 2, 0) mm
    const metric = [1, 4.25, 9, 0.5, 0, 0];
    const [found] = await integrals(SIDDON, [1, 1, 1], [1], [0.5, -1, 0.5, 0.5, 2, 0.5], metric);
    expect(found).toBeCloseTo(Math.hypot(0.5, 2), 14);
  });

  test("a ray in a face belongs to the upper voxel, in the last face to none", async () => {
    const rays = [0, 1, 2].flatMap((y) => [-1, y, 0.5, 2, y, 0.5]);
    expect(await integrals(SIDDON, [1, 2, 1], [3, 5], rays)).toEqual([3, 5, 0]);
    expect(
      await integrals(
        SIDDON,
        [1, 2, 1],
        [3, 5],
        rays.map((c, i) => (i % 3 === 0 ? 1 - c : c)),
      ),
    ).toEqual([3, 5, 0]);
  });

  test("source and end inside count from where they are: 0.75 of the first and 0.5 of the second voxel", async () => {
    const [forth, back] = await integrals(
      SIDDON,
      [2, 1, 1],
      [1, 10],
      [0.25, 0.5, 0.5, 1.5, 0.5, 0.5, 1.5, 0.5, 0.5, 0.25, 0.5, 0.5],
    );
    expect(forth).toBeCloseTo(5.75, 14);
    expect(back).toBeCloseTo(5.75, 14);
  });

  test("the whole line counts what lies before the source and beyond the end", async () => {
    const rays = [0.9, 0.5, 0.5, 1.1, 0.5, 0.5];
    expect((await integrals({ ...SIDDON, extent: "line" }, [2, 1, 1], [1, 10], rays))[0]).toBeCloseTo(11, 13);
  });

  test("rays that miss, point away, or have no length give 0", async () => {
    const rays = [-4, 2, 0.5, 4, 2, 0.5, -4, 0.5, 0.5, -2, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5];
    expect(await integrals(SIDDON, [1, 1, 1], [1], rays)).toEqual([0, 0, 0]);
  });

  test("a ray meets every voxel along it once: the sum of 1 to 5 along z", async () => {
    expect((await integrals(SIDDON, [1, 1, 5], [1, 2, 3, 4, 5], [0.5, 0.5, 9, 0.5, 0.5, -9]))[0]).toBeCloseTo(15, 13);
  });
});

describe("joseph and trilinear", () => {
  const models: readonly Discretization[] = [
    { model: "joseph", extent: "segment" },
    { model: "trilinear", step: 0.25, extent: "segment" },
  ];
  for (const discretization of models) {
    const { model } = discretization;
    test(`${model}: a ray half-way between two columns of voxels gives their mean`, async () => {
      const [found] = await integrals(discretization, [4, 2, 1], [1, 1, 1, 1, 3, 3, 3, 3], [-9, 1, 0.5, 9, 1, 0.5]);
      expect(found).toBeCloseTo(8, 12);
    });

    test(`${model}: the ramp beside the outer centers reaches 0 one cell further`, async () => {
      const heights = [0.5, 0.25, 0, -0.25, -0.5, -0.75];
      const found = await integrals(
        discretization,
        [4, 1, 1],
        [1, 1, 1, 1],
        heights.flatMap((y) => [-9, y, 0.5, 9, y, 0.5]),
      );
      found.forEach((value, i) => {
        expect(value).toBeCloseTo([4, 3, 2, 1, 0, 0][i], 12);
      });
    });

    test(`${model}: source and end inside a constant volume give the distance between them`, async () => {
      const size: Size = [9, 9, 9];
      const [found] = await integrals(discretization, size, ones(size), [2.3, 3.1, 4.7, 6.9, 5.2, 3.3]);
      expect(found).toBeCloseTo(Math.hypot(4.6, 2.1, 1.4), 12);
    });
  }

  test("joseph: ties of the dominant axis go to x: a 45 degree ray samples the planes of x", async () => {
    const size: Size = [2, 2, 1];
    // at x = 1/2 the ray y = x + 1/4 is at y = 3/4, a quarter of the way from row 0 to row 1; at x = 3/2 a quarter out
    const [found] = await integrals(
      { model: "joseph", extent: "line" },
      size,
      counting(size),
      [0, 0.25, 0.5, 1, 1.25, 0.5],
    );
    expect(found).toBeCloseTo(Math.SQRT2 * (0.75 * 1 + 0.25 * 3 + 0.75 * 4), 13);
  });

  test("trilinear: an interval weighs its samples with (to - from) length / (samples - 1)", async () => {
    const interval = { from: 0.25, to: 0.75, samples: 5 };
    const [found] = await integrals(
      { model: "trilinear", extent: "segment", interval },
      [9, 9, 9],
      ones([9, 9, 9]),
      [2, 4, 4, 6, 4, 4],
    );
    expect(found).toBeCloseTo((0.5 * 4 * 5) / 4, 13);
  });

  test("trilinear: steps count from the source, the last one only as far as the end", async () => {
    const size: Size = [9, 1, 1];
    const linear = [0, 1, 2, 3, 4, 5, 6, 7, 8];
    // from 1 to 5.5 by steps of 2: samples at 2, 4 and 6, weights 2, 2 and 0.5, f(x) = x - 1/2
    const [found] = await integrals(
      { model: "trilinear", step: 2, extent: "segment" },
      size,
      linear,
      [1, 0.5, 0.5, 5.5, 0.5, 0.5],
    );
    expect(found).toBeCloseTo(2 * 1.5 + 2 * 3.5 + 0.5 * 5.5, 13);
  });
});

describe("views", () => {
  test("a parallel beam does not depend on the length of its direction, and needs no source", async () => {
    await using backend = createReferenceBackend();
    const size: Size = [3, 2, 2];
    using volume = backend.upload(Float64Array.from(counting(size)), { kind: "volume", size });
    const image = async (scale: number) => {
      using views = backend.upload(Float64Array.of(scale, 0, 0, 50, 0.5, 0.5, 0, 1, 0, 0, 0, 1, ...UNIT), {
        kind: "flat",
        length: 18,
      });
      using out = backend.allocate({ kind: "projections", views: 1, rows: 2, columns: 2 });
      backend.run("project", { ...SIDDON, beam: "parallel", views, out, volume, accumulate: false });
      return [...(await backend.download(out))];
    };
    expect(await image(1)).toEqual([6, 15, 24, 33]);
    expect(await image(-0.125)).toEqual([6, 15, 24, 33]);
  });

  test("the maximum along a ray is that of the voxels it meets between source and pixel, 0 where it meets none", async () => {
    await using backend = createReferenceBackend();
    using volume = backend.upload(Float64Array.of(9, -5, -3, 7), { kind: "volume", size: [4, 1, 1] });
    using views = backend.upload(Float64Array.of(1.5, 0.5, 0.5, 2.5, 0.5, 0.5, 0, 0.4, 0, 1.25, 0, 0, ...UNIT), {
      kind: "flat",
      length: 18,
    });
    using out = backend.allocate({ kind: "projections", views: 1, rows: 2, columns: 2 });
    backend.run("projectMaximum", { ...SIDDON, beam: "cone", views, out, volume });
    expect([...(await backend.download(out))]).toEqual([-3, -3, 7, 7]);
  });
});
