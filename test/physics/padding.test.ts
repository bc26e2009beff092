import { expect, test } from "vitest";
import { clampPadding } from "../../src/physics/index.js";
import { createGrid, type Volume } from "../../src/volume/index.js";

const corners: Volume = {
  quantity: "hounsfield",
  grid: createGrid({ size: [4, 1, 1], spacing: 1 }),
  values: Int16Array.of(-2048, -1024, 40, -3024),
};

test("padding becomes -1000 HU in a copy that stays int16, and a warning counts 2 voxels of 4", () => {
  const { volume, count, warnings } = clampPadding(corners);
  expect(volume.values).toEqual(Int16Array.of(-1000, -1024, 40, -1000));
  expect(corners.values[0]).toBe(-2048);
  expect(count).toBe(2);
  expect(warnings).toHaveLength(1);
  expect(warnings[0].defect).toBe("padding-values");
  expect(warnings[0].message).toBe(
    "2 voxels (50 %) below -1024 HU, down to -3024, are padding and became air (-1000 HU)",
  );
});

test("a scan without padding comes back itself, without a warning", () => {
  const clean = clampPadding({ ...corners, values: Int16Array.of(-1024, 0, 40, 3000) });
  expect(clean.count).toBe(0);
  expect(clean.warnings).toEqual([]);
  expect(clean.volume.values).toEqual(Int16Array.of(-1024, 0, 40, 3000));
});

test("the bound and the value of air can be given", () => {
  expect([...clampPadding(corners, { below: -3000, air: -1024 }).volume.values]).toEqual([-2048, -1024, 40, -1024]);
});
