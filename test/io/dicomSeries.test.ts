import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { listDicomSeries, type ReadProgress, readVolume } from "../../src/io/index.js";
import { type DicomElement, type DicomImage, dicomBytes } from "./dicomBytes.js";

const rows = 2;
const columns = 3;
/** Slice k at z = 10 + 2.5 k with pixels 100 k + 0..5. */
const slice = (k: number, more: Partial<DicomImage> = {}): DicomImage => ({
  position: [-5, 7, 10 + 2.5 * k],
  rows,
  columns,
  pixels: Array.from({ length: rows * columns }, (_, i) => 100 * k + i),
  ...more,
});
const read = (images: readonly DicomImage[], options = {}) => readVolume(images.map(dicomBytes), options);
const ordered = (count: number) => Array.from({ length: count * 6 }, (_, i) => 100 * Math.floor(i / 6) + (i % 6));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tomograd-dicom-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("a DICOM series", () => {
  test("any order of the files gives the same volume, from the lowest z up, RAS", () =>
    fc.assert(
      fc.asyncProperty(fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 5 }), async (order) => {
        const volume = await read(order.map((k) => slice(k)));
        expect(volume.grid.size).toEqual([3, 2, 5]);
        expect(volume.grid.indexToWorld).toEqual([-3, 0, 0, 5, 0, -2, 0, -7, 0, 0, 2.5, 10, 0, 0, 0, 1]);
        expect([...volume.values]).toEqual(ordered(5));
        expect(volume).toMatchObject({ quantity: "hounsfield", type: "int16", format: "dicom", warnings: [] });
      }),
      { numRuns: 20 },
    ));

  test.each(["1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"])(
    "transfer syntax %s",
    async (syntax) => {
      const volume = await read([0, 1, 2].map((k) => slice(k, { syntax, slope: 2, intercept: -1024 })));
      expect([...volume.values]).toEqual(ordered(3).map((value) => 2 * value - 1024));
      expect(volume.values).toBeInstanceOf(Int16Array);
    },
  );

  test("rescale differs by slice; a value beyond int16 or a fraction widens to float32", async () => {
    const beyond = await read([slice(0), slice(1, { slope: 1000, intercept: 5 })]);
    expect(beyond.values).toBeInstanceOf(Float32Array);
    expect([...beyond.values]).toEqual([...ordered(1), ...[0, 1, 2, 3, 4, 5].map((i) => (100 + i) * 1000 + 5)]);
    const fraction = await read([slice(0, { slope: 0.25 }), slice(1)]);
    expect(fraction.values[1]).toBe(0.25);
  });

  test("a folder is read with the folders in it; other files are passed over", async () => {
    await mkdir(join(folder, "scan", "inner"), { recursive: true });
    await writeFile(join(folder, "scan", "b.dcm"), dicomBytes(slice(0)));
    await writeFile(join(folder, "scan", "inner", "a"), dicomBytes(slice(1)));
    await writeFile(join(folder, "scan", "notes.txt"), "no image");
    expect([...(await readVolume(join(folder, "scan"))).values]).toEqual(ordered(2));
    await mkdir(join(folder, "empty"));
    await expect(readVolume(join(folder, "empty"))).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test("two series are listed, and chosen by number or UID", async () => {
    const images = [
      slice(0),
      slice(1),
      slice(4, { series: "9.9" }),
      slice(5, { series: "9.9" }),
      slice(6, { series: "9.9" }),
    ];
    const refusal = await read(images).catch((error) => error);
    expect(refusal).toMatchObject({ code: "INVALID_ARGUMENT", detail: { defect: "mixed-series" } });
    expect(refusal.detail.series.map((s: { uid: string; slices: number }) => [s.uid, s.slices])).toEqual([
      ["1.2.3", 2],
      ["9.9", 3],
    ]);
    expect((await read(images, { series: 0 })).grid.size[2]).toBe(2);
    expect((await read(images, { series: "9.9" })).grid.size[2]).toBe(3);
    await expect(read(images, { series: "8" })).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(await listDicomSeries(images.map(dicomBytes))).toEqual(refusal.detail.series);
  });

  test("a coronal series keeps its axes: rows to the left, columns down, slices along row x column", async () => {
    const orientation = [1, 0, 0, 0, 0, -1];
    const images = [0, 1, 2].map((k) => slice(k, { orientation, position: [-5, 7 + 4 * k, 10] }));
    const volume = await read(images.reverse());
    expect(volume.grid.indexToWorld).toEqual([-3, 0, 0, 5, 0, 0, -4, -7, 0, -2, 0, 10, 0, 0, 0, 1]);
    expect([...volume.values]).toEqual(ordered(3));
  });

  test("a sagittal series keeps its axes: rows to the back, columns down, slices to the left", async () => {
    const orientation = [0, 1, 0, 0, 0, -1];
    const images = [0, 1, 2].map((k) => slice(k, { orientation, position: [-5 - 4 * k, 7, 10] }));
    const volume = await read(images.reverse());
    // LPS: row x column = -x; the first slice is the one farthest to the left, which is +x.
    expect(volume.grid.indexToWorld).toEqual([0, 0, 4, 5, -3, 0, 0, -7, 0, -2, 0, 10, 0, 0, 0, 1]);
    expect([...volume.values]).toEqual(ordered(3));
    expect(volume.warnings).toEqual([]);
  });

  test("a localizer beside slices is left out and said; alone it opens, but not as HU", async () => {
    const localizer = slice(9, { imageType: "ORIGINAL\\PRIMARY\\LOCALIZER", series: "9.9" });
    const volume = await read([localizer, slice(0), slice(1)]);
    expect([...volume.values]).toEqual(ordered(2));
    expect(volume.warnings).toMatchObject([
      { defect: "mixed-series", message: expect.stringContaining("1 localizer image") },
    ]);
    expect((await read([localizer])).quantity).toBe("unknown");
  });

  test("a slice that is there twice is left out once, with a warning", async () => {
    const volume = await read([slice(0), slice(1), slice(1), slice(2)]);
    expect([...volume.values]).toEqual(ordered(3));
    expect(volume.warnings).toMatchObject([{ defect: "duplicate-slice" }]);
  });

  test("MONOCHROME1 is a matter of display: a CT keeps its HU", async () => {
    const more: readonly DicomElement[] = [[0x00280004, "CS", "MONOCHROME1"]];
    const volume = await read([0, 1].map((k) => slice(k, { more, intercept: -1024 })));
    expect([...volume.values]).toEqual(ordered(2).map((value) => value - 1024));
    expect(volume.quantity).toBe("hounsfield");
    expect(volume.warnings.map(({ defect }) => defect)).toEqual(["white-is-zero"]);
  });

  test("slices of two frames of reference are not stacked; a slice that names none is", async () => {
    const frame = (uid: string): Partial<DicomImage> => ({ more: [[0x00200052, "UI", uid]] });
    const refusal = read([slice(0, frame("1.2.1")), slice(1, frame("1.2.1")), slice(2, frame("1.2.2"))]);
    await expect(refusal).rejects.toMatchObject({
      message: expect.stringContaining("FrameOfReferenceUID"),
      detail: { defect: "inconsistent-geometry" },
    });
    expect((await read([slice(0, frame("1.2.1")), slice(1)])).grid.size[2]).toBe(2);
  });

  test("slices that each name a frame of reference of their own are stacked by their places, and that is said", async () => {
    const frame = (k: number): DicomImage => slice(k, { more: [[0x00200052, "UI", `1.2.${k + 1}`]] });
    const volume = await read([2, 0, 1].map(frame));
    expect([...volume.values]).toEqual(ordered(3));
    expect(volume.warnings).toMatchObject([{ defect: "inconsistent-geometry", message: expect.stringMatching(/own/) }]);
  });

  test.each([
    ["PatientID", 0x00100020, "LO"],
    ["PatientName", 0x00100010, "PN"],
  ])("slices of one series that differ in %s are not stacked; one that has none is", async (keyword, tag, vr) => {
    const of = (value: string): Partial<DicomImage> => ({ more: [[tag, vr, value]] });
    const refusal = read([slice(0, of("A")), slice(1), slice(2, of("B"))]);
    await expect(refusal).rejects.toMatchObject({
      message: expect.stringContaining(keyword),
      detail: { defect: "mixed-series", file: "file 2" },
    });
    expect((await read([slice(0, of("A")), slice(1), slice(2, of("A "))])).grid.size[2]).toBe(3);
    // The slice that says nothing may come first.
    await expect(read([slice(0), slice(1, of("A")), slice(2, of("B"))])).rejects.toMatchObject({
      detail: { defect: "mixed-series" },
    });
  });

  test("empty components at the end of a name are no other name", async () => {
    const of = (value: string): Partial<DicomImage> => ({ more: [[0x00100010, "PN", value]] });
    expect((await read([slice(0, of("Doe^Jo^^^")), slice(1, of("Doe^Jo"))])).grid.size[2]).toBe(2);
  });

  test("a data set is not chosen: refused, whatever else is asked for", async () => {
    for (const options of [{ dataset: "x" }, { dataset: "x", quantity: "label" }])
      await expect(read([slice(0), slice(1)], options)).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
        detail: { defect: "contradictory-options" },
      });
  });

  test("a single slice without place or orientation is read, and says both", async () => {
    const volume = await read([slice(0, { without: [0x00200037] })]);
    expect(volume.warnings).toMatchObject([
      { defect: "missing-tag", message: expect.stringContaining("ImageOrientationPatient") },
      { defect: "single-slice" },
    ]);
  });

  test("padding becomes air and says so, above air or below it, by value and by range", async () => {
    const values = [32767, 5, 6, 32000, 31999, -2000];
    const hu = async (...more: DicomElement[]) => {
      const { values: found, warnings } = await read([slice(0, { pixels: values, more }), slice(1, { more })]);
      return { found: [...found.subarray(0, 6)], warnings };
    };
    const one = await hu([0x00280120, "SS", [32767]]);
    expect(one.found).toEqual([-1000, 5, 6, 32000, 31999, -2000]);
    expect(one.warnings).toMatchObject([{ defect: "padding-values", message: expect.stringContaining("1 voxel of") }]);
    const range = await hu([0x00280120, "SS", [32767]], [0x00280121, "SS", [32000]]);
    expect(range.found).toEqual([-1000, 5, 6, -1000, 31999, -2000]);
    // Written as unsigned, 63536 is -2000; no other voxel changes, though -2000 lies below air.
    const low = await hu([0x00280120, "US", [63536]]);
    expect(low.found).toEqual([32767, 5, 6, 32000, 31999, -1000]);
    expect(low.warnings).toMatchObject([{ defect: "padding-values" }]);
    const absent = await hu([0x00280120, "SS", [-1999]]);
    expect(absent).toEqual({ found: values, warnings: [] });
  });

  test("progress counts slices; an abort stops before the next is read", async () => {
    const seen: string[] = [];
    await read([slice(0), slice(1), slice(2)], { onProgress: (p: ReadProgress) => seen.push(`${p.done}/${p.total}`) });
    expect(seen).toEqual(["1/3", "2/3", "3/3"]);
    const controller = new AbortController();
    const reads: number[] = [];
    const sources = [0, 1, 2].map((k) => {
      const bytes = dicomBytes(slice(k));
      const read = async (offset: number, length: number) => {
        // Pixels, not headers.
        if (offset > 132) reads.push(k);
        return bytes.subarray(offset, offset + length);
      };
      return { size: bytes.length, read };
    });
    const reading = readVolume(sources, { signal: controller.signal, onProgress: () => controller.abort() });
    await expect(reading).rejects.toMatchObject({ code: "ABORTED" });
    expect(reads).toEqual([0]);
  });

  test("a tilted gantry gives a sheared affine and a warning with the angle", async () => {
    const angle = (15 * Math.PI) / 180;
    const orientation = [1, 0, 0, 0, Math.cos(angle), Math.sin(angle)].map((value) => Number(value.toFixed(9)));
    const volume = await read([0, 1, 2].map((k) => slice(k, { orientation })));
    const m = volume.grid.indexToWorld;
    expect([m[2], m[6], m[10]]).toEqual([0, 0, 2.5]);
    expect(m[9]).toBeCloseTo(2 * Math.sin(angle), 8);
    expect(volume.warnings).toMatchObject([
      { defect: "gantry-tilt", message: expect.stringContaining("15.0 degrees") },
    ]);
  });

  test.each([
    ["missing-slice", [0, 1, 2, 4, 5]],
    ["uneven-spacing", [0, 1, 2.3, 3, 4]],
    ["duplicate-slice", [0, 1, 2, 2, 3]],
  ])("%s is refused", async (defect, places) => {
    const images = places.map((place, i) => slice(i, { position: [0, 0, 2.5 * place] }));
    await expect(read(images)).rejects.toMatchObject({ code: "INVALID_GEOMETRY", detail: { defect } });
  });

  test("a limit on memory is kept before the volume is made", async () => {
    await expect(read([slice(0), slice(1)], { maxBytes: 23 })).rejects.toMatchObject({ code: "TOO_LARGE" });
    await expect(read([slice(0), slice(1)], { maxBytes: 24 })).resolves.toBeDefined();
  });

  test("one MR image is no Hounsfield volume; its thickness is the third spacing", async () => {
    const volume = await readVolume(dicomBytes(slice(0, { modality: "MR", thickness: 4 })));
    expect(volume.quantity).toBe("unknown");
    expect(volume.grid.indexToWorld[10]).toBe(4);
    expect(volume.warnings.map(({ defect }) => defect)).toEqual(["single-slice"]);
  });
});
