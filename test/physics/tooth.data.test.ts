import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { parallelTrajectory } from "../../src/geometry/index.js";
import { findCenterOfRotation, type ImageStack, toLineIntegral, toTransmission } from "../../src/physics/index.js";
import { dataFolder, readManifest } from "../helpers/folders.js";

const folder = join(dataFolder, "projections", "tooth-parallel");
const has = existsSync(join(folder, "manifest.json"));

function stack(entry: { file: string; shape: number[] }): ImageStack {
  const bytes = gunzipSync(readFileSync(join(folder, entry.file)));
  const values = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  const [views, rows, columns] = entry.shape;
  return { views, rows, columns, values };
}

describe.skipIf(!has)("a measured tooth: counts, flats and darks of a parallel beam", () => {
  const manifest = has ? readManifest(folder) : undefined;

  test("line integrals are those that the manifest states, to 1e-6", () => {
    const counts = stack(manifest.data);
    const { values } = toTransmission(counts, { flats: stack(manifest.flats), darks: stack(manifest.darks) });
    const p = toLineIntegral(values);
    for (const { angle, row, column, value } of manifest.lineIntegral.probes)
      expect(Math.abs(p[(angle * counts.rows + row) * counts.columns + column] - value)).toBeLessThan(1e-6);
  });

  test("the center of rotation is found within half a pixel of the known column", () => {
    const counts = stack(manifest.data);
    const { values } = toTransmission(counts, { flats: stack(manifest.flats), darks: stack(manifest.darks) });
    const theta = readFileSync(join(folder, manifest.theta.file));
    const anglesDeg = Array.from({ length: counts.views }, (_, k) => theta.readDoubleLE(8 * k));
    const { rows, columns } = counts;
    const scan = parallelTrajectory({ detector: { rows, columns, pixelSize: [1, 1] }, anglesDeg });
    const { column, method, disagreement } = findCenterOfRotation({ ...scan, values: toLineIntegral(values) });
    console.log(
      `tooth: axis at column ${column.toFixed(2)} (known ${manifest.rotationAxisColumn}, bar 0.5) by ${method}, disagreement ${disagreement.toExponential(2)}`,
    );
    expect(Math.abs(column - manifest.rotationAxisColumn)).toBeLessThan(0.5);
  });
});
