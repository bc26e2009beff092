import { expect, test } from "vitest";
import { attenuationToHounsfield, calibrateHounsfield } from "../../src/physics/index.js";
import { createGrid, createPhantom } from "../../src/volume/index.js";

const grid = createGrid({ size: [24, 24, 8], spacing: [2, 2, 2] });
/** Water of 0.0201/mm with a ball of twice that, in air of 0.0004/mm: another energy and a little scatter. */
const scan = createPhantom([
  { kind: "box", center: [0, 0, 0], radii: [24, 24, 8], density: 0.0004 },
  { kind: "ellipsoid", center: [-8, 0, 0], radii: [12, 12, 40], density: 0.0197 },
  { kind: "ellipsoid", center: [-8, 0, 0], radii: 4, density: 0.0201 },
]).voxelize(grid);
const water = { center: [-8, 8, 0] as const, radius: 2.9 };
const air = { center: [18, 18, 0] as const, radius: 4 };

test("afterwards water is 0 HU and air -1000 HU, to 1e-9, and what attenuates twice as much lies in line", () => {
  const model = calibrateHounsfield(scan, { water, air });
  const { values } = attenuationToHounsfield(scan, model);
  const at = (i: number, j: number) => values[i + 24 * (j + 24 * 4)];
  expect(at(8, 16)).toBeCloseTo(0, 9);
  expect(at(22, 22)).toBeCloseTo(-1000, 9);
  expect(at(8, 12)).toBeCloseTo((1000 * 0.0201) / 0.0197, 9);
});

test("without a region of air, air attenuates nothing", () => {
  const model = calibrateHounsfield(scan, { water });
  expect(model.muAir).toBe(0);
  expect(model.muWater).toBeCloseTo(0.0201, 12);
});

test("refuses balls without voxels, exchanged regions and volumes in HU", () => {
  const far = { center: [500, 0, 0] as const, radius: 5 };
  expect(() => calibrateHounsfield(scan, { water: far })).toThrow("no voxel lies within 5 mm of the water");
  expect(() => calibrateHounsfield(scan, { water: air, air: water })).toThrow("more than air");
  expect(() => calibrateHounsfield({ ...scan, quantity: "hounsfield" }, { water })).toThrow("attenuation");
});
