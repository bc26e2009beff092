import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { boxResample, createGrid, type Volume } from "../../src/volume/index.js";
import { dataFolder, hasData } from "../helpers/folders.js";

/** The engine block: 256 x 256 x 128 bytes behind a NIfTI-1 header. */
function engine(): Volume {
  const bytes = gunzipSync(readFileSync(join(dataFolder, "volumes", "engine.nii.gz")));
  const start = bytes.readFloatLE(108);
  const values = new Uint8Array(bytes.subarray(start, start + 256 * 256 * 128));
  return { quantity: "unknown", grid: createGrid({ size: [256, 256, 128], spacing: [1, 1, 2] }), values };
}

describe.skipIf(!hasData)("the engine block reduced to 64³ by box averages", () => {
  test("has mean 0.08115 of 255 and cubic voxels of 4 mm", () => {
    const { grid, values } = boxResample(engine(), [64, 64, 64]);
    const mean = Array.from(values).reduce((sum, v) => sum + v, 0) / values.length / 255;
    expect(mean).toBeCloseTo(0.08115, 5);
    expect(grid.indexToWorld.filter((_, i) => i % 5 === 0)).toEqual([4, 4, 4, 1]);
  });
});
