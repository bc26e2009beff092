import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Vec3 } from "../../src/core/index.js";
import { createGrid, type Grid, pad, reorient, resample } from "../../src/volume/index.js";
import { randomHounsfield, sampled, shearedGrid } from "./volumes.js";

const volume = randomHounsfield(shearedGrid);
const asFloat = { ...volume, values: Float32Array.from(volume.values) };

const upTo = (max: number) => fc.double({ min: 0, max, noNaN: true });

describe("resample", () => {
  test("onto its own sheared grid gives the same values, nearest as int16 and linear as float32", () => {
    expect(resample(volume, shearedGrid, { interpolation: "nearest" }).values).toEqual(volume.values);
    expect(resample(volume, shearedGrid).values).toEqual(asFloat.values);
  });

  test("onto any permuted and flipped grid equals reorient", () => {
    for (const letters of ["RAS", "LPS", "SLA", "IRP"]) {
      const turned = reorient(volume, letters);
      expect(resample(asFloat, turned.grid).values).toEqual(Float32Array.from(turned.values));
      expect(resample(volume, turned.grid, { interpolation: "nearest" }).values).toEqual(turned.values);
    }
  });

  test("onto a padded grid equals pad: beyond the volume is air", () => {
    const padded = pad(volume, { before: [1, 0, 2], after: [0, 3, 1] });
    expect(resample(volume, padded.grid, { interpolation: "nearest" }).values).toEqual(padded.values);
  });

  test("linear is exact (1e-9) for a function linear in the world, between the centers of a sheared grid", () => {
    const f = ([x, y, z]: Vec3) => 3 + 0.5 * x - 0.25 * y + 0.125 * z;
    const source = sampled(shearedGrid, "unknown", f);
    fc.assert(
      fc.property(fc.tuple(upTo(6), upTo(4), upTo(5)), (index) => {
        const m = shearedGrid.indexToWorld;
        const row = (r: number) => m[r] * index[0] + m[r + 1] * index[1] + m[r + 2] * index[2] + m[r + 3];
        const at: Vec3 = [row(0), row(4), row(8)];
        const point: Grid = createGrid({ size: [1, 1, 1], spacing: 1, origin: at });
        expect(Math.abs(resample(source, point).values[0] - f(at))).toBeLessThan(1e-9);
      }),
    );
  });

  test("half a voxel beyond the last center is the border's value, farther is outside", () => {
    const line = sampled(createGrid({ size: [2, 1, 1], spacing: 1, origin: [0, 0, 0] }), "unknown", ([x]) => x + 5);
    const at = (x: number) => createGrid({ size: [1, 1, 1], spacing: 1, origin: [x, 0.4, 0] });
    const value = (x: number) => resample(line, at(x), { outside: -9 }).values[0];
    expect([-0.51, -0.49, 0, 0.25, 1, 1.49, 1.51].map(value)).toEqual([-9, 5, 5, 5.25, 6, 6, -9]);
  });

  test("labels go to the nearest voxel, a face belongs to the upper one", () => {
    const labels = {
      quantity: "label" as const,
      grid: createGrid({ size: [3, 1, 1], spacing: 2, origin: [0, 0, 0] }),
      values: Uint8Array.from([7, 0, 3]),
    };
    const fine = createGrid({ size: [7, 1, 1], spacing: 1, origin: [-1, 0, 0] });
    const result = resample(labels, fine);
    expect(result.values).toEqual(Uint8Array.from([7, 7, 0, 0, 3, 3, 3]));
    expect(() => resample(labels, fine, { interpolation: "linear" })).toThrow("no values in between");
  });
});
