import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { isTomogradError } from "../../src/core/errors.js";
import { parseSlice } from "../../src/io/dicom/parseSlice.js";
import { readPixels } from "../../src/io/dicom/pixels.js";
import { toSource } from "../../src/io/index.js";
import { dataFolder, hasData, readManifest } from "../helpers/folders.js";

const folder = join(dataFolder, "dicom-transfer-syntaxes");
const present = hasData && existsSync(join(folder, "manifest.json"));

interface Entry {
  readonly file: string;
  readonly note: string;
  readonly transferSyntax?: string;
  readonly frames?: number;
  readonly decoded: { readonly dtype: string; readonly shape: readonly number[]; readonly sha256: string };
}

const manifest = present ? readManifest(folder) : { encoded: [], constructed: [] };
const uncompressed = /^1\.2\.840\.10008\.1\.2(\.1|\.2)?$/;
const encoded: Entry[] = manifest.encoded;
const readable = encoded.filter(
  ({ transferSyntax, frames }) => uncompressed.test(transferSyntax ?? "") && frames === 1,
);
const compressed = encoded.filter(({ transferSyntax }) => !uncompressed.test(transferSyntax ?? ""));

const decode = async (file: string) => {
  const slice = await parseSlice(await toSource(join(folder, file)));
  return { slice, pixels: await readPixels(slice) };
};

const expectPixels = async ({ file, decoded }: Entry) => {
  const { slice, pixels } = await decode(file);
  expect([slice.rows, slice.columns]).toEqual(decoded.shape);
  const bytes = new Uint8Array(pixels.buffer as ArrayBuffer, pixels.byteOffset, pixels.byteLength);
  expect(createHash("sha256").update(bytes).digest("hex")).toBe(decoded.sha256);
};

describe.skipIf(!present)("DICOM pixels", () => {
  test.each(readable)("$file gives the stored values bit for bit", expectPixels);

  test(`${compressed.length} compressed files are refused by the name of their syntax`, async () => {
    expect(compressed.length).toBeGreaterThan(0);
    for (const { file, transferSyntax } of compressed) {
      const error = await decode(file).catch((thrown) => thrown);
      expect(isTomogradError(error, "UNSUPPORTED_FORMAT"), `${file}: ${error}`).toBe(true);
      expect(error.detail).toMatchObject({ defect: "unsupported-transfer-syntax", transferSyntax });
    }
  });

  const outcomes = { read: [] as string[], refused: [] as string[] };
  test.each(manifest.constructed as Entry[])("$file: $note: right, or refused by name", async (entry) => {
    const error = await expectPixels(entry).catch((thrown) => thrown);
    if (error === undefined) return void outcomes.read.push(entry.file);
    if (!isTomogradError(error)) throw error;
    expect(["unsupported-type", "missing-tag", "unsupported-transfer-syntax"]).toContain(error.detail.defect);
    outcomes.refused.push(entry.file);
  });

  test("of the constructed ones, bit masks, shifts, sign extension, padding and bare data sets are read", () => {
    if (manifest.constructed.length === 0) return;
    const wanted =
      /unused-high|signed-12|highbit|fractional|monochrome1-ct|unsigned-32|odd-length|no-preamble|trailing|nested/;
    const names = (manifest.constructed as Entry[]).map(({ file }) => file).filter((file) => wanted.test(file));
    for (const name of names) expect(outcomes.read).toContain(name);
  });
});
