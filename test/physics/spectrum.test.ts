import { expect, test } from "vitest";
import { createSpectrum, meanEnergy, parseSpectrum } from "../../src/physics/index.js";

test("weights in any unit become shares of the signal", () => {
  const { energiesKeV, weights } = createSpectrum([40, 80], [20, 30]);
  expect([...energiesKeV]).toEqual([40, 80]);
  expect([...weights]).toEqual([0.4, 0.6]);
  expect(meanEnergy({ energiesKeV, weights })).toBeCloseTo(64, 12);
});

test("an integrating detector weighs photons by their energy", () => {
  const { weights } = createSpectrum([40, 80], [1, 1], { detector: "integrating" });
  expect(weights[1]).toBeCloseTo(2 / 3, 12);
});

test("reads lines of energy and weight with a title, comments and any usual separator", () => {
  const text = "# tungsten\nenergy,weight\n40, 2\r\n60;3\n\n80\t5\n";
  const { energiesKeV, weights } = parseSpectrum(text);
  expect([...energiesKeV]).toEqual([40, 60, 80]);
  expect(weights[2]).toBeCloseTo(0.5, 12);
});

test("refuses what is no spectrum, and quotes the line", () => {
  const refused = { detail: { defect: "bad-spectrum" } };
  for (const text of ["", "energy,weight", "40,1\n30,1", "40,-1", "40,1\n50", "40,0", "40,1\n50,x", "0,1"])
    expect(() => parseSpectrum(text), text).toThrowError(expect.objectContaining(refused));
  expect(() => parseSpectrum("40,1\n50,x")).toThrow("'50,x'");
});
