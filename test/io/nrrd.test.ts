import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodeNrrd, readNrrd, readVolume, writeNrrd, writeVolume } from "../../src/io/index.js";
import { anyVolume, readByItk } from "../helpers/volumes.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tomograd-nrrd-"));
});
afterAll(() => rm(folder, { recursive: true }));

const numbers = Int16Array.from({ length: 24 }, (_, i) => i - 5);
const bytesOf = (view: ArrayBufferView) => new Uint8Array(view.buffer);
/** A NRRD file of 4 x 3 x 2 int16; `fields` replace or add to the usual ones, undefined leaves one out. */
function nrrd(fields: Record<string, string | undefined> = {}, data: Uint8Array = bytesOf(numbers)): Uint8Array {
  const all: Record<string, string | undefined> = {
    type: "short",
    dimension: "3",
    sizes: "4 3 2",
    space: "RAS",
    "space directions": "(1,0,0) (0,2,0) (0,0,3)",
    "space origin": "(4,5,6)",
    endian: "little",
    encoding: "raw",
    ...fields,
  };
  const lines = Object.entries(all).filter(([, value]) => value !== undefined);
  const text = `NRRD0005\n${lines.map(([field, value]) => `${field}: ${value}\n`).join("")}\n`;
  return Uint8Array.from([...new TextEncoder().encode(text), ...data]);
}
const defectOf = (bytes: Uint8Array) => readVolume(bytes).catch((error) => error.detail.defect);
const defects = async (bytes: Uint8Array) => (await readVolume(bytes)).warnings.map(({ defect }) => defect);

describe("NRRD", () => {
  test("any shape, affine, type and quantity come back, every digit of the affine", () =>
    fc.assert(
      fc.asyncProperty(anyVolume, async (volume) => {
        const back = await readNrrd(encodeNrrd(volume));
        expect(back.grid.size).toEqual(volume.grid.size);
        back.grid.indexToWorld.forEach((value, i) => {
          expect(value === volume.grid.indexToWorld[i]).toBe(true);
        });
        expect([back.values, back.quantity, back.warnings]).toEqual([volume.values, volume.quantity, []]);
      }),
      { numRuns: 150 },
    ));

  test.each([
    ["volume.nrrd", "raw", []],
    ["volume.nrrd", "compressed", []],
    ["volume.nrrd", "text", []],
    ["raw.nhdr", "raw", ["raw.raw"]],
    ["compressed.nhdr", "compressed", ["compressed.raw.gz"]],
    ["text.nhdr", "text", ["text.txt"]],
  ] as const)("%s, %s: read by ITK as by tomograd", async (name, encoding, besides) => {
    const own = await mkdtemp(join(folder, "written-"));
    const path = join(own, name);
    for (const volume of fc.sample(anyVolume, { numRuns: 4, seed: 3 })) {
      await writeVolume(path, volume, { encoding });
      const back = await readVolume(path);
      expect([back.format, back.values, back.warnings]).toEqual(["nrrd", volume.values, []]);
      const itk = await readByItk(path);
      expect(itk.size).toEqual([...volume.grid.size]);
      expect(itk.values).toEqual([...volume.values]);
      // ITK splits columns into spacing and direction.
      itk.indexToWorld.forEach((value, i) => {
        expect(value).toBeCloseTo(volume.grid.indexToWorld[i], 10);
      });
    }
    expect((await readdir(own)).sort()).toEqual([name, ...besides].sort());
  });

  test("gzip is usual, its level an option; what the options contradict is refused", async () => {
    const path = join(folder, "usual.nrrd");
    const volume = await readNrrd(nrrd({ sizes: "4 3 2" }));
    await writeNrrd(path, volume);
    expect(await readFile(path, "latin1")).toMatch(/^encoding: gzip$/m);
    const size = async (level: number) => {
      const { length } = volume.values;
      const big = { ...volume, grid: { ...volume.grid, size: [4, 3, 2000] as const } };
      const values = Int16Array.from({ length: 1000 * length }, (_, i) => (i * i) % 997);
      await writeNrrd(path, { ...big, values }, { level });
      return (await readFile(path)).length;
    };
    expect(await size(9)).toBeLessThan(await size(1));
    const refused = async (options: object) => writeNrrd(path, volume, options).catch((error) => error.detail.defect);
    expect(await refused({ encoding: "raw", level: 3 })).toBe("contradictory-options");
    expect(await refused({ encoding: "bzip2" })).toBe("bad-option");
    expect(await refused({ compression: 3 })).toBe("unknown-option");
  });

  test("numbers as text: negative zero, NaN and infinities come back, a line has a row", async () => {
    const path = join(folder, "special.nrrd");
    const values = Float32Array.of(-0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0.1, 1e-40);
    const grid = { size: [3, 2, 1] as const, indexToWorld: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1] };
    await writeVolume(path, { quantity: "unknown", grid, values }, { encoding: "text" });
    expect((await readVolume(path)).values).toEqual(values);
    expect((await readFile(path, "latin1")).split("\n\n")[1]).toMatch(/^-0 nan inf\n-inf \S+ \S+\n$/);
  });

  test("integers as text have all their digits: other readers do not round them to float64", async () => {
    const path = join(folder, "long.nrrd");
    const values = Float64Array.of(2 ** 63 - 1024, -(2 ** 63), 2 ** 60 + 256, -0);
    const grid = { size: [4, 1, 1] as const, indexToWorld: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1] };
    await writeVolume(path, { quantity: "unknown", grid, values }, { encoding: "text", type: "int64" });
    const text = (await readFile(path, "latin1")).split("\n\n")[1];
    expect(text).toBe("9223372036854774784 -9223372036854775808 1152921504606847232 0\n");
    expect(Array.from((await readVolume(path)).values, (value) => value + 0)).toEqual([...values.subarray(0, 3), 0]);
  });

  test.each([
    ["right-anterior-superior", [1, 1, 1], []],
    ["Left-Anterior-Superior", [-1, 1, 1], []],
    ["LPS", [-1, -1, 1], []],
    ["scanner-xyz", [1, 1, 1], ["no-orientation"]],
    ["3D-right-handed", [1, 1, 1], ["no-orientation"]],
    ["3D-left-handed", [1, 1, 1], ["no-orientation"]],
  ])("space %s turns the axes by %j and warns %j", async (space, [x, y, z], expected) => {
    const { grid, warnings } = await readVolume(nrrd({ space }));
    expect(grid.indexToWorld).toEqual([x, 0, 0, 4 * x, 0, 2 * y, 0, 5 * y, 0, 0, 3 * z, 6 * z, 0, 0, 0, 1]);
    expect(warnings.map(({ defect }) => defect)).toEqual(expected);
  });

  test("centimeters become millimeters; units that are not known are named", async () => {
    const { grid } = await readVolume(nrrd({ "space units": '"cm" "cm" "cm"' }));
    expect(grid.indexToWorld).toEqual([10, 0, 0, 40, 0, 20, 0, 50, 0, 0, 30, 60, 0, 0, 0, 1]);
    expect(await defects(nrrd({ "space units": '"ell" "ell" "ell"' }))).toEqual(["unknown-unit"]);
  });

  test("what is missing or not known is told", async () => {
    expect(await defects(nrrd({ "space origin": undefined }))).toEqual(["no-origin"]);
    expect(await defects(nrrd({ colour: "red" }))).toEqual(["unknown-field"]);
    expect(await defects(nrrd({}, Uint8Array.from([...bytesOf(numbers), 0])))).toEqual(["trailing-data"]);
    expect(
      await defects(nrrd({ sizes: "2 4 3 1", dimension: "4", "space directions": "none (1,0,0) (0,2,0) (0,0,3)" })),
    ).toEqual(["several-volumes"]);
  });

  test("one of several volumes: axes before those of space alternate, axes after follow, time among them", async () => {
    const around = nrrd({
      dimension: "5",
      sizes: "2 3 2 1 2",
      "space directions": "none (1,0,0) (0,2,0) (0,0,3) none",
    });
    for (let frame = 0; frame < 4; frame++) {
      const { frames, values } = await readVolume(around, { frame });
      expect(frames).toBe(4);
      const start = (frame % 2) + 12 * (frame >> 1);
      expect([...values]).toEqual([0, 2, 4, 6, 8, 10].map((i) => numbers[start + i]));
    }
    const time = {
      space: "LPST",
      "space directions": "(1,0,0,0) (0,1,0,0) (0,0,1,0) (0,0,0,9)",
      "space origin": "(0,0,0,0)",
    };
    const last = await readVolume(nrrd({ ...time, dimension: "4", sizes: "3 2 2 2" }), { frame: 1 });
    expect([...last.values]).toEqual([...numbers.subarray(12)]);
  });

  test("an axis between those of space is refused, kinds tell it where directions do not", async () => {
    const between = { dimension: "4", sizes: "3 2 2 2", "space directions": "(1,0,0) none (0,2,0) (0,0,3)" };
    expect(await defectOf(nrrd(between))).toBe("unsupported-layout");
    const kinds = {
      space: undefined,
      "space origin": undefined,
      "space directions": undefined,
      kinds: "vector domain domain domain",
    };
    const { grid, frames } = await readVolume(nrrd({ ...kinds, dimension: "4", sizes: "2 3 2 2" }));
    expect([grid.size, frames]).toEqual([[3, 2, 2], 2]);
  });

  test("an image of two axes is a volume of one slice", async () => {
    const { grid } = await readVolume(nrrd({ dimension: "2", sizes: "6 4", "space directions": "(0,2,0) (0,0,3)" }));
    expect(grid.size).toEqual([6, 4, 1]);
    expect(grid.indexToWorld).toEqual([0, 0, 1, 4, 2, 0, 0, 5, 0, 3, 0, 6, 0, 0, 0, 1]);
  });

  test("lines are skipped before decompression, bytes after it; -1 counts from the end", async () => {
    const before = new TextEncoder().encode("one\ntwo\n");
    const inside = gzipSync(Uint8Array.from([7, 7, 7, ...bytesOf(numbers)]));
    const data = Uint8Array.from([...before, ...inside]);
    for (const skip of ["3", "-1"]) {
      const file = nrrd({ encoding: "gzip", "line skip": "2", "byte skip": skip }, data);
      expect((await readVolume(file)).values).toEqual(numbers);
    }
    expect(await defectOf(nrrd({ "line skip": "9" }))).toBe("truncated");
    expect(await defectOf(nrrd({ "byte skip": "-2" }))).toBe("bad-header");
  });

  test("numbers as text, not-a-number among floats, and words that are none", async () => {
    const text = (words: string) => new TextEncoder().encode(words);
    const file = nrrd({ encoding: "txt" }, text([...numbers].join(" \n")));
    expect((await readVolume(file)).values).toEqual(numbers);
    const floats = nrrd({ encoding: "ascii", type: "float", sizes: "2 1 2" }, text("nan -inf 1e3, 2.5\n"));
    expect([...(await readVolume(floats)).values]).toEqual([Number.NaN, Number.NEGATIVE_INFINITY, 1000, 2.5]);
    expect(await defectOf(nrrd({ encoding: "text", sizes: "1 1 2" }, text("1 two")))).toBe("corrupt-stream");
    expect(await defectOf(nrrd({ encoding: "text", sizes: "1 1 2" }, text("1 40000")))).toBe("corrupt-stream");
    expect(await defectOf(nrrd({ encoding: "text", sizes: "1 1 3" }, text("1 2      ")))).toBe("truncated");
  });

  test("several data files: a list, a pattern, two slices a file", async () => {
    const slice = 24;
    for (const k of [0, 1])
      await writeFile(join(folder, `s${k + 8}.raw`), bytesOf(numbers).subarray(k * slice, (k + 1) * slice));
    for (const k of [0, 1])
      await writeFile(join(folder, `p0${2 * k}.raw`), bytesOf(numbers).subarray(k * slice, (k + 1) * slice));
    await writeFile(join(folder, "all.raw"), bytesOf(numbers));
    const header = (file: string) => nrrd({ "data file": file }, new Uint8Array(0));
    for (const file of [
      "LIST\ns8.raw\ns9.raw",
      "LIST 2\ns8.raw\ns9.raw",
      "p%02d.raw 0 2 2",
      "LIST 3\nall.raw",
      "./all.raw",
    ]) {
      const path = join(folder, "several.nhdr");
      // After LIST come names only, so it has no empty line.
      const bytes = header(file);
      await writeFile(path, /LIST/.test(file) ? bytes.subarray(0, bytes.length - 1) : bytes);
      expect((await readVolume(path)).values, file).toEqual(numbers);
    }
    const path = join(folder, "wrong.nhdr");
    await writeFile(path, header("LIST\ns8.raw\ns9.raw\nall.raw"));
    await expect(readVolume(path)).rejects.toMatchObject({ detail: { defect: "inconsistent-header" } });
  });

  test.each(["/etc/passwd", "../x.raw", "a/../../x.raw", "C:\\x.raw", "..\\x.raw"])(
    "data in %s are not read",
    async (file) => {
      const path = join(folder, "escape.nhdr");
      await writeFile(path, nrrd({ "data file": file }, new Uint8Array(0)));
      await expect(readVolume(path)).rejects.toMatchObject({ detail: { defect: "path-outside-folder" } });
    },
  );

  test("a header in memory says that it cannot find its data", async () => {
    await expect(readVolume(nrrd({ "data file": "x.raw" }))).rejects.toThrow(/in memory has no folder/);
  });

  test.each([
    ["no type", { type: undefined }, "missing-field"],
    ["no byte order", { endian: undefined }, "missing-field"],
    ["a block type", { type: "block" }, "unsupported-type"],
    ["an encoding of its own", { encoding: "zrl" }, "unsupported-encoding"],
    ["a space of its own", { space: "my-space" }, "unknown-space"],
    ["a size of zero", { sizes: "4 0 2" }, "bad-dimension"],
    ["sizes beyond 2^53", { sizes: "4000000 4000000 4000000" }, "bad-dimension"],
    ["sizes beyond the file", { sizes: "4 3 3" }, "truncated"],
    ["gzip that cannot hold so much", { sizes: "4000 3000 2000", encoding: "gzip" }, "truncated"],
    ["vectors of two numbers", { "space directions": "(1,0) (0,2) (0,0)" }, "inconsistent-header"],
    ["a vector too few", { "space directions": "(1,0,0) (0,2,0)" }, "inconsistent-header"],
    ["directions that are no vectors", { "space directions": "1 2 3" }, "bad-header"],
    ["not-a-number in a direction", { "space directions": "(1,0,nan) (0,2,0) (0,0,3)" }, "non-finite-affine"],
    ["an infinite origin", { "space origin": "(1,0,Infinity)" }, "non-finite-affine"],
    ["a direction of zero", { "space directions": "(1,0,0) (0,0,0) (0,0,3)" }, "singular-affine"],
    [
      "a spacing of zero",
      { space: undefined, "space origin": undefined, "space directions": undefined, spacings: "1 0 1" },
      "zero-spacing",
    ],
  ])("%s is refused", async (_, fields, defect) => {
    expect(await defectOf(nrrd(fields))).toBe(defect);
  });

  test("the quantity is the key's, and that of 3D Slicer's segmentations is a label", async () => {
    const withKey = (key: string) => {
      const [head, ...rest] = new TextDecoder("latin1").decode(nrrd()).split("\n\n");
      return Uint8Array.from(`${head}\n${key}\n\n${rest.join("\n\n")}`, (letter) => letter.charCodeAt(0));
    };
    expect((await readVolume(withKey("tomograd_quantity:=attenuation"))).quantity).toBe("attenuation");
    expect((await readVolume(withKey("Segment0_ID:=Segment_1"))).quantity).toBe("label");
    expect((await readVolume(withKey("byte skip:= 5"))).values).toEqual(numbers);
  });
});
