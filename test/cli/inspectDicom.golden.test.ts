import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseGeometry, readImage } from "../../src/io/index.js";
import { dataCase, dataFolder, hasData, readManifest } from "../helpers/folders.js";
import { cli, cliJson, temporaryFolder } from "./cli.js";

const folder = join(dataFolder, "dicom-transfer-syntaxes");
const present = hasData && existsSync(join(folder, "manifest.json"));
interface Entry {
  readonly file: string;
  readonly lossy?: boolean;
  readonly primaryAnglesDeg?: readonly number[];
  readonly decoded: { readonly dtype: string; readonly shape: readonly number[]; readonly sha256: string };
}
/** A file of a public test set, and what independent readers found in it. */
interface PublicEntry {
  readonly file: string;
  readonly note: string;
  readonly transferSyntax: string;
  readonly readers?: Readonly<Record<string, { dtype: string; shape: readonly number[]; sha256?: string }>>;
}
const hasPublic = present && existsSync(join(folder, "public", "manifest.json"));
const publicEntries: PublicEntry[] = hasPublic ? readManifest(join(folder, "public")) : [];
/** Syntaxes whose files may be lossy: there another reader's values are a measure, not the truth. */
const lossySyntax = /\.4\.(50|51|53|55|81|91|203)$/;
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

  test.skipIf(!hasPublic).each(publicEntries)(
    "public/$file ($note): frames, rows, columns, stored type and hash as other readers have them, or a defect",
    async ({ file, note, transferSyntax, readers }) => {
      const { code, json } = await cliJson("inspect", join(folder, "public", file));
      const found = Object.values(readers ?? {}).find(({ sha256 }) => sha256);
      if (!found || /short|refuse/.test(note)) {
        expect(code).toBe(2);
        expect(json.error.defect).toMatch(/^[a-z-]+$/);
        return;
      }
      expect(code, JSON.stringify(json)).toBe(0);
      const { frames, rows, columns, storedType, sha256 } = json;
      expect(storedType).toBe(found.dtype);
      const size = found.shape.reduce((product, n) => product * n, 1);
      expect([1, 3]).toContain(size / (frames * rows * columns));
      expect(found.shape.slice(frames > 1 ? 1 : 0).slice(0, 2)).toEqual([rows, columns]);
      if (!lossySyntax.test(transferSyntax)) expect(sha256).toBe(found.sha256);
    },
  );

  test.each(entries.filter(({ primaryAnglesDeg }) => primaryAnglesDeg))(
    "$file: an X-ray image's geometry as `radiograph`, with a view for each frame; people get lines and a picture",
    async ({ file, primaryAnglesDeg }) => {
      const path = join(folder, file);
      const { radiograph } = (await cliJson("inspect", path)).json;
      expect(radiograph.anglesDeg.map(([primary]: [number]) => primary)).toEqual(primaryAnglesDeg);
      expect((await parseGeometry(radiograph.geometry)).views).toHaveLength(primaryAnglesDeg!.length);
      const picture = join(await temporaryFolder(), "frame.png");
      const { stdout } = await cli(["inspect", path, "--out", picture]);
      expect(stdout).toMatch(/source to detector \d+ mm/);
      expect(stdout).toContain(primaryAnglesDeg!.map((angle) => `${angle}/0`).join(", "));
      const { rows, columns } = await readImage(picture);
      expect([rows, columns]).toEqual([radiograph.rows, radiograph.columns]);
    },
  );

  const unspaced = dataCase("malformed", "cases", ({ action, tag }) => action === "refuse" && tag === "(0028,0030)");
  test.skipIf(!unspaced)("a CT slice without pixel spacing is refused, not shown as a mere image", async () => {
    const { code, json } = await cliJson("inspect", unspaced!.path);
    expect(code).toBe(2);
    expect(json.error.defect).toBe("missing-tag");
  });
});
