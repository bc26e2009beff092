import { expect, test } from "vitest";
import { createRandom } from "../../src/core/index.js";
import { parallelTrajectory, pixelToWorld } from "../../src/geometry/index.js";
import { binImages, binTrajectory, type ImageStack, subtractScatter, toTransmission } from "../../src/physics/index.js";

const [ROWS, COLUMNS] = [9, 12];
const PIXELS = ROWS * COLUMNS;
const stack = (views: number, value: (view: number, pixel: number) => number): ImageStack => ({
  views,
  rows: ROWS,
  columns: COLUMNS,
  values: Float64Array.from({ length: views * PIXELS }, (_, i) => value(Math.floor(i / PIXELS), i % PIXELS)),
});
/** A sensitivity that differs from pixel to pixel by up to 5 %. */
const gain = (pixel: number) => 1 + 0.05 * Math.sin(7 * pixel);
const truth = (view: number, pixel: number) => 0.2 + 0.6 * ((pixel % COLUMNS) / COLUMNS) + 0.01 * view;
const largestError = (values: ArrayLike<number>, expected: (view: number, pixel: number) => number) =>
  Math.max(...Array.from(values, (value, i) => Math.abs(value - expected(Math.floor(i / PIXELS), i % PIXELS))));

test("transmission is (counts - dark) / (flat - dark), each averaged, to 1e-14", () => {
  const counts = stack(3, (view, i) => 50 + 1000 * gain(i) * truth(view, i));
  const flats = stack(2, (k, i) => 50 + 1000 * gain(i) + (k === 0 ? 20 : -20));
  const darks = stack(2, (k) => (k === 0 ? 45 : 55));
  const { values, weights, warnings } = toTransmission(counts, { flats, darks });
  expect(largestError(values, truth)).toBeLessThan(1e-14);
  expect(weights.every((weight) => weight === 1)).toBe(true);
  expect(warnings).toEqual([]);
});

test("flats before and after the scan are interpolated in time: a beam that fades by 10 % leaves no trace", () => {
  const fading = (view: number) => 1000 * (1 - 0.1 * (view / 10));
  const counts = stack(10, (view, i) => fading(view) * gain(i) * truth(view, i));
  const flats = stack(4, (k, i) => fading(k < 2 ? 0 : 10) * gain(i));
  const timed = toTransmission(counts, { flats, flatsAt: [0, 0, 10, 10] });
  expect(largestError(timed.values, truth)).toBeLessThan(1e-14);
  const averaged = toTransmission(counts, { flats });
  expect(largestError(averaged.values, truth)).toBeGreaterThan(0.03);
});

test("without flats the air beside the object is I0 of each view, whatever the drift, and that is told", () => {
  const drifting = (view: number) => 500 + 100 * view;
  const object = (view: number, i: number) => (i % COLUMNS < 3 ? 1 : truth(view, i));
  const counts = stack(4, (view, i) => drifting(view) * object(view, i));
  const { values, found, warnings } = toTransmission(counts, { airColumns: 2 });
  expect(largestError(values, object)).toBeLessThan(1e-14);
  expect(found.drift).toEqual([1 / 800, 1 / 500]);
  expect(warnings.map(({ defect }) => defect)).toEqual(["beam-drift"]);
});

test("I0 from the air is unbiased by noise: within 5 standard errors of the true level", () => {
  const random = createRandom(5);
  const counts = stack(20, () => 1000 + 30 * random.normal());
  const { values } = toTransmission(counts, { airColumns: 3 });
  const mean = Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
  // the larger of two medians of 27 pixels lies 0.56 * 1.25 * 30 / sqrt(27) = 4 counts high
  expect(Math.abs(mean - 1)).toBeLessThan(0.004 + 5 * 0.03 * Math.sqrt(1.57 / (27 * 20)));
});

test("dead, NaN and saturated pixels take the median of the good ones around and weight 0", () => {
  const dead = 4 * COLUMNS + 5;
  const counts = stack(3, (view, i) => {
    if (i === dead) return 0;
    if (view === 1 && i === 20) return Number.NaN;
    if (view === 2 && i === 40) return 65535;
    return 1000 * truth(view, i);
  });
  const flats = stack(1, (_, i) => (i === dead ? 3 : 1000));
  const { values, weights, found, warnings } = toTransmission(counts, { flats, saturation: 65535 });
  expect(found).toEqual({ deadPixels: 1, notFinite: 1, saturated: 1, starved: 0 });
  const zero = [...weights.keys()].filter((i) => weights[i] === 0);
  expect(zero).toEqual([dead, PIXELS + 20, PIXELS + dead, 2 * PIXELS + 40, 2 * PIXELS + dead].sort((a, b) => a - b));
  // the truth grows along a row alone: the median of the window is the middle column's, up to the missing pixel's share
  expect(largestError(values, truth)).toBeLessThan(0.06);
  expect(values[dead]).toBeCloseTo(truth(0, dead), 1);
  expect(warnings.map(({ defect }) => defect)).toEqual(["dead-pixels", "non-finite-values", "saturated"]);
});

test("a dead column is filled from its neighbors, and without flats it is found in the mean of the views", () => {
  const counts = stack(8, (view, i) => (i % COLUMNS === 6 ? 1 : 1000 * truth(view, i)));
  const { values, found } = toTransmission(counts, { photonsPerPixel: 1000 });
  expect(found.deadPixels).toBe(ROWS);
  expect(largestError(values, truth)).toBeLessThan(0.06);
});

test("starved rays (metal) keep their value and get weight 0; nothing falls below 1e-6", () => {
  const counts = stack(1, (_, i) => (i === 7 ? 0.5 : i === 8 ? -4 : 500));
  const { values, weights, found } = toTransmission(counts, { photonsPerPixel: 1000, starvedBelow: 0.01 });
  expect(found.starved).toBe(2);
  expect([values[7], values[8]]).toEqual([5e-4, 1e-6]);
  expect([weights[6], weights[7], weights[8]]).toEqual([1, 0, 0]);
});

test("refuses an unknown I0, two of them, flats of another size, exchanged darks and flats, and a dead view", () => {
  const counts = stack(1, () => 500);
  const flats = stack(1, () => 1000);
  const defect = (name: string) => expect.objectContaining({ detail: expect.objectContaining({ defect: name }) });
  expect(() => toTransmission(counts)).toThrowError(defect("missing-option"));
  expect(() => toTransmission(counts, { flats, photonsPerPixel: 1 })).toThrowError(defect("contradictory-options"));
  const wide = { views: 1, rows: ROWS, columns: 2 * COLUMNS, values: new Float64Array(2 * PIXELS) };
  expect(() => toTransmission(counts, { flats: wide })).toThrowError(defect("inconsistent-geometry"));
  expect(() => toTransmission(counts, { flats: stack(1, () => 100), darks: flats })).toThrowError(defect("no-signal"));
  expect(() =>
    toTransmission(
      stack(1, () => Number.NaN),
      { flats },
    ),
  ).toThrowError(defect("no-good-pixel"));
  expect(() => toTransmission(counts, { flats, flatsAt: [0, 1] })).toThrowError(defect("contradictory-options"));
  expect(() => toTransmission(counts, { airColumns: 7 })).toThrowError(defect("out-of-range"));
});

test("binning averages counts of blocks and drops what fills none; the binned pixel lies where its block does", () => {
  const binned = binImages(
    stack(2, (_, i) => i),
    [2, 5],
  );
  expect([binned.views, binned.rows, binned.columns]).toEqual([2, 4, 2]);
  expect(binned.values[1]).toBe((7 + 19) / 2);
  const fine = parallelTrajectory({ detector: { rows: 9, columns: 12, pixelSize: [0.5, 2] }, views: 3 });
  const coarse = binTrajectory(fine, [2, 5]);
  expect(coarse.detector).toEqual({ rows: 4, columns: 2, pixelSize: [2.5, 4] });
  for (const [k, view] of coarse.views.entries()) {
    const expected = pixelToWorld(fine.views[k], 7, 4.5);
    const found = pixelToWorld(view, 1, 2);
    for (const axis of [0, 1, 2]) expect(found[axis]).toBeCloseTo(expected[axis], 12);
  }
  expect(() =>
    binImages(
      stack(1, () => 1),
      [10, 1],
    ),
  ).toThrow("1 to 9 x 12");
});

test("constant scatter of a known fraction behind the object is removed to 1e-14", () => {
  const primary = (view: number, i: number) => (i % COLUMNS < 3 ? 1 : truth(view, i));
  const behind = Array.from({ length: PIXELS }, (_, i) => i).filter((i) => i % COLUMNS >= 3);
  const mean = behind.reduce((sum, i) => sum + primary(0, i), 0) / behind.length;
  const scatter = 0.1;
  // pixels that see air get the same scatter, but stay above 0.9 and count as air
  const counts = stack(1, (_, i) => primary(0, i) + scatter);
  const corrected = subtractScatter(counts, { fraction: scatter / (mean + scatter), objectBelow: 1 });
  expect(largestError(corrected.values, primary)).toBeLessThan(1e-14);
  expect(() => subtractScatter(counts, { fraction: 1 })).toThrow("below 1");
});

test("scatter never takes all of a pixel: a twentieth of its own counts stays", () => {
  const counts = stack(1, (_, i) => (i === 0 ? 1e-3 : 0.5));
  const { values } = subtractScatter(counts, { fraction: 0.9 });
  expect(values[0]).toBeCloseTo(5e-5, 12);
});
