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

/** A manifest of one of the two folders. */
// biome-ignore lint/suspicious/noExplicitAny: manifests are checked by the tests that read them
export const readManifest = (folder: string, name = "manifest.json"): any =>
  JSON.parse(readFileSync(join(folder, name), "utf8"));
