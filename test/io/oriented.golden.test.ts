import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { isTomogradError } from "../../src/core/errors.js";
import { readVolume } from "../../src/io/index.js";
import { dataFolder, hasData, readManifest } from "../helpers/folders.js";

const folder = join(dataFolder, "oriented");
const present = hasData && existsSync(join(folder, "manifest.json"));

interface Entry {
  readonly file: string;
  readonly note: string;
  readonly shape: readonly number[];
  readonly storedType: string;
  readonly affineRAS: readonly (readonly number[])[];
  readonly affineTolerance: number;
  readonly values: readonly { readonly ijk: readonly number[]; readonly value: number | readonly number[] }[];
  readonly mean: number;
  readonly warning?: string;
}

const entries: Entry[] = present ? readManifest(folder).volumes : [];
/** The manifest's note lets a reader refuse complex numbers, colors and rare encodings by name. */
const mayBeRefused = ({ note }: Entry) => /\brefuse\b/.test(note);
const warningDefects: Readonly<Record<string, string>> = {
  "no orientation": "no-orientation",
  "sform and qform disagree": "sform-qform-disagree",
};

describe.skipIf(!present)("small volumes with tricky headers", () => {
  test.each(entries)("$file: $note", async (entry) => {
    if (mayBeRefused(entry)) {
      const error = await readVolume(join(folder, entry.file)).then(
        () => undefined,
        (thrown) => thrown,
      );
      if (error) {
        expect(isTomogradError(error, "UNSUPPORTED_FORMAT")).toBe(true);
        expect(["unsupported-encoding", "unsupported-type"]).toContain(error.detail.defect);
        return;
      }
    }
    const [nx, ny, nz, frames = 1] = entry.shape;
    let sum = 0;
    for (let frame = 0; frame < frames; frame++) {
      const volume = await readVolume(join(folder, entry.file), { frame });
      expect(volume.grid.size).toEqual([nx, ny, nz]);
      expect(volume.frames).toBe(frames);
      expect(volume.type).toBe(entry.storedType);
      entry.affineRAS.flat().forEach((expected, i) => {
        expect(Math.abs(volume.grid.indexToWorld[i] - expected)).toBeLessThanOrEqual(entry.affineTolerance);
      });
      for (const { ijk, value } of entry.values) {
        const [i, j, k] = ijk;
        const expected = typeof value === "number" ? value : value[frame];
        // Scaled values pass through float32, the expected ones too.
        expect(volume.values[i + nx * (j + ny * k)]).toBeCloseTo(expected, 3);
      }
      for (const value of volume.values) sum += value;
      const defects = volume.warnings.map((warning) => warning.defect);
      expect(defects).toEqual(entry.warning ? [warningDefects[entry.warning]] : []);
    }
    expect(sum / (nx * ny * nz * frames)).toBeCloseTo(entry.mean, 3);
  });
});
