import { expect, test } from "vitest";
import { createRandom } from "../../src/core/index.js";
import { parallelTrajectory } from "../../src/geometry/index.js";
import { type ImageStack, reduceRings } from "../../src/physics/index.js";
import { sheppLogan } from "../../src/volume/index.js";

const [VIEWS, COLUMNS] = [180, 128];
const scan = parallelTrajectory({ detector: { rows: 1, columns: COLUMNS, pixelSize: [1.6, 1.6] }, views: VIEWS });
const clean = sheppLogan({ radius: 100, density: 0.01 }).project(scan).values;
const noise = createRandom(3);
const noisy = clean.map((p) => p + 0.005 * noise.normal());
const stackOf = (values: Float64Array): ImageStack => ({ views: VIEWS, rows: 1, columns: COLUMNS, values });
const rms = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.sqrt(Array.from(a, (value, i) => (value - b[i]) ** 2).reduce((sum, x) => sum + x, 0) / a.length);
/** What rings are made of: the mean over views of the error of each column. */
const stripes = (values: ArrayLike<number>) =>
  Math.sqrt(
    Array.from({ length: COLUMNS }, (_, c) => {
      let sum = 0;
      for (let view = 0; view < VIEWS; view++) sum += values[view * COLUMNS + c] - clean[view * COLUMNS + c];
      return (sum / VIEWS) ** 2;
    }).reduce((sum, x) => sum + x, 0) / COLUMNS,
  );
const off = createRandom(9);
const offsets = Float64Array.from({ length: COLUMNS }, (_, c) => (c % 11 === 5 ? 0.1 * off.normal() : 0));

for (const method of ["mean", "sort"] as const)
  test(`${method}: pixels that are off by a constant lose at least 60 % of their stripes`, () => {
    const striped = noisy.map((p, i) => p + offsets[i % COLUMNS]);
    const { values } = reduceRings(stackOf(striped), { method, window: 9 });
    const [before, after] = [stripes(striped), stripes(values)];
    console.log(`rings, ${method}: stripes ${before.toExponential(2)} -> ${after.toExponential(2)}`);
    // the rest sits at the edges of the skull, where a median over 9 pixels is not the curve itself
    expect(after).toBeLessThan(0.4 * before);
  });

test("sort: a pixel whose error grows with the signal is repaired too", () => {
  const striped = noisy.map((p, i) => (i % COLUMNS === 60 ? 1.1 * p : p));
  const column = (values: ArrayLike<number>) =>
    Float64Array.from({ length: VIEWS }, (_, v) => values[v * COLUMNS + 60]);
  const { values } = reduceRings(stackOf(striped), { window: 9 });
  expect(rms(column(values), column(clean))).toBeLessThan(0.2 * rms(column(striped), column(clean)));
});

test("what has no stripes stays what it is: changes below the noise", () => {
  for (const method of ["mean", "sort"] as const)
    expect(rms(reduceRings(stackOf(noisy), { method, window: 9 }).values, noisy)).toBeLessThan(0.02);
});

test("rows are treated on their own, float32 stays, and odd options are refused", () => {
  const two: ImageStack = { views: 2, rows: 2, columns: 5, values: Float32Array.from({ length: 20 }, (_, i) => i % 5) };
  expect(reduceRings(two, { window: 3 }).values).toEqual(two.values);
  expect(() => reduceRings(two, { window: 4 })).toThrow("odd number");
  expect(() => reduceRings(two, { method: "none" as never })).toThrow("'mean' or 'sort'");
});
