import { describe, expect, test } from "vitest";
import { type Shape, shapeLength } from "../../../src/backend/backend.js";
import { layoutOf, volumeStrides } from "../../../src/backend/wasm/layout.js";
import { loadElements, storeElements } from "../../../src/backend/wasm/transfer.js";

const SHAPES: readonly Shape[] = [
  { kind: "flat", length: 11 },
  { kind: "volume", size: [1, 1, 1] },
  { kind: "volume", size: [19, 3, 6] },
  { kind: "projections", views: 2, rows: 5, columns: 17 },
];

describe("layout", () => {
  test("voxel (i, j, k) lies at offset + i sx + j sy + k, between two cells of zeros on every side", () => {
    const size = [3, 4, 5] as const;
    const layout = layoutOf({ kind: "volume", size }, "real");
    const stored = new Float32Array(layout.storedElements);
    storeElements(
      "real",
      Float32Array.from({ length: 60 }, (_, i) => i + 1),
      layout,
      stored,
    );
    const { sx, sy, offset } = volumeStrides(size);
    for (let x = -2; x < 5; x++)
      for (let y = -2; y < 6; y++)
        for (let z = -2; z < 7; z++) {
          const inside = x >= 0 && x < 3 && y >= 0 && y < 4 && z >= 0 && z < 5;
          expect(stored[offset + x * sx + y * sy + z]).toBe(inside ? 1 + x + 3 * (y + 4 * z) : 0);
        }
  });

  test("pixel (view, row, column) lies at [view][column][row], rows padded to a multiple of 4 with zeros", () => {
    const layout = layoutOf({ kind: "projections", views: 2, rows: 3, columns: 2 }, "real");
    const stored = new Float32Array(layout.storedElements);
    storeElements(
      "real",
      Float32Array.from({ length: 12 }, (_, i) => i + 1),
      layout,
      stored,
    );
    expect([...stored.subarray(0, 16)]).toEqual([1, 3, 5, 0, 2, 4, 6, 0, 7, 9, 11, 0, 8, 10, 12, 0]);
  });

  test("padding takes less than 5 % of a chest CT of 512 x 512 x 133", () => {
    const { storedElements } = layoutOf({ kind: "volume", size: [512, 512, 133] }, "real");
    expect(storedElements / (512 * 512 * 133)).toBeLessThan(1.05);
  });

  test.each(SHAPES)("elements of every type come back as stored: %o", (shape) => {
    const values = Float64Array.from({ length: shapeLength(shape) }, (_, i) => i % 251);
    for (const type of ["real", "f64", "u8", "u32"] as const) {
      const layout = layoutOf(shape, type);
      const Kind = { real: Float32Array, f64: Float64Array, u8: Uint8Array, u32: Uint32Array }[type];
      const stored = new Kind(layout.storedElements);
      storeElements(type, values, layout, stored);
      expect([...loadElements(type, layout, stored)]).toEqual([...values]);
    }
  });
});
