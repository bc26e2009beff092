import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { isTomogradError } from "../../src/core/errors.js";
import { readNpy } from "../../src/io/index.js";
import { dataFolder, hasData, readManifest } from "../helpers/folders.js";

const folder = join(dataFolder, "formats");
const present = hasData && existsSync(join(folder, "manifest.json"));

interface Entry {
  readonly file: string;
  readonly format: string;
  readonly note: string;
  readonly shape: readonly number[];
  /** "kji": the last axis of the stored shape is i. `shape` and `ijk` of the manifest are in the order of i, j, k. */
  readonly axes: readonly string[];
  readonly storedType: string;
  readonly values: readonly { readonly ijk: readonly number[]; readonly value: number }[];
  readonly mean: number;
  readonly expect?: string;
}

// biome-ignore lint/suspicious/noExplicitAny: the manifest is one object of lists
const manifest: any = present ? readManifest(folder) : {};
const entries: Entry[] = Object.values(manifest)
  .filter(Array.isArray)
  .flat()
  .filter((entry: Entry) => entry.format === "npy" || /\.npy$/.test(entry.file ?? ""));

describe.skipIf(!present)(".npy files of numpy", () => {
  test("there are some", () => expect(entries.length).toBeGreaterThan(0));

  test.each(entries.filter((e) => /refuse/.test(e.expect ?? "")))("$file is refused: $storedType", async ({ file }) => {
    const error = await readNpy(join(folder, file)).catch((thrown) => thrown);
    expect(isTomogradError(error, "UNSUPPORTED_FORMAT")).toBe(true);
    expect(error.detail.defect).toBe("unsupported-type");
  });

  test.each(entries.filter((e) => !/refuse/.test(e.expect ?? "")))("$file: $note", async (entry) => {
    const array = await readNpy(join(folder, entry.file));
    expect(array.type).toBe(entry.storedType);
    expect(array.warnings).toEqual([]);
    expect(array.shape).toEqual([...entry.shape].reverse());
    for (const { ijk, value } of entry.values) {
      const at = ijk.reduceRight((offset, index, axis) => offset * entry.shape[axis] + index, 0);
      expect(array.values[at]).toBe(value);
    }
    const mean = Array.from(array.values).reduce((a, b) => a + b, 0) / array.values.length;
    expect(Math.abs(mean - entry.mean)).toBeLessThanOrEqual(1e-6 * Math.abs(entry.mean));
  });
});
