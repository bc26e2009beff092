import { describe, expect, test } from "vitest";
import { encodeNifti, readVolume } from "../../src/io/index.js";
import type { StoredType } from "../../src/io/numeric.js";
import { createValueCollector } from "../../src/io/values.js";

/** Numbers of a type, scaled. */
function collected(
  stored: Int16Array | Int32Array | Float32Array | Float64Array,
  type: StoredType,
  slope: number,
  intercept = 0,
) {
  const collector = createValueCollector(stored.length, type, { slope, intercept }, 1 << 20);
  collector.put(stored, 0, slope, intercept);
  const { values, warnings } = collector.finish();
  return { values, defects: warnings.map(({ defect }) => defect) };
}

describe("scaled values", () => {
  test("of more than 24 bits are float64: neighbors near 2^25 with slope 0.5 stay apart", () => {
    const { values, defects } = collected(Int32Array.of(2 ** 25 + 1, 2 ** 25 + 2, 2 ** 25 + 3), "int32", 0.5);
    expect(values).toEqual(Float64Array.of(2 ** 24 + 0.5, 2 ** 24 + 1, 2 ** 24 + 1.5));
    expect(defects).toEqual([]);
  });

  test("of 16 bits and a fraction are float32", () => {
    expect(collected(Int16Array.of(-3, 32767), "int16", 0.5).values).toEqual(Float32Array.of(-1.5, 16383.5));
    expect(collected(Int16Array.of(1, 2), "int16", 1, 0.5).values).toEqual(Float32Array.of(1.5, 2.5));
  });

  test("of 64 bits beyond 2^53 steps warn of lost digits", () => {
    expect(collected(Float64Array.of(2 ** 60), "int64", 0.5).defects).toEqual(["precision"]);
  });

  test("beyond float32's range, large or small, are float64", () => {
    expect(collected(Float32Array.of(1e20, 2), "float32", 1e30).values).toEqual(
      Float64Array.of(Math.fround(1e20) * 1e30, 2e30),
    );
    expect(collected(Float32Array.of(1e-30, 0), "float32", 1e-30).values[0]).toBeCloseTo(1e-60, 66);
    expect(collected(Int16Array.of(7), "int16", 1e38).values).toEqual(Float64Array.of(7e38));
  });

  test("that are infinite in float64 too are counted", () => {
    expect(collected(Float64Array.of(1e300, 1), "float64", 1e10).defects).toEqual(["non-finite-values"]);
  });

  test("NIfTI: a slope with an infinite intercept is refused", async () => {
    const indexToWorld = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
    const bytes = encodeNifti({
      quantity: "unknown",
      grid: { size: [2, 1, 1], indexToWorld },
      values: Int16Array.of(1, 2),
    });
    const view = new DataView(bytes.buffer);
    view.setFloat32(112, 2, true);
    view.setFloat32(116, Number.POSITIVE_INFINITY, true);
    const error = await readVolume(bytes).catch((thrown) => thrown);
    expect([error.code, error.detail.defect]).toEqual(["CORRUPT_FILE", "bad-rescale"]);
    view.setFloat32(112, Number.NaN, true);
    expect((await readVolume(bytes)).values).toEqual(Int16Array.of(1, 2));
  });

  test("NIfTI: units of a code that is not defined warn", async () => {
    const indexToWorld = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
    const bytes = encodeNifti({
      quantity: "unknown",
      grid: { size: [2, 1, 1], indexToWorld },
      values: Int16Array.of(1, 2),
    });
    bytes[123] = 5;
    expect((await readVolume(bytes)).warnings.map(({ defect }) => defect)).toEqual(["unknown-unit"]);
  });
});
