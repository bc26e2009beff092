import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodeMetaImage, readMetaImage, readVolume, writeMetaImage, writeVolume } from "../../src/io/index.js";
import { anyVolume, readByItk } from "../helpers/volumes.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tomograd-meta-"));
});
afterAll(() => rm(folder, { recursive: true }));

const numbers = Int16Array.from({ length: 24 }, (_, i) => i - 5);
const raw = new Uint8Array(numbers.buffer);
/** A MetaImage of 4 x 3 x 2 int16; `fields` replace or add to the usual ones, undefined leaves one out. */
function meta(fields: Record<string, string | undefined> = {}, data: Uint8Array = raw): Uint8Array {
  const all: Record<string, string | undefined> = {
    ObjectType: "Image",
    NDims: "3",
    Offset: "4 5 6",
    TransformMatrix: "1 0 0 0 1 0 0 0 1",
    ElementSpacing: "1 2 3",
    DimSize: "4 3 2",
    ElementType: "MET_SHORT",
    ...fields,
    ElementDataFile: fields.ElementDataFile ?? "LOCAL",
  };
  const { ElementDataFile, ...others } = all;
  const lines = Object.entries(others).filter(([, value]) => value !== undefined);
  const text = [...lines, ["ElementDataFile", ElementDataFile]].map(([key, value]) => `${key} = ${value}\n`).join("");
  return Uint8Array.from([...new TextEncoder().encode(text), ...data]);
}
const defectOf = (bytes: Uint8Array) => readVolume(bytes).catch((error) => error.detail.defect);
const defects = async (bytes: Uint8Array) => (await readVolume(bytes)).warnings.map(({ defect }) => defect);

describe("MetaImage", () => {
  test("any shape, affine, type and quantity come back, the affine but for a last digit", () =>
    fc.assert(
      fc.asyncProperty(anyVolume, async (volume) => {
        const back = await readMetaImage(encodeMetaImage(volume));
        expect(back.grid.size).toEqual(volume.grid.size);
        back.grid.indexToWorld.forEach((value, i) => {
          const expected = volume.grid.indexToWorld[i];
          // A division by the spacing and a multiplication with it round once each.
          expect(Math.abs(value - expected)).toBeLessThanOrEqual(2 ** -52 * Math.abs(expected) + Number.MIN_VALUE * 8);
        });
        expect([back.values, back.quantity, back.warnings]).toEqual([volume.values, volume.quantity, []]);
      }),
      { numRuns: 150 },
    ));

  test.each([
    ["mm", 1, []],
    ["cm", 10, []],
    ["um", 1e-3, []],
    ["furlong", 1, ["unknown-unit"]],
  ] as const)("DistanceUnits %s: lengths are %s mm", async (unit, mm, expected) => {
    const { grid, warnings } = await readVolume(meta({ DistanceUnits: unit }));
    expect(warnings.map(({ defect }) => defect)).toEqual(expected);
    const affine = [-1, 0, 0, -4, 0, -2, 0, -5, 0, 0, 3, 6].map((length) => length * mm + 0);
    expect(grid.indexToWorld.slice(0, 12)).toEqual(affine);
  });

  test.each([
    ["volume.mha", "raw", []],
    ["volume.mha", "compressed", []],
    ["raw.mhd", "raw", ["raw.raw"]],
    ["compressed.mhd", "compressed", ["compressed.zraw"]],
  ] as const)("%s, %s: rotated, flipped and sheared, read by ITK as by tomograd", async (name, encoding, besides) => {
    const own = await mkdtemp(join(folder, "written-"));
    const path = join(own, name);
    for (const volume of fc.sample(anyVolume, { numRuns: 4, seed: 8 })) {
      await writeVolume(path, volume, { encoding });
      const back = await readVolume(path);
      expect([back.format, back.values, back.warnings]).toEqual(["metaimage", volume.values, []]);
      const itk = await readByItk(path);
      expect(itk.size).toEqual([...volume.grid.size]);
      expect(itk.values).toEqual([...volume.values]);
      itk.indexToWorld.forEach((value, i) => {
        expect(value).toBeCloseTo(volume.grid.indexToWorld[i], 10);
      });
    }
    expect((await readdir(own)).sort()).toEqual([name, ...besides].sort());
  });

  test("bytes as they are unless it is asked for another encoding; the size of a compressed stream stands in the header", async () => {
    const volume = await readMetaImage(meta());
    for (const name of ["sized.mha", "sized.mhd"]) {
      const path = join(folder, name);
      await writeMetaImage(path, volume);
      expect(await readFile(path, "latin1")).toMatch(/^CompressedData = False$/m);
      await writeMetaImage(path, volume, { encoding: "compressed", level: 9 });
      const [head, stream] = (await readFile(path, "latin1")).split(/ElementDataFile = .*\n/);
      const held = name === "sized.mha" ? stream.length : (await readFile(join(folder, "sized.zraw"))).length;
      expect(Number(/^CompressedDataSize = (\d+)$/m.exec(head)?.[1])).toBe(held);
      expect(held).toBeGreaterThan(0);
    }
    const refused = writeMetaImage(join(folder, "never.mhd"), volume, { level: 3 });
    await expect(refused).rejects.toMatchObject({ detail: { defect: "contradictory-options" } });
    const asText = writeMetaImage(join(folder, "never.mhd"), volume, { encoding: "text" });
    await expect(asText).rejects.toMatchObject({ detail: { defect: "bad-option" } });
    expect(await readdir(folder)).not.toContain("never.raw");
  });

  test("the world is left, posterior, superior; directions of the axes stand one after another", async () => {
    const { grid } = await readVolume(meta({ TransformMatrix: "0 1 0 0 0 1 1 0 0" }));
    expect(grid.indexToWorld).toEqual([0, 0, -3, -4, -1, 0, 0, -5, 0, 2, 0, 6, 0, 0, 0, 1]);
  });

  test("older names and colons say the same", async () => {
    const older = { Offset: undefined, TransformMatrix: undefined, ElementSpacing: undefined };
    const named = meta({ ...older, Origin: "4 5 6", Rotation: "1 0 0 0 1 0 0 0 1", ElementSize: "1 2 3" });
    const colons = Uint8Array.from(new TextDecoder("latin1").decode(meta()).replaceAll(" = ", ": "), (c) =>
      c.charCodeAt(0),
    );
    const expected = (await readVolume(meta())).grid;
    expect((await readVolume(named)).grid).toEqual(expected);
    expect(
      (await readMetaImage(Uint8Array.from([...new TextEncoder().encode("NDims = 3\n"), ...colons]))).grid,
    ).toEqual(expected);
  });

  test("what is missing or doubtful is told", async () => {
    expect(await defects(meta({ Offset: undefined }))).toEqual(["no-origin"]);
    expect(await defects(meta({ ElementSpacing: undefined }))).toEqual(["no-spacing"]);
    expect(await defects(meta({ CenterOfRotation: "1 0 0" }))).toEqual(["center-of-rotation"]);
    expect(await defects(meta({ AnatomicalOrientation: "RAI" }))).toEqual([]);
    expect(await defects(meta({ AnatomicalOrientation: "???" }))).toEqual(["no-orientation"]);
    // The format's default, which other readers take silently.
    expect(await defects(meta({ TransformMatrix: undefined }))).toEqual([]);
    expect(await defects(meta({ AnatomicalOrientation: "LPI" }))).toEqual(["orientation-disagrees"]);
    expect(await defects(meta({ TransformMatrix: "-1 0 0 0 -1 0 0 0 1", AnatomicalOrientation: "LPI" }))).toEqual([]);
    expect(await defects(meta({}, Uint8Array.from([...raw, 0])))).toEqual(["trailing-data"]);
  });

  test("two axes are one slice without orientation, four are several volumes", async () => {
    const flat = { NDims: "2", DimSize: "6 4", Offset: "1 2", TransformMatrix: "1 0 0 1", ElementSpacing: "2 3" };
    const slice = await readVolume(meta(flat));
    expect(slice.grid.size).toEqual([6, 4, 1]);
    expect(slice.warnings.map(({ defect }) => defect)).toEqual(["no-orientation"]);
    const four = {
      NDims: "4",
      DimSize: "3 2 2 2",
      Offset: "4 5 6 0",
      TransformMatrix: "1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1",
      ElementSpacing: "1 2 3 0.5",
    };
    const { values, frames, grid } = await readVolume(meta(four), { frame: 1 });
    expect([[...values], frames]).toEqual([[...numbers.subarray(12)], 2]);
    expect(grid.indexToWorld).toEqual((await readVolume(meta())).grid.indexToWorld);
    expect(await defects(meta(four))).toEqual(["several-volumes"]);
  });

  test("compressed, as text, scaled", async () => {
    expect((await readVolume(meta({ CompressedData: "True" }, deflateSync(raw)))).values).toEqual(numbers);
    const text = new TextEncoder().encode([...numbers].join(" "));
    expect((await readVolume(meta({ BinaryData: "False" }, text))).values).toEqual(numbers);
    const scaled = await readVolume(
      meta({ ElementToIntensityFunctionSlope: "0.5", ElementToIntensityFunctionOffset: "3" }),
    );
    expect([...scaled.values]).toEqual([...numbers].map((x) => 0.5 * x + 3));
    expect(scaled.warnings.map(({ defect }) => defect)).toEqual(["scaled-values"]);
  });

  test("several data files: a list, patterns with and without their range", async () => {
    for (const k of [1, 2]) await writeFile(join(folder, `s${k}.raw`), raw.subarray((k - 1) * 24, k * 24));
    const path = join(folder, "several.mhd");
    for (const file of ["LIST\ns1.raw\ns2.raw", "LIST 2D\ns1.raw\ns2.raw", "s%d.raw", "s%d.raw 1 2 1"]) {
      await writeFile(path, meta({ ElementDataFile: file }, new Uint8Array(0)));
      expect((await readVolume(path)).values, file).toEqual(numbers);
    }
    await writeFile(path, meta({ ElementDataFile: "../s1.raw" }, new Uint8Array(0)));
    await expect(readVolume(path)).rejects.toMatchObject({ detail: { defect: "path-outside-folder" } });
  });

  test.each([
    ["no dimensions", { DimSize: undefined }, "missing-field"],
    ["too few dimensions", { DimSize: "4 3" }, "inconsistent-header"],
    ["five axes", { NDims: "5" }, "bad-dimension"],
    ["a tube", { ObjectType: "Tube" }, "unsupported-type"],
    ["three channels", { ElementNumberOfChannels: "3" }, "unsupported-type"],
    ["an array type", { ElementType: "MET_FLOAT_ARRAY" }, "unsupported-type"],
    ["a negative spacing", { ElementSpacing: "1 -2 3" }, "negative-spacing"],
    ["directions in one plane", { TransformMatrix: "1 0 0 0 1 0 1 1 0" }, "singular-affine"],
    ["an offset that is no number", { Offset: "a b c" }, "non-finite-affine"],
    ["a voxel too many", { DimSize: "5 5 1" }, "truncated"],
    ["data that do not exist", { ElementDataFile: "none.raw" }, "missing-file"],
    ["a stream that cannot hold so much", { DimSize: "4000 3000 2000", CompressedData: "True" }, "truncated"],
    ["a stream that is none", { CompressedData: "True" }, "corrupt-stream"],
  ])("%s is refused", async (_, fields, defect) => {
    expect(await defectOf(meta(fields))).toBe(defect);
  });
});
