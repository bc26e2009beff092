import { expect, test } from "vitest";
import { linearAttenuation, MATERIAL_DENSITY, massAttenuation } from "../../src/physics/index.js";

const MATERIALS = ["water", "bone", "aluminum"] as const;

test("water attenuates 0.0193/mm at 70 keV, 0.0206 at 60 and 0.0184 at 80 (to the last digit given)", () => {
  for (const [energy, mu] of [
    [60, 0.0206],
    [70, 0.0193],
    [80, 0.0184],
  ])
    expect(Math.abs(linearAttenuation("water", energy) - mu)).toBeLessThan(5e-5);
});

test("at the line of cesium 137, 662 keV, which is not in the table: water 0.0857 and aluminum 0.0747 cm²/g", () => {
  // values used for calibration with cesium sources; half a unit of the last digit is 0.06 %, the cubic's error is smaller
  expect(Math.abs(massAttenuation("water", 661.7) - 0.0857)).toBeLessThan(1.5e-4);
  expect(Math.abs(massAttenuation("aluminum", 661.7) - 0.0747)).toBeLessThan(1.5e-4);
});

test("bone is the mixture of its elements that ICRU 44 gives: heavier than water, less so at high energies", () => {
  const ratio = (energy: number) => massAttenuation("bone", energy) / massAttenuation("water", energy);
  expect(ratio(20)).toBeCloseTo(4.94, 1);
  // without photo effect the ratio is that of electrons a gram, (Z/A) 0.51478 / 0.55508
  expect(Math.abs(ratio(1000) - 0.51478 / 0.55508)).toBeLessThan(2e-3);
  expect(Math.abs(massAttenuation("aluminum", 1000) / massAttenuation("water", 1000) - 0.48181 / 0.55508)).toBeLessThan(
    2e-3,
  );
});

test("attenuation falls with energy, except at the K edges of bone (Mg, P, S, Ca) and aluminum", () => {
  for (const material of MATERIALS) {
    const rises: number[] = [];
    for (let energy = 1; energy < 1000; energy *= 1.001)
      if (massAttenuation(material, Math.min(1000, energy * 1.001)) >= massAttenuation(material, energy))
        rises.push(Math.round(energy * 100) / 100);
    const edges = { water: [], bone: [1.3, 2.14, 2.47, 4.04], aluminum: [1.56] }[material];
    expect(rises).toHaveLength(edges.length);
    for (const [i, edge] of edges.entries()) expect(Math.abs(rises[i] - edge)).toBeLessThan(0.011);
  }
});

test("tabulated energies give the tabulated values, an edge the one above it", () => {
  expect(massAttenuation("water", 1)).toBeCloseTo(4078, 9);
  expect(massAttenuation("water", 1000)).toBeCloseTo(0.07072, 12);
  expect(massAttenuation("bone", 30)).toBeCloseTo(1.331, 12);
  expect(massAttenuation("aluminum", 1.5596)).toBeCloseTo(3957, 8);
  expect(MATERIAL_DENSITY).toEqual({ water: 1, bone: 1.92, aluminum: 2.699 });
});

test("refuses energies outside of the table and materials that it does not have", () => {
  expect(() => massAttenuation("water", 0.5)).toThrow("1 to 1000 keV");
  expect(() => massAttenuation("water", Number.NaN)).toThrow("1 to 1000 keV");
  expect(() => massAttenuation("lead" as never, 50)).toThrow("materials are water, bone, aluminum");
});
