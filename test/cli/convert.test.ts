import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodeNifti, readVolume } from "../../src/io/index.js";
import { npyPieces } from "../../src/io/npy.js";
import { joinPieces } from "../../src/io/valueBytes.js";
import { dataCase } from "../helpers/folders.js";
import { cli, cliJson, smallCt, temporaryFolder, writeSmallCt } from "./cli.js";

let folder: string;
let ct: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  ct = await writeSmallCt(folder);
});
afterAll(() => rm(folder, { recursive: true }));

describe("convert", () => {
  test("a chain through every ending gives the first file's voxels, affine and quantity", async () => {
    let previous = ct;
    for (const ending of ["nrrd", "nhdr", "mha", "mhd", "npz", "npy", "mat", "hdf5", "tif", "zarr", "nii"]) {
      const next = join(folder, `volume.${ending}`);
      const { code, json } = await cliJson("convert", previous, next);
      expect(code, ending).toBe(0);
      expect(json).toMatchObject({ shape: [12, 10, 8], type: "int16", quantity: "hounsfield", warnings: [] });
      previous = next;
    }
    const { values, grid, quantity } = await readVolume(previous);
    expect({ values, grid, quantity }).toEqual(smallCt());
    expect(Buffer.compare(await readFile(previous), encodeNifti(smallCt()))).toBe(0);
  });

  test("the run file stands beside, holds both files of a detached image, and repeats to the same bytes", async () => {
    const out = join(folder, "again.nhdr");
    expect((await cli(["convert", ct, out])).stdout).toContain(`wrote ${out}\nwrote ${join(folder, "again.raw.gz")}\n`);
    const run = `${out}.run.json`;
    const record = JSON.parse(await readFile(run, "utf8"));
    expect(record.operation).toBe("convert");
    expect(record.outputs.map(({ path }: { path: string }) => path)).toEqual([out, join(folder, "again.raw.gz")]);
    const { code, stderr } = await cli(["run", run]);
    expect(code).toBe(0);
    expect(stderr.match(/the same bytes as then/g)).toHaveLength(2);
  });

  test("HDF5, whose library writes the time, repeats to the same bytes", async () => {
    const out = join(folder, "again.h5");
    await cli(["convert", ct, out]);
    const { code, stderr } = await cli(["run", `${out}.run.json`]);
    expect([code, stderr]).toEqual([0, expect.stringContaining("the same bytes as then")]);
  });

  test("a name that ends in / is a folder of DICOM slices, which repeats to the same bytes and comes back as it was", async () => {
    const out = `${join(folder, "series")}/`;
    const { json } = await cliJson("convert", ct, out);
    expect(json).toMatchObject({ shape: [12, 10, 8], type: "int16", quantity: "hounsfield", warnings: [] });
    const { values, grid, quantity } = await readVolume(out);
    expect({ values, grid, quantity }).toEqual(smallCt());
    await cli(["convert", ct, out]);
    const { code, stderr } = await cli(["run", `${join(folder, "series")}.run.json`]);
    expect([code, stderr]).toEqual([0, expect.stringContaining("the same bytes as then")]);
    const fraction = join(folder, "fraction.nii");
    const half = { ...smallCt(), values: Float32Array.from(smallCt().values, (value) => value / 2 + 0.25) };
    await writeFile(fraction, encodeNifti(half));
    const rounded = await cliJson("convert", fraction, out);
    expect(rounded.json).toMatchObject({ type: "uint16", warnings: [{ defect: "precision" }] });
    const file = await cliJson("convert", ct, join(folder, "volume.dcm"));
    expect([file.code, file.json.error.defect]).toEqual([2, "several-slices"]);
  });

  test("a file that does not say how it lies stays so, and becomes DICOM with --affine only", async () => {
    const plain = join(folder, "plain.npy");
    await writeFile(plain, joinPieces([...npyPieces(new Int16Array(24), [2, 3, 4])]));
    const out = join(folder, "plain.nrrd");
    expect((await cliJson("convert", plain, out)).json.warnings).toMatchObject([{ defect: "no-orientation" }]);
    expect((await cli(["inspect", out, "--no-picture"])).stdout).not.toContain("axes run towards");
    const series = `${join(folder, "plain-series")}/`;
    const refused = await cliJson("convert", out, series);
    expect([refused.code, refused.json.error.defect]).toEqual([2, "no-orientation"]);
    expect(refused.json.error.message).toContain("--affine");
    const { code } = await cliJson("convert", out, series, "--affine", "-1,0,0,0,0,-1,0,0,0,0,1,0");
    expect(code).toBe(0);
  });

  test("--encoding names the file beside the header; a format that has no such choice refuses it", async () => {
    const out = join(folder, "packed.mhd");
    const { json } = await cliJson("convert", ct, out, "--encoding", "compressed");
    expect(json.shape).toEqual([12, 10, 8]);
    const record = JSON.parse(await readFile(`${out}.run.json`, "utf8"));
    expect(record.outputs.map(({ path }: { path: string }) => path)).toEqual([out, join(folder, "packed.zraw")]);
    expect((await readVolume(out)).values).toEqual(smallCt().values);
    const text = await cliJson("convert", out, join(folder, "text.nrrd"), "--encoding", "text");
    expect([text.code, (await readVolume(join(folder, "text.nrrd"))).values]).toEqual([0, smallCt().values]);
    const idle = await cliJson("convert", ct, join(folder, "idle.nii.gz"), "--encoding", "compressed");
    expect([idle.code, idle.json.error.defect]).toEqual([2, "contradictory-options"]);
    const other = await cliJson("convert", ct, join(folder, "other-text.mha"), "--encoding", "text");
    expect([other.code, other.json.error.defect]).toEqual([2, "bad-option"]);
  });

  test("numbers keep their type from file to file; --type chooses another, and what that costs is told", async () => {
    const typed = join(folder, "typed.nii");
    const values = Float32Array.from(smallCt().values, (value, i) => (i === 0 ? 65535 : Math.abs(value)));
    await writeFile(typed, encodeNifti({ ...smallCt(), values }, { type: "uint16" }));
    for (const name of ["typed.nrrd", "typed.mha", "typed.tif", "typed.zarr", "typed/"]) {
      const { json } = await cliJson("convert", typed, join(folder, name));
      expect([name, json.type, json.warnings]).toEqual([name, "uint16", []]);
      expect((await readVolume(join(folder, name))).type).toBe("uint16");
    }
    const wider = await cliJson("convert", typed, join(folder, "wider.nrrd"), "--type", "int32");
    expect([wider.json.type, (await readVolume(join(folder, "wider.nrrd"))).type]).toEqual(["int32", "int32"]);
    const narrow = await cliJson("convert", typed, join(folder, "narrow.nrrd"), "--type", "int16");
    expect([narrow.code, narrow.json.error.defect]).toEqual([2, "values-do-not-fit"]);
    const long = join(folder, "long.nrrd");
    await cliJson("convert", typed, long, "--type", "int64");
    const { json } = await cliJson("convert", long, join(folder, "long.tif"));
    expect([json.type, json.warnings[0].defect]).toEqual(["float32", "other-type"]);
  });

  test("--quantity is what the new file says", async () => {
    const out = join(folder, "mask.mha");
    await cli(["convert", ct, out, "--quantity", "label"]);
    expect((await readVolume(out)).quantity).toBe("label");
  });

  test("an ending that nobody writes is refused before anything is read, so is the input as output", async () => {
    const unknown = await cliJson("convert", ct, join(folder, "volume.xyz"));
    expect([unknown.code, unknown.json.error.defect]).toEqual([2, "unknown-ending"]);
    const same = await cliJson("convert", ct, ct);
    expect([same.code, same.json.error.defect]).toEqual([2, "output-is-input"]);
    expect(existsSync(join(folder, "volume.xyz"))).toBe(false);
    await writeFile(join(folder, "other.raw"), "voxels of another header");
    const foreign = await cliJson("convert", ct, join(folder, "other.mhd"));
    expect([foreign.code, foreign.json.error.defect]).toEqual([2, "output-is-input"]);
  });

  test("the input is not replaced through a link", async () => {
    const [original, link] = [join(folder, "original.nii"), join(folder, "link.nii")];
    await writeFile(original, encodeNifti(smallCt()));
    await symlink(original, link);
    for (const argv of [
      [link, original],
      [original, link],
    ]) {
      const { code, json } = await cliJson("convert", ...argv);
      expect([code, json.error.defect]).toEqual([2, "output-is-input"]);
    }
    expect(Buffer.compare(await readFile(original), encodeNifti(smallCt()))).toBe(0);
  });

  test("the voxels of another header, the input's among them, are not replaced, even if the output is there", async () => {
    const own = await mkdtemp(join(folder, "detached-"));
    const [nhdr, mhd, raw] = ["scan.nhdr", "scan.mhd", "scan.raw"].map((name) => join(own, name));
    expect((await cliJson("convert", ct, mhd)).code).toBe(0);
    expect((await cliJson("convert", ct, mhd)).code).toBe(0);
    await writeFile(
      nhdr,
      "NRRD0005\ntype: int16\ndimension: 3\nsizes: 12 10 8\nendian: little\nencoding: raw\ndata file: scan.raw\n",
    );
    const voxels = await readFile(raw);
    for (const input of [ct, nhdr]) {
      const { code, json } = await cliJson("convert", input, mhd);
      expect([code, json.error.defect]).toEqual([2, "output-is-input"]);
      expect(json.error.message).toContain("scan.nhdr");
    }
    expect(await readFile(raw)).toEqual(voxels);
  });
});

describe("convert on real files", () => {
  const several = dataCase(
    "oriented",
    "volumes",
    ({ shape, note }) => shape!.length === 4 && shape![3] > 1 && !/refuse/.test(note!),
  );
  test.skipIf(!several)("one of several volumes, chosen by --frame", async () => {
    const { path: source, shape } = several!;
    const out = join(folder, "second.nrrd");
    const { json } = await cliJson("convert", source, out, "--frame", "1");
    expect(json).toMatchObject({ shape: shape!.slice(0, 3), frames: shape![3], warnings: [] });
    const [written, wanted] = [await readVolume(out), await readVolume(source, { frame: 1 })];
    expect([written.values, written.grid]).toEqual([wanted.values, wanted.grid]);
  });
});
