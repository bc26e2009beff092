import { describe, expect, test } from "vitest";
import { dicomSeriesFiles, readVolume } from "../../src/io/index.js";
import type { Quantity } from "../../src/volume/grid.js";
import { type DicomElement, type DicomImage, dicomBytes } from "./dicomBytes.js";

const [SLOPE, INTERCEPT, TYPE] = [0x00281053, 0x00281052, 0x00281054];
const slice = (k: number, more: Partial<DicomImage> = {}): DicomImage => ({
  position: [-5, 7, 10 + 2.5 * k],
  rows: 2,
  columns: 3,
  pixels: [0, 1, 2, 3, 4, 5],
  slope: 1,
  intercept: -1024,
  ...more,
});
const read = (images: readonly DicomImage[], options = {}) => readVolume(images.map(dicomBytes), options);
const both = (more: Partial<DicomImage>) => read([slice(0, more), slice(1, more)]);
const element = (...parts: DicomElement) => ({ more: [parts] });

describe("what the numbers of a DICOM series mean", () => {
  test.each([
    ["RescaleIntercept", INTERCEPT, "(0028,1052)"],
    ["RescaleSlope", SLOPE, "(0028,1053)"],
  ])("one slice without the %s that the others have is refused by name", async (keyword, without, tag) => {
    for (const odd of [0, 1]) {
      const images = [0, 1].map((k) => slice(k, k === odd ? { without: [without] } : {}));
      await expect(read(images)).rejects.toMatchObject({
        code: "CORRUPT_FILE",
        message: expect.stringContaining(keyword),
        detail: { defect: "missing-tag", tag, file: `file ${odd}` },
      });
    }
  });

  test("a CT without any rescale is not called HU, and says so; an MR needs none", async () => {
    const without = [SLOPE, INTERCEPT];
    const ct = await both({ without });
    expect(ct.quantity).toBe("unknown");
    expect(ct.warnings).toMatchObject([{ defect: "missing-tag", message: expect.stringContaining("(0028,1053)") }]);
    expect((await both({ without, modality: "MR" })).warnings).toEqual([]);
  });

  test.each([
    ["HU", "hounsfield", []],
    ["US", "unknown", ["unknown-quantity"]],
    ["Z_EFF", "unknown", ["unknown-quantity"]],
  ])("a CT with RescaleType %s is %s", async (type, quantity, defects) => {
    const volume = await both(element(TYPE, "LO", type));
    expect(volume.quantity).toBe(quantity);
    expect(volume.warnings.map(({ defect }) => defect)).toEqual(defects);
  });

  test.each<Quantity>(["hounsfield", "attenuation", "density", "label", "unknown"])(
    "a written series of %s is that again, also after its DerivationDescription was removed",
    async (quantity) => {
      const grid = { size: [2, 2, 2], indexToWorld: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1] } as const;
      const files = [
        ...(await dicomSeriesFiles({ quantity, grid, values: Uint8Array.from({ length: 8 }, (_, i) => i) })),
      ];
      expect((await readVolume(files.map(([, bytes]) => bytes))).quantity).toBe(quantity);
      const stripped = files.map(([, bytes]) => {
        const text = Buffer.from(bytes);
        // The group of the element becomes one that nobody reads.
        const at = text.indexOf(Buffer.from([0x08, 0x00, 0x11, 0x21]));
        expect(at).toBeGreaterThan(0);
        text[at + 2] = 0x10;
        return new Uint8Array(text);
      });
      expect((await readVolume(stripped)).quantity).toBe(quantity);
    },
  );
});

describe("decimal strings", () => {
  const bad = (tag: number, text: string, more: Partial<DicomImage> = {}) =>
    read([slice(0, { ...element(tag, "DS", text), ...more }), slice(1)]);

  test.each(["1,5", "1\\2", "abc", "1 HU", "0x10", "1e999", "-"])("a slope of '%s' is refused", async (text) => {
    await expect(bad(SLOPE, text)).rejects.toMatchObject({
      code: "CORRUPT_FILE",
      message: expect.stringContaining(text),
      detail: { defect: "bad-rescale" },
    });
  });

  test("an intercept with a comma is refused", () =>
    expect(bad(INTERCEPT, "-1024,5")).rejects.toMatchObject({ detail: { defect: "bad-rescale" } }));

  test.each([
    ["PixelSpacing", 0x00280030, "0,5\\0,5"],
    ["PixelSpacing", 0x00280030, "1"],
    ["PixelSpacing", 0x00280030, "1\\1\\1"],
    ["ImagePositionPatient", 0x00200032, "1,75\\2\\3"],
    ["ImageOrientationPatient", 0x00200037, "1,0\\0\\0\\0\\1\\0"],
  ])("%s (%i) '%s' is refused by name", async (keyword, tag, text) => {
    const message = expect.stringMatching(new RegExp(`${keyword}.*'${text.replaceAll("\\", "\\\\")}'`));
    await expect(bad(tag, text)).rejects.toMatchObject({ message, detail: { defect: "non-finite-affine" } });
  });

  test("a thickness with a comma is refused where it is the slice's distance, and ignored where it is not used", async () => {
    const comma = element(0x00180050, "DS", "2,5");
    await expect(readVolume(dicomBytes(slice(0, comma)))).rejects.toMatchObject({
      detail: { defect: "non-finite-affine", tag: "(0018,0050)" },
    });
    expect((await both(comma)).grid.indexToWorld[10]).toBe(2.5);
  });

  test("signs, exponents and spaces around are numbers", async () => {
    const volume = await both({
      more: [
        [SLOPE, "DS", " +2.5E-1 "],
        [INTERCEPT, "DS", "-.5"],
      ],
    });
    expect([...volume.values.subarray(0, 3)]).toEqual([-0.5, -0.25, 0]);
  });
});

describe("choices that a DICOM series does not have", () => {
  test("a frame other than the only volume, and a series that is not there", async () => {
    await expect(read([slice(0), slice(1)], { frame: 3 })).rejects.toMatchObject({
      detail: { defect: "out-of-range" },
    });
    await expect(read([slice(0), slice(1)], { series: 7 })).rejects.toMatchObject({
      code: "NOT_FOUND",
      detail: { defect: "missing-series" },
    });
  });
});
