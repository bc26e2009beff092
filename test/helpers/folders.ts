import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Golden images and gradients of other libraries; `TOMOGRAD_GOLDEN` names another folder of the same form. */
export const goldenFolder = resolve(root, process.env.TOMOGRAD_GOLDEN ?? "../shared/golden");
/** Real scans and malformed files; `TOMOGRAD_DATA` names another folder of the same form. */
export const dataFolder = resolve(root, process.env.TOMOGRAD_DATA ?? "../shared/data");

export const hasGolden = existsSync(join(goldenFolder, "manifest.json"));
export const hasData = existsSync(join(dataFolder, "README.md"));

for (const [name, folder, found] of [
  ["TOMOGRAD_GOLDEN", goldenFolder, hasGolden],
  ["TOMOGRAD_DATA", dataFolder, hasData],
] as const)
  if (process.env[name] !== undefined && !found)
    throw new Error(`${name} names ${folder}, which holds no such data; correct it, or unset it to skip those tests`);

/** An entry of a manifest's list: the fields by which a case is chosen, never its name. */
export interface DataEntry {
  readonly file: string;
  readonly shape?: readonly number[];
  readonly note?: string;
  readonly wrong?: string;
  readonly action?: string;
  readonly tag?: string;
}

/** The first entry in `list` of a data folder's manifest that fits, with its path; undefined if there is none. */
export function dataCase(
  name: string,
  list: string,
  fits: (entry: DataEntry) => boolean,
): (DataEntry & { readonly path: string }) | undefined {
  const folder = join(dataFolder, name);
  if (!hasData || !existsSync(join(folder, "manifest.json"))) return undefined;
  const entry = (readManifest(folder)[list] as DataEntry[]).find(fits);
  return entry && { ...entry, path: join(folder, entry.file) };
}

/** A folder of DICOM slices with nothing wrong, the control of the malformed ones. */
export const goodSeries = (): string | undefined =>
  dataCase("malformed", "cases", ({ wrong, action }) => action === "read" && /^nothing|control/.test(wrong!))?.path;

/** A manifest of one of the two folders. */
// biome-ignore lint/suspicious/noExplicitAny: manifests are checked by the tests that read them
export const readManifest = (folder: string, name = "manifest.json"): any =>
  JSON.parse(readFileSync(join(folder, name), "utf8"));
