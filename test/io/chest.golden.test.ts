import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { fileSource } from "#platform";
import { readDicom, readNifti, readVolume } from "../../src/io/index.js";
import { dataFolder, hasData, readManifest } from "../helpers/folders.js";

const folder = join(dataFolder, "chest-lidc-idri-0001");
const present = hasData && existsSync(join(folder, "facts.json"));
// biome-ignore lint/suspicious/noExplicitAny: facts are checked below
const facts: any = present ? readManifest(folder, "facts.json") : {};
const read = () => readVolume(join(folder, "dicom"));

describe.skipIf(!present)("the chest CT", () => {
  test("grid, affine, every voxel and probes are those of its facts; no warning", async () => {
    const ct = await read();
    expect(ct).toMatchObject({ format: "dicom", quantity: "hounsfield", type: "int16", warnings: [] });
    expect(ct.grid.size).toEqual([facts.columns, facts.rows, facts.slices]);
    facts.affineRAS_ijk.flat().forEach((value: number, i: number) => {
      expect(Math.abs(ct.grid.indexToWorld[i] - value)).toBeLessThan(1e-6);
    });
    for (const { slice_row_column, HU } of facts.probes) {
      const [k, j, i] = slice_row_column;
      expect(ct.values[i + facts.columns * (j + facts.rows * k)]).toBe(HU);
    }
    const stored = Int16Array.from(ct.values, (value) => value - facts.rescale.intercept);
    const sum = createHash("sha256").update(new Uint8Array(stored.buffer)).digest("hex");
    expect(sum).toBe(facts.stored.sha256_zyx);
  });

  test("no more than the volume and one slice is kept", async () => {
    const names = await readdir(join(folder, "dicom"));
    const sources = await Promise.all(names.map((name) => fileSource(join(folder, "dicom", name))));
    let largest = 0;
    const watched = sources.map((source) => ({
      ...source,
      read: async (offset: number, length: number) => {
        const bytes = await source.read(offset, length);
        largest = Math.max(largest, bytes.length);
        return bytes;
      },
      readInto: async (offset: number, target: Uint8Array) => {
        largest = Math.max(largest, target.length);
        return source.readInto!(offset, target);
      },
    }));
    const seen: number[] = [];
    const ct = await readDicom(watched, { onProgress: ({ done }) => seen.push(done) });
    expect(largest).toBe(2 * facts.rows * facts.columns);
    expect(ct.values).toBeInstanceOf(Int16Array);
    expect(seen).toEqual(Array.from({ length: facts.slices }, (_, i) => i + 1));
  });

  test("an aborted read stops", async () => {
    const controller = new AbortController();
    const reading = readVolume(join(folder, "dicom"), {
      signal: controller.signal,
      onProgress: ({ done }) => done === 3 && controller.abort(),
    });
    await expect(reading).rejects.toMatchObject({ code: "ABORTED" });
  });

  test("its label map is read with its own, row-reversed affine", async () => {
    const mask = await readNifti(join(folder, "mask.nii.gz"), { quantity: "label" });
    expect(mask).toMatchObject({ quantity: "label", type: "uint8" });
    expect(mask.grid.size).toEqual(facts.labels.shape_ijk);
    facts.labels.affineRAS.flat().forEach((value: number, i: number) => {
      expect(Math.abs(mask.grid.indexToWorld[i] - value)).toBeLessThan(1e-4);
    });
    expect(Array.from(mask.values).filter((label) => label > 0).length).toBe(facts.labels.voxelsLabelled);
  });

  test("the CT that the package ships has its extent, its mean (to 0.01 HU) and no corners below air", async () => {
    const small = await readVolume(
      fileURLToPath(new URL("../../data/chest-lidc-idri-0001-small.nii.gz", import.meta.url)),
    );
    expect(small).toMatchObject({ quantity: "hounsfield", type: "int16", warnings: [] });
    expect(small.grid.size).toEqual([128, 128, 67]);
    const values = Array.from(small.values);
    const low = values.reduce((a, b) => Math.min(a, b));
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    expect(low).toBe(-1000);
    // Rounding to whole HU pulls what is just above air down to -1000: 0.004 HU in the mean.
    expect(Math.abs(mean - facts.HU.meanClippedTo_minus1000)).toBeLessThan(0.01);
    const center = (size: readonly number[], m: readonly number[]) =>
      [0, 1, 2].map((row) => [0, 1, 2].reduce((x, k) => x + (m[4 * row + k] * (size[k] - 1)) / 2, m[4 * row + 3]));
    const [x, y, z] = center(small.grid.size, small.grid.indexToWorld);
    const [left, posterior, superior] = facts.geometricCentreLPS_mm;
    // float32 affine, 67 slices.
    expect(Math.hypot(x + left, y + posterior, z - superior)).toBeLessThan(1e-4);
  });
});
