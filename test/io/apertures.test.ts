import { describe, expect, test } from "vitest";
import { apertureMask, readRadiograph } from "../../src/io/index.js";
import { type DicomElement, dicomBytes } from "./dicomBytes.js";

const [rows, columns] = [8, 10];

/** An angiogram with further elements. */
const read = (...more: DicomElement[]) =>
  readRadiograph(
    dicomBytes({
      ...{ rows, columns, modality: "XA", without: [0x00200032], more },
      pixels: Array.from({ length: rows * columns }, (_, i) => i),
    }),
  );

/** Where the mask is 1, line by line. */
const drawn = (mask: Uint8Array | undefined) =>
  Array.from({ length: rows }, (_, r) =>
    Array.from(mask?.subarray(r * columns, (r + 1) * columns) ?? [], (counts) => (counts ? "#" : ".")).join(""),
  );

const rectangle = (group: number, [left, right, upper, lower]: readonly number[]): DicomElement[] => [
  [group, "CS", "RECTANGULAR"],
  [group + 2, "IS", String(left)],
  [group + 4, "IS", String(right)],
  [group + 6, "IS", String(upper)],
  [group + 8, "IS", String(lower)],
];

describe("the openings of a radiograph", () => {
  test("a rectangular collimator: rows and columns count from 1, its edges lie within", async () => {
    const radiograph = await read(...rectangle(0x00181700, [2, 9, 3, 7]));
    expect(radiograph.apertures).toEqual([
      { of: "collimator", shape: "RECTANGULAR", left: 2, right: 9, upper: 3, lower: 7 },
    ]);
    const [out, within] = ["..........", ".########."];
    expect(drawn(apertureMask(radiograph))).toEqual([out, out, within, within, within, within, within, out]);
  });

  test("a circular shutter, round in mm: of pixels of 3 mm along and 2 mm down", async () => {
    const radiograph = await read([0x00181600, "CS", "CIRCULAR"], [0x00181610, "IS", "4\\5"], [0x00181612, "IS", "2"]);
    expect(radiograph.apertures).toEqual([{ of: "shutter", shape: "CIRCULAR", center: [4, 5], radius: 2 }]);
    // 6 mm: two pixels along, three down.
    expect(drawn(apertureMask(radiograph))).toEqual([
      ...["....#.....", "...###....", "...###....", "..#####..."],
      ...["...###....", "...###....", "....#.....", ".........."],
    ]);
  });

  test("a polygon, and what collimator and shutter leave together", async () => {
    const triangle: DicomElement[] = [
      [0x00181600, "CS", "POLYGONAL"],
      [0x00181620, "IS", "0\\0\\0\\10\\10\\0"],
    ];
    const left = [
      "########..",
      "#######...",
      "######....",
      "#####.....",
      "####......",
      "###.......",
      "##........",
      "#.........",
    ];
    expect(drawn(apertureMask(await read(...triangle)))).toEqual(left);
    const both = await read(...triangle, ...rectangle(0x00181700, [3, 10, 1, 4]));
    expect(drawn(apertureMask(both))).toEqual(left.map((line, row) => (row < 4 ? `..${line.slice(2)}` : "..........")));
  });

  test("none, edges beyond the image, and numbers that are missing or open nothing", async () => {
    expect(apertureMask(await read())).toBeUndefined();
    expect(drawn(apertureMask(await read(...rectangle(0x00181700, [-5, 500, 0, 99]))))).toEqual(
      Array(rows).fill("##########"),
    );
    for (const elements of [rectangle(0x00181700, [9, 2, 3, 7]), rectangle(0x00181600, [1, 2, 3, 4]).slice(0, 3)]) {
      const radiograph = await read(...elements);
      expect(radiograph.apertures).toBeUndefined();
      expect(radiograph.warnings.map(({ message }) => message).join()).toMatch(/is RECTANGULAR, but .* taken as open/);
    }
    expect(apertureMask(await read(...rectangle(0x00181700, [50, 60, 1, 8])))).toBeUndefined();
  });
});
