import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { zipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { npyPieces, readVolume } from "../../src/io/index.js";
import { cli, cliJson, temporaryFolder } from "./cli.js";

const affine = "0,2,0,-3,2,0,0,-2,0,0,-4,5";
let folder: string;
let arrays: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  arrays = join(folder, "arrays.npz");
  const npy = (count: number, shape: readonly number[]) =>
    Uint8Array.from(
      npyPieces(
        Int16Array.from({ length: count }, (_, i) => i),
        shape,
      ).flatMap((part) => [...part]),
    );
  await writeFile(arrays, zipSync({ "ct.npy": npy(24, [2, 3, 4]), "mask.npy": npy(6, [2, 3]) }));
});
afterAll(() => rm(folder, { recursive: true }));

describe("files that do not say where they lie", () => {
  test("several arrays are listed with exit code 2", async () => {
    const { code, json } = await cliJson("inspect", arrays);
    expect([code, json.error.code, json.error.defect]).toEqual([2, "INVALID_ARGUMENT", "several-arrays"]);
    expect(json.error.message).toMatch(/ct \(2 x 3 x 4\), mask \(2 x 3\)/);
  });

  test("--dataset chooses, --affine places, by 12 or 16 numbers", async () => {
    const plain = await cliJson("inspect", arrays, "--dataset", "ct");
    expect([plain.json.shape, plain.json.warnings[0].defect]).toEqual([[4, 3, 2], "no-orientation"]);
    for (const numbers of [affine, `${affine},0,0,0,1`]) {
      const { json } = await cliJson("inspect", arrays, "--dataset", "ct", `--affine=${numbers}`, "--at", "3,0,1");
      expect(json.affine).toEqual([
        [0, 2, 0, -3],
        [2, 0, 0, -2],
        [0, 0, -4, 5],
        [0, 0, 0, 1],
      ]);
      expect([json.warnings, json.values]).toEqual([[], [15]]);
    }
  });

  test("an affine of 11 numbers, or one that folds the volume flat, is refused", async () => {
    expect((await cli(["inspect", arrays, "--affine", "1,0,0,0,0,1,0,0,0,0,1"])).stderr).toMatch(/12 or 16 numbers/);
    const { json } = await cliJson("inspect", arrays, "--dataset", "ct", "--affine", "1,0,0,0,0,1,0,0,0,0,0,0");
    expect(json.error.defect).toBe("singular-affine");
  });

  test.each(["placed.tif", "placed.npy", "placed.npz"])("convert keeps the given affine in %s", async (name) => {
    const path = join(folder, name);
    const { code } = await cli(["convert", arrays, path, "--dataset", "ct", `--affine=${affine}`]);
    expect(code).toBe(0);
    const volume = await readVolume(path);
    expect(volume.grid.indexToWorld).toEqual([...affine.split(",").map(Number), 0, 0, 0, 1]);
    expect([...volume.values]).toEqual(Array.from({ length: 24 }, (_, i) => i));
    expect(volume.warnings).toEqual([]);
  });
});
