import { expect, test } from "vitest";
import { scheduledRate } from "../../src/reconstruction/learningRate.js";
import { bitReversedOrder, orderedSubsets } from "../../src/reconstruction/subsets.js";

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

test("more subsets than views are refused", () => {
  expect(() => orderedSubsets(3, 4)).toThrowError(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
});

test("the cosine schedule starts at the rate and ends at 2 % of it", () => {
  expect(scheduledRate(5, "cosine", 0, 101)).toBe(5);
  expect(scheduledRate(5, "cosine", 100, 101)).toBeCloseTo(0.1, 12);
  expect(scheduledRate(5, "none", 100, 101)).toBe(5);
});
