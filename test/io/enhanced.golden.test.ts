import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readVolume } from "../../src/io/index.js";
import { dataFolder, hasData, readManifest } from "../helpers/folders.js";

const folder = join(dataFolder, "dicom-transfer-syntaxes");
const present = hasData && existsSync(join(folder, "manifest.json"));

interface Enhanced {
  readonly file: string;
  readonly origin: readonly number[];
  readonly spacing: readonly number[];
  readonly huSortedByZ: { readonly sha256: string };
  readonly decoded: { readonly shape: readonly number[] };
}
interface Dose {
  readonly file: string;
  readonly zOffsets: readonly number[];
  readonly decoded: { readonly shape: readonly number[] };
}
const constructed = present ? readManifest(folder).constructed : [];
const enhanced: Enhanced[] = constructed.filter((entry: object) => "huSortedByZ" in entry);
const doses: Dose[] = constructed.filter((entry: object) => "zOffsets" in entry);
interface Table {
  readonly file: string;
  readonly lutOutputSha256: string;
}
const tables: Table[] = constructed.filter((entry: object) => "lutOutputSha256" in entry);

describe.skipIf(!present)("DICOM frames and tables", () => {
  test.each(enhanced)("$file: frames out of order, each with its own place and rescale", async (entry) => {
    const volume = await readVolume(join(folder, entry.file));
    const [frames, rows, columns] = entry.decoded.shape;
    expect(volume.grid.size).toEqual([columns, rows, frames]);
    const m = volume.grid.indexToWorld;
    const [x, y, z] = entry.origin;
    // LPS to RAS turns the signs of x and y.
    [m[3], m[7], m[11]].forEach((value, i) => void expect(value).toBeCloseTo([-x, -y, z][i], 6));
    [-m[0], -m[5], m[10]].forEach((value, i) => void expect(value).toBeCloseTo(entry.spacing[i], 6));
    const hounsfield = Float64Array.from(volume.values);
    const hash = createHash("sha256").update(new Uint8Array(hounsfield.buffer)).digest("hex");
    expect(hash).toBe(entry.huSortedByZ.sha256);
  });

  test.each(doses)(
    "$file: the frame offsets of a dose grid make its third axis",
    async ({ file, zOffsets, decoded }) => {
      const volume = await readVolume(join(folder, file));
      expect(volume.grid.size).toEqual([...decoded.shape].reverse());
      expect(volume.grid.indexToWorld[10]).toBeCloseTo(zOffsets[1] - zOffsets[0], 6);
      expect(volume.warnings).toEqual([]);
    },
  );

  test.each(tables)("$file: the modality lookup table replaces slope and intercept", async (entry) => {
    const { values } = await readVolume(join(folder, entry.file));
    const bytes = new Uint8Array(Uint16Array.from(values).buffer);
    expect(createHash("sha256").update(bytes).digest("hex")).toBe(entry.lutOutputSha256);
  });
});
