import { describe, expect, test } from "vitest";
import {
  beerLambert,
  collimator,
  compose,
  crop,
  gamma,
  type ImageModel,
  type ImageStack,
  inversion,
  localGradientNcc,
  meanSquaredErrorSimilarity,
  minMax,
  mutualInformation,
  ncc,
  negativeLog,
  withImageModels,
  zScore,
} from "../../../src/metric/index.js";
import {
  expectConsistent,
  expectDerivative,
  mixedWith,
  noise,
  smoothImages,
  solveFor,
  someMask,
} from "../similarity/scenes.js";

const shape = { views: 2, rows: 14, columns: 17 };
const n = shape.views * shape.rows * shape.columns;
/** Values from about 0.2 to 5, in both views. */
const image = smoothImages(1, 2, 14, 17).values.map((x) => Math.abs(x - 3) / 2 + 0.2) as Float64Array;
const open = Uint8Array.from({ length: 14 * 17 }, (_, i) => (i % 17 > 2 && i > 34 ? 1 : 0));
const field = { row: 2, column: 3, rows: 10, columns: 12 };

const models: [string, ImageModel, (x: number, i: number) => number][] = [
  ["beerLambert", beerLambert({ photons: 50 }), (x) => 50 * Math.exp(-x)],
  ["negativeLog", negativeLog({ photons: 4, floor: 0.5 }), (x) => Math.log(4 / Math.max(x, 0.5))],
  ["inversion", inversion({ white: 3 }), (x) => 3 - x],
  ["gamma", gamma({ exponent: 0.7, white: 2 }), (x) => 2 * (x / 2) ** 0.7],
  ["collimator", collimator({ open, shadow: 9 }), (x, i) => (open[i % open.length] ? x : 9)],
];

const applied = (model: ImageModel, x: Float64Array = image) => {
  const prepared = model.prepare(shape);
  const { views, rows, columns } = prepared.output;
  const out = new Float64Array(views * rows * columns);
  prepared.apply(x, out);
  return { prepared, out };
};

/** jvp to central differences, vjp as its transpose. */
function expectDerivatives(model: ImageModel, x: Float64Array = image): void {
  const step = 1e-6;
  for (let seed = 1; seed < 4; seed++) {
    const tangent = noise(seed, n);
    const plus = applied(
      model,
      x.map((v, i) => v + step * tangent[i]),
    ).out;
    const minus = applied(
      model,
      x.map((v, i) => v - step * tangent[i]),
    ).out;
    const { prepared, out } = applied(model, x);
    const change = out.slice();
    prepared.jvp(tangent, change);
    const largest = Math.max(...change.map(Math.abs));
    for (let i = 0; i < out.length; i++)
      expect(Math.abs((plus[i] - minus[i]) / (2 * step) - change[i])).toBeLessThan(1e-7 * largest);
    const cotangent = noise(seed + 50, out.length);
    const back = new Float64Array(n).fill(7);
    prepared.vjp(cotangent, back);
    const dot = (a: Float64Array, b: Float64Array) => a.reduce((s, v, i) => s + v * b[i], 0);
    expect(dot(back, tangent)).toBeCloseTo(dot(cotangent, change), 10);
  }
}

describe("image models", () => {
  test.each(models)("%s has the values of its formula", (_, model, formula) => {
    const { out } = applied(model);
    for (let i = 0; i < n; i++) expect(out[i]).toBeCloseTo(formula(image[i], i), 12);
  });

  test("min-max and z-score scale each view by itself", () => {
    const { out } = applied(minMax);
    const { out: scores } = applied(zScore);
    for (let v = 0; v < 2; v++) {
      const part = out.subarray((v * n) / 2, ((v + 1) * n) / 2);
      expect([Math.min(...part), Math.max(...part)]).toEqual([0, 1]);
      const z = scores.subarray((v * n) / 2, ((v + 1) * n) / 2);
      expect(z.reduce((s, x) => s + x, 0)).toBeCloseTo(0, 10);
      expect(z.reduce((s, x) => s + x * x, 0)).toBeCloseTo(n / 2, 10);
    }
  });

  test("crop keeps a rectangle of every view, of masks too", () => {
    const numbered = Float64Array.from({ length: n }, (_, i) => i);
    const { prepared, out } = applied(crop(field), numbered);
    expect(prepared.output).toEqual({ views: 2, rows: 10, columns: 12 });
    expect([out[0], out[13], out[120]]).toEqual([2 * 17 + 3, 3 * 17 + 4, 238 + 2 * 17 + 3]);
    const mask = new Uint8Array(240);
    prepared.mask(
      Uint8Array.from(numbered, (x) => (x === 3 * 17 + 4 ? 1 : 0)),
      mask,
    );
    expect([mask[13], mask.reduce((s, x) => s + x, 0)]).toEqual([1, 1]);
  });

  const scalings: [string, ImageModel][] = [
    ["minMax", minMax],
    ["zScore", zScore],
    ["crop", crop(field)],
    ["a chain of four", compose(beerLambert({ photons: 2 }), minMax, gamma({ exponent: 0.8 }), crop(field))],
    ["an empty chain", compose()],
  ];
  test.each([...models.map(([name, model]): [string, ImageModel] => [name, model]), ...scalings])(
    "%s has the derivatives of central differences, both ways",
    (_, model) => expectDerivatives(model),
  );

  test("a chain is one model after the other, and an image may be float32", () => {
    const chain = compose(negativeLog({ photons: 9 }), zScore, crop(field));
    let x = image;
    for (const model of [negativeLog({ photons: 9 }), zScore]) x = applied(model, x).out;
    expect([...applied(chain).out]).toEqual([...applied(crop(field), x).out]);
    const single = Float32Array.from(image);
    const out = new Float64Array(240);
    chain.prepare(shape).apply(single, out);
    expect([...out]).toEqual([...applied(chain, Float64Array.from(single)).out]);
  });

  test("constant and dark images give no NaN", () => {
    for (const model of [minMax, zScore, gamma({ exponent: 0.5 }), negativeLog()])
      for (const level of [0, 0.1, -3]) {
        const { prepared, out } = applied(model, new Float64Array(n).fill(level));
        const back = new Float64Array(n);
        prepared.vjp(noise(1, n), back);
        expect([...out, ...back].every(Number.isFinite), `${model.name} at ${level}`).toBe(true);
      }
  });

  test("they refuse what does not fit", () => {
    expect(() => crop({ ...field, rows: 13 }).prepare(shape)).toThrow("do not hold 13 x 12");
    expect(() => crop({ ...field, row: -1 })).toThrow("row = -1");
    expect(() => collimator({ open: new Uint8Array(5) }).prepare(shape)).toThrow("found 5 bytes");
    expect(() => beerLambert({ photons: 0 })).toThrow("photons = 0");
    expect(() => gamma({ exponent: Number.NaN })).toThrow("exponent = NaN");
    expect(() => negativeLog({ flor: 1 } as object)).toThrow("did you mean 'floor'?");
  });
});

describe("a similarity of modeled images", () => {
  const moving: ImageStack = { ...shape, values: image };
  const fixed = mixedWith({ ...moving, values: image.map((x) => Math.exp(-x)) }, 2, 0.8);
  const jacobian = [3, 4, 5].map((seed) => smoothImages(seed, 2, 14, 17).values as Float64Array);
  const model = compose(beerLambert({ photons: 3 }), zScore, crop(field));
  const rect = crop(field);

  test("is the similarity of the images that the models give", () => {
    const similarity = withImageModels(ncc(), { moving: model, fixed: rect });
    const inner = { views: 2, rows: 10, columns: 12 };
    const [a, b] = [applied(model).out, applied(rect, fixed.values as Float64Array).out];
    const expected = ncc()
      .prepare({ ...inner, values: b })
      .evaluate({ ...inner, values: a });
    expect([...similarity.prepare(fixed).evaluate(moving)]).toEqual([...expected]);
    expect(similarity.sense).toBe("maximize");
    expect(withImageModels(meanSquaredErrorSimilarity(), {}).sense).toBe("minimize");
  });

  test.each([undefined, someMask(moving)])("has cotangent and normal equations through the models", (mask) => {
    const similarities = [
      ncc({ trim: 0.1 }),
      localGradientNcc({ patchSize: 4, stride: 2 }),
      meanSquaredErrorSimilarity(),
    ];
    for (const inner of similarities) {
      const similarity = withImageModels(inner, { moving: model, fixed: compose(rect, zScore) });
      expectDerivative(similarity, moving, fixed, { mask, step: 1e-6, tolerance: 1e-6, masksAll: false });
      expectConsistent(similarity, moving, fixed, jacobian, mask);
    }
    expectDerivative(withImageModels(mutualInformation(), { moving: minMax }), moving, fixed, {
      mask,
      tolerance: 1e-6,
    });
  });

  test("has the matrix of the similarity for the Jacobian images that jvp gives", () => {
    const { prepared, out } = applied(model);
    const images = jacobian.map((tangent) => {
      const change = out.slice();
      prepared.jvp(tangent, change);
      return change;
    });
    const inner = (values: Float64Array) => ({ ...prepared.output, values });
    const expected = solveFor(ncc(), inner(out), inner(applied(rect, fixed.values as Float64Array).out), images);
    const found = solveFor(withImageModels(ncc(), { moving: model, fixed: rect }), moving, fixed, jacobian);
    expect(found.hessian.map((h) => [...h])).toEqual(expected.hessian.map((h) => [...h]));
  });

  test("refuses models of different shapes and other moving images, and has no normal equations where there are none", () => {
    expect(() => withImageModels(ncc(), { moving: rect }).prepare(fixed)).toThrow("crop both alike");
    const prepared = withImageModels(ncc(), { moving: model, fixed: rect }).prepare(fixed);
    expect(() => prepared.evaluate({ views: 2, rows: 10, columns: 12, values: new Float64Array(240) })).toThrow(
      "expected 2 x 14 x 17",
    );
    expect(withImageModels(mutualInformation(), { moving: minMax }).prepare(fixed).normalEquations).toBeUndefined();
  });
});
