import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { flip, orientation, reorient } from "../../src/volume/index.js";
import { randomHounsfield, shearedGrid, worldContent } from "./volumes.js";

const volume = randomHounsfield(shearedGrid);
const letters = fc
  .tuple(fc.shuffledSubarray([0, 1, 2], { minLength: 3 }), fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()))
  .map(([axes, signs]) => axes.map((world, a) => (signs[a] ? "RAS" : "LPI")[world]).join(""));

describe("reorient", () => {
  test("to any of 48 orientations keeps every voxel's value at its world position", () => {
    fc.assert(
      fc.property(letters, (wanted) => {
        const turned = reorient(volume, wanted);
        expect(orientation(turned.grid)).toBe(wanted);
        expect(turned.values).toBeInstanceOf(Int16Array);
        expect(worldContent(turned)).toEqual(worldContent(volume));
      }),
      { numRuns: 60 },
    );
  });

  test("is RAS by default and leaves a RAS volume alone", () => {
    const ras = reorient(volume);
    expect(orientation(ras.grid)).toBe("RAS");
    expect(reorient(ras)).toBe(ras);
  });

  test("there and back gives the same bytes", () => {
    const back = reorient(reorient(volume, "SPL"), orientation(volume.grid));
    expect(back.values).toEqual(volume.values);
    expect(back.grid.size).toEqual(volume.grid.size);
  });

  test.each(["RAR", "RA", "ras", "XYZ", "RASL"])("refuses '%s'", (wrong) => {
    expect(() => reorient(volume, wrong)).toThrow("an orientation is one of");
  });
});

test("flip reverses the array and not the world", () => {
  const flipped = flip(volume, 1);
  expect(flipped.values[0]).toBe(volume.values[7 * 4]);
  expect(worldContent(flipped)).toEqual(worldContent(volume));
});
