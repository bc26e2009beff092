/** What is written, read back by other software. NRRD and MetaImage by ITK, TIFF by geotiff: in those formats' own tests. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { decode } from "fast-png";
import { unzipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as zarrita from "zarrita";
import { encodePng, writeVolume } from "../../src/io/index.js";
import { zarrFiles } from "../../src/io/zarr/writeZarr.js";
import { readNpyFile } from "../helpers/npy.js";
import { anyVolume, placedVolume, readByItk } from "../helpers/volumes.js";

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
