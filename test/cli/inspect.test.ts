import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { decode } from "fast-png";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeVolume } from "../../src/io/index.js";
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
      range: [-1000, 1500],
      warnings: [],
    });
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
    expect((await cli(["inspect", dicom, "--no-picture", "--run-file", join(folder, "r.json")])).stdout).toContain(
      "21 % of the voxels are padding",
    );
  });
});
