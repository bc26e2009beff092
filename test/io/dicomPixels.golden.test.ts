import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { isTomogradError } from "../../src/core/errors.js";
import { openDicom } from "../../src/io/dicom/openDicom.js";
import { describePixels } from "../../src/io/dicom/pixelData.js";
import { toSource } from "../../src/io/index.js";
import { dataFolder, hasData, readManifest } from "../helpers/folders.js";

const folder = join(dataFolder, "dicom-transfer-syntaxes");
const present = hasData && existsSync(join(folder, "manifest.json"));
const hasPublic = present && existsSync(join(folder, "public", "manifest.json"));

/** What independent readers found in a file. */
interface Values {
  readonly sha256?: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly min: number;
  readonly max: number;
  readonly sum: number;
}

interface Entry {
  readonly file: string;
  readonly note: string;
  readonly lossy?: boolean;
  readonly decoded: Values;
}

interface PublicEntry {
  readonly file: string;
  readonly note: string;
  readonly transferSyntax: string;
  readonly readers?: Readonly<Record<string, Values>>;
  readonly readersAgree: boolean;
}

const manifest = present ? readManifest(folder) : { encoded: [], constructed: [] };
const entries: Entry[] = [...manifest.encoded, ...manifest.constructed];
const publicEntries: PublicEntry[] = hasPublic ? readManifest(join(folder, "public")) : [];
/** Syntaxes whose files may be lossy: there another reader's values are a measure, not the truth. */
const lossySyntax = /\.4\.(50|51|53|55|81|91|203)$/;

async function storedValues(file: string) {
  const pixels = describePixels(await openDicom(await toSource(join(folder, file))));
  const { frames, rows, columns, samples, type } = pixels;
  const hash = createHash("sha256");
  let [min, max, sum] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  for (let frame = 0; frame < frames; frame++) {
    const values = await pixels.readFrame(frame);
    hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    for (const value of values) {
      if (value < min) min = value;
      if (value > max) max = value;
      sum += value;
    }
  }
  const shape = [...(frames > 1 ? [frames] : []), rows, columns, ...(samples > 1 ? [samples] : [])];
  return { dtype: type, shape, sha256: hash.digest("hex"), min, max, sum };
}

/** The bar for lossy files: 2 gray levels at the ends, 0.1 % of the sum. */
function expectNear(found: Values, wanted: Values) {
  expect(found).toMatchObject({ dtype: wanted.dtype, shape: wanted.shape });
  expect(Math.abs(found.min - wanted.min), "minimum").toBeLessThanOrEqual(2);
  expect(Math.abs(found.max - wanted.max), "maximum").toBeLessThanOrEqual(2);
  expect(Math.abs(found.sum - wanted.sum), "sum").toBeLessThanOrEqual(1e-3 * Math.abs(wanted.sum));
}

describe.skipIf(!present)("DICOM pixels", () => {
  test.each(entries)("$file ($note) gives the stored values", async ({ file, lossy, decoded }) => {
    const found = await storedValues(file);
    if (lossy) expectNear(found, decoded);
    else expect(found).toMatchObject({ dtype: decoded.dtype, shape: decoded.shape, sha256: decoded.sha256 });
  });

  test.skipIf(!hasPublic).each(publicEntries)(
    "public/$file ($note) is read as others do, or refused",
    async (entry) => {
      const readers = Object.values(entry.readers ?? {}).filter(({ sha256 }) => sha256);
      const found = await storedValues(`public/${entry.file}`).catch((error) => error);
      if (readers.length === 0 || /short|refuse/.test(entry.note)) {
        expect(isTomogradError(found), `${found}`).toBe(true);
        return;
      }
      if (found instanceof Error) throw found;
      if (lossySyntax.test(entry.transferSyntax)) expectNear(found, readers[0]);
      else expect(found).toMatchObject({ dtype: readers[0].dtype, shape: readers[0].shape, sha256: readers[0].sha256 });
    },
  );
});
