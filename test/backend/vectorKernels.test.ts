import { describe, expect, test } from "vitest";
import type { Backend } from "../../src/backend/backend.js";
import { createReferenceBackend } from "../../src/backend/reference/index.js";
import { createRandom } from "../../src/core/random.js";

const upload = (backend: Backend, values: readonly number[]) =>
  backend.upload(Float64Array.from(values), { kind: "flat", length: values.length }, "x", "real");
const uniform = (seed: number, length: number) => {
  const random = createRandom(seed);
  return Float64Array.from({ length }, random.uniform);
};

describe("elementwise kernels of the reference", () => {
  test("y <- 2 x + 3 y, then y <- x y, of [1, 2] and [10, 20] are [32, 64] and [32, 128]", async () => {
    await using backend = createReferenceBackend();
    const [x, y] = [upload(backend, [1, 2]), upload(backend, [10, 20])];
    backend.run("axpby", { a: 2, x, b: 3, y });
    expect([...(await backend.download(y))]).toEqual([32, 64]);
    backend.run("multiply", { x, y });
    expect([...(await backend.download(y))]).toEqual([32, 128]);
  });

  test("clamp, sign and reciprocalOrZero of [-2, 0, 0.5, 4]", async () => {
    await using backend = createReferenceBackend();
    const x = () => upload(backend, [-2, 0, 0.5, 4]);
    const [clamped, signs, reciprocals] = [x(), x(), x()];
    backend.run("clamp", { x: clamped, lower: -1, upper: 1 });
    backend.run("sign", { x: signs });
    backend.run("reciprocalOrZero", { x: reciprocals, threshold: 0.5 });
    expect([...(await backend.download(clamped))]).toEqual([-1, 0, 0.5, 1]);
    expect([...(await backend.download(signs))]).toEqual([-1, 0, 1, 1]);
    expect([...(await backend.download(reciprocals))]).toEqual([0, 0, 0, 0.25]);
  });

  test("mapPiecewise is constant before the first knot and goes on with the last slope", async () => {
    await using backend = createReferenceBackend();
    const x = upload(backend, [-5, -1, -0.5, 0, 1, 4]);
    const knots = backend.upload(Float64Array.of(-1, 2, 0, 3, 2, 9), { kind: "flat", length: 6 });
    backend.run("mapPiecewise", { x, knots });
    expect([...(await backend.download(x))]).toEqual([2, 2, 2.5, 3, 6, 15]);
  });

  test("selectLabel keeps the voxels of one label", async () => {
    await using backend = createReferenceBackend();
    const shape = { kind: "volume", size: [2, 2, 1] } as const;
    const [x, out] = [backend.upload(Float64Array.of(1, 2, 3, 4), shape), backend.allocate(shape)];
    const labels = backend.upload(Uint8Array.of(0, 1, 1, 2), shape);
    backend.run("selectLabel", { out, x, labels, label: 1 });
    expect([...(await backend.download(out))]).toEqual([0, 2, 3, 0]);
  });

  test("sum, sumAbsolute, sumSquares, dot and extrema of [1, -2, 3]", async () => {
    await using backend = createReferenceBackend();
    const [x, y, out] = [upload(backend, [1, -2, 3]), upload(backend, [4, 5, 6]), upload(backend, [0, 0])];
    const first = async () => (await backend.download(out))[0];
    backend.run("sum", { out, x });
    expect(await first()).toBe(2);
    backend.run("sumAbsolute", { out, x });
    expect(await first()).toBe(6);
    backend.run("sumSquares", { out, x });
    expect(await first()).toBe(14);
    backend.run("dot", { out, x, y });
    expect(await first()).toBe(12);
    backend.run("extrema", { out, x });
    expect([...(await backend.download(out))]).toEqual([-2, 3]);
  });
});

describe("the Kullback-Leibler divergence of the reference", () => {
  const divergence = async (x: number[], y: number[], weights?: number[]) => {
    await using backend = createReferenceBackend();
    const out = upload(backend, [0]);
    const w = weights && { weights: upload(backend, weights) };
    backend.run("kullbackLeibler", { out, x: upload(backend, x), y: upload(backend, y), ...w });
    return (await backend.download(out))[0];
  };

  test("of 1 from 2 is 1 - ln 2 and of 2 from 1 is 2 ln 2 - 1; nothing found costs what was expected", async () => {
    expect(await divergence([1], [2])).toBeCloseTo(1 - Math.LN2, 15);
    expect(await divergence([2], [1])).toBeCloseTo(2 * Math.LN2 - 1, 15);
    expect(await divergence([0], [3])).toBe(3);
    expect(await divergence([3], [3])).toBe(0);
  });

  test("weighs terms, and of c x from c y it is c times as large", async () => {
    const [x, y] = [uniform(1, 40), uniform(2, 40).map((v) => v + 0.1)];
    const each = await Promise.all([...x].map((p, i) => divergence([p], [y[i]], [i])));
    const sum = each.reduce((total, term) => total + term, 0);
    expect(
      await divergence(
        [...x],
        [...y],
        [...x].map((_, i) => i),
      ),
    ).toBeCloseTo(sum, 12);
    const plain = await divergence([...x], [...y]);
    expect(
      await divergence(
        [...x].map((p) => 5 * p),
        [...y].map((q) => 5 * q),
      ),
    ).toBeCloseTo(5 * plain, 12);
  });

  test("nearly equal numbers: x d²/2 - x d³/3 for y = x (1 + d), to 1e-9 of it with d = 1e-5", async () => {
    const [d, x] = [1e-5, 4];
    const expected = x * (d ** 2 / 2 - d ** 3 / 3);
    expect(Math.abs((await divergence([x], [x * (1 + d)])) / expected - 1)).toBeLessThan(1e-9);
  });
});

describe("kernels with a gradient agree with central differences in float64", () => {
  test("total variation of a 5 x 4 x 3 volume, to 1e-8", async () => {
    await using backend = createReferenceBackend();
    const shape = { kind: "volume", size: [5, 4, 3] } as const;
    const values = uniform(1, 60);
    const [value, gradient, x] = [upload(backend, [0]), backend.allocate(shape), backend.upload(values, shape)];
    const total = async (at: number, h: number) => {
      using moved = backend.upload(values.with(at, values[at] + h), shape);
      backend.run("totalVariation", { out: value, x: moved, delta: 0.1 });
      return (await backend.download(value))[0];
    };
    backend.run("totalVariationGradient", { out: gradient, x, delta: 0.1, weight: 2 });
    const found = await backend.download(gradient);
    for (let i = 0; i < 60; i++)
      expect(found[i] / 2).toBeCloseTo(((await total(i, 1e-5)) - (await total(i, -1e-5))) / 2e-5, 8);
  });

  test("total variation of a step of height 3 across 4 x 3 voxels is 36 at delta 0", async () => {
    await using backend = createReferenceBackend();
    const values = Float64Array.from({ length: 24 }, (_, i) => (i % 2) * 3);
    const [x, out] = [backend.upload(values, { kind: "volume", size: [2, 4, 3] }), upload(backend, [0])];
    backend.run("totalVariation", { out, x, delta: 0 });
    expect((await backend.download(out))[0]).toBe(36);
  });

  test("normalized cross-correlation of two views of 3 x 4 pixels, to 1e-8; 1 for an image with itself", async () => {
    await using backend = createReferenceBackend();
    const shape = { kind: "projections", views: 2, rows: 3, columns: 4 } as const;
    const values = uniform(2, 24);
    const [value, cotangent, target] = [
      upload(backend, [0, 0]),
      backend.allocate(shape),
      backend.upload(uniform(3, 24), shape),
    ];
    const correlate = async (image: Float64Array, to = target, epsilon = 0.01) => {
      using predicted = backend.upload(image, shape);
      backend.run("normalizedCrossCorrelation", { value, cotangent, predicted, target: to, epsilon });
      const [first, second] = await backend.download(value);
      return first + second;
    };
    await correlate(values);
    const found = await backend.download(cotangent);
    for (let i = 0; i < 24; i++) {
      const [plus, minus] = [values.with(i, values[i] + 1e-5), values.with(i, values[i] - 1e-5)];
      expect(found[i]).toBeCloseTo(((await correlate(plus)) - (await correlate(minus))) / 2e-5, 8);
    }
    expect(await correlate(values, backend.upload(values, shape), 1e-14)).toBeCloseTo(2, 10);
  });
});

describe("optimizers of the reference", () => {
  test("the first step of Adam moves by the rate against the sign of the gradient, untouched elements stay", async () => {
    await using backend = createReferenceBackend();
    const [x, m, v] = [upload(backend, [1, 1, -1]), upload(backend, [0, 0, 0]), upload(backend, [0, 0, 0])];
    const gradient = upload(backend, [5, -0.01, 0]);
    const settings = { rate: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 1e-12 };
    backend.run("adamStep", { x, m, v, gradient, step: 1, lower: 0, ...settings });
    const found = await backend.download(x);
    [0.9, 1.1, -1].forEach((expected, i) => {
      expect(found[i]).toBeCloseTo(expected, 8);
    });
  });

  test("SGD with momentum 0.5 and rate 0.1 goes 1, 0.8, 0.5, and not below its bound", async () => {
    await using backend = createReferenceBackend();
    const [x, velocity, gradient] = [upload(backend, [1]), upload(backend, [0]), upload(backend, [2])];
    const path: number[] = [];
    for (const lower of [undefined, undefined, 0.4]) {
      backend.run("sgdStep", { x, velocity, gradient, rate: 0.1, momentum: 0.5, lower });
      path.push((await backend.download(x))[0]);
    }
    [0.8, 0.5, 0.4].forEach((expected, i) => {
      expect(path[i]).toBeCloseTo(expected, 14);
    });
  });
});
