import { describe, expect, test } from "vitest";
import type { Backend, DeviceArray } from "../../src/backend/backend.js";
import { createReferenceBackend } from "../../src/backend/reference/index.js";
import { createRandom } from "../../src/core/random.js";

type Size = readonly [number, number, number];

const upload = (backend: Backend, size: Size, values: ArrayLike<number>) =>
  backend.upload(Float64Array.from(values), { kind: "volume", size });
const random = (seed: number, length: number, low = 0) => {
  const { uniform } = createRandom(seed);
  return Float64Array.from({ length }, () => low + (1 - low) * uniform());
};

/** Fast gradient projection from a dual of zeros. */
function prox(backend: Backend, y: DeviceArray, curvature: DeviceArray, weight: number, steps: number) {
  const [qx, qy, qz, rx, ry, rz] = Array.from({ length: 6 }, () => backend.allocate(y.shape));
  const bounds = { lower: 0, upper: Infinity };
  const step = 1 / (12 * weight);
  let t = 1;
  for (let i = 0; i < steps; i++) {
    const next = (1 + Math.sqrt(1 + 4 * t * t)) / 2;
    const dual = { qx, qy, qz, rx, ry, rz };
    backend.run("totalVariationDualStep", { y, curvature, ...dual, weight, step, momentum: (t - 1) / next, ...bounds });
    t = next;
  }
  backend.run("totalVariationPrimal", { x: y, curvature, qx, qy, qz, weight, ...bounds });
  return y;
}

describe("proximal map of total variation in the metric of a curvature", () => {
  test("two voxels 1 and 5 of curvature 1 and 2, weight 0.6, come 0.6 / curvature nearer: 1.6 and 4.7", async () => {
    await using backend = createReferenceBackend();
    for (const size of [
      [2, 1, 1],
      [1, 2, 1],
      [1, 1, 2],
    ] as const) {
      const [y, curvature] = [upload(backend, size, [1, 5]), upload(backend, size, [1, 2])];
      const x = await backend.download(prox(backend, y, curvature, 0.6, 200));
      expect(x[0]).toBeCloseTo(1.6, 9);
      expect(x[1]).toBeCloseTo(4.7, 9);
    }
  });

  test("with a large weight a volume becomes its mean, weighted by the curvature, and never negative", async () => {
    await using backend = createReferenceBackend();
    const size: Size = [3, 2, 2];
    const [values, weights] = [random(1, 12), random(2, 12, 0.5)];
    const mean = values.reduce((sum, v, i) => sum + v * weights[i], 0) / weights.reduce((sum, w) => sum + w, 0);
    const y = upload(backend, size, values);
    const x = await backend.download(prox(backend, y, upload(backend, size, weights), 10, 2000));
    for (const value of x) expect(value).toBeCloseTo(mean, 5);
    const negative = upload(
      backend,
      size,
      values.map((v) => v - 2),
    );
    const clipped = await backend.download(prox(backend, negative, upload(backend, size, weights), 10, 50));
    expect([...clipped].every((value) => value === 0)).toBe(true);
  });

  test("infinite curvature holds a voxel where it is", async () => {
    await using backend = createReferenceBackend();
    const size: Size = [3, 1, 1];
    const y = upload(backend, size, [0, 4, 4]);
    const x = await backend.download(prox(backend, y, upload(backend, size, [Infinity, 1, 1]), 1, 500));
    expect(x[0]).toBe(0);
    expect(x[1]).toBeCloseTo(3.5, 9);
    expect(x[2]).toBeCloseTo(3.5, 9);
  });

  test("gradᵀ of the primal is the transpose of the grad of the dual step", async () => {
    await using backend = createReferenceBackend();
    const size: Size = [3, 4, 5];
    const n = 60;
    const zeros = () => backend.allocate({ kind: "volume", size });
    const inside = (axis: number) => (_: number, i: number) => {
      const index = [i % 3, Math.floor(i / 3) % 4, Math.floor(i / 12)];
      return index[axis] + 1 < size[axis];
    };
    // A dual without components across the far faces.
    const dual = [3, 4, 5].map((seed, axis) => random(seed, n, -1).map((v, i) => (inside(axis)(v, i) ? v : 0)));
    const [qx, qy, qz] = dual.map((values) => upload(backend, size, values));
    const volume = random(6, n);
    const [ones, x] = [upload(backend, size, new Float64Array(n).fill(1)), zeros()];
    const open = { lower: -Infinity, upper: Infinity };
    backend.run("totalVariationPrimal", { x, curvature: ones, qx, qy, qz, weight: 1, ...open });
    const adjoint = (await backend.download(x)).map((v) => -v);
    const [rx, ry, rz, gx, gy, gz] = Array.from({ length: 6 }, zeros);
    // A step small enough that nothing is projected gives step * grad y.
    backend.run("totalVariationDualStep", {
      ...{ y: upload(backend, size, volume), curvature: ones, qx: gx, qy: gy, qz: gz, rx, ry, rz },
      ...{ weight: 0, step: 1e-3, momentum: 0, ...open },
    });
    const gradient = await Promise.all([gx, gy, gz].map((g) => backend.download(g)));
    const right = gradient.reduce(
      (sum, g, axis) => sum + Float64Array.from(g).reduce((s, v, i) => s + 1e3 * v * dual[axis][i], 0),
      0,
    );
    const left = volume.reduce((sum, v, i) => sum + v * adjoint[i], 0);
    // sixty products of doubles below 1
    expect(Math.abs(left - right)).toBeLessThan(1e-12);
  });
});

describe("the surrogate's step", () => {
  test("of two voxels 0 and 3 with delta 4: g = ∓3/5, c = 2/5 each", async () => {
    await using backend = createReferenceBackend();
    const size: Size = [1, 2, 1];
    const [at, curvature, out] = [
      [0, 3],
      [2, 1],
      [1, -1],
    ].map((values) => upload(backend, size, values));
    const settings = { scale: 2, delta: 4, weight: 10, lower: -Infinity, upper: Infinity };
    backend.run("surrogateStep", { out, at, curvature, ...settings });
    const [a, b] = await backend.download(out);
    expect(a).toBeCloseTo(0 - (2 * 1 - 6) / (2 + 4), 12);
    expect(b).toBeCloseTo(3 - (-2 + 6) / (1 + 4), 12);
  });

  test("moves against the gradient of totalVariation and never raises it", async () => {
    await using backend = createReferenceBackend();
    const size: Size = [5, 4, 6];
    const at = upload(backend, size, random(7, 120));
    const [out, gradient, value] = [
      backend.allocate(at.shape),
      backend.allocate(at.shape),
      backend.allocate({ kind: "flat", length: 1 }),
    ];
    // A curvature that dwarfs c: the step is -weight g / curvature.
    const stiff = upload(backend, size, new Float64Array(120).fill(1e9));
    const settings = { scale: 0, delta: 0.01, weight: 1, lower: -Infinity, upper: Infinity };
    backend.run("surrogateStep", { out, at, curvature: stiff, ...settings });
    backend.run("totalVariationGradient", { out: gradient, x: at, delta: 0.01, weight: 1 });
    const [moved, start, g] = await Promise.all([out, at, gradient].map((array) => backend.download(array)));
    // c <= 2 * 6 / 0.01, so 1.2e-6 of the curvature
    for (let i = 0; i < 120; i++) expect(Math.abs(1e9 * (start[i] - moved[i]) - g[i])).toBeLessThan(1e-5);
    const score = async (x: DeviceArray) => {
      backend.run("totalVariation", { out: value, x, delta: 0.01 });
      return (await backend.download(value))[0];
    };
    const free = upload(backend, size, new Float64Array(120).fill(1e-9));
    let [x, next] = [at, out];
    for (let step = 0, before = await score(at); step < 20; step++) {
      backend.run("surrogateStep", { out: next, at: x, curvature: free, ...settings });
      const after = await score(next);
      expect(after).toBeLessThanOrEqual(before * (1 + 1e-14));
      before = after;
      [x, next] = [next, x];
    }
  });
});
