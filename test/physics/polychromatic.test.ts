import { expect, test } from "vitest";
import {
  createSpectrum,
  linearAttenuation,
  massAttenuation,
  polychromaticIntegrals,
  splitWaterAndBone,
} from "../../src/physics/index.js";
import { createGrid, createVolume } from "../../src/volume/index.js";

const grid = createGrid({ size: [5, 1, 1], spacing: [1, 1, 1] });
const attenuation = (values: number[]) =>
  createVolume({ quantity: "attenuation", grid, values: Float64Array.from(values) });

test("one line at the reference energy measures the line integrals of both materials together", () => {
  const water = Float64Array.of(0, 1, 2);
  const bone = Float64Array.of(0, 0.5, 3);
  const p = polychromaticIntegrals({ water, bone, referenceKeV: 60 }, createSpectrum([60], [1]));
  for (const [i, value] of p.entries()) expect(value).toBeCloseTo(water[i] + bone[i], 12);
});

test("two lines behind 100 mm of water: -ln of the mean transmission, by hand", () => {
  const spectrum = createSpectrum([40, 80], [0.4, 0.6]);
  const water = Float64Array.of(100 * linearAttenuation("water", 70));
  const expected = -Math.log(0.4 * Math.exp(-100 * 0.02683) + 0.6 * Math.exp(-100 * 0.01837));
  expect(polychromaticIntegrals({ water }, spectrum)[0]).toBeCloseTo(expected, 12);
});

test("a beam hardens: the line integral of water grows slower than its path, from the mean of the lines on", () => {
  const spectrum = createSpectrum([40, 80], [0.4, 0.6]);
  const unit = linearAttenuation("water", 70);
  const p = polychromaticIntegrals({ water: Float64Array.of(1e-6, 100, 200).map((t) => t * unit) }, spectrum);
  expect(p[0] / 1e-6).toBeCloseTo(0.4 * 0.02683 + 0.6 * 0.01837, 6);
  expect(p[2]).toBeLessThan(2 * p[1]);
});

test("water below and up to water, bone from bone on, shares in between; the sum is what it was", () => {
  const [w, b] = [linearAttenuation("water", 70), linearAttenuation("bone", 70)];
  const { water, bone } = splitWaterAndBone(attenuation([0, w / 2, w, (w + b) / 2, 1.5 * b]));
  expect([...water.values].map((mu) => mu / w)).toEqual([0, 0.5, 1, 0.5, 0]);
  expect(bone.values[3]).toBeCloseTo(b / 2, 15);
  expect(bone.values[4]).toBe(1.5 * b);
  for (const [i, mu] of [0, w / 2, w, (w + b) / 2, 1.5 * b].entries())
    expect(water.values[i] + bone.values[i]).toBeCloseTo(mu, 15);
});

test("bone at another energy follows its own coefficient: a third more than water's from 70 to 40 keV", () => {
  const spectrum = createSpectrum([40], [1]);
  const water = Float64Array.of(0);
  const p = polychromaticIntegrals({ water, bone: Float64Array.of(1) }, spectrum)[0];
  expect(p).toBeCloseTo(massAttenuation("bone", 40) / massAttenuation("bone", 70), 12);
});

test("refuses HU and arrays that do not belong together", () => {
  expect(() => splitWaterAndBone({ ...attenuation([0, 0, 0, 0, 0]), quantity: "hounsfield" })).toThrow("attenuation");
  const spectrum = createSpectrum([60], [1]);
  expect(() => polychromaticIntegrals({ water: new Float64Array(2), bone: new Float64Array(3) }, spectrum)).toThrow(
    "water has 2 line integrals, bone 3",
  );
});
