import { describe, expect, test } from "vitest";
import { hounsfieldToDensity } from "../../src/physics/index.js";
import { createGrid, type Volume } from "../../src/volume/index.js";

const row = (...hu: number[]): Volume => ({
  quantity: "hounsfield",
  grid: createGrid({ size: [hu.length, 1, 1], spacing: 1 }),
  values: Int16Array.from(hu),
});

describe("hounsfieldToDensity", () => {
  test("air takes the smallest soft value, bone is multiplied, then 0 to 1", () => {
    const { values, quantity } = hounsfieldToDensity(row(-2048, -800, -100, 300, 400), { boneMultiplier: 2 });
    expect([...values]).toEqual([0, 0, 0, 400 / 900, 1].map(Math.fround));
    expect(values).toBeInstanceOf(Float32Array);
    expect(quantity).toBe("density");
  });

  test("350 HU is soft and 351 bone", () => {
    expect([...hounsfieldToDensity(row(0, 350, 351), { boneMultiplier: 10 }).values]).toEqual(
      [0, 350 / 3510, 1].map(Math.fround),
    );
  });

  test("refuses a volume without soft tissue, a constant one, and attenuation", () => {
    const defect = (volume: Volume) => {
      try {
        hounsfieldToDensity(volume);
      } catch (error) {
        return (error as { detail: { defect: string } }).detail.defect;
      }
    };
    expect(defect(row(-1000, -800, 351))).toBe("no-soft-tissue");
    expect(defect(row(-1000, 5, 5))).toBe("constant-density");
    expect(defect({ ...row(1), quantity: "attenuation" })).toBe("wrong-quantity");
  });
});
