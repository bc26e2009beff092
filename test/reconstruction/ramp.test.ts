import { expect, test } from "vitest";
import { RAMP_FILTERS, rampResponse } from "../../src/reconstruction/ramp.js";

const LENGTH = 256;
const base = { cut: 1, length: LENGTH, columns: 128 } as const;

test("the ramp is |f| but at f = 0, where its share of what rows of this length hold is kept, to 0.1 %", () => {
  const response = rampResponse({ ...base, filter: "ram-lak" });
  for (let k = 8; k <= LENGTH / 2; k++) expect(Math.abs(response[k] / (k / LENGTH) - 1)).toBeLessThan(0.02);
  // 1/4 - 2 sum of 1/(pi n)² over odd n below 128: the tail of that sum, about 1/(pi² 64)
  expect(response[0]).toBeGreaterThan(0);
  expect(response[0]).toBeCloseTo(1 / (Math.PI ** 2 * 128), 4);
});

test("windows fall from the sharpest to the smoothest, end at the cut, and are 1 at frequency 0", () => {
  const ramp = rampResponse({ ...base, filter: "ram-lak" });
  const at = (k: number, cut = 1) => RAMP_FILTERS.map((filter) => rampResponse({ ...base, filter, cut })[k] / ramp[k]);
  for (const window of at(0)) expect(window).toBeCloseTo(1, 12);
  expect(at(64)).toEqual([...at(64)].sort((a, b) => b - a));
  // a quarter of a cycle per pixel: sinc(1/4), cos(pi/4), 0.54, 1/2
  for (const [f, value] of [1, (4 / Math.PI) * Math.SQRT1_2, Math.SQRT1_2, 0.54, 0.5].entries())
    expect(at(64)[f]).toBeCloseTo(value, 12);
  expect(at(65, 0.5)).toEqual([0, 0, 0, 0, 0]);
  expect(at(64, 0.5)[4]).toBeCloseTo(0, 12);
});
