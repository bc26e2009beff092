import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isTomogradError, type Matrix3, type Vec3 } from "../../src/core/index.js";
import {
  createGrid,
  type Grid,
  gridCenter,
  gridCorners,
  indexToWorld,
  orientation,
  sameGrid,
  spacing,
  validateGrid,
  worldToIndex,
} from "../../src/volume/index.js";

const sheared: Grid = {
  size: [18, 21, 15],
  indexToWorld: [2.07, -0.98, -0.38, -31, 0.38, -0.21, 2.67, 12, 0.63, 1.68, 0.57, 5, 0, 0, 0, 1],
};

describe("createGrid", () => {
  test("places 3 x 4 x 5 voxels of 2 x 3 x 4 mm about a center", () => {
    const grid = createGrid({ size: [3, 4, 5], spacing: [2, 3, 4], center: [10, 20, 30] });
    expect(gridCenter(grid)).toEqual([10, 20, 30]);
    expect(spacing(grid)).toEqual([2, 3, 4]);
    expect(indexToWorld(grid, [0, 0, 0])).toEqual([8, 15.5, 22]);
    expect(orientation(grid)).toBe("RAS");
  });

  test("places voxel (0, 0, 0) at the origin and turns the axes as told", () => {
    const directions: Matrix3 = [-1, 0, 0, 0, 0, 1, 0, -1, 0];
    const grid = createGrid({ size: [2, 2, 2], spacing: 1.5, origin: [1, 2, 3], directions });
    expect(indexToWorld(grid, [0, 0, 0])).toEqual([1, 2, 3]);
    expect(indexToWorld(grid, [1, 1, 1])).toEqual([-0.5, 3.5, 1.5]);
    expect(orientation(grid)).toBe("LIA");
  });

  test("one voxel lies on its center", () => {
    expect(gridCenter(createGrid({ size: [1, 1, 1], spacing: 7, center: [1, 2, 3] }))).toEqual([1, 2, 3]);
  });

  test("refuses a misspelt option by name, two places at once and a negative spacing", () => {
    expect(() => createGrid({ size: [1, 1, 1], spacing: 1, centre: [0, 0, 0] } as never)).toThrow(
      "did you mean 'center'",
    );
    expect(() => createGrid({ size: [1, 1, 1], spacing: 1, center: [0, 0, 0], origin: [0, 0, 0] })).toThrow(
      "not by both",
    );
    expect(() => createGrid({ size: [1, 1, 1], spacing: [1, -1, 1] })).toThrow("is a distance");
  });
});

describe("orientation", () => {
  test.each([
    ["RAS", [1, 0, 0, 0, 1, 0, 0, 0, 1]],
    ["LPS", [-1, 0, 0, 0, -1, 0, 0, 0, 1]],
    ["SRA", [0, 1, 0, 0, 0, 1, 1, 0, 0]],
    ["IPL", [0, 0, -1, 0, -1, 0, -1, 0, 0]],
    ["RAS", [0.8, -0.6, 0, 0.6, 0.8, 0, 0, 0, 1]],
  ] as [string, number[]][])("%s for axes %j", (letters, directions) => {
    expect(orientation(createGrid({ size: [4, 5, 6], spacing: [1, 2, 3], directions }))).toBe(letters);
  });

  test("every array axis gets a letter of its own on an oblique, sheared grid", () => {
    expect(orientation(sheared)).toBe("RSA");
  });

  test("all 48 ways to lay axes are named right", () => {
    const names = new Set<string>();
    for (const order of [
      [0, 1, 2],
      [0, 2, 1],
      [1, 0, 2],
      [1, 2, 0],
      [2, 0, 1],
      [2, 1, 0],
    ])
      for (let signs = 0; signs < 8; signs++) {
        const directions = new Array<number>(9).fill(0);
        let letters = "";
        order.forEach((world, axis) => {
          const positive = ((signs >> axis) & 1) === 1;
          directions[3 * world + axis] = positive ? 1 : -1;
          letters += (positive ? "RAS" : "LPI")[world];
        });
        expect(orientation(createGrid({ size: [2, 2, 2], spacing: 3, directions }))).toBe(letters);
        names.add(letters);
      }
    expect(names.size).toBe(48);
  });
});

describe("world and index", () => {
  const coordinate = fc.double({ min: -500, max: 500, noNaN: true });
  test("index -> world -> index returns to 1e-9 voxels on a rotated, sheared grid", () => {
    fc.assert(
      fc.property(fc.tuple(coordinate, coordinate, coordinate), (index) => {
        const back = worldToIndex(sheared, indexToWorld(sheared, index as Vec3));
        back.forEach((x, axis) => {
          expect(Math.abs(x - index[axis])).toBeLessThan(1e-9);
        });
      }),
    );
  });

  test("the center is the mean of the 8 corners", () => {
    const corners = gridCorners(sheared);
    gridCenter(sheared).forEach((x, axis) => {
      expect(corners.reduce((sum, c) => sum + c[axis], 0) / 8).toBeCloseTo(x, 10);
    });
  });

  test("grids are the same to 1e-4 mm at the corners", () => {
    const moved = (mm: number): Grid => ({
      ...sheared,
      indexToWorld: sheared.indexToWorld.map((m, i) => (i === 3 ? m + mm : m)),
    });
    expect(sameGrid(sheared, moved(5e-5))).toBe(true);
    expect(sameGrid(sheared, moved(2e-4))).toBe(false);
    expect(sameGrid(sheared, { ...sheared, size: [18, 21, 14] })).toBe(false);
  });
});

describe("validateGrid", () => {
  const identity = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
  const put = (changes: Record<number, number>) => identity.map((m, i) => changes[i] ?? m);
  test.each([
    ["bad-dimension", [0, 1, 1], identity],
    ["bad-dimension", [2, 2.5, 2], identity],
    ["bad-dimension", [2, 2], identity],
    ["non-finite-affine", [2, 2, 2], put({ 7: Number.NaN })],
    ["non-finite-affine", [2, 2, 2], put({ 0: Number.POSITIVE_INFINITY })],
    ["zero-spacing", [2, 2, 2], put({ 5: 0 })],
    ["singular-affine", [2, 2, 2], put({ 1: 1, 5: 0 })],
    ["singular-affine", [2, 2, 2], put({ 12: 0.1 })],
  ] as [string, Vec3, number[]][])("refuses %s: size %j, affine %j", (defect, size, affine) => {
    expect.assertions(2);
    try {
      validateGrid({ size, indexToWorld: affine });
    } catch (error) {
      expect(isTomogradError(error, "INVALID_GEOMETRY")).toBe(true);
      expect((error as { detail: { defect: string } }).detail.defect).toBe(defect);
    }
  });

  test("takes voxels of 1e-4 x 1 x 1e4 mm: only flat axes are singular, not unlike ones", () => {
    expect(() => validateGrid({ size: [2, 2, 2], indexToWorld: put({ 0: 1e-4, 10: 1e4 }) })).not.toThrow();
  });
});
