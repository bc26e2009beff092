/** What is written, read back by other software; more of NRRD, MetaImage and TIFF in those formats' own tests. */
import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { decode } from "fast-png";
import { unzipSync } from "fflate";
import { fromArrayBuffer } from "geotiff";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as zarrita from "zarrita";
import { dicomSeriesFiles, encodePng, writeVolume } from "../../src/io/index.js";
import { matlabPieces } from "../../src/io/matlab/writeMatlab.js";
import { zarrFiles } from "../../src/io/zarr/writeZarr.js";
import type { Volume } from "../../src/volume/grid.js";
import { readNpyFile } from "../helpers/npy.js";
import {
  anyVolume,
  integerTypes,
  integerVolume,
  placedVolume,
  readByItk,
  type TypedVolume,
} from "../helpers/volumes.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tomograd-others-"));
});
afterAll(() => rm(folder, { recursive: true }));

const numpyTypes = new Map<unknown, string>([
  [Uint8Array, "|u1"],
  [Int16Array, "<i2"],
  [Float32Array, "<f4"],
  [Float64Array, "<f8"],
]);

describe("what other software reads of what is written", () => {
  test.each(["nii", "nii.gz"])(".%s by ITK: rotated and flipped grids, every type", (ending) =>
    fc.assert(
      fc.asyncProperty(placedVolume, async (volume) => {
        // Beside a .nii of the same name ITK reads that one.
        const path = join(folder, `for-${ending.replace(".", "-")}.${ending}`);
        await writeVolume(path, volume);
        const itk = await readByItk(path);
        const { size, indexToWorld } = volume.grid;
        expect(itk.size.slice(0, 3)).toEqual([...size]);
        expect(itk.values).toEqual(Array.from(volume.values));
        // Quaternion, spacing and offset are float32: some units of 6e-8 of a spacing and of 500 mm.
        indexToWorld.forEach((value, i) => void expect(Math.abs(itk.indexToWorld[i] - value)).toBeLessThan(1e-4));
      }),
      { numRuns: 10 },
    ),
  );

  test(".npy by a reader of NumPy's format description: every type, [nz][ny][nx]", () =>
    fc.assert(
      fc.asyncProperty(anyVolume, async (volume) => {
        const path = join(folder, "volume.npy");
        await writeVolume(path, volume);
        const { dtype, shape, values } = readNpyFile(path);
        expect(dtype).toBe(numpyTypes.get(volume.values.constructor));
        expect(shape).toEqual([...volume.grid.size].reverse());
        expect(values).toEqual(Float64Array.from(volume.values));
      }),
      { numRuns: 40 },
    ));

  test(".npz by fflate and that reader", () =>
    fc.assert(
      fc.asyncProperty(anyVolume, async (volume) => {
        const path = join(folder, "volume.npz");
        await writeVolume(path, volume);
        const entries = unzipSync(await readFile(path));
        const inside = join(folder, "inside.npy");
        const [name] = Object.keys(entries).filter((key) => readable(entries[key]));
        await writeFile(inside, entries[name]);
        const { shape, values } = readNpyFile(inside);
        expect(shape).toEqual([...volume.grid.size].reverse());
        expect(values).toEqual(Float64Array.from(volume.values));
      }),
      { numRuns: 25 },
    ));

  test("OME-Zarr by zarrita: every type, the lengths of the affine's columns as scale", () =>
    fc.assert(
      fc.asyncProperty(anyVolume, async (volume) => {
        const files = new Map<string, Uint8Array>();
        for (const [key, pieces] of zarrFiles(volume)) files.set(`/${key}`, Buffer.concat([...pieces]));
        const group = await zarrita.open.v3(zarrita.root(files), { kind: "group" });
        const level = await zarrita.open.v3(group.resolve("0"), { kind: "array" });
        const { data, shape } = await zarrita.get(level);
        expect(shape).toEqual([...volume.grid.size].reverse());
        expect(data).toEqual(volume.values);
        // biome-ignore lint/suspicious/noExplicitAny: attributes are JSON
        const [scaling] = (group.attrs as any).ome.multiscales[0].datasets[0].coordinateTransformations;
        const m = volume.grid.indexToWorld;
        expect(scaling.scale).toEqual([2, 1, 0].map((k) => Math.hypot(m[k], m[4 + k], m[8 + k])));
      }),
      { numRuns: 40 },
    ));

  const itkTypes: Record<string, string> = { nii: "NIfTI", nrrd: "NRRD", mha: "MetaImage" };
  test.each(integerTypes.flatMap((type) => Object.keys(itkTypes).map((ending) => [type, ending] as const)))(
    "%s in .%s by ITK: its type and its numbers",
    (type, ending) =>
      fc.assert(
        fc.asyncProperty(integerVolume(type), async (volume) => {
          const path = join(folder, `typed.${ending}`);
          await writeVolume(path, volume);
          const itk = await readByItk(path);
          expect(itk.type).toBe(type);
          expect(itk.size.slice(0, 3)).toEqual([...volume.grid.size]);
          expect(itk.values).toEqual(Array.from(volume.values));
          // float32 in NIfTI
          itk.indexToWorld.forEach((value, i) => {
            expect(Math.abs(value - volume.grid.indexToWorld[i])).toBeLessThan(1e-4);
          });
        }),
        { numRuns: 3 },
      ),
  );

  test.each(integerTypes)("%s as text in .nrrd by ITK", (type) =>
    fc.assert(
      fc.asyncProperty(integerVolume(type), async (volume) => {
        const path = join(folder, "text.nrrd");
        await writeVolume(path, volume, { encoding: "text" });
        const itk = await readByItk(path);
        expect([itk.type, itk.values]).toEqual([type, Array.from(volume.values)]);
      }),
      { numRuns: 3 },
    ),
  );

  const slices = { uint8: "int16", int8: "int16", uint16: "uint16", int16: "int16" };
  test.each(Object.entries(slices))("%s in DICOM slices is ITK's %s", (type, stored) =>
    fc.assert(
      fc.asyncProperty(integerVolume(type as TypedVolume["type"]), async (volume) => {
        const [columns, rows] = volume.grid.size;
        let k = 0;
        for (const [, bytes] of await dicomSeriesFiles(volume)) {
          const path = join(folder, "typed.dcm");
          await writeFile(path, bytes);
          const itk = await readByItk(path);
          expect(itk.type).toBe(stored);
          expect(itk.values).toEqual(Array.from(volume.values.slice(k * rows * columns, ++k * rows * columns)));
        }
      }),
      { numRuns: 3 },
    ),
  );

  const numpy = { uint8: "|u1", int8: "|i1", uint16: "<u2", int16: "<i2", uint32: "<u4", int32: "<i4", int64: "<i8" };
  test.each(Object.entries(numpy))("%s in .npy is NumPy's %s", (type, dtype) =>
    fc.assert(
      fc.asyncProperty(integerVolume(type as TypedVolume["type"]), async (volume) => {
        const path = join(folder, "typed.npy");
        await writeVolume(path, volume);
        const found = readNpyFile(path);
        expect(found.dtype).toBe(dtype);
        expect(Array.from(found.values)).toEqual(Array.from(volume.values));
      }),
      { numRuns: 5 },
    ),
  );

  test.each(integerTypes)("%s in OME-Zarr by zarrita", (type) =>
    fc.assert(
      fc.asyncProperty(integerVolume(type), async (volume) => {
        const files = new Map<string, Uint8Array>();
        for (const [key, pieces] of zarrFiles(volume)) files.set(`/${key}`, Buffer.concat([...pieces]));
        const level = await zarrita.open.v3(zarrita.root(files).resolve("0"), { kind: "array" });
        expect(level.dtype).toBe(type);
        const { data } = await zarrita.get(level);
        expect(Array.from(data as ArrayLike<number | bigint>, Number)).toEqual(Array.from(volume.values));
      }),
      { numRuns: 3 },
    ),
  );

  test.each(integerTypes.filter((type) => !type.endsWith("64")))("%s in .tif by geotiff", (type) =>
    fc.assert(
      fc.asyncProperty(integerVolume(type), async (volume) => {
        const path = join(folder, "typed.tif");
        await writeVolume(path, volume);
        const tiff = await fromArrayBuffer(new Uint8Array(await readFile(path)).buffer);
        const pages = await Promise.all(Array.from({ length: await tiff.getImageCount() }, (_, k) => tiff.getImage(k)));
        const rasters = await Promise.all(pages.map((page) => page.readRasters({ interleave: true })));
        expect(rasters[0].constructor.name.replace("Array", "").toLowerCase()).toBe(type);
        expect(rasters.flatMap((raster) => Array.from(raster as ArrayLike<number>))).toEqual(Array.from(volume.values));
      }),
      { numRuns: 3 },
    ),
  );

  /** NumPy's letter and bytes. */
  const short = (type: string) => `${type[0]}${Number(/\d+/.exec(type)) / 8}`;
  const byJsfive = async (volume: Volume) => {
    const path = join(folder, "typed.h5");
    await writeVolume(path, volume);
    const { File } = await import("jsfive");
    const data = new File(new Uint8Array(await readFile(path)).buffer, path).get("volume");
    return { dtype: data.dtype.slice(-2), shape: data.shape, values: Array.from(data.value, Number) };
  };
  test.each(integerTypes)("%s in HDF5 by jsfive", (type) =>
    fc.assert(
      fc.asyncProperty(integerVolume(type), async (volume) => {
        const { dtype, shape, values } = await byJsfive(volume);
        expect(dtype).toBe(short(type));
        expect(shape).toEqual([...volume.grid.size].reverse());
        expect(values).toEqual(Array.from(volume.values));
      }),
      { numRuns: 3 },
    ),
  );
  test("HDF5 by jsfive: bytes and floats", () =>
    fc.assert(
      fc.asyncProperty(anyVolume, async (volume) => {
        const { dtype, values } = await byJsfive(volume);
        expect(dtype).toBe(short(volume.values.constructor.name.toLowerCase()));
        expect(values).toEqual(Array.from(volume.values));
      }),
      { numRuns: 15 },
    ));

  // Elements of "MAT-File Format" (MathWorks), written down by hand: tag and length, contents, filled up to 8 bytes.
  test("a MATLAB file of 2 x 1 x 1 uint16 has the bytes of the format's description", () => {
    const volume: TypedVolume = {
      ...{ quantity: "unknown", type: "uint16", values: Float32Array.of(258, 65535) as Volume["values"] },
      grid: { size: [2, 1, 1], indexToWorld: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1] },
    };
    const bytes = Buffer.concat([...matlabPieces(volume)]);
    expect(bytes.toString("latin1", 0, 10)).toBe("MATLAB 5.0");
    expect([...bytes.subarray(124, 128)]).toEqual([0, 1, 0x49, 0x4d]);
    const expected = [
      ...[14, 0, 0, 0, 72, 0, 0, 0], // miMATRIX, 72 bytes
      ...[6, 0, 0, 0, 8, 0, 0, 0, 11, 0, 0, 0, 0, 0, 0, 0], // miUINT32: class mxUINT16, no flags
      ...[5, 0, 0, 0, 12, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0], // miINT32: 2 x 1 x 1
      ...[1, 0, 0, 0, 6, 0, 0, 0, 0x76, 0x6f, 0x6c, 0x75, 0x6d, 0x65, 0, 0], // miINT8: "volume"
      ...[4, 0, 0, 0, 4, 0, 0, 0, 2, 1, 255, 255, 0, 0, 0, 0], // miUINT16: 258, 65535
    ];
    expect([...bytes.subarray(128, 128 + expected.length)]).toEqual(expected);
  });

  const scipy = spawnSync("python3", ["-c", "import scipy.io"]).status === 0;
  test.skipIf(!scipy)("MATLAB files of every type by SciPy, where python3 has it", async () => {
    const volumes = [
      ...integerTypes.map((type) => fc.sample(integerVolume(type), { numRuns: 1, seed: 3 })[0]),
      ...fc.sample(anyVolume, { numRuns: 8, seed: 4 }),
    ];
    const paths = volumes.map((_, i) => join(folder, `for-scipy-${i}.mat`));
    for (const [i, volume] of volumes.entries()) await writeVolume(paths[i], volume);
    const script =
      "import sys, json, scipy.io\n" +
      "read = [scipy.io.loadmat(p)['volume'] for p in sys.argv[1:]]\n" +
      "print(json.dumps([[str(a.dtype), a.shape, [repr(x) for x in a.ravel(order='F').tolist()]] for a in read]))";
    const { stdout } = spawnSync("python3", ["-c", script, ...paths], { encoding: "utf8" });
    for (const [i, [dtype, shape, values]] of JSON.parse(stdout).entries()) {
      const { grid, values: own } = volumes[i];
      const type = (volumes[i] as Partial<TypedVolume>).type;
      expect(dtype).toBe(type ?? own.constructor.name.replace("Array", "").toLowerCase());
      expect(shape).toEqual(grid.size[2] === 1 ? grid.size.slice(0, 2) : [...grid.size]);
      expect(values.map(Number)).toEqual(Array.from(own));
    }
  });

  test("PNG by fast-png: 8 and 16 bits, every level where it was put", () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 20 }),
        fc.constantFrom<8 | 16>(8, 16),
        async (rows, columns, bits) => {
          const top = 2 ** bits - 1;
          const values = Float64Array.from({ length: rows * columns }, (_, i) => (i * 7919) % (top + 1));
          const png = decode(await encodePng({ rows, columns, values }, { bits, window: [0, top] }));
          expect([png.width, png.height, png.depth, png.channels]).toEqual([columns, rows, bits, 1]);
          expect(Array.from(png.data)).toEqual(Array.from(values));
        },
      ),
      { numRuns: 25 },
    ));
});

const readable = (bytes: Uint8Array) => String.fromCharCode(...bytes.subarray(1, 6)) === "NUMPY";
