import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readVolume } from "../../src/io/index.js";
import { dataFolder, hasData, readManifest } from "../helpers/folders.js";

const folder = join(dataFolder, "formats");
const present = hasData && existsSync(join(folder, "manifest.json"));

interface Entry {
  readonly file: string;
  readonly note: string;
  readonly format: string;
  readonly storedType: string;
  /** [ni, nj, nk, further axes] */
  readonly shape: readonly number[];
  readonly values: readonly { readonly ijk: readonly number[]; readonly value: number | null }[];
  readonly mean: number | null;
  readonly dataset?: string;
  readonly affineXYZ?: readonly (readonly number[])[];
}

const entries: Entry[] = present ? readManifest(folder).volumes : [];
const zarr = entries.filter(({ format }) => format === "zarr");

describe.skipIf(!present)("Zarr of other software", () => {
  test.each(zarr.map((entry) => [`${entry.file}: ${entry.note.slice(0, 60)}`, entry] as const))(
    "%s",
    async (_, entry) => {
      const [ni, nj, nk = 1] = entry.shape;
      const named = entry.dataset && { dataset: entry.dataset };
      const volume = await readVolume(join(folder, entry.file), named || {});
      const frames = entry.shape.slice(3).reduce((a, b) => a * b, 1);
      expect(volume.grid.size).toEqual([ni, nj, nk]);
      expect([volume.format, volume.type, volume.frames]).toEqual(["zarr", entry.storedType, frames]);
      expect(volume.warnings.map(({ defect }) => defect)).toContain("no-orientation");
      const affine = entry.affineXYZ?.flat() ?? [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
      // Micrometers become millimeters by one product.
      affine.forEach((value, i) => void expect(volume.grid.indexToWorld[i]).toBeCloseTo(value, 9));
      for (const { ijk, value } of entry.values) {
        const [i, j, k = 0] = ijk;
        expect(volume.values[i + ni * (j + nj * k)], `${ijk}`).toBe(value ?? Number.NaN);
      }
      if (entry.mean === null) return;
      const mean = (volume.values as Float64Array).reduce((a, b) => a + b, 0) / volume.values.length;
      expect(Math.abs(mean - entry.mean)).toBeLessThanOrEqual(1e-9 * Math.abs(entry.mean));
      const anonymous = await readVolume(join(folder, entry.file));
      expect(anonymous.values).toEqual(volume.values);
    },
  );
});
