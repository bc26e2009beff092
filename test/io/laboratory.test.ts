import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import fc from "fast-check";
import { zipSync } from "fflate";
import { fromArrayBuffer } from "geotiff";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { npyPieces, readImage, readVolume, writeImage, writeVolume } from "../../src/io/index.js";
import { createCrc32 } from "../../src/platform/crc32.js";
import type { Volume } from "../../src/volume/grid.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tomograd-laboratory-"));
});
afterAll(() => rm(folder, { recursive: true }));

const defects = ({ warnings }: { readonly warnings: readonly { readonly defect: string }[] }) =>
  warnings.map(({ defect }) => defect);
const refusal = (defect: string, code?: string) => ({
  name: "TomogradError",
  detail: { defect },
  ...(code && { code }),
});

describe("TIFF", () => {
  const sizes = fc.tuple(
    fc.integer({ min: 1, max: 9 }),
    fc.integer({ min: 1, max: 7 }),
    fc.integer({ min: 1, max: 4 }),
  );
  const volumes = sizes.chain(([nx, ny, nz]) => {
    const length = nx * ny * nz;
    const limits = { minLength: length, maxLength: length };
    const arrays = fc.oneof(
      fc.uint8Array(limits),
      fc.int16Array(limits),
      fc.float32Array({ ...limits, noNaN: true }),
      fc.float64Array({ ...limits, noNaN: true }),
    ) as fc.Arbitrary<Volume["values"]>;
    const indexToWorld = [2, 0, 0.5, -3, 0, 3, 0, 4, 0, 0.25, 4, 1 / 3, 0, 0, 0, 1];
    return arrays.map(
      (values): Volume => ({ quantity: "density", grid: { size: [nx, ny, nz], indexToWorld }, values }),
    );
  });

  test("what tomograd writes, geotiff reads: any shape and type", () =>
    fc.assert(
      fc.asyncProperty(volumes, async (volume) => {
        const path = join(folder, "stack.tif");
        await writeVolume(path, volume);
        const bytes = await readFile(path);
        const tiff = await fromArrayBuffer(
          bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer,
        );
        const [nx, ny, nz] = volume.grid.size;
        expect(await tiff.getImageCount()).toBe(nz);
        for (let k = 0; k < nz; k++) {
          const image = await tiff.getImage(k);
          expect([image.getWidth(), image.getHeight()]).toEqual([nx, ny]);
          const [page] = (await image.readRasters()) as unknown as [ArrayLike<number>];
          expect([...Array.from(page)]).toEqual([...volume.values.subarray(k * nx * ny, (k + 1) * nx * ny)]);
        }
      }),
      { numRuns: 40 },
    ));

  test("pages of many strips come back: 600 x 500 float64 in strips of 256 KiB", async () => {
    const path = join(folder, "strips.tif");
    const values = Float64Array.from({ length: 600_000 }, (_, i) => Math.sqrt(i));
    const grid = { size: [600, 500, 2], indexToWorld: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1] } as const;
    await writeVolume(path, { quantity: "attenuation", grid, values });
    const back = await readVolume(path);
    expect(back.values).toEqual(values);
    expect([back.quantity, back.type, defects(back)]).toEqual(["attenuation", "float64", []]);
  });

  /** Little endian TIFF with one directory of long values and what lies behind it. */
  const tiff = (fields: readonly (readonly [tag: number, value: number])[], tail: Uint8Array, next = 0) => {
    const view = new DataView(new ArrayBuffer(8 + 2 + 12 * fields.length + 4 + tail.length));
    view.setUint32(0, 0x49492a00);
    view.setUint32(4, 8, true);
    view.setUint16(8, fields.length, true);
    fields.forEach(([tag, value], i) => {
      view.setUint16(10 + 12 * i, tag, true);
      view.setUint16(12 + 12 * i, 4, true);
      view.setUint32(14 + 12 * i, 1, true);
      view.setUint32(18 + 12 * i, value, true);
    });
    view.setUint32(10 + 12 * fields.length, next, true);
    const bytes = new Uint8Array(view.buffer);
    bytes.set(tail, bytes.length - tail.length);
    return bytes;
  };
  const page = (
    columns: number,
    rows: number,
    compression: number,
    strip: Uint8Array,
    more: [number, number][] = [],
  ) => {
    const fields = [
      [256, columns],
      [257, rows],
      [258, 8],
      [259, compression],
      [262, 1],
      [273, 0],
      [279, strip.length],
      ...more,
    ] as [number, number][];
    const at = 8 + 2 + 12 * fields.length + 4;
    return tiff(
      fields.map(([tag, value]) => [tag, tag === 273 ? at : value]),
      strip,
    );
  };

  test("a page in memory opens with the warning no-orientation", async () => {
    const volume = await readVolume(Buffer.from(page(2, 2, 1, Uint8Array.of(1, 2, 3, 4))));
    expect([...volume.values]).toEqual([1, 2, 3, 4]);
    expect(defects(volume)).toEqual(["no-orientation"]);
  });

  test("a page that wants to be turned is read as stored, and says so", async () => {
    const volume = await readVolume(page(2, 2, 1, Uint8Array.of(1, 2, 3, 4), [[274, 3]]));
    expect(defects(volume)).toEqual(["no-orientation", "orientation-tag"]);
  });

  test.each([
    ["one byte short", () => page(2, 2, 1, Uint8Array.of(1, 2, 3)), "truncated"],
    ["a page of 1000000 x 1000000", () => page(1_000_000, 1_000_000, 5, Uint8Array.of(128, 1)), "truncated"],
    ["deflate that holds too little", () => page(9, 9, 8, deflateSync(new Uint8Array(80))), "truncated"],
    [
      "deflate with a wrong checksum",
      () => page(9, 9, 8, Uint8Array.from(deflateSync(new Uint8Array(81))).fill(7, -4)),
      "checksum",
    ],
    ["LZW that uses what is not there", () => page(9, 9, 5, Uint8Array.of(0x80, 0x3f, 0xff, 0xff)), "corrupt-stream"],
    ["JPEG inside", () => page(8, 8, 7, new Uint8Array(9)), "unsupported-compression"],
    ["a page without pixels", () => page(0, 3, 1, new Uint8Array(1)), "bad-dimension"],
    ["a ring of directories", () => tiff([[256, 1]], new Uint8Array(99), 8), "bad-header"],
    ["no page", () => Uint8Array.of(0x49, 0x49, 42, 0, 0, 0, 0, 0), "bad-header"],
    ["a directory outside", () => Uint8Array.of(0x49, 0x49, 42, 0, 99, 0, 0, 0), "truncated"],
  ])("%s is refused", async (_, bytes, defect) => {
    await expect(readVolume(bytes())).rejects.toMatchObject(refusal(defect));
  });
});

describe("NPZ", () => {
  const array = (values: Float32Array, shape: readonly number[]) =>
    Uint8Array.from(npyPieces(values, shape).flatMap((part) => [...part]));
  const volume = array(Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8), [2, 2, 2]);
  const other = array(new Float32Array(8).fill(9), [2, 4]);
  const table = array(new Float32Array(3), [3]);

  test("several arrays are listed; dataset chooses; a single candidate needs no choice", async () => {
    const both = zipSync({ "first.npy": volume, "second.npy": other });
    await expect(readVolume(both)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      detail: {
        defect: "several-arrays",
        arrays: [
          { name: "first", shape: [2, 2, 2] },
          { name: "second", shape: [2, 4] },
        ],
      },
    });
    expect((await readVolume(both, { dataset: "second" })).grid.size).toEqual([4, 2, 1]);
    await expect(readVolume(both, { dataset: "secnd" })).rejects.toThrow(/did you mean 'second'/);
    const { values, warnings, format } = await readVolume(zipSync({ "angles.npy": table, "ct.npy": volume }));
    expect([format, values[7], warnings[0].defect]).toEqual(["npz", 8, "no-orientation"]);
  });

  test.each([
    ["a flipped bit", () => zipSync({ "a.npy": volume }, { level: 0 }).with(170, 77), "checksum"],
    ["no directory", () => zipSync({ "a.npy": volume }).subarray(0, 100), "truncated"],
    ["no array", () => zipSync({ "a.txt": new Uint8Array(4) }), "bad-magic"],
  ])("%s is refused", async (_, bytes, defect) => {
    await expect(readVolume(bytes())).rejects.toMatchObject(refusal(defect));
  });
});

describe("MATLAB", () => {
  test("version 7.3 is refused by name with what to do", async () => {
    const bytes = new Uint8Array(1024);
    bytes.set(new TextEncoder().encode("MATLAB 7.3 MAT-file"));
    bytes.set([0, 2, 0x49, 0x4d], 124);
    await expect(readVolume(bytes)).rejects.toThrow(/-v7/);
    await expect(readVolume(bytes)).rejects.toMatchObject(refusal("unsupported-version", "UNSUPPORTED_FORMAT"));
  });
});

describe("pictures", () => {
  const chunk = (kind: string, content: Uint8Array) => {
    const body = Uint8Array.from([...new TextEncoder().encode(kind), ...content]);
    const checksum = createCrc32();
    checksum.add(body);
    const word = (n: number) => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255];
    return [...word(content.length), ...body, ...word(checksum.value())];
  };
  const png = (columns: number, rows: number, raw: Uint8Array, more: number[] = []) => {
    const header = new DataView(new ArrayBuffer(13));
    header.setUint32(0, columns);
    header.setUint32(4, rows);
    header.setUint8(8, 8);
    return Uint8Array.from([
      ...[0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10],
      ...chunk("IHDR", new Uint8Array(header.buffer)),
      ...more,
      ...chunk("IDAT", deflateSync(raw)),
      ...chunk("IEND", new Uint8Array(0)),
    ]);
  };

  test("16 bits written by tomograd come back", async () => {
    const path = join(folder, "radiograph.png");
    const values = Float32Array.from({ length: 77 }, (_, i) => 851 * i);
    await writeImage(path, { rows: 7, columns: 11, values }, { bits: 16, window: [0, 65535] });
    const image = await readImage(path);
    expect([image.format, image.type, image.rows, image.columns, image.channels]).toEqual(["png", "uint16", 7, 11, 1]);
    expect(Float32Array.from(image.values)).toEqual(values);
    expect(image.warnings).toEqual([]);
  });

  test("pixels per meter become a pixel size, a screen's 72 an inch do not", async () => {
    const density = (perMeter: number) => {
      const view = new DataView(new ArrayBuffer(9));
      view.setUint32(0, perMeter);
      view.setUint32(4, perMeter);
      view.setUint8(8, 1);
      return chunk("pHYs", new Uint8Array(view.buffer));
    };
    expect((await readImage(png(1, 1, new Uint8Array(2), density(5000)))).pixelSize).toEqual([0.2, 0.2]);
    expect((await readImage(png(1, 1, new Uint8Array(2), density(2835)))).pixelSize).toBeUndefined();
  });

  test.each([
    ["a bomb of 65535 x 65535 pixels", () => png(65535, 65535, new Uint8Array(9)), "truncated"],
    ["too few rows", () => png(3, 3, new Uint8Array(8)), "truncated"],
    ["an unknown filter", () => png(1, 1, Uint8Array.of(9, 0)), "corrupt-stream"],
    ["a flipped bit", () => png(3, 3, new Uint8Array(12)).with(20, 9), "checksum"],
    ["the first half", () => png(3, 3, new Uint8Array(12)).subarray(0, 50), "truncated"],
    ["something else", () => Uint8Array.of(1, 2, 3, 4), "bad-magic"],
  ])("%s is refused", async (_, bytes, defect) => {
    await expect(readImage(bytes())).rejects.toMatchObject(refusal(defect));
  });

  test("a list of pictures is ordered by number, other files are told, sizes must agree", async () => {
    const slice = (name: string, value: number, columns = 1) =>
      new File([png(columns, 1, new Uint8Array(columns + 1).fill(value, 1))], name);
    const note = new File(["order by number"], "readme.txt");
    const volume = await readVolume([slice("s10.png", 10), slice("s2.png", 2), note, slice("s1.png", 1)]);
    expect([...volume.values]).toEqual([1, 2, 10]);
    expect(defects(volume)).toEqual(["no-orientation", "other-files"]);
    await expect(readVolume([slice("s1.png", 1), slice("s2.png", 1, 2)])).rejects.toMatchObject(refusal("mixed-size"));
    const path = join(folder, "slice.png");
    await writeFile(path, png(2, 1, Uint8Array.of(0, 5, 6)));
    const affine = [0, 0, 2, 1, 0, 2, 0, 1, 2, 0, 0, 1];
    expect(defects(await readVolume(path, { affine }))).toEqual([]);
  });
});
