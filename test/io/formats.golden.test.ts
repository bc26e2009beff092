import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { isTomogradError } from "../../src/core/errors.js";
import { readImage, readVolume, type VolumeFile } from "../../src/io/index.js";
import { dataFolder, hasData, readManifest } from "../helpers/folders.js";

const folder = join(dataFolder, "formats");
const present = hasData && existsSync(join(folder, "manifest.json"));

interface Entry {
  readonly file: string;
  readonly note: string;
  readonly format: string;
  readonly storedType: string;
  /** [ni, nj, nk, further axes from the fastest on] */
  readonly shape: readonly number[] | null;
  readonly values?: readonly { readonly ijk: readonly number[]; readonly value: number | null | readonly number[] }[];
  readonly mean?: number | null;
  readonly dataset?: string;
  readonly spacing?: readonly number[];
  readonly affineXYZ?: readonly (readonly number[])[];
  readonly channels?: number;
  readonly tolerance?: number;
  readonly expect?: string;
}

const entries: Entry[] = present ? readManifest(folder).volumes : [];

/** What an entry asks for: an exact reading, or a refusal too. */
const allowed = ({ expect: wish = "read" }: Entry): readonly string[] => wish.split(" or ");
/** A picture of several numbers a pixel is no volume of numbers. */
const isColor = ({ channels = 1 }: Entry) => channels > 1;
const isPicture = ({ format, file }: Entry) => ["png", "jpeg"].includes(format) && /\.\w+$/.test(file);

describe.skipIf(!present)("files of other software", () => {
  test("every entry of the manifest asks for something that is known", () => {
    const known = ["read", "refuse", "complex"];
    expect(entries.filter((entry) => !allowed(entry).every((word) => known.includes(word)))).toEqual([]);
    expect(entries.filter((entry) => !existsSync(join(folder, entry.file)))).toEqual([]);
  });

  test.each(
    entries.map(
      (entry) => [`${entry.file} ${entry.dataset ?? ""}${entry.expect ? ` (${entry.expect})` : ""}`, entry] as const,
    ),
  )("%s", async (_, entry) => {
    const reading = isColor(entry) ? asImage(entry) : asVolume(entry);
    if (!allowed(entry).includes("refuse")) return await reading;
    // Refused by name, or read as the manifest says. Complex numbers make no volume.
    const failure: unknown = await reading.then(
      () => undefined,
      (error: unknown) => error,
    );
    if (failure === undefined && allowed(entry).includes("read")) return;
    if (!isTomogradError(failure)) throw failure ?? new Error(`${entry.file} was read`);
    expect(failure.code).toBe("UNSUPPORTED_FORMAT");
    expect(failure.detail.defect).toMatch(/^unsupported-(type|compression)$/);
  });

  test.each(entries.filter((entry) => isPicture(entry) && !entry.expect).map((entry) => [entry.file, entry] as const))(
    "%s as a gray image",
    async (_, entry) => {
      const [ni, nj] = entry.shape!;
      const gray = await readImage(join(folder, entry.file));
      expect([gray.channels, gray.values.length]).toEqual([1, ni * nj]);
      expect(gray.warnings.map(({ defect }) => defect)).toEqual(isColor(entry) ? ["color"] : []);
    },
  );
});

async function asVolume(entry: Entry): Promise<void> {
  const [ni, nj, nk = 1, ...others] = entry.shape ?? [];
  const frames = others.reduce((a, b) => a * b, 1);
  const tolerance = entry.tolerance ?? 0;
  let sum = 0;
  for (let frame = 0; frame < frames; frame++) {
    const volume = await readVolume(join(folder, entry.file), {
      ...(entry.dataset && { dataset: entry.dataset }),
      ...(frames > 1 && { frame }),
    });
    checkHeader(volume, entry, [ni, nj, nk], frames);
    for (const { ijk, value } of entry.values ?? []) {
      const [i, j, k = 0, ...rest] = ijk;
      // Of further axes the first of `shape` is the fastest.
      const at = rest.reduceRight((number, index, axis) => number * others[axis] + index, 0);
      if (at !== frame) continue;
      const found = volume.values[i + ni * (j + nj * k)];
      if (tolerance) expect(Math.abs(found - (value as number)), `${ijk}`).toBeLessThanOrEqual(tolerance);
      else expect(found, `${ijk}`).toBe(value ?? Number.NaN);
    }
    sum += (volume.values as Float64Array).reduce((a, b) => a + b, 0);
  }
  checkMean(sum / entry.shape!.reduce((a, b) => a * b, 1), entry);
}

function checkHeader(volume: VolumeFile, entry: Entry, size: readonly number[], frames: number): void {
  expect(volume.grid.size).toEqual(size);
  expect([volume.format, volume.type, volume.frames]).toEqual([entry.format, entry.storedType, frames]);
  expect(volume.quantity).toBe("unknown");
  expect(volume.warnings.map(({ defect }) => defect)).toContain("no-orientation");
  const [x, y, z] = entry.spacing ?? [1, 1, 1];
  const affine = entry.affineXYZ?.flat() ?? [x, 0, 0, 0, 0, y, 0, 0, 0, 0, z, 0, 0, 0, 0, 1];
  // Resolutions are ratios of two 32-bit integers; micrometers become millimeters by one product.
  affine.forEach((value, i) => void expect(volume.grid.indexToWorld[i]).toBeCloseTo(value, 6));
}

async function asImage(entry: Entry): Promise<void> {
  const [ni, nj] = entry.shape!;
  const channels = entry.channels ?? 1;
  const image = await readImage(join(folder, entry.file), { channels: "stored" });
  expect([image.columns, image.rows, image.channels, image.type]).toEqual([ni, nj, channels, entry.storedType]);
  const tolerance = entry.tolerance ?? 0;
  for (const { ijk, value } of entry.values ?? [])
    [value].flat().forEach((wanted, c) => {
      const found = image.values[(ijk[0] + ni * ijk[1]) * channels + c];
      expect(Math.abs(found - wanted!), `${ijk}: ${found}`).toBeLessThanOrEqual(tolerance);
    });
  checkMean((image.values as Uint16Array).reduce((a, b) => a + b, 0) / image.values.length, entry);
}

function checkMean(mean: number, entry: Entry): void {
  if (typeof entry.mean !== "number") return;
  // A lossy decoder's errors cancel in part; exact numbers add up in float64.
  expect(Math.abs(mean - entry.mean)).toBeLessThanOrEqual((entry.tolerance ?? 0) / 2 + 1e-9 * Math.abs(entry.mean));
}
