import fc from "fast-check";
import { expect, test } from "vitest";
import { toIntensity, toLineIntegral } from "../../src/physics/index.js";

test("a line integral of ln 2 halves 1e5 photons, 0 leaves all", () => {
  const intensity = toIntensity(Float64Array.of(Math.LN2, 0), { photonsPerPixel: 1e5 });
  expect(intensity[0]).toBeCloseTo(5e4, 9);
  expect(intensity[1]).toBe(1e5);
});

test("by default the transmission, in the type that came", () => {
  expect(toIntensity(Float32Array.of(1))[0]).toBe(Math.fround(Math.exp(-1)));
});

test("to intensity and back gives p to 1e-12 for p up to 12", () => {
  fc.assert(
    fc.property(fc.double({ min: -1, max: 12, noNaN: true }), (p) => {
      const options = { photonsPerPixel: 1e4 };
      expect(Math.abs(toLineIntegral(toIntensity(Float64Array.of(p), options), options)[0] - p)).toBeLessThan(1e-12);
    }),
  );
});

test("no photons at all count as the floor: p stays finite", () => {
  expect(toLineIntegral(Float64Array.of(0, -5))).toEqual(Float64Array.of(Math.log(1 / 1e-6), Math.log(1 / 1e-6)));
  expect(toLineIntegral(Float64Array.of(0), { photonsPerPixel: 100, floor: 1 })[0]).toBeCloseTo(Math.log(100), 14);
});

test("refuses 0 photons and a floor of 0", () => {
  expect(() => toIntensity(Float64Array.of(1), { photonsPerPixel: 0 })).toThrow("above 0");
  expect(() => toLineIntegral(Float64Array.of(1), { floor: 0 })).toThrow("above 0");
});
