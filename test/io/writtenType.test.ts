import { describe, expect, test } from "vitest";
import type { StoredType } from "../../src/io/numeric.js";
import { otherType, type WrittenType, writtenType } from "../../src/io/writtenType.js";
import type { Quantity, Volume } from "../../src/volume/grid.js";

const grid = { size: [3, 1, 1], indexToWorld: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1] } as const;
const volume = (values: Volume["values"], type?: StoredType, quantity: Quantity = "unknown"): Volume =>
  ({ quantity, grid, values, ...(type && { type }) }) as Volume;
const NO_LONG: readonly WrittenType[] = ["uint8", "int16", "float32", "float64"];

describe("the type that is written", () => {
  test.each([
    ["the file's, if it was an integer type that holds the values", [0, 7, 65535], "uint16", "unknown", "uint16"],
    ["the array's, if values were scaled since", [0, 7.5, 9], "uint16", "unknown", "float64"],
    ["the array's, if values outgrew the file's type", [0, 7, 65536], "uint16", "unknown", "float64"],
    ["the array's, if the file held floats", [0, 7, 9], "float32", "unknown", "float64"],
    ["the first integer type that holds whole labels", [0, 7, 300], undefined, "label", "int16"],
    ["an unsigned one where it must be", [0, 7, 40000], undefined, "label", "uint16"],
    ["the array's, if labels are not whole", [0, 0.5, 1], undefined, "label", "float64"],
  ] as const)("is %s", (_, values, type, quantity, expected) => {
    expect(writtenType(volume(Float64Array.from(values), type, quantity), {})).toBe(expected);
  });

  test("is the array's where the format lacks the file's type; that is said if it holds less", () => {
    const read = volume(Float64Array.of(0, 7, 65535), "uint16");
    expect(writtenType(read, {}, NO_LONG)).toBe("float64");
    expect(otherType(read, "float64")).toEqual([]);
    const asInt8 = volume(Float64Array.of(0, 7, 100), "uint16");
    expect(otherType(asInt8, "int8")).toMatchObject([{ defect: "other-type" }]);
  });

  test("of labels is told where it is no integer one", () => {
    for (const type of [undefined, "float32"] as const) {
      const labels = volume(Float64Array.of(0, 0.5, 1), undefined, "label");
      const written = writtenType(labels, type ? { type } : {});
      expect(otherType(labels, written)).toMatchObject([{ message: expect.stringContaining(type ?? "float64") }]);
    }
  });

  test("asked for, it must hold every value and be one of the format's; floats may round", () => {
    const values = volume(Float64Array.of(0.5, -1, 300));
    expect(writtenType(values, { type: "float32" })).toBe("float32");
    expect(() => writtenType(volume(Float64Array.of(1, 2, 300)), { type: "uint8" })).toThrowError(
      expect.objectContaining({ message: expect.stringContaining("value 2, which is 300") }),
    );
    expect(() => writtenType(values, { type: "int16" })).toThrowError(
      expect.objectContaining({ detail: expect.objectContaining({ defect: "values-do-not-fit", value: 0.5 }) }),
    );
    expect(() => writtenType(values, { type: "int64" }, NO_LONG)).toThrowError(
      expect.objectContaining({ code: "UNSUPPORTED_FORMAT" }),
    );
  });
});
