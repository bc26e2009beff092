import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readImage, readVolume } from "../../src/io/index.js";
import { dataFolder, hasData, readManifest } from "../helpers/folders.js";

const folder = join(dataFolder, "formats");
const present = hasData && existsSync(join(folder, "manifest.json"));

interface Entry {
  readonly file: string;
  readonly note: string;
  readonly format: string;
  readonly storedType: string;
  /** [ni, nj, nk, nt] */
  readonly shape: readonly number[] | null;
  readonly values: readonly { readonly ijk: readonly number[]; readonly value: number | readonly number[] }[];
  readonly mean: number;
  readonly dataset?: string;
  /** The slices of a folder. */
  readonly files?: readonly string[];
  readonly spacing?: readonly number[];
  readonly channels?: number;
  readonly tolerance?: number;
  readonly expect?: string;
}

const entries: Entry[] = present ? readManifest(folder).volumes : [];
const of = (...formats: string[]) => entries.filter(({ format }) => formats.includes(format));

const name = ({ file, dataset, note }: Entry) => `${file}${dataset ? ` ${dataset}` : ""}: ${note.slice(0, 60)}`;

describe.skipIf(!present)("volumes of other software", () => {
  const volumes = [...of("tiff", "npy", "npz", "mat"), ...of("png").filter(({ files }) => files)].filter(
    ({ channels, expect, file }) => !channels && !expect && file !== "mat-v73.mat",
  );
  test.each(volumes.map((entry) => [name(entry), entry] as const))("%s", async (_, entry) => {
    const shape = entry.shape!;
    const [ni, nj, nk = 1, frames = 1] = shape;
    let sum = 0;
    const last = frames === 1 ? [undefined] : Array.from({ length: frames }, (__, frame) => frame);
    for (const frame of last) {
      const volume = await readVolume(join(folder, entry.file), {
        ...(entry.dataset && { dataset: entry.dataset }),
        ...(frame !== undefined && { frame }),
      });
      expect(volume.grid.size).toEqual([ni, nj, nk]);
      expect([volume.type, volume.frames, volume.quantity]).toEqual([entry.storedType, frames, "unknown"]);
      expect(volume.warnings.map(({ defect }) => defect)).toContain("no-orientation");
      const m = volume.grid.indexToWorld;
      // Resolutions are ratios of two 32-bit integers.
      (entry.spacing ?? [1, 1, 1]).forEach((mm, i) => void expect(m[5 * i]).toBeCloseTo(mm, 6));
      for (const { ijk, value } of entry.values) {
        const [i, j, k = 0, t = 0] = ijk;
        if (t === (frame ?? 0)) expect(volume.values[i + ni * (j + nj * k)], `${ijk}`).toBe(value);
      }
      sum += (volume.values as Float64Array).reduce((a, b) => a + b, 0);
    }
    const mean = sum / shape.reduce((a, b) => a * b, 1);
    expect(Math.abs(mean - entry.mean)).toBeLessThanOrEqual(1e-9 * Math.abs(entry.mean));
  });
});

describe.skipIf(!present)("pictures of other software", () => {
  const pictures = [...of("png", "jpeg"), ...of("tiff").filter(({ channels }) => channels)].filter(
    ({ file, expect }) => !expect && /\.\w+$/.test(file),
  );
  test.each(pictures.map((entry) => [name(entry), entry] as const))("%s", async (_, entry) => {
    const [ni, nj] = entry.shape!;
    const channels = entry.channels ?? 1;
    const image = await readImage(join(folder, entry.file), { channels: "stored" });
    expect([image.columns, image.rows, image.channels, image.type]).toEqual([ni, nj, channels, entry.storedType]);
    const tolerance = entry.tolerance ?? 0;
    for (const { ijk, value } of entry.values)
      [value].flat().forEach((wanted, c) => {
        const found = image.values[(ijk[0] + ni * ijk[1]) * channels + c];
        expect(Math.abs(found - wanted), `${ijk}: ${found}`).toBeLessThanOrEqual(tolerance);
      });
    const mean = (image.values as Uint16Array).reduce((a, b) => a + b, 0) / image.values.length;
    expect(Math.abs(mean - entry.mean)).toBeLessThanOrEqual(tolerance / 2 + 1e-9 * entry.mean);
    const gray = await readImage(join(folder, entry.file));
    expect([gray.channels, gray.values.length]).toEqual([1, ni * nj]);
    expect(gray.warnings.map(({ defect }) => defect)).toEqual(channels > 1 ? ["color"] : []);
  });

  test("arithmetic coding is refused by name", async () => {
    for (const { file } of of("jpeg").filter(({ expect }) => expect))
      await expect(readImage(join(folder, file))).rejects.toMatchObject({
        code: "UNSUPPORTED_FORMAT",
        detail: { defect: "unsupported-compression" },
      });
  });

  test("objects and complex numbers are refused by name", async () => {
    for (const { file } of of("npy").filter(({ expect }) => expect))
      await expect(readVolume(join(folder, file))).rejects.toMatchObject({ detail: { defect: "unsupported-type" } });
  });
});
