import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { transformPoint, type Vec3 } from "../../src/core/linear.js";
import { openDicom } from "../../src/io/dicom/openDicom.js";
import { describePixels } from "../../src/io/dicom/pixelData.js";
import { readVolume, toSource } from "../../src/io/index.js";
import { dataFolder, hasData, readManifest } from "../helpers/folders.js";
import { type DicomElement, dicomBytes } from "./dicomBytes.js";

const rows = 3;
const columns = 3;

interface Frame {
  readonly segment: number;
  readonly z: number;
  /** Which of the 9 pixels, or their numbers of a fractional segmentation. */
  readonly pixels: readonly number[];
}

interface Segmentation {
  readonly frames: readonly Frame[];
  readonly labels?: readonly string[];
  readonly kind?: "BINARY" | "FRACTIONAL" | "LABELMAP";
  readonly spacing?: number;
}

/** A segmentation with pixels of 2 x 2 mm whose first lies at LPS (-5, 7, z); frames of 9 bits begin in mid byte. */
function segmentation({ frames, labels = ["Liver", "Vessel"], kind = "BINARY", spacing }: Segmentation): Uint8Array {
  const binary = kind === "BINARY";
  const stream = frames.flatMap(({ pixels }) =>
    binary ? Array.from({ length: rows * columns }, (_, i) => (pixels.includes(i) ? 1 : 0)) : pixels,
  );
  const bytes = new Uint8Array(binary ? Math.ceil(stream.length / 8) : stream.length);
  stream.forEach((value, i) => {
    if (binary) bytes[i >> 3] |= value << (i & 7);
    else bytes[i] = value;
  });
  const measures: DicomElement[] = [
    [0x00180050, "DS", "2.5"],
    ...(spacing === undefined ? [] : [[0x00180088, "DS", `${spacing}`] as const]),
    [0x00280030, "DS", "2\\2"],
  ];
  const more: readonly DicomElement[] = [
    [0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.66.4"],
    [0x00280008, "IS", `${frames.length}`],
    [0x00280100, "US", [binary ? 1 : 8]],
    [0x00280101, "US", [binary ? 1 : 8]],
    [0x00280102, "US", [binary ? 0 : 7]],
    [0x00280103, "US", [0]],
    [0x00620001, "CS", kind],
    [
      0x00620002,
      "SQ",
      labels.map((label, i): readonly DicomElement[] => [
        [0x00620004, "US", [i + 1]],
        [0x00620005, "LO", label],
      ]),
    ],
    ...(kind === "FRACTIONAL" ? [[0x0062000e, "US", [200]] as const] : []),
    [
      0x52009229,
      "SQ",
      [
        [
          [0x00209116, "SQ", [[[0x00200037, "DS", "1\\0\\0\\0\\1\\0"]]]],
          [0x00289110, "SQ", [measures]],
        ],
      ],
    ],
    [
      0x52009230,
      "SQ",
      frames.map(({ segment, z }): readonly DicomElement[] => [
        [0x00209113, "SQ", [[[0x00200032, "DS", `-5\\7\\${z}`]]]],
        ...(kind === "LABELMAP" ? [] : [[0x0062000a, "SQ", [[[0x0062000b, "US", [segment]]]]] as const]),
      ]),
    ],
    [0x7fe00010, "OB", bytes.length % 2 ? Uint8Array.of(...bytes, 0) : bytes],
  ];
  const without = [0x00200032, 0x00200037, 0x00280030, 0x00281052, 0x00281053];
  return dicomBytes({ modality: "SEG", rows, columns, pixels: [], more, without, series: "7.7" });
}

const defects = (warnings: readonly { defect: string }[]) => warnings.map(({ defect }) => defect);

describe("DICOM segmentations", () => {
  const two: readonly Frame[] = [
    { segment: 2, z: 17.5, pixels: [8] },
    { segment: 1, z: 10, pixels: [0, 1] },
    { segment: 2, z: 10, pixels: [4] },
    { segment: 1, z: 12.5, pixels: [5] },
  ];
  const wanted = [
    1,
    1,
    0,
    0,
    2,
    0,
    0,
    0,
    0,
    ...[0, 0, 0, 0, 0, 1, 0, 0, 0],
    ...Array(9).fill(0),
    ...[0, 0, 0, 0, 0, 0, 0, 0, 2],
  ];

  test("segment n becomes label n; frames in any order; slices that were left out are empty", async () => {
    for (const spacing of [undefined, 2.5]) {
      const volume = await readVolume(segmentation({ frames: two, spacing }));
      expect(volume).toMatchObject({ format: "dicom", quantity: "label", type: "uint8", warnings: [] });
      expect(volume.grid.size).toEqual([3, 3, 4]);
      expect(volume.values).toBeInstanceOf(Uint8Array);
      expect([...volume.values]).toEqual(wanted);
    }
  });

  test("a label lies where the CT has its voxel", async () => {
    const slice = (z: number, value: number) =>
      dicomBytes({ rows, columns, spacing: [2, 2], position: [-5, 7, z], pixels: Array(9).fill(value) });
    const ct = await readVolume([slice(10, 1), slice(15, 3), slice(12.5, 2), slice(17.5, 4)]);
    const labels = await readVolume(segmentation({ frames: two }));
    for (const index of [
      [0, 0, 0],
      [2, 1, 3],
    ] as Vec3[])
      expect(transformPoint(labels.grid.indexToWorld, index)).toEqual(transformPoint(ct.grid.indexToWorld, index));
    expect(labels.grid.size).toEqual(ct.grid.size);
  });

  test("overlapping segments are refused by name; `dataset` chooses one by number or label, on the same grid", async () => {
    const bytes = segmentation({ frames: [...two, { segment: 1, z: 17.5, pixels: [8] }] });
    await expect(readVolume(bytes)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      detail: { defect: "overlapping-segments" },
      message: expect.stringMatching(/2 \(Vessel\) and 1 \(Liver\)/),
    });
    const vessel = await readVolume(bytes, { dataset: "Vessel" });
    expect([...vessel.values]).toEqual(wanted.map((label) => (label === 2 ? 2 : 0)));
    expect(await readVolume(bytes, { dataset: "2" })).toEqual(vessel);
    await expect(readVolume(bytes, { dataset: "Spleen" })).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: expect.stringMatching(/1 \(Liver\)/),
    });
  });

  test("of fractions at least one half of the maximum counts, and that is said", async () => {
    const frames = [{ segment: 1, z: 10, pixels: [0, 99, 100, 200, 1, 0, 0, 0, 150] }];
    const volume = await readVolume(segmentation({ frames, kind: "FRACTIONAL", labels: ["Bone"] }));
    expect([...volume.values]).toEqual([0, 0, 1, 1, 0, 0, 0, 0, 1]);
    expect(defects(volume.warnings)).toEqual(["single-slice", "fractional-segments"]);
  });

  test("a label map segmentation holds the numbers themselves", async () => {
    const frames = [0, 2.5].map((z) => ({ segment: 0, z, pixels: [0, 1, 2, 3, 4, 5, 6, 7, 200] }));
    const volume = await readVolume(segmentation({ frames, kind: "LABELMAP" }));
    expect([...volume.values]).toEqual([...frames[0].pixels, ...frames[1].pixels]);
    expect(volume.grid.indexToWorld[10]).toBe(2.5);
  });

  test("frames between the slices, and grids out of proportion, are refused", async () => {
    const at = (...places: number[]) => segmentation({ frames: places.map((z) => ({ segment: 1, z, pixels: [0] })) });
    for (const bytes of [at(0, 2.5, 6), at(0, 1, 1e7)])
      await expect(readVolume(bytes)).rejects.toMatchObject({
        code: "INVALID_GEOMETRY",
        detail: { defect: "uneven-spacing" },
      });
    await expect(readVolume(at(0, 2.5), { maxBytes: 17 })).rejects.toMatchObject({ code: "TOO_LARGE" });
    await expect(readVolume(at(0, 2.5), { maxBytes: 18 })).resolves.toBeDefined();
  });

  const folder = join(dataFolder, "dicom-transfer-syntaxes", "public");
  const present = hasData && existsSync(join(folder, "manifest.json"));
  const files: { file: string; modality?: string; frames: number; note: string }[] = present
    ? readManifest(folder).filter(({ modality }: { modality?: string }) => modality === "SEG")
    : [];
  test.skipIf(!present).each(files)("public/$file opens as labels", async ({ file, note }) => {
    const path = join(folder, file);
    const volume = await readVolume(path);
    expect(volume.quantity).toBe("label");
    const pixels = describePixels(await openDicom(await toSource(path)));
    expect(volume.grid.size).toEqual([pixels.columns, pixels.rows, pixels.frames]);
    const count = (values: ArrayLike<number>) => Array.from(values).filter((value) => value > 0).length;
    let stored = 0;
    for (let frame = 0; frame < pixels.frames; frame++) stored += count(await pixels.readFrame(frame));
    const labeled = count(volume.values);
    expect(volume.values.every((value) => value === 0 || value === 1)).toBe(true);
    if (/fractional/.test(note)) expect(defects(volume.warnings)).toContain("fractional-segments");
    else expect(labeled).toBe(stored);
    expect(labeled).toBeGreaterThan(0);
  });
});
