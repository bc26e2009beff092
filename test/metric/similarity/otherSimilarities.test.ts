import { describe, expect, test } from "vitest";
import {
  type ImageStack,
  meanSquaredErrorSimilarity,
  mutualInformation,
  ssim2d,
  structuralSimilarity,
} from "../../../src/metric/index.js";
import { expectConsistent, expectDerivative, mixedWith, smoothImages, solveFor, someMask } from "./scenes.js";

const [VIEWS, ROWS, COLUMNS] = [2, 22, 27];
const N = ROWS * COLUMNS;
const moving = smoothImages(1, VIEWS, ROWS, COLUMNS);
const fixed = mixedWith(moving, 2, 0.6);
const mask = someMask(moving);
const jacobian = Array.from({ length: 4 }, (_, c) => smoothImages(10 + c, VIEWS, ROWS, COLUMNS).values as Float64Array);

const map = (stack: ImageStack, f: (x: number) => number): ImageStack => ({
  ...stack,
  values: Float64Array.from(stack.values, f),
});
const flat = (value: number) => map(moving, () => value);
const counted = (v: number, bytes?: Uint8Array) =>
  Array.from({ length: N }, (_, i) => v * N + i).filter((i) => !bytes || bytes[i] === 1);
const mean = (indices: number[], f: (i: number) => number) => indices.reduce((s, i) => s + f(i), 0) / indices.length;

describe("mean squared error", () => {
  test.each([undefined, mask])("is the mean of squares over the pixels that count, with its matrix", (bytes) => {
    const similarity = meanSquaredErrorSimilarity();
    expectDerivative(similarity, moving, fixed, { mask: bytes });
    expectConsistent(similarity, moving, fixed, jacobian, bytes);
    const { values, hessian } = solveFor(similarity, moving, fixed, jacobian, bytes);
    for (let v = 0; v < VIEWS; v++) {
      const pixels = counted(v, bytes);
      expect(values[v]).toBeCloseTo(
        mean(pixels, (i) => (moving.values[i] - fixed.values[i]) ** 2),
        12,
      );
      for (let c = 0; c < 4; c++)
        for (let d = 0; d < 4; d++)
          expect(hessian[v][c * 4 + d]).toBeCloseTo(2 * mean(pixels, (i) => jacobian[c][i] * jacobian[d][i]), 11);
    }
  });

  test("after gain and offset is blind to them, and the fixed image's variance times 1 - ncc²", () => {
    const similarity = meanSquaredErrorSimilarity({ affineInvariant: true });
    const [value] = similarity.prepare(fixed).evaluate(moving);
    const changed = map(moving, (x) => 7 - 3 * x);
    expect(similarity.prepare(fixed).evaluate(changed)[0]).toBeCloseTo(value, 12);
    const pixels = counted(0);
    const [ma, mf] = [moving, fixed].map(({ values }) => mean(pixels, (i) => values[i]));
    const aa = mean(pixels, (i) => (moving.values[i] - ma) ** 2);
    const ff = mean(pixels, (i) => (fixed.values[i] - mf) ** 2);
    const af = mean(pixels, (i) => (moving.values[i] - ma) * (fixed.values[i] - mf));
    expect(value).toBeCloseTo(ff * (1 - (af * af) / (aa * ff)), 12);
  });

  test.each([undefined, mask])(
    "after gain and offset has the matrix of the images without what these explain",
    (bytes) => {
      const similarity = meanSquaredErrorSimilarity({ affineInvariant: true });
      expectDerivative(similarity, moving, fixed, { mask: bytes });
      expectConsistent(similarity, moving, fixed, jacobian, bytes);
      const { hessian } = solveFor(similarity, moving, fixed, jacobian, bytes);
      for (let v = 0; v < VIEWS; v++) {
        const pixels = counted(v, bytes);
        const center = (x: ArrayLike<number>) => {
          const m = mean(pixels, (i) => x[i]);
          return (i: number) => x[i] - m;
        };
        const a = center(moving.values);
        const f = center(fixed.values);
        const gain = mean(pixels, (i) => a(i) * f(i)) / mean(pixels, (i) => a(i) ** 2);
        const left = jacobian.map((image) => {
          const j = center(image);
          const share = mean(pixels, (i) => a(i) * j(i)) / mean(pixels, (i) => a(i) ** 2);
          return (i: number) => gain * (j(i) - share * a(i));
        });
        for (let c = 0; c < 4; c++)
          for (let d = 0; d < 4; d++)
            expect(hessian[v][c * 4 + d]).toBeCloseTo(2 * mean(pixels, (i) => left[c](i) * left[d](i)), 11);
      }
    },
  );

  test("of a constant moving image after gain and offset is the fixed image's variance, without a gradient", () => {
    const similarity = meanSquaredErrorSimilarity({ affineInvariant: true });
    const { values, gradient, hessian } = solveFor(similarity, flat(0.1), fixed, jacobian);
    const m = mean(counted(0), (i) => fixed.values[i]);
    expect(values[0]).toBeCloseTo(
      mean(counted(0), (i) => (fixed.values[i] - m) ** 2),
      12,
    );
    expect([...gradient[0], ...hessian[0]].every((x) => x === 0)).toBe(true);
  });

  test("with a mask of nothing is 0", () => {
    for (const affineInvariant of [false, true]) {
      const nothing = new Uint8Array(VIEWS * N);
      const found = solveFor(meanSquaredErrorSimilarity({ affineInvariant }), moving, fixed, jacobian, nothing);
      expect([...found.values, ...found.gradient[0], ...found.hessian[0]].every((x) => x === 0)).toBe(true);
    }
  });
});

describe("mutual information", () => {
  const unit = (stack: ImageStack) => map(stack, (x) => (x + 4) / 14);
  test("of B-spline windows has the cotangent of central differences, also through the least and largest pixel", () => {
    for (const bytes of [undefined, mask]) {
      expectDerivative(mutualInformation(), moving, fixed, { mask: bytes, step: 1e-5, tolerance: 1e-6 });
      const given = mutualInformation({ bins: 20, movingRange: [-1, 6] });
      expectDerivative(given, moving, fixed, { mask: bytes, step: 1e-5, tolerance: 1e-6 });
    }
  });

  test("of Gaussian windows has the cotangent of central differences", () => {
    for (const normalize of [false, true])
      for (const bytes of [undefined, mask]) {
        const similarity = mutualInformation({ window: "gaussian", bins: 24, sigma: 0.05, normalize });
        expectDerivative(similarity, unit(moving), unit(fixed), { mask: bytes });
      }
  });

  test("of an image with four far levels and itself is the entropy of the levels, ln 4 or 2 bits", () => {
    const levels = { ...moving, values: Float64Array.from(moving.values, (_, i) => i % 4) };
    const gaussian = mutualInformation({ window: "gaussian", bins: 4, sigma: 0.01 });
    const thirds = map(levels, (x) => x / 3);
    expect(gaussian.prepare(thirds).evaluate(thirds)[0]).toBeCloseTo(2, 2);
    // The B-spline smears a level over three bins, the same for each, so nothing is lost while they do not overlap.
    expect(mutualInformation().prepare(levels).evaluate(levels)[0]).toBeCloseTo(Math.log(4), 4);
  });

  test("knows an image from its negative and from an odd function of it, unlike correlation", () => {
    const bent = map(moving, (x) => -((x - 3) ** 3));
    const other = smoothImages(77, VIEWS, ROWS, COLUMNS);
    const prepared = mutualInformation().prepare(moving);
    const [self] = prepared.evaluate(moving).slice();
    expect(prepared.evaluate(map(moving, (x) => -x))[0]).toBeGreaterThan(0.95 * self);
    expect(prepared.evaluate(bent)[0]).toBeGreaterThan(3 * prepared.evaluate(other)[0]);
  });

  test("of a constant image is 0 without NaN, also with a mask of nothing", () => {
    const nothing = new Uint8Array(VIEWS * N);
    const cotangent = new Float64Array(VIEWS * N);
    for (const [a, f, bytes] of [
      [flat(0.5), unit(fixed), undefined],
      [unit(moving), flat(0.5), undefined],
      [unit(moving), unit(fixed), nothing],
    ] as const) {
      expect([...mutualInformation().prepare(f).evaluate(a, { mask: bytes, cotangent })]).toEqual([0, 0]);
      expect(cotangent.every((x) => x === 0)).toBe(true);
      const gaussian = mutualInformation({ window: "gaussian", bins: 16, normalize: true });
      const values = gaussian.prepare(f).evaluate(a, { mask: bytes, cotangent });
      expect([...values, ...cotangent].every(Number.isFinite)).toBe(true);
      expect(values[0]).toBeCloseTo(0, 6);
    }
    const far = map(moving, (x) => x + 100);
    const gaussian = mutualInformation({ window: "gaussian", bins: 16, normalize: true });
    expect([...gaussian.prepare(far).evaluate(far, { cotangent })]).toEqual([0, 0]);
    expect(cotangent.every((x) => x === 0)).toBe(true);
  });

  test("has no normal equations and refuses bad options", () => {
    expect(mutualInformation().prepare(fixed).normalEquations).toBeUndefined();
    expect(() => mutualInformation({ bins: 4 })).toThrow("bins = 4");
    expect(() => mutualInformation({ sigma: 1 } as object)).toThrow("no option 'sigma'");
    expect(() => mutualInformation({ window: "box" } as object)).toThrow("expected 'mattes' or 'gaussian'");
    expect(() => mutualInformation({ movingRange: [3, 2] })).toThrow("movingRange[0] = 3");
    expect(() => mutualInformation({ window: "gaussian", sigma: 0 })).toThrow("sigma = 0");
  });
});

describe("structural similarity", () => {
  test.each(["zero", "valid"] as const)("with border %s is ssim2d of each view, with its derivative", (border) => {
    const similarity = structuralSimilarity({ border, range: 6 });
    const values = similarity.prepare(fixed).evaluate(moving);
    for (let v = 0; v < VIEWS; v++) {
      const view = (stack: ImageStack) => stack.values.subarray(v * N, (v + 1) * N);
      const expected = ssim2d(view(moving), view(fixed), { rows: ROWS, columns: COLUMNS, border, range: 6 });
      expect(values[v]).toBeCloseTo(expected, 13);
    }
    expectDerivative(similarity, moving, fixed);
  });

  test("with a mask counts pixels whose window lies in it: others have no influence", () => {
    const bytes = new Uint8Array(VIEWS * N).fill(1);
    for (let v = 0; v < VIEWS; v++) bytes.fill(0, v * N, v * N + 4 * COLUMNS);
    expectDerivative(structuralSimilarity(), moving, fixed, { mask: bytes });
    const cropped = (stack: ImageStack) => stack.values.subarray(4 * COLUMNS, N);
    const [value] = structuralSimilarity({ range: 6 }).prepare(fixed).evaluate(moving, { mask: bytes });
    const options = { rows: ROWS - 4, columns: COLUMNS, border: "valid", range: 6 } as const;
    expect(value).toBeCloseTo(ssim2d(cropped(moving), cropped(fixed), options), 13);
    const nothing = structuralSimilarity()
      .prepare(fixed)
      .evaluate(moving, { mask: new Uint8Array(VIEWS * N) });
    expect([...nothing]).toEqual([0, 0]);
  });

  test("takes the largest value of a fixed image as the range, and refuses one without any above 0", () => {
    const high = Math.max(...fixed.values.subarray(0, N));
    const given = structuralSimilarity({ range: high }).prepare(fixed).evaluate(moving)[0];
    expect(structuralSimilarity().prepare(fixed).evaluate(moving)[0]).toBe(given);
    expect(() => structuralSimilarity().prepare(flat(-1))).toThrow("range");
    expect(() => structuralSimilarity({ border: "wrap" } as object)).toThrow("border = 'wrap'");
  });
});
