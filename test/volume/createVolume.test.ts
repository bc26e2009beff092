import { describe, expect, test } from "vitest";
import { createGrid, createVolume, valueRange, zeroVolume } from "../../src/volume/index.js";

const grid = createGrid({ size: [2, 3, 4], spacing: 1 });

describe("createVolume", () => {
  test("keeps the array it is given", () => {
    const values = new Int16Array(24);
    expect(createVolume({ quantity: "hounsfield", grid, values }).values).toBe(values);
  });

  test("refuses 23 values for 24 voxels", () => {
    expect(() => createVolume({ quantity: "unknown", grid, values: new Float32Array(23) })).toThrow(
      "has 24 voxels, got 23",
    );
  });

  test("refuses one NaN and says which voxel holds it", () => {
    const values = new Float32Array(24);
    values[17] = Number.NaN;
    expect(() => createVolume({ quantity: "unknown", grid, values })).toThrow("voxel 17 is NaN");
  });

  test("zeros are 0 in the type asked for", () => {
    const volume = zeroVolume(grid, "label", "uint8");
    expect(volume.values).toEqual(new Uint8Array(24));
    expect(volume.quantity).toBe("label");
  });

  test("valueRange finds both ends", () => {
    const values = Float32Array.from({ length: 24 }, (_, i) => (i === 5 ? -3 : i === 9 ? 8 : 1));
    expect(valueRange(createVolume({ quantity: "unknown", grid, values }))).toEqual([-3, 8]);
  });
});
