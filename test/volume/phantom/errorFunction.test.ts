import { expect, test } from "vitest";
import { erf } from "../../../src/volume/phantom/errorFunction.js";

// Values to 16 digits from the C library's erf.
test.each([
  [0, 0],
  [0.1, 0.1124629160182849],
  [0.5, 0.5204998778130465],
  [1, 0.8427007929497149],
  [2, 0.9953222650189527],
  [2.999, 0.9999777698314002],
  [3.5, 0.9999992569016276],
  [5, 0.9999999999984626],
  [7, 1],
  [Number.POSITIVE_INFINITY, 1],
])("erf(%d) = %d to 2e-15, and odd", (x, value) => {
  expect(Math.abs(erf(x) - value)).toBeLessThan(2e-15);
  expect(erf(-x) + erf(x)).toBe(0);
});

test("series and continued fraction meet at 3 to 1e-15 beyond the slope between", () => {
  const slope = (2 / Math.sqrt(Math.PI)) * Math.exp(-9);
  expect(Math.abs(erf(3 + 1e-9) - erf(3 - 1e-9) - 2e-9 * slope)).toBeLessThan(1e-15);
});
