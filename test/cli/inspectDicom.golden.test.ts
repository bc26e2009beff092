import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { dataFolder, hasData, readManifest } from "../helpers/folders.js";
import { cliJson } from "./cli.js";

const folder = join(dataFolder, "dicom-transfer-syntaxes");
const present = hasData && existsSync(join(folder, "manifest.json"));
interface Entry {
  readonly file: string;
  readonly lossy?: boolean;
  readonly decoded: { readonly dtype: string; readonly shape: readonly number[]; readonly sha256: string };
}
const manifest = present ? readManifest(folder) : { encoded: [], constructed: [] };
const entries: Entry[] = [...manifest.encoded, ...manifest.constructed];

describe.skipIf(!present)("inspect --json of one DICOM file", () => {
  test.each(entries)("$file: frames, rows, columns, stored type and hash", async ({ file, lossy, decoded }) => {
    const { code, json } = await cliJson("inspect", join(folder, file));
    expect(code, JSON.stringify(json)).toBe(0);
    const [frames, rows, columns] = decoded.shape.length === 2 ? [1, ...decoded.shape] : decoded.shape;
    expect(json).toMatchObject({ frames, rows, columns, storedType: decoded.dtype });
    if (!lossy) expect(json.sha256).toBe(decoded.sha256);
    // A volume, or an image that says why it is none.
    expect(json.affine !== null || json.warnings[0].defect === "not-a-volume").toBe(true);
  });

  test.skipIf(!existsSync(join(dataFolder, "malformed")))(
    "a CT slice without pixel spacing is refused, not shown as a mere image",
    async () => {
      const { code, json } = await cliJson("inspect", join(dataFolder, "malformed", "dicom-no-pixelspacing.dcm"));
      expect(code).toBe(2);
      expect(json.error.defect).toBe("missing-tag");
    },
  );
});
