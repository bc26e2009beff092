import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Vec3 } from "../../src/core/index.js";
import { boxGrid, boxResample, createGrid, gridCorners, zeroVolume } from "../../src/volume/index.js";
import { randomHounsfield, sampled, shearedGrid } from "./volumes.js";

const mean = (values: ArrayLike<number>) => Array.from(values).reduce((sum, v) => sum + v, 0) / values.length;

describe("boxResample", () => {
  test("3 voxels into 2 cells: weights 2/3 and 1/3", () => {
    const volume = { ...zeroVolume(createGrid({ size: [3, 1, 1], spacing: 2 }), "unknown", "float64") };
    volume.values.set([3, 6, 12]);
    expect([...boxResample(volume, [2, 1, 1]).values]).toEqual(
      [(3 * 2 + 6) / 3, (6 + 12 * 2) / 3].map((v) => expect.closeTo(v, 12)),
    );
  });

  test("2 voxels into 3 cells: the middle one is half of each", () => {
    const volume = zeroVolume(createGrid({ size: [1, 2, 1], spacing: 3 }), "unknown", "float64");
    volume.values.set([4, 10]);
    expect([...boxResample(volume, [1, 3, 1]).values]).toEqual([4, 7, 10].map((v) => expect.closeTo(v, 12)));
  });

  test("its own size gives the same values", () => {
    const volume = randomHounsfield(shearedGrid);
    expect(boxResample(volume, shearedGrid.size).values).toEqual(Float32Array.from(volume.values));
  });

  test("keeps the box in the world (1e-9 mm) and the mean (1e-9) for any size", () => {
    const volume = sampled(shearedGrid, "unknown", ([x, y, z]) => Math.sin(x) + Math.cos(y * z));
    const count = fc.integer({ min: 1, max: 16 });
    fc.assert(
      fc.property(fc.tuple(count, count, count), (size) => {
        const result = boxResample(volume, size);
        const corners = gridCorners(volume.grid).flat();
        gridCorners(result.grid)
          .flat()
          .forEach((x, i) => {
            expect(Math.abs(x - corners[i])).toBeLessThan(1e-9);
          });
        expect(Math.abs(mean(result.values) - mean(volume.values))).toBeLessThan(1e-9);
      }),
      { numRuns: 40 },
    );
  });

  test("equals a brute-force mean of the overlapped voxels to 1e-9", () => {
    const volume = randomHounsfield(shearedGrid);
    const size: Vec3 = [3, 4, 5];
    const result = boxResample({ ...volume, values: Float64Array.from(volume.values) }, size);
    const share = (n: number, m: number, cell: number, voxel: number) =>
      Math.max(0, Math.min(voxel + 1, ((cell + 1) * n) / m) - Math.max(voxel, (cell * n) / m)) * (m / n);
    const [nx, ny, nz] = shearedGrid.size;
    for (let cell = 0; cell < 60; cell++) {
      const at = [cell % 3, Math.floor(cell / 3) % 4, Math.floor(cell / 12)];
      let sum = 0;
      for (let v = 0; v < volume.values.length; v++) {
        const voxel = [v % nx, Math.floor(v / nx) % ny, Math.floor(v / (nx * ny))];
        sum +=
          volume.values[v] *
          share(nx, 3, at[0], voxel[0]) *
          share(ny, 4, at[1], voxel[1]) *
          share(nz, 5, at[2], voxel[2]);
      }
      expect(Math.abs(result.values[cell] - sum)).toBeLessThan(1e-9);
    }
  });

  test("refuses labels and sizes below 1", () => {
    expect(() => boxResample(zeroVolume(shearedGrid, "label", "uint8"), [2, 2, 2])).toThrow("labels have no mean");
    expect(() => boxGrid(shearedGrid, [0, 2, 2])).toThrow("three positive integers");
  });
});
