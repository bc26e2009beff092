import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import h5wasm, { type File as Hdf5 } from "h5wasm";
import { afterEach, describe, expect, test, vi } from "vitest";
import { inflateLzf, unshuffle } from "../../src/io/hdf5/lzf.js";
import { readVolume } from "../../src/io/index.js";
import { dataFolder, hasData, readManifest } from "../helpers/folders.js";

afterEach(() => vi.restoreAllMocks());

let count = 0;
/** The bytes of a file that `write` fills. */
async function hdf5(
  write: (file: Hdf5) => void,
  libver: "earliest" | "latest" = "latest",
): Promise<Uint8Array<ArrayBuffer>> {
  const { FS } = await h5wasm.ready;
  const path = `/test-${count++}.h5`;
  const file = new h5wasm.File(path, "w", { libver: [libver, "latest"] });
  write(file);
  file.close();
  return (FS.readFile(path) as Uint8Array).slice();
}

const ramp = (length: number) => Int16Array.from({ length }, (_, i) => i - 5);
const plain = { name: "volume", data: ramp(24), shape: [2, 3, 4] };
const chunked = { ...plain, chunks: [1, 2, 4], compression: "gzip" as const };

describe("HDF5", () => {
  test("a data set is chosen by its path, one of several volumes by its number", async () => {
    const bytes = await hdf5((file) => {
      file.create_dataset(plain);
      file.create_group("entry").create_dataset({ name: "series", data: ramp(48), shape: [2, 2, 3, 4] });
      file.create_dataset({ name: "angles", data: new Float64Array(7) });
    });
    await expect(readVolume(bytes)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringMatching(/volume \(2 x 3 x 4\)/),
      detail: { defect: "several-arrays" },
    });
    await expect(readVolume(bytes, { dataset: "entry/serie" })).rejects.toThrow(/did you mean 'entry\/series'/);
    for (const dataset of ["entry/series", "/entry/series"]) {
      const { values, frames, grid, format } = await readVolume(bytes, { dataset, frame: 1 });
      expect([[...values], frames, grid.size, format]).toEqual([[...ramp(48)].slice(24), 2, [4, 3, 2], "hdf5"]);
    }
  });

  test("bytes, a Blob and a source with reads that wait give the same, through chunks and gzip", async () => {
    const bytes = await hdf5((file) => void file.create_dataset(chunked));
    const slow = { size: bytes.length, read: async (at: number, n: number) => bytes.slice(at, at + n) };
    for (const input of [bytes, new Blob([bytes]), slow]) {
      const { values, type, warnings } = await readVolume(input);
      expect([[...values], type]).toEqual([[...ramp(24)], "int16"]);
      expect(warnings.map(({ defect }) => defect)).toEqual(["no-orientation"]);
    }
  });

  test("element_size_um of Fiji and ilastik, [z, y, x] in micrometers, is the spacing", async () => {
    const bytes = await hdf5((file) => {
      file.create_dataset(plain).create_attribute("element_size_um", Float64Array.of(2000, 500, 250));
    });
    expect((await readVolume(bytes)).grid.indexToWorld).toEqual([0.25, 0, 0, 0, 0, 0.5, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1]);
  });

  test("a logical array of MATLAB 7.3 is bool", async () => {
    const bytes = await hdf5((file) => {
      const mask = file.create_dataset({ name: "mask", data: Uint8Array.of(0, 1, 1, 0), shape: [2, 2] });
      mask.create_attribute("MATLAB_class", "logical", null, "S7");
    });
    const file = new Uint8Array(512 + bytes.length);
    file.set(new TextEncoder().encode("MATLAB 7.3 MAT-file"));
    file.set(bytes, 512);
    expect(await readVolume(file)).toMatchObject({ format: "mat", type: "bool", values: Uint8Array.of(0, 1, 1, 0) });
  });

  test("n-bit numbers, which come back wrong, are refused by name before anything is read", async () => {
    const bytes = await hdf5(
      (file) => void file.create_dataset({ ...plain, chunks: [1, 2, 4], compression: 5, compression_opts: [] }),
    );
    await expect(readVolume(bytes)).rejects.toMatchObject({
      code: "UNSUPPORTED_FORMAT",
      message: expect.stringMatching(/nbit \(5\).*h5repack/),
      detail: { defect: "unsupported-compression" },
    });
  });

  /** A datatype message: class and version, bits of the class, bytes, first bit, bits; of floats five more. */
  const message = (head: readonly number[], bytes: number, bits: readonly number[], float: readonly number[] = []) => [
    ...[...head, bytes, 0, 0, 0, bits[0], 0, bits[1], 0],
    ...(float.length > 0 ? [...float.slice(0, 4), float[4] & 255, float[4] >> 8, 0, 0] : []),
  ];
  const float32 = message([0x11, 0x20, 31, 0], 4, [0, 32], [23, 8, 0, 23, 127]);
  const int16 = message([0x10, 8, 0, 0], 2, [0, 16]);

  test.each([
    [
      "float32",
      Float32Array,
      float32,
      message([0x11, 0x20, 15, 0], 2, [0, 16], [7, 8, 0, 7, 127]),
      /16 bits.*bfloat16/,
    ],
    ["float32", Float32Array, float32, message([0x11, 0x20, 31, 0], 4, [0, 32], [23, 8, 0, 23, 128]), /not IEEE 754/],
    ["float32", Float32Array, float32, message([0x11, 0, 31, 0], 4, [0, 32], [23, 8, 0, 23, 127]), /not IEEE 754/],
    ["int16", Int16Array, int16, message([0x10, 8, 0, 0], 2, [0, 12]), /12 bits from bit 0 of 16/],
    ["int16", Int16Array, int16, message([0x10, 0, 0, 0], 2, [4, 12]), /12 bits from bit 4 of 16/],
  ] as const)("%s made other numbers by its type's message is refused by name", async (name, kind, from, to, words) => {
    const data = kind.from(ramp(24));
    const bytes = await hdf5(
      (file) => void file.create_dataset({ name: "volume", data, shape: [2, 3, 4] }),
      "earliest",
    );
    expect((await readVolume(bytes)).type).toBe(name);
    const at = Buffer.from(bytes).indexOf(Uint8Array.from(from));
    expect(at).toBeGreaterThan(0);
    bytes.set(to, at);
    await expect(readVolume(bytes)).rejects.toMatchObject({
      code: "UNSUPPORTED_FORMAT",
      message: expect.stringMatching(words),
      detail: { defect: "unsupported-type" },
    });
  });

  test("IEEE binary16 keeps being read: bfloat16 has the same two bytes", async () => {
    const data = Float32Array.from({ length: 24 });
    const bytes = await hdf5(
      (file) => void file.create_dataset({ name: "volume", data, shape: [2, 3, 4] }),
      "earliest",
    );
    bytes.set(
      message([0x11, 0x20, 15, 0], 2, [0, 16], [10, 5, 0, 10, 15]),
      Buffer.from(bytes).indexOf(Uint8Array.from(float32)),
    );
    expect((await readVolume(bytes)).type).toBe("float16");
  });

  test.each(["earliest", "latest"] as const)(
    "a header in several parts, of the %s version, tells its number type",
    async (libver) => {
      const bytes = await hdf5((file) => {
        const set = file.create_dataset(plain);
        for (let n = 0; n < 7; n++) set.create_attribute(`note ${n}`, new Float64Array(40 * n + 1));
      }, libver);
      expect((await readVolume(bytes)).values).toEqual(plain.data);
    },
  );

  test("text and compounds are refused as numbers", async () => {
    const bytes = await hdf5((file) => void file.create_dataset({ name: "names", data: ["a", "b"], shape: [2, 1] }));
    await expect(readVolume(bytes)).rejects.toMatchObject({ detail: { defect: "unsupported-type" } });
  });

  test("a damaged chunk and a file cut short are refused, and nothing is printed", async () => {
    const printed = [vi.spyOn(console, "error"), vi.spyOn(console, "log")];
    const bytes = await hdf5((file) => void file.create_dataset(chunked));
    const damaged = bytes.slice();
    // A zlib stream begins with 78 and a check of the two bytes.
    const zlib = damaged.findIndex((byte, i) => byte === 0x78 && (256 * byte + damaged[i + 1]) % 31 === 0);
    damaged.fill(0xff, zlib, zlib + 8);
    await expect(readVolume(damaged)).rejects.toMatchObject({
      code: "CORRUPT_FILE",
      detail: { defect: "corrupt-stream" },
    });
    await expect(readVolume(bytes.subarray(0, bytes.length - 9))).rejects.toMatchObject({ code: "TRUNCATED_FILE" });
    await expect(readVolume(bytes.subarray(0, 20))).rejects.toMatchObject({ name: "TomogradError" });
    for (const spy of printed) expect(spy).not.toHaveBeenCalled();
  });

  test("8 GB of chunks that were never written, in a file of some kB, are refused unread", async () => {
    const bytes = await hdf5((file) => {
      const data = new Int16Array(8);
      const [maxshape, chunks] = [
        [null, null, null],
        [64, 64, 64],
      ];
      file.create_dataset({ name: "v", data, shape: [2, 2, 2], maxshape, chunks }).resize([2000, 2000, 1000]);
    });
    expect(bytes.length).toBeLessThan(2 ** 20);
    await expect(readVolume(bytes)).rejects.toMatchObject({ code: "TOO_LARGE", detail: { defect: "too-large" } });
  });

  test("an aborted read stops, progress ends at the last slice", async () => {
    const bytes = await hdf5((file) => void file.create_dataset(chunked));
    await expect(readVolume(bytes, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "ABORTED" });
    const seen: number[] = [];
    await readVolume(bytes, { onProgress: ({ done, total }) => seen.push(done / total) });
    expect(seen.at(-1)).toBe(1);
  });

  test("without h5wasm the message says how to install it", async () => {
    const bytes = await hdf5((file) => void file.create_dataset(plain));
    vi.resetModules();
    vi.doMock("h5wasm", () => {
      throw new Error("Cannot find package 'h5wasm'");
    });
    const fresh = await import("../../src/io/index.js");
    await expect(fresh.readVolume(bytes)).rejects.toMatchObject({
      code: "UNSUPPORTED_FORMAT",
      message: expect.stringContaining("npm install h5wasm"),
      detail: { defect: "missing-codec" },
    });
    vi.doUnmock("h5wasm");
  });
});

const scans = join(dataFolder, "projections");
/** Scans with a Data Exchange file: the manifest describes its numbers. */
const exchanges = hasData
  ? readdirSync(scans).flatMap((folder) =>
      existsSync(join(scans, folder, "manifest.json"))
        ? readdirSync(join(scans, folder)).flatMap((file) => (file.endsWith(".h5") ? [[folder, file] as const] : []))
        : [],
    )
  : [];

test.skipIf(!hasData).each(exchanges)("the counts of %s/%s, Data Exchange, are read by path", async (folder, file) => {
  const { data, flats } = readManifest(join(scans, folder));
  for (const [dataset, { shape, mean, min, max }] of [
    ["exchange/data", data],
    ["/exchange/data_white", flats],
  ]) {
    const { values, grid } = await readVolume(join(scans, folder, file), { dataset });
    expect([...grid.size].reverse()).toEqual(shape);
    const found = (values as Float32Array).reduce(
      ([sum, low, high], v) => [sum + v, Math.min(low, v), Math.max(high, v)],
      [0, max, min] as number[],
    );
    expect([found[1], found[2]]).toEqual([min, max]);
    expect(Math.abs(found[0] / values.length - mean)).toBeLessThan(1e-9 * mean);
  }
});

describe("LZF", () => {
  const encoded = (bytes: readonly number[], length: number) => [...inflateLzf(Uint8Array.from(bytes), length, "x")];

  test("literals, short and long copies, also of what the copy itself writes", () => {
    // 3 literals; 3 bytes from 3 back; 8 + 2 + 1 bytes from 1 back
    const stream = [2, 7, 8, 9, (1 << 5) | 0, 2, (7 << 5) | 0, 2, 0];
    expect(encoded(stream, 17)).toEqual([7, 8, 9, 7, 8, 9, ...Array(11).fill(9)]);
  });

  test.each([
    ["a copy from before the beginning", [0, 7, 1 << 5, 1], 4],
    ["literals beyond the end", [3, 7, 8], 4],
    ["more than there should be", [2, 7, 8, 9], 2],
    ["less than there should be", [2, 7, 8, 9], 4],
    ["a copy without its distance", [0, 7, 1 << 5], 4],
  ])("%s is refused", (_, stream, length) => {
    expect(() => encoded(stream, length)).toThrow(/LZF stream is damaged/);
  });

  test("shuffled bytes come back in the order of their numbers", () => {
    expect([...unshuffle(Uint8Array.of(1, 3, 5, 2, 4, 6, 9), 2)]).toEqual([1, 2, 3, 4, 5, 6, 9]);
  });
});
