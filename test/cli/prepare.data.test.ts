import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { dataFolder, readManifest } from "../helpers/folders.js";
import { cliJson, temporaryFolder } from "./cli.js";

const projections = join(dataFolder, "projections");
/** HDF5 files of counts (Data Exchange) beside a manifest that knows the axis. */
const files = (existsSync(projections) ? readdirSync(projections) : []).flatMap((name) => {
  const folder = join(projections, name);
  if (!existsSync(join(folder, "manifest.json"))) return [];
  const { rotationAxisColumn: axis } = readManifest(folder);
  if (axis === undefined) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith(".h5"))
    .map((file) => ({ path: join(folder, file), axis }));
});

describe.skipIf(files.length === 0)("tomograd prepare, HDF5 of a synchrotron", () => {
  for (const { path, axis } of files)
    test("reads counts, flats and darks of one file and finds the axis to half a pixel", async () => {
      const out = join(await temporaryFolder(), "scan.npy");
      const scan = ["--trajectory", "parallel", "--range", "180", "--pixel", "1,1", "--center", "auto"];
      const { code, json } = await cliJson("prepare", path, ...scan, "--rings", "sort", "--out", out);
      expect(code).toBe(0);
      console.log(`axis at column ${json.center.column.toFixed(2)} (known ${axis}, bar 0.5)`);
      expect(Math.abs(json.center.column - axis)).toBeLessThan(0.5);
      expect(existsSync(`${out}.html`)).toBe(true);
    });
});
