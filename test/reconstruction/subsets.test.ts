import { expect, test } from "vitest";
import { circularTrajectory, helicalTrajectory } from "../../src/geometry/index.js";
import { scheduledRate } from "../../src/reconstruction/learningRate.js";
import { bitReversedOrder, goldenOrder, orderedSubsets, subsetsInOrder } from "../../src/reconstruction/subsets.js";

test("8 subsets are visited in the order 0 4 2 6 1 5 3 7", () => {
  expect(bitReversedOrder(8)).toEqual([0, 4, 2, 6, 1, 5, 3, 7]);
});

test("10 subsets are visited once each, those of the next power of two above 9 left out", () => {
  expect(bitReversedOrder(10)).toEqual([0, 8, 4, 2, 6, 1, 9, 5, 3, 7]);
  expect(bitReversedOrder(1)).toEqual([0]);
});

test("every view is in exactly one subset, subset m starts at view m", () => {
  const subsets = orderedSubsets(23, 5);
  expect(subsets.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 23 }, (_, i) => i));
  expect(subsets.map((s) => s[0])).toEqual([0, 1, 2, 3, 4]);
});

test("at the golden stride 12 views come in the order 0 7 2 9 4 11 6 1 8 3 10 5", () => {
  expect(goldenOrder(12)).toEqual([0, 7, 2, 9, 4, 11, 6, 1, 8, 3, 10, 5]);
  // 0.618 * 55 = 33, which shares 11 with 55: 34 is taken
  expect(goldenOrder(55).slice(0, 3)).toEqual([0, 34, 13]);
  expect(goldenOrder(1)).toEqual([0]);
});

test("circles and helices are visited in bit-reversed order, shuffled views at the golden stride", () => {
  const gantry = { detector: { rows: 2, columns: 2, pixelSize: [1, 1] as const }, sid: 5, sdd: 7, views: 12 };
  const bitReversed = [0, 2, 1, 3].map((m) => [m, m + 4, m + 8]);
  expect(subsetsInOrder(circularTrajectory(gantry), 4)).toEqual(bitReversed);
  expect(subsetsInOrder(helicalTrajectory({ ...gantry, pitch: 3, turns: 2 }), 4)).toEqual(bitReversed);
  const circle = circularTrajectory(gantry);
  const shuffled = { ...circle, views: [3, 0, 7, 2, 9, 11, 1, 8, 4, 10, 6, 5].map((i) => circle.views[i]) };
  expect(subsetsInOrder(shuffled, 4)).toEqual([
    [0, 7, 2],
    [9, 4, 11],
    [6, 1, 8],
    [3, 10, 5],
  ]);
  expect(subsetsInOrder(shuffled, 5).flat()).toEqual(goldenOrder(12));
});

test("more subsets than views are refused", () => {
  expect(() => orderedSubsets(3, 4)).toThrowError(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
});

test("the cosine schedule starts at the rate and ends at 2 % of it", () => {
  expect(scheduledRate(5, "cosine", 0, 101)).toBe(5);
  expect(scheduledRate(5, "cosine", 100, 101)).toBeCloseTo(0.1, 12);
  expect(scheduledRate(5, "none", 100, 101)).toBe(5);
});
