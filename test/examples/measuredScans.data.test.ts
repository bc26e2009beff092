import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { decode } from "fast-png";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dataFolder, readManifest } from "../helpers/folders.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
const built = existsSync(join(root, "dist/index.js"));

/** Folders of measured projections whose manifest has a field. */
const projections = join(dataFolder, "projections");
const having = (field: string) =>
  (existsSync(projections) ? readdirSync(projections) : [])
    .map((name) => join(projections, name))
    .filter((folder) => existsSync(join(folder, "manifest.json")))
    .map((folder) => ({ folder, manifest: JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")) }))
    .filter(({ manifest }) => manifest[field] !== undefined);

/** The CT of the phantom that the radiograph shows. */
const volumes = join(dataFolder, "volumes");
const skull = existsSync(join(volumes, "manifest.json"))
  ? readManifest(volumes).find(({ file }: { file: string }) => /skull/.test(file))?.file
  : undefined;

let out: string;
beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), "tomograd-measured-"));
});
afterAll(() => rm(out, { recursive: true }));
const run = (name: string, ...args: string[]) =>
  spawnSync(process.execPath, [join(root, "examples", name), ...args, "--out", out], { encoding: "utf8" });

describe.skipIf(!built || having("rotationAxisColumn").length === 0)("measured-tooth, a quarter of the columns", () => {
  for (const { folder, manifest } of having("rotationAxisColumn"))
    test("finds the axis to half a pixel, and the slice is sharper about it than about the middle column", async () => {
      const { status, stdout, stderr } = run("measured-tooth/main.mjs", folder, "--bin", "4", "--epochs", "6");
      expect(stderr).toBe("");
      expect(status).toBe(0);
      const column = Number(/axis at column ([\d.]+)/.exec(stdout)?.[1]);
      expect(Math.abs(column - manifest.rotationAxisColumn)).toBeLessThan(0.5);
      const figures = Object.fromEntries(
        [...stdout.matchAll(/^([\w-]+): mean (\S+) per pixel, entropy (\S+) bits,/gm)].map(
          ([, name, mean, entropy]) => [name, { mean: Number(mean), entropy: Number(entropy) }],
        ),
      );
      // doubled edges mix tissues to new levels
      expect(figures.fdk.entropy).toBeLessThan(0.95 * figures["fdk-middle-column"].entropy);
      expect(Math.abs(figures["fista-tv"].mean / figures.fdk.mean - 1)).toBeLessThan(0.05);
      const [, rows, columns] = manifest.data.shape;
      expect(rows).toBeGreaterThan(0);
      expect(decode(await readFile(join(out, "fdk.png")))).toMatchObject({ width: Math.floor(columns / 4) });
    });
});

describe.skipIf(!built || having("groundTruth").length === 0)("limited-angle, an eighth of the columns", () => {
  for (const { folder, manifest } of having("groundTruth")) {
    const narrow = manifest.scans.filter(
      ({ phantom, angleRange: [first, last] }: { phantom: string; angleRange: [number, number] }) =>
        manifest.groundTruth.files[phantom] && last - first <= 30,
    );
    test("of 30 degrees segments each disc with a correlation of 0.70 or more", () => {
      const names = narrow.map(({ name }: { name: string }) => name).join(",");
      const { status, stdout, stderr } = run("limited-angle/main.mjs", folder, "--bin", "8", "--scans", names);
      expect(stderr).toBe("");
      expect(status).toBe(0);
      const found = [...stdout.matchAll(/^([\w-]+), (\d+), ([\d.]+),/gm)];
      expect(found).toHaveLength(narrow.length);
      console.log(stdout);
      for (const [, , , correlation] of found) expect(Number(correlation)).toBeGreaterThan(0.7);
      // 9 s of a free core
    }, 240_000);
  }
});

describe.skipIf(!built || having("sourceToIsocentre_mm").length === 0 || !skull)(
  "measured-radiograph, one start",
  () => {
    for (const { folder } of having("sourceToIsocentre_mm"))
      test("places the phantom to a millimeter across the beam, and nearer than before along it", () => {
        const { status, stdout, stderr } = run(
          "measured-radiograph/main.mjs",
          folder,
          join(volumes, skull),
          "--starts",
          "1",
        );
        expect(stderr).toBe("");
        expect(status).toBe(0);
        const figures = [...stdout.matchAll(/median error ([\d.]+) mm before, ([\d.]+) mm after \(([\d.]+) across/g)];
        expect(figures).toHaveLength(2);
        for (const [, before, after, across] of figures) {
          expect(Number(across)).toBeLessThan(1);
          expect(Number(after)).toBeLessThan(0.5 * Number(before));
        }
        expect(existsSync(join(out, "radiograph.html"))).toBe(true);
      }, 120_000);
  },
);
