import { describe, expect, test } from "vitest";
import { blockOfBox, createGrid, crop, gridCenter, pad, zeroVolume } from "../../src/volume/index.js";
import { randomHounsfield, shearedGrid, worldContent } from "./volumes.js";

const volume = randomHounsfield(shearedGrid);

describe("crop", () => {
  test("leaves every kept voxel at its place in the world, int16 as it was", () => {
    const block = crop(volume, { start: [2, 1, 3], size: [4, 3, 2] });
    expect(block.values).toBeInstanceOf(Int16Array);
    expect(block.values.length).toBe(24);
    const whole = new Set(worldContent(volume));
    for (const voxel of worldContent(block)) expect(whole).toContain(voxel);
  });

  test.each([
    { start: [4, 0, 0], size: [4, 1, 1] },
    { start: [-1, 0, 0], size: [1, 1, 1] },
    { start: [0, 0, 0], size: [0, 1, 1] },
    { start: [0.5, 0, 0], size: [1, 1, 1] },
  ] as const)("refuses %j of 7 x 5 x 6", (options) => {
    expect(() => crop(volume, options)).toThrow("does not lie in 7 x 5 x 6");
  });
});

describe("pad", () => {
  test("new voxels of Hounsfield units are air, cropping gives the volume back", () => {
    const padded = pad(volume, { before: [1, 2, 0], after: [0, 1, 3] });
    expect(padded.grid.size).toEqual([8, 8, 9]);
    expect(padded.values[0]).toBe(-1000);
    expect(padded.values).toBeInstanceOf(Int16Array);
    expect(worldContent(crop(padded, { start: [1, 2, 0], size: [7, 5, 6] }))).toEqual(worldContent(volume));
  });

  test("other quantities are padded with 0, or with the value given", () => {
    const empty = zeroVolume(createGrid({ size: [1, 1, 1], spacing: 1 }), "attenuation");
    expect([...pad(empty, { after: [1, 0, 0] }).values]).toEqual([0, 0]);
    expect([...pad(empty, { after: [1, 0, 0], value: 3 }).values]).toEqual([0, 3]);
  });

  test("refuses negative counts", () => {
    expect(() => pad(volume, { before: [-1, 0, 0] })).toThrow("counted in voxels >= 0");
  });
});

describe("blockOfBox", () => {
  const grid = createGrid({ size: [10, 10, 10], spacing: 2, origin: [0, 0, 0] });
  test("takes the voxels whose centers lie in the box, ends included", () => {
    expect(blockOfBox(grid, [3, 4, -50], [8, 4.5, 50])).toEqual({ start: [2, 2, 0], size: [3, 1, 10] });
  });

  test("a box about the center of a sheared grid holds the center", () => {
    const [x, y, z] = gridCenter(shearedGrid);
    const { start, size } = blockOfBox(shearedGrid, [x - 1, y - 1, z - 1], [x + 1, y + 1, z + 1]);
    shearedGrid.size.forEach((n, axis) => {
      expect(start[axis]).toBeLessThanOrEqual((n - 1) / 2);
      expect(start[axis] + size[axis] - 1).toBeGreaterThanOrEqual((n - 1) / 2);
    });
  });

  test("refuses a box beside the grid", () => {
    expect(() => blockOfBox(grid, [100, 0, 0], [110, 5, 5])).toThrow("holds no voxel center");
  });
});
