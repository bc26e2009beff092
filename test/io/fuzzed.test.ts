/** Damaged files that `npm run fuzz` found; each stays refused in the way that is written here. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import jpeg from "jpeg-js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readImage, readVolume, writeVolume } from "../../src/io/index.js";
import { smallCt } from "../cli/cli.js";
import { dicomBytes } from "./dicomBytes.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tomograd-fuzzed-"));
});
afterAll(() => rm(folder, { recursive: true }));

const refusal = (reading: Promise<unknown>) =>
  reading.then(
    () => expect.unreachable("it was read"),
    (error) => ({ code: error.code, defect: error.detail?.defect, message: error.message }),
  );

/** Without its first segment with this marker. */
function withoutSegment(bytes: Uint8Array, marker: number): Uint8Array {
  for (let at = 2; at < bytes.length; at += 2 + 256 * bytes[at + 2] + bytes[at + 3])
    if (bytes[at + 1] === marker)
      return Uint8Array.from([...bytes.slice(0, at), ...bytes.slice(at + 2 + 256 * bytes[at + 2] + bytes[at + 3])]);
  throw new Error(`there is no segment ${marker}`);
}

describe("found by fuzzing", () => {
  test("a color JPEG without a Huffman table says so in words of its own", async () => {
    const { data } = jpeg.encode({ width: 9, height: 7, data: new Uint8Array(4 * 63).fill(99) }, 80);
    const found = await refusal(readImage(withoutSegment(new Uint8Array(data), 0xc4)));
    expect(found).toMatchObject({ code: "CORRUPT_FILE", defect: "corrupt-stream" });
    expect(found.message).not.toMatch(/undefined/);
  });

  test.each([
    ["the table of its other coefficients", 0x00, 0],
    ["the table of its first coefficients, its scan said to be a later one", 0x10, 0x10],
  ])("a gray sequential JPEG without %s says so in words of its own", async (_, tableClass, approximation) => {
    const segment = (marker: number, ...body: number[]) => [0xff, marker, 0, body.length + 2, ...body];
    const bytes = Uint8Array.from([
      ...[0xff, 0xd8],
      ...segment(0xdb, 0, ...new Array(64).fill(1)),
      ...segment(0xc0, 8, 0, 8, 0, 8, 1, 1, 0x11, 0),
      // One code of one bit.
      ...segment(0xc4, tableClass, 1, ...new Array(15).fill(0), 0),
      // Coefficients 0 to 0, as only a progressive scan may say.
      ...segment(0xda, 1, 1, 0, 0, 0, approximation),
      ...[0x00, 0xff, 0xd9],
    ]);
    const found = await refusal(readImage(bytes));
    expect(found).toMatchObject({ code: "CORRUPT_FILE", defect: "corrupt-stream" });
    expect(found.message).toMatch(/Huffman table that is not there/);
  });

  test("DICOM that ends inside a sequence within a sequence says so in words of its own", async () => {
    const image = dicomBytes({ rows: 2, columns: 2, pixels: [1, 2, 3, 4] });
    const undefinedLength = [0xff, 0xff, 0xff, 0xff];
    const sequence = [0x09, 0, 0x10, 0, 0x53, 0x51, 0, 0, ...undefinedLength];
    const item = [0xfe, 0xff, 0, 0xe0, ...undefinedLength];
    const counted = [0xfe, 0xff, 0, 0xe0, 20, 0, 0, 0];
    const nested = [...sequence, ...counted, ...sequence, ...item];
    const found = await refusal(readVolume(Uint8Array.from([...image.slice(0, -20), ...nested])));
    expect(found).toMatchObject({ code: "TRUNCATED_FILE", defect: "truncated" });
    expect(found.message).not.toMatch(/undefined|properties/);
  });

  test("OME-Zarr that describes other axes than its array has is refused", async () => {
    const path = join(folder, "axes.zarr");
    await writeVolume(path, smallCt());
    const document = JSON.parse(await readFile(join(path, "zarr.json"), "utf8"));
    document.attributes.ome.multiscales[0].axes.pop();
    delete document.attributes.tomograd;
    await writeFile(join(path, "zarr.json"), JSON.stringify(document));
    expect(await refusal(readVolume(path))).toMatchObject({ code: "CORRUPT_FILE", defect: "inconsistent-header" });
  });

  /** Little endian. */
  const uint32 = (value: number) => [...new Uint8Array(Uint32Array.of(value).buffer)];
  const zeros = new Array(16).fill(0);
  test.each([
    ["blosc", [2, 1, 0x13, 4, ...uint32(3e8), ...uint32(3e8), ...uint32(32), ...zeros]],
    ["lz4", [...uint32(3e8), ...zeros]],
    ["zstd", [...uint32(0xfd2fb528), 0xa0, ...uint32(3e8), ...zeros]],
    ["gzip", [0x1f, 0x8b, 8, ...zeros, ...uint32(3e8)]],
  ])("a chunk of Zarr that claims 300 MB by %s for 24 voxels is refused unread", async (id, chunk) => {
    const path = join(folder, `claims-${id}.zarr`);
    const rest = { filters: null, fill_value: 0, order: "C", zarr_format: 2 };
    const document = { shape: [2, 3, 4], chunks: [2, 3, 4], dtype: "<i2", compressor: { id }, ...rest };
    await mkdir(path);
    await writeFile(join(path, ".zarray"), JSON.stringify(document));
    await writeFile(join(path, "0.0.0"), Uint8Array.from(chunk));
    expect(await refusal(readVolume(path))).toMatchObject({ code: "CORRUPT_FILE", defect: "decompression-bomb" });
  });

  test("a list in place of a Zarr compressor is refused, in words", async () => {
    const path = join(folder, "nameless.zarr");
    const rest = { filters: null, fill_value: 0, order: "C", zarr_format: 2 };
    await mkdir(path);
    await writeFile(
      join(path, ".zarray"),
      JSON.stringify({ shape: [2, 3, 4], chunks: [2, 3, 4], dtype: "<i2", compressor: [], ...rest }),
    );
    const { code, defect, message } = await refusal(readVolume(path));
    expect({ code, defect }).toEqual({ code: "CORRUPT_FILE", defect: "bad-header" });
    expect(message).toMatch(/codec without 'id'/);
  });

  test.each([
    ["codecs", [{ configuration: { endian: "little" } }], "bad-header"],
    ["zarr_format", { a: 1 }, "unsupported-version"],
    ["chunk_grid", { name: "regular" }, "bad-dimension"],
    ["chunk_grid", { configuration: {} }, "unsupported-version"],
    ["dimension_names", ["z", 1, "x"], "bad-header"],
    ["dimension_names", "xyz", "bad-header"],
  ])("Zarr: %s %j is refused as %s, in words", async (key, value, wanted) => {
    const path = join(folder, "broken.zarr");
    await writeVolume(path, smallCt());
    const document = JSON.parse(await readFile(join(path, "0/zarr.json"), "utf8"));
    await writeFile(join(path, "0/zarr.json"), JSON.stringify({ ...document, [key]: value }));
    const { defect, message } = await refusal(readVolume(path));
    expect(defect).toBe(wanted);
    expect(message).not.toMatch(/undefined|\[object/);
    await rm(path, { recursive: true });
  });
});
