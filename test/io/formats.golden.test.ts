import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { isTomogradError } from "../../src/core/errors.js";
import { readImage, readVolume, type VolumeFile, writeVolume } from "../../src/io/index.js";
import { matlabPieces } from "../../src/io/matlab/writeMatlab.js";
import { dataFolder, hasData, readManifest } from "../helpers/folders.js";

const folder = join(dataFolder, "formats");
const present = hasData && existsSync(join(folder, "manifest.json"));

interface Entry {
  readonly file: string;
  readonly note: string;
  readonly format: string;
  readonly writer: { readonly name: string };
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

/** What is written; all of it keeps affine and quantity. */
const ENDINGS = ["nii.gz", "nrrd", "mha", "npy", "npz", "mat", "h5", "tif", "zarr"];
const out = mkdtempSync(join(tmpdir(), "tomograd-formats-"));
afterAll(() => rmSync(out, { recursive: true }));

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

  const volumes = entries.filter((entry) => !isColor(entry) && !entry.expect);
  test.each(volumes.map((entry, n) => [entry.file, ENDINGS[n % ENDINGS.length], entry] as const))(
    "%s is placed by `affine`, is a label map if one says so, and converts to .%s",
    async (_, ending, entry) => {
      const affine = [0, 2, 0, -3, 2, 0, 0, -2, 0, 0, -4, 5];
      const named = entry.dataset ? { dataset: entry.dataset } : {};
      const labels = await readVolume(join(folder, entry.file), { ...named, affine, quantity: "label" });
      const kept = labels.warnings.map(({ defect }) => defect);
      expect(kept.filter((defect) => ["no-orientation", "orientation-replaced"].includes(defect))).toEqual([]);
      const path = join(out, `converted.${ending}`);
      await writeVolume(path, labels);
      const back = await readVolume(path);
      expect([back.quantity, back.grid]).toEqual(["label", labels.grid]);
      expect(labels.grid.indexToWorld).toEqual([...affine, 0, 0, 0, 1]);
      // Whole labels come back as integers, whatever they were.
      expect(Array.from(back.values)).toEqual(Array.from(labels.values));
      // Not-a-number is said again.
      expect(back.warnings.filter(({ defect }) => defect !== "non-finite-values")).toEqual([]);
    },
  );

  test("MATLAB arrays that scipy wrote uncompressed are written again byte for byte", async () => {
    const types = ["uint8", "int16", "float32", "float64"];
    let compared = 0;
    for (const { file, format, writer, shape, storedType } of entries) {
      if (format !== "mat" || writer.name !== "scipy" || shape?.length !== 3 || !types.includes(storedType)) continue;
      const bytes = readFileSync(join(folder, file));
      // A bare array called volume, of its own number type: not compressed, no structure, no other storage.
      const volume = await readVolume(bytes);
      const [, length] = new Uint32Array(bytes.buffer.slice(bytes.byteOffset + 128, bytes.byteOffset + 136));
      if (bytes[128] !== 14 || length !== bytes.length - 136 || bytes.indexOf("volume") !== 184) continue;
      if (bytes.length < volume.values.byteLength) continue;
      const written = Buffer.concat([...matlabPieces(volume)]);
      expect(Buffer.compare(written.subarray(128, bytes.length), bytes.subarray(128)), file).toBe(0);
      compared++;
    }
    expect(compared).toBeGreaterThan(0);
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
