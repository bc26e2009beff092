import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { decode } from "fast-png";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeNpy, writeVolume } from "../../src/io/index.js";
import { dataFolder, hasData } from "../helpers/folders.js";
import { cli, cliJson, smallCt, temporaryFolder, writeSmallCt } from "./cli.js";

let folder: string;
let ct: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  ct = await writeSmallCt(folder);
});
afterAll(() => rm(folder, { recursive: true }));

describe("inspect", () => {
  test("--json prints shape, affine by rows, type, quantity, range and warnings, and nothing else", async () => {
    const { code, json, stderr } = await cliJson("inspect", ct);
    expect(code).toBe(0);
    expect(json).toEqual({
      shape: [12, 10, 8],
      affine: [
        [20, 0, 0, -110],
        [0, 20, 0, -90],
        [0, 0, 25, -87.5],
        [0, 0, 0, 1],
      ],
      type: "int16",
      quantity: "hounsfield",
      spacing: [20, 20, 25],
      orientation: "RAS",
      range: [-1000, 1500],
      histogram: { from: -1000, to: 1500, counts: expect.any(Array) },
      warnings: [],
    });
    const counts: number[] = json.histogram.counts;
    expect([counts.length, counts.reduce((a, b) => a + b, 0)]).toEqual([32, 12 * 10 * 8]);
    expect(stderr.split("\n")[0]).toMatch(/^inspect: .*seconds$/);
  });

  test("--at, repeated, adds the values in that order", async () => {
    const { json } = await cliJson("inspect", ct, "--at", "8,4,5", "--at", "0,0,0", "--at", "5,3,2");
    expect(json.values).toEqual([1500, -1000, 700]);
  });

  test("a picture of three slices goes where --out says: axial 12 x 10, coronal and sagittal beside it", async () => {
    const path = join(folder, "new", "slices.png");
    const { code, stdout } = await cli(["inspect", ct, "--out", path]);
    expect(code).toBe(0);
    expect(stdout).toContain("axes run towards RAS");
    expect(stdout).toMatch(/^-1000 \|█[ ▁-█]{31}\| 1500 /m);
    expect(stdout).toContain(`wrote ${path}\n`);
    const { width, height, channels } = decode(await readFile(path));
    // square pixels of 20 mm: 240, 240 and 200 mm wide, 200 mm high, gaps of 8 pixels
    expect({ width, height, channels }).toEqual({ width: 12 + 12 + 10 + 16, height: 10, channels: 1 });
    expect(existsSync(`${path}.run.json`)).toBe(true);
  });

  test("what is suspicious is said: voxels ten times longer than wide, all of one value", async () => {
    const path = join(folder, "odd.nii");
    const grid = { size: [4, 4, 4], indexToWorld: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 10, 0, 0, 0, 0, 1] } as const;
    await writeVolume(path, { quantity: "attenuation", grid, values: new Float32Array(64).fill(2) });
    const { json } = await cliJson("inspect", path);
    expect(json.warnings.map(({ defect }: { defect: string }) => defect)).toEqual([
      "anisotropic-voxels",
      "constant-values",
    ]);
  });

  const grid = { size: [4, 4, 4], indexToWorld: smallCt().grid.indexToWorld } as const;
  const defects = (json: { warnings: { defect: string }[] }) => json.warnings.map(({ defect }) => defect);

  test("a sheared grid, padding, and HU without air or beyond metal are said", async () => {
    const path = join(folder, "suspicious.nii");
    const sheared = [1, 0, 0.1, 0, 0, 1, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1];
    const padded = Int16Array.from({ length: 64 }, (_, i) => (i < 16 ? -2048 : i));
    await writeVolume(path, { quantity: "hounsfield", grid: { ...grid, indexToWorld: sheared }, values: padded });
    const { json } = await cliJson("inspect", path);
    expect(defects(json)).toEqual(["sheared-grid", "padding-values"]);
    expect(json.warnings[1].message).toMatch(/^25 % of the voxels/);
    const shifted = Int16Array.from({ length: 64 }, (_, i) => 24 + i);
    await writeVolume(path, { quantity: "hounsfield", grid, values: shifted });
    expect(defects((await cliJson("inspect", path)).json)).toEqual(["suspicious-hounsfield"]);
    const metal = Float32Array.from({ length: 64 }, (_, i) => (i === 0 ? 1e6 : -1000));
    await writeVolume(path, { quantity: "hounsfield", grid, values: metal });
    expect(defects((await cliJson("inspect", path)).json)).toEqual(["suspicious-hounsfield"]);
  });

  test("numbers beyond float32's 24 bits have the warning precision, and keep their digits here", async () => {
    const path = join(folder, "wide.npy");
    for (const [first, expected] of [
      [2 ** 24, []],
      [2 ** 24 + 1, ["precision"]],
      [0.1, ["precision"]],
    ] as const) {
      const values = new Float64Array(64).fill(0).with(0, first);
      await writeVolume(path, { quantity: "density", grid, values });
      const { json } = await cliJson("inspect", path, "--at", "0,0,0");
      expect([json.type, json.values, defects(json)]).toEqual(["float64", [first], expected]);
    }
  });

  test("a file of several volumes has four sizes, and --at lists a value of each, or one", async () => {
    const path = join(folder, "series.npy");
    await writeNpy(
      path,
      Int16Array.from({ length: 48 }, (_, i) => i),
      [2, 2, 3, 4],
    );
    const at = ["--at", "1,2,1", "--at", "1,2,1,1"];
    const { json } = await cliJson("inspect", path, ...at);
    expect([json.shape, json.values]).toEqual([
      [4, 3, 2, 2],
      [[21, 45], 45],
    ]);
    expect(defects(json)).toContain("several-volumes");
    const one = (await cliJson("inspect", path, "--frame", "1", "--at", "1,2,1")).json;
    expect([one.shape, one.values]).toEqual([[4, 3, 2], [45]]);
    expect((await cliJson("inspect", path, "--at", "0,0,0,2")).json.error.defect).toBe("out-of-range");
  });

  test("voxels that are not finite are counted, and the range is that of the others", async () => {
    const path = join(folder, "nan.nii");
    const values = Float32Array.from({ length: 64 }, (_, i) => (i < 2 ? Number.NaN : i));
    await writeVolume(path, { quantity: "attenuation", grid: { ...smallCt().grid, size: [4, 4, 4] }, values });
    const { json } = await cliJson("inspect", path);
    expect(json.range).toEqual([2, 63]);
    expect(json.warnings).toEqual([{ defect: "non-finite-values", message: expect.stringContaining("2 ") }]);
  });
});

describe.skipIf(!hasData)("inspect on real files", () => {
  test("the DICOM chest: 512 x 512 x 133 in HU, its padding told to people", async () => {
    const dicom = join(dataFolder, "chest-lidc-idri-0001", "dicom");
    const { json } = await cliJson("inspect", dicom);
    expect(json).toMatchObject({ shape: [512, 512, 133], type: "int16", quantity: "hounsfield", range: [-2048, 3071] });
    expect(json.warnings).toEqual([
      { defect: "padding-values", message: expect.stringMatching(/^21 % of the voxels are padding .*-2048/) },
    ]);
  });
});
