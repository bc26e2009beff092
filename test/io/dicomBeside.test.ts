import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { listDicomSeries, readVolume } from "../../src/io/index.js";
import { type DicomElement, type DicomImage, dicomBytes } from "./dicomBytes.js";

const PIXEL_SPACING = 0x00280030;
const slice = (k: number, more: Partial<DicomImage> = {}): DicomImage => ({
  position: [0, 0, 2 * k],
  rows: 2,
  columns: 2,
  pixels: [0, 1, 2, 3],
  ...more,
});
const color: readonly DicomElement[] = [
  [0x00280002, "US", [3]],
  [0x00280004, "CS", "RGB"],
  [0x00280100, "US", [8]],
  [0x00280101, "US", [8]],
  [0x00280102, "US", [7]],
];
/** What lies beside a CT, each in a series of its own. */
const others: readonly (readonly [what: string, image: DicomImage])[] = [
  ["a screenshot", slice(0, { series: "9.9", imageType: "DERIVED\\SECONDARY", without: [PIXEL_SPACING] })],
  ["a color dose report", slice(0, { series: "9.9", more: color, pixels: [1, 2, 3, 4, 5, 6] })],
  ["an image of another kind", slice(0, { series: "9.9", modality: "OT", without: [PIXEL_SPACING] })],
  [
    "a segmentation without places",
    slice(0, { series: "9.9", modality: "SEG", more: [[0x00280008, "IS", "2"]], pixels: [0, 0, 0, 0, 1, 1, 1, 1] }),
  ],
];
const ct = [slice(0), slice(1)];

describe("images beside the slices of a CT", () => {
  test.each(others)(
    "%s is left out by name, listed with its problem, and refused where it is chosen",
    async (_, other) => {
      const files = [other, ...ct].map(dicomBytes);
      const volume = await readVolume(files);
      expect(volume.grid.size).toEqual([2, 2, 2]);
      expect(volume.warnings).toMatchObject([
        { defect: "mixed-series", message: expect.stringContaining("1 file: file 0") },
      ]);
      const listed = await listDicomSeries(files);
      expect(listed).toMatchObject([
        { uid: "1.2.3", slices: 2 },
        { uid: "9.9", slices: 1 },
      ]);
      expect(listed.map(({ problem }) => problem === undefined)).toEqual([true, false]);
      expect((await readVolume(files, { series: 0 })).grid.size).toEqual([2, 2, 2]);
      const alone = await readVolume(files[0]).catch((error) => error);
      for (const series of [1, "9.9"])
        await expect(readVolume(files, { series })).rejects.toMatchObject({
          code: alone.code,
          detail: { defect: alone.detail.defect, file: "file 0" },
        });
      await expect(readVolume([files[0]])).rejects.toMatchObject({ detail: { defect: alone.detail.defect } });
    },
  );

  test("an image that cannot be read within the chosen series is refused: it may be a slice", async () => {
    const files = [...ct, slice(2, { without: [PIXEL_SPACING] })].map(dicomBytes);
    await expect(readVolume(files)).rejects.toMatchObject({ detail: { defect: "missing-tag", file: "file 2" } });
  });

  test("files without a byte are left out and named", async () => {
    const folder = await mkdtemp(join(tmpdir(), "tomograd-beside-"));
    try {
      await Promise.all(ct.map((image, k) => writeFile(join(folder, `${k}.dcm`), dicomBytes(image))));
      await writeFile(join(folder, "done.txt"), "");
      const { grid, warnings } = await readVolume(folder);
      expect(grid.size).toEqual([2, 2, 2]);
      expect(warnings).toMatchObject([{ defect: "empty-file", message: expect.stringContaining("done.txt") }]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
