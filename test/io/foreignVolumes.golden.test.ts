import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readVolume } from "../../src/io/index.js";
import { dataFolder, hasData, readManifest } from "../helpers/folders.js";

const folder = join(dataFolder, "oriented", "real");
const present = hasData && existsSync(join(folder, "manifest.json"));

interface Entry {
  readonly file: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  /** Of the values as stored, first axis fastest. */
  readonly sha256_kji: string;
  readonly affineRAS?: readonly (readonly number[])[];
  readonly project: string;
}

const entries: Entry[] = present ? readManifest(folder) : [];

describe.skipIf(!present)("volumes out of other projects' tests", () => {
  test.each(entries)("$file of $project: every voxel", async ({ file, shape, ...expected }) => {
    const [nx, ny, nz, frames = 1] = shape;
    const hash = createHash("sha256");
    let [sum, min, max] = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let frame = 0; frame < frames; frame++) {
      const volume = await readVolume(join(folder, file), { frame });
      expect(volume.grid.size).toEqual([nx, ny, nz]);
      expect([volume.type, volume.frames]).toEqual([expected.dtype, frames]);
      for (const value of volume.values) {
        sum += value;
        min = Math.min(min, value);
        max = Math.max(max, value);
      }
      hash.update(new Uint8Array(volume.values.buffer));
      // The manifest has five digits.
      expected.affineRAS?.flat().forEach((value, i) => {
        expect(Math.abs(volume.grid.indexToWorld[i] - value)).toBeLessThan(1e-4);
      });
    }
    expect({ sum, min, max, sha256: hash.digest("hex") }).toEqual({
      sum: expected.sum,
      min: expected.min,
      max: expected.max,
      sha256: expected.sha256_kji,
    });
  });
});
