import { expect, test } from "vitest";
import {
  beamHardeningCorrection,
  correctBeamHardening,
  correctedIntegral,
  createSpectrum,
  fitBeamHardening,
} from "../../src/physics/index.js";

/** Gate B1's two lines: 40 and 80 keV, water 0.0268 and 0.0184 per mm. */
const spectrum = createSpectrum([40, 80], [0.4, 0.6]);
const attenuation = [0.0268, 0.0184];
const reference = 0.4 * 0.0268 + 0.6 * 0.0184;
const hardened = (t: number) => -Math.log(0.4 * Math.exp(-0.0268 * t) + 0.6 * Math.exp(-0.0184 * t));

test("behind 0 to 200 mm of water the corrected line integral is mu_ref times the path, to 1e-4 of it", () => {
  const correction = beamHardeningCorrection({ spectrum, attenuation, maximumPath: 200 });
  let worst = 0;
  for (let t = 1; t <= 200; t++)
    worst = Math.max(worst, Math.abs(correctedIntegral(correction, hardened(t)) / (reference * t) - 1));
  console.log(`water correction, degree 5: worst error ${worst.toExponential(2)} of the line integral (bar 1e-4)`);
  expect(worst).toBeLessThan(1e-4);
  // uncorrected: 3.6 % too little behind 160 mm
  expect(hardened(160) / (reference * 160)).toBeLessThan(0.97);
});

test("the tabulated water gives the same correction as its attenuation given by hand, to the table's digits", () => {
  const [byTable, byHand] = [{}, { attenuation }].map((given) =>
    beamHardeningCorrection({ spectrum, maximumPath: 200, ...given }),
  );
  // 0.02683 and 0.01837 per mm against 0.0268 and 0.0184
  expect(Math.abs(correctedIntegral(byTable, 2) / correctedIntegral(byHand, 2) - 1)).toBeLessThan(2e-3);
});

test("one line needs no correction", () => {
  const { coefficients } = beamHardeningCorrection({
    spectrum: createSpectrum([60], [1]),
    maximumPath: 100,
    degree: 2,
  });
  expect(coefficients[0]).toBeCloseTo(1, 9);
  expect(coefficients[1]).toBeCloseTo(0, 9);
});

test("another reference scales the result: p of the wanted attenuation", () => {
  const correction = beamHardeningCorrection({ spectrum, attenuation, maximumPath: 200, reference: 0.0193 });
  expect(Math.abs(correctedIntegral(correction, hardened(100)) - 1.93)).toBeLessThan(1e-3);
});

test("below 0 and beyond the fit the correction goes on as a straight line, without a step", () => {
  const correction = beamHardeningCorrection({ spectrum, attenuation, maximumPath: 100 });
  const [c1] = correction.coefficients;
  expect(correctedIntegral(correction, -0.01)).toBeCloseTo(-0.01 * c1, 12);
  const { largest } = correction;
  const beyond = [1, 2, 3].map((k) => correctedIntegral(correction, largest + 0.1 * k));
  expect(beyond[2] - beyond[1]).toBeCloseTo(beyond[1] - beyond[0], 12);
  expect(beyond[0] - correctedIntegral(correction, largest)).toBeCloseTo(beyond[1] - beyond[0], 12);
});

test("a fit to measured pairs finds the polynomial that made them, and keeps float32", () => {
  const measured = Float64Array.from({ length: 200 }, (_, i) => 0.02 * i);
  const wanted = measured.map((p) => 1.1 * p + 0.05 * p ** 2 - 0.002 * p ** 3);
  const fit = fitBeamHardening({ measured, wanted, degree: 3 });
  for (const [k, c] of [1.1, 0.05, -0.002].entries()) expect(fit.coefficients[k]).toBeCloseTo(c, 9);
  expect(fit.residual).toBeLessThan(1e-9);
  expect(correctBeamHardening(Float32Array.of(1), fit)).toEqual(Float32Array.of(1.148));
});

test("refuses paths, degrees and data that make no correction", () => {
  expect(() => beamHardeningCorrection({ spectrum, maximumPath: 0 })).toThrow("maximumPath");
  expect(() => beamHardeningCorrection({ spectrum, maximumPath: 10, degree: 9 })).toThrow("1 to 8 terms");
  expect(() => beamHardeningCorrection({ spectrum, attenuation: [1], maximumPath: 10 })).toThrow("as many");
  expect(() => fitBeamHardening({ measured: new Float64Array(9), wanted: new Float64Array(9) })).toThrow("attenuates");
  const falling = Float64Array.from({ length: 9 }, (_, i) => i);
  expect(() => fitBeamHardening({ measured: falling, wanted: falling.map((p) => -p) })).toThrow("falls");
});
