import { describe, expect, test } from "vitest";
import {
  diffdrrMultiscaleNcc,
  gradientNcc,
  localGradientNcc,
  multiscaleNcc,
  nanodrrMultiscaleNcc,
  ncc,
  type Similarity,
} from "../../../src/metric/index.js";
import { type NaiveOptions, naiveCorrelation, naiveHessian } from "./naive.js";
import { expectConsistent, expectDerivative, mixedWith, noise, smoothImages, solveFor, someMask } from "./scenes.js";

const [VIEWS, ROWS, COLUMNS] = [2, 22, 27];
const N = ROWS * COLUMNS;
const moving = smoothImages(1, VIEWS, ROWS, COLUMNS);
const fixed = mixedWith(moving, 2, 0.6);
const mask = someMask(moving);
const jacobian = Array.from({ length: 3 }, (_, c) => smoothImages(10 + c, VIEWS, ROWS, COLUMNS).values as Float64Array);

/** Similarities with what defines them for one view. */
const cases: [string, Similarity, Omit<NaiveOptions, "rows" | "columns" | "mask">][] = [
  ["global", ncc(), {}],
  ["global, epsilon 0.3", ncc({ epsilon: 0.3 }), { absolute: 0.3 }],
  ["global, epsilon a tenth of the variance", ncc({ epsilon: { ofVariance: 0.1 } }), { relative: 0.1 }],
  ["7 x 7 everywhere", ncc({ patchSize: 7 }), { patchSize: 7, relative: 0.01 }],
  [
    "8 x 8 every 4",
    ncc({ patchSize: 8, stride: 4, epsilon: 0.1, leastValid: 0.8 }),
    { patchSize: 8, stride: 4, absolute: 0.1, leastValid: 0.8 },
  ],
  ["5 x 5 every 7", ncc({ patchSize: 5, stride: 7, epsilon: 0 }), { patchSize: 5, stride: 7 }],
  ["gradient", gradientNcc(), { sobel: true, excludeBorder: true }],
  ["gradient with zeros outside", gradientNcc({ border: "zero", epsilon: 1 }), { sobel: true, absolute: 1 }],
  [
    "local gradient",
    localGradientNcc({ patchSize: 8, stride: 4 }),
    { sobel: true, excludeBorder: true, patchSize: 8, stride: 4, relative: 0.01 },
  ],
];

describe.each(cases)("correlation, %s", (_, similarity, definition) => {
  const view = (values: ArrayLike<number>, v: number) => Float64Array.from({ length: N }, (__, i) => values[v * N + i]);
  for (const masked of [false, true]) {
    const bytes = masked ? mask : undefined;
    const options = (v: number): NaiveOptions => ({
      ...definition,
      rows: ROWS,
      columns: COLUMNS,
      mask: bytes?.slice(v * N, (v + 1) * N),
    });
    test(`has the value of its definition, ${masked ? "with a mask" : "all pixels"}`, () => {
      const values = similarity.prepare(fixed).evaluate(moving, { mask: bytes });
      for (let v = 0; v < VIEWS; v++)
        expect(values[v]).toBeCloseTo(naiveCorrelation(view(moving.values, v), view(fixed.values, v), options(v)), 12);
    });
    test(`has the cotangent of central differences, ${masked ? "with a mask" : "all pixels"}`, () =>
      expectDerivative(similarity, moving, fixed, { mask: bytes }));
    test(`has the Gauss-Newton matrix of its normalized images, ${masked ? "with a mask" : "all pixels"}`, () => {
      expectConsistent(similarity, moving, fixed, jacobian, bytes);
      const { hessian } = solveFor(similarity, moving, fixed, jacobian, bytes);
      for (let v = 0; v < VIEWS; v++) {
        const images = jacobian.map((image) => view(image, v));
        const expected = naiveHessian(view(moving.values, v), images, options(v)).flat();
        const scale = Math.max(...expected.map(Math.abs));
        for (const [i, h] of expected.entries()) expect(Math.abs(hessian[v][i] - h)).toBeLessThan(1e-7 * scale);
      }
    });
  }
});

describe("trimmed correlation", () => {
  // A foreign object on 5 % of the pixels, far worse than anything else.
  const spoiled = { ...fixed, values: fixed.values.slice() };
  const without = new Uint8Array(VIEWS * N).fill(1);
  for (let v = 0; v < VIEWS; v++)
    for (let r = 3; r < 8; r++)
      for (let c = 5; c < 11; c++) {
        spoiled.values[v * N + r * COLUMNS + c] += 40;
        without[v * N + r * COLUMNS + c] = 0;
      }
  const trim = 30.5 / N;

  test("is the correlation without the foreign object, in value, gradient and matrix", () => {
    const a = solveFor(ncc({ trim }), moving, spoiled, jacobian);
    const b = solveFor(ncc(), moving, spoiled, jacobian, without);
    for (let v = 0; v < VIEWS; v++) {
      expect(a.values[v]).toBeCloseTo(b.values[v], 13);
      for (let i = 0; i < 3; i++) expect(a.gradient[v][i]).toBeCloseTo(b.gradient[v][i], 12);
      for (let i = 0; i < 9; i++) expect(a.hessian[v][i]).toBeCloseTo(b.hessian[v][i], 12);
    }
    expect(Math.abs(ncc().prepare(spoiled).evaluate(moving)[0])).toBeLessThan(0.5 * a.values[0]);
  });

  test("leaves out 12 % of the pixels to a bin of the histogram, and has their cotangent", () => {
    const cotangent = new Float64Array(VIEWS * N);
    for (const bytes of [undefined, mask]) {
      const counted = bytes ? bytes.subarray(N).reduce((s, m) => s + m, 0) : N;
      ncc({ trim: 0.12 }).prepare(fixed).evaluate(moving, { cotangent, mask: bytes });
      const left = cotangent.subarray(N).reduce((s, g) => s + (g === 0 ? 0 : 1), 0);
      expect(left / counted).toBeGreaterThanOrEqual(0.88);
      expect(left / counted).toBeLessThan(0.89);
      expectDerivative(ncc({ trim: 0.12 }), moving, fixed, { mask: bytes, step: 1e-7, tolerance: 1e-6 });
    }
  });

  test("of gradients drops the object's edge", () => {
    const plain = gradientNcc().prepare(spoiled).evaluate(moving).slice();
    const trimmed = gradientNcc({ trim: 0.12 }).prepare(spoiled).evaluate(moving);
    expect(trimmed[0]).toBeGreaterThan(plain[0] + 0.2);
    expectDerivative(gradientNcc({ trim: 0.12 }), moving, spoiled, { step: 1e-7, tolerance: 1e-6 });
  });
});

describe("sums of correlations", () => {
  test("multiscale is the weighted sum of its parts, in value, cotangent and matrix", () => {
    const parts = [ncc({ epsilon: 0.1 }), ncc({ patchSize: 9, epsilon: 0.2, stride: 3 })];
    const both = multiscaleNcc([
      { weight: 0.7, epsilon: 0.1 },
      { weight: 0.4, patchSize: 9, epsilon: 0.2, stride: 3 },
    ]);
    const [a, b] = parts.map((part) => solveFor(part, moving, fixed, jacobian, mask));
    const sum = solveFor(both, moving, fixed, jacobian, mask);
    expect(sum.values[1]).toBeCloseTo(0.7 * a.values[1] + 0.4 * b.values[1], 13);
    for (let i = 0; i < 3; i++)
      expect(sum.gradient[1][i]).toBeCloseTo(0.7 * a.gradient[1][i] + 0.4 * b.gradient[1][i], 12);
    for (let i = 0; i < 9; i++)
      expect(sum.hessian[1][i]).toBeCloseTo(0.7 * a.hessian[1][i] + 0.4 * b.hessian[1][i], 12);
  });

  test("a blur before the derivative keeps cotangent and matrix true, with and without a mask", () => {
    for (const bytes of [undefined, mask]) {
      expectDerivative(gradientNcc({ sigma: 0.8 }), moving, fixed, { mask: bytes });
      expectConsistent(gradientNcc({ sigma: 0.8 }), moving, fixed, jacobian, bytes);
    }
  });
});

describe("every correlation", () => {
  const all = [ncc(), ncc({ trim: 0.1 }), ncc({ patchSize: 9 }), gradientNcc(), localGradientNcc()];
  test("of an image with itself, gained and offset, is 1; negated -1", () => {
    const gained = { ...moving, values: moving.values.map((x) => 2.5 * x - 4) };
    const negated = { ...moving, values: moving.values.map((x) => -x) };
    for (const similarity of [ncc(), gradientNcc(), ncc({ patchSize: 9, epsilon: 0 })]) {
      expect(similarity.prepare(moving).evaluate(gained)[0], similarity.name).toBeCloseTo(1, 10);
      expect(similarity.prepare(moving).evaluate(negated)[0], similarity.name).toBeCloseTo(-1, 10);
    }
  });

  test("of a constant image is 0 with gradient and matrix 0, also of one that float64 rounds", () => {
    for (const level of [0, 0.1, 1e6 / 3]) {
      const flat = { ...moving, values: new Float64Array(VIEWS * N).fill(level) };
      for (const similarity of all)
        for (const [a, f] of [
          [flat, fixed],
          [moving, flat],
          [flat, flat],
        ]) {
          const { values, gradient, hessian } = solveFor(similarity, a, f, jacobian);
          for (const numbers of [values, ...gradient, ...hessian])
            expect(
              [...numbers].every((x) => x === 0),
              `${similarity.name} at ${level}`,
            ).toBe(true);
        }
    }
  });

  test("with a mask of nothing is 0", () => {
    for (const similarity of all) {
      const { values, gradient } = solveFor(similarity, moving, fixed, jacobian, new Uint8Array(VIEWS * N));
      expect(
        [...values, ...gradient[0]].every((x) => x === 0),
        similarity.name,
      ).toBe(true);
    }
  });

  test("sees float32 images as it sees float64 ones, and six Jacobian images as three", () => {
    const asFloat = (x: { readonly values: ArrayLike<number> }) => Float32Array.from(x.values);
    const single = { ...moving, values: asFloat(moving) };
    const double = { ...moving, values: Float64Array.from(single.values) };
    const six = [...jacobian, ...[3, 4, 5].map((seed) => noise(seed, VIEWS * N))].map((x) => Float32Array.from(x));
    const three = six.slice(0, 3).map((x) => Float64Array.from(x));
    for (const similarity of all) {
      const a = solveFor(similarity, single, fixed, six);
      const b = solveFor(similarity, double, fixed, three);
      expect([...a.values]).toEqual([...b.values]);
      for (let c = 0; c < 3; c++) {
        expect(a.gradient[1][c]).toBe(b.gradient[1][c]);
        for (let d = 0; d < 3; d++) expect(a.hessian[1][c * 6 + d]).toBeCloseTo(b.hessian[1][c * 3 + d], 12);
      }
    }
  });

  test("adds to the arrays that it is given", () => {
    const prepared = ncc().prepare(fixed);
    const out = {
      gradient: [new Float64Array(3).fill(5), new Float64Array(3)],
      hessian: [new Float64Array(9), new Float64Array(9).fill(7)],
    };
    prepared.normalEquations!(moving, jacobian, out);
    const { gradient, hessian } = solveFor(ncc(), moving, fixed, jacobian);
    expect(out.gradient[0][1]).toBeCloseTo(5 + gradient[0][1], 12);
    expect(out.hessian[1][4]).toBeCloseTo(7 + hessian[1][4], 12);
  });

  test("refuses other shapes, masks and arrays, and images smaller than a window", () => {
    const prepared = ncc().prepare(fixed);
    const odd = smoothImages(3, VIEWS, ROWS, COLUMNS + 1);
    expect(() => prepared.evaluate(odd)).toThrow("expected 2 x 22 x 27");
    expect(() => prepared.evaluate({ ...moving, values: new Float32Array(5) })).toThrow("found 5 numbers");
    expect(() => prepared.evaluate(moving, { mask: new Uint8Array(N) })).toThrow("mask: found 594");
    expect(() => prepared.evaluate(moving, { cotangent: new Float64Array(1) })).toThrow("cotangent");
    const one = { gradient: [new Float64Array(1)], hessian: [new Float64Array(1)] };
    expect(() => prepared.normalEquations!(moving, [jacobian[0]], one)).toThrow("out.gradient: found 1");
    expect(() => ncc({ patchSize: 23 }).prepare(fixed)).toThrow("no whole window of 23 x 23");
    expect(() => ncc().prepare({ ...fixed, views: 0, values: new Float32Array(0) })).toThrow("more than 0");
  });

  test("refuses options that it does not know or that are out of range", () => {
    expect(() => ncc({ patchsize: 3 } as object)).toThrow("did you mean 'patchSize'?");
    expect(() => ncc({ trim: 1 })).toThrow("trim = 1");
    expect(() => ncc({ trim: 0.1, patchSize: 8 })).toThrow("trim is for whole images");
    expect(() => ncc({ epsilon: -1 })).toThrow("epsilon = -1");
    expect(() => ncc({ patchSize: 8, stride: 0 })).toThrow("stride = 0");
    expect(() => gradientNcc({ border: "wrap" } as object)).toThrow("border = 'wrap'");
    const uneven = { patchSizes: [null, 9], patchWeights: [1, 2, 3] };
    for (const multiscale of [diffdrrMultiscaleNcc, nanodrrMultiscaleNcc])
      expect(() => multiscale(uneven)).toThrow("found 2 patchSizes and 3 patchWeights");
  });
});
