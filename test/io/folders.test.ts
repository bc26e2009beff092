import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodeNifti, readVolume, writeVolume } from "../../src/io/index.js";
import type { Volume } from "../../src/volume/grid.js";

const volume: Volume = {
  quantity: "hounsfield",
  grid: { size: [4, 3, 2], indexToWorld: [2, 0, 0, -3, 0, 3, 0, 4, 0, 0, 4, 5, 0, 0, 0, 1] },
  values: Int16Array.from({ length: 24 }, (_, i) => i - 1000),
};
const content = ({ values, grid, quantity }: Volume) => ({ values, grid, quantity });
const refusal = (reading: Promise<unknown>) =>
  reading.then(
    () => undefined,
    ({ code, message, detail }) => ({ code, message, defect: detail?.defect }),
  );

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "tomograd-folders-"));
});
afterAll(() => rm(root, { recursive: true }));

/** A folder of its own with the files of a volume. */
async function folderWith(...names: string[]): Promise<string> {
  const folder = await mkdtemp(join(root, "one-"));
  for (const name of names) await writeVolume(join(folder, name), volume);
  return folder;
}
/** The same files as a browser's list. */
const asFiles = (paths: readonly string[]) =>
  Promise.all(paths.map(async (path) => new File([await readFile(path)], basename(path))));

describe("a folder, or the files of one volume", () => {
  test.each([
    ["a.nii", ["a.nii"]],
    ["a.hdr", ["a.hdr", "a.img"]],
    ["a.mhd", ["a.mhd", "a.raw"]],
    ["a.nhdr", ["a.nhdr", "a.raw.gz"]],
  ])("that hold the files of %s alone open by path as in a browser", async (name, files) => {
    const folder = await folderWith(name);
    const paths = files.map((file) => join(folder, file));
    for (const input of [folder, `${folder}/`, paths, await asFiles(paths)]) {
      const read = await readVolume(input);
      expect(content(read)).toEqual(volume);
      expect(read.warnings).toEqual([]);
    }
  });

  test("with two volumes are refused, by path as in a browser", async () => {
    const folder = await folderWith("a.nii", "b.nii");
    const paths = ["a.nii", "b.nii"].map((file) => join(folder, file));
    for (const input of [folder, paths, await asFiles(paths)])
      expect((await refusal(readVolume(input)))?.defect).toBe("no-slices");
  });

  test("of pictures in folders within are no stack", async () => {
    const folder = await folderWith();
    await mkdir(join(folder, "within"));
    const png = Buffer.from(
      "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==",
      "base64",
    );
    for (const name of ["1.png", "within/2.png"]) await writeFile(join(folder, name), png);
    expect((await refusal(readVolume(folder)))?.defect).toBe("no-slices");
    await copyFile(join(folder, "within/2.png"), join(folder, "2.png"));
    await rm(join(folder, "within"), { recursive: true });
    expect((await readVolume(folder)).grid.size).toEqual([1, 1, 2]);
  });
});

describe("what cannot be opened says what to do", () => {
  test("voxels without their header", async () => {
    const folder = await folderWith("a.hdr", "b.mhd");
    for (const name of ["a.img", "b.raw"])
      expect(await refusal(readVolume(join(folder, name)))).toMatchObject({
        code: "UNSUPPORTED_FORMAT",
        message: expect.stringContaining("open its header"),
      });
  });

  test("gzip around other formats than NIfTI", async () => {
    const folder = await folderWith("a.npy", "a.nrrd");
    for (const name of ["a.npy", "a.nrrd"]) {
      const path = join(folder, `${name}.gz`);
      await writeFile(path, gzipSync(await readFile(join(folder, name))));
      expect(await refusal(readVolume(path))).toMatchObject({
        defect: "unsupported-compression",
        message: expect.stringContaining("gunzip it"),
      });
    }
  });

  test("nothing, a number, a volume that is not there", async () => {
    for (const input of [null, undefined, 5] as unknown as string[])
      expect(await refusal(readVolume(input))).toMatchObject({ code: "INVALID_ARGUMENT", defect: "bad-input" });
    for (const [name, ending] of [
      ["npy", "npy"],
      ["tif", "tif"],
      ["nii", "nii"],
    ]) {
      const folder = await folderWith(`a.${ending}`);
      expect((await refusal(readVolume(join(folder, `a.${ending}`), { frame: 7 })))?.defect, name).toBe("out-of-range");
    }
  });

  test("a folder with other content is not replaced", async () => {
    const folder = await folderWith("keep.nii", "a.nii");
    for (const output of [`${folder}/`, join(`${folder}.zarr`)]) {
      await mkdir(output, { recursive: true });
      await writeFile(join(output, "other.txt"), "kept");
      expect(await refusal(writeVolume(output, volume))).toMatchObject({
        code: "WRITE_FAILED",
        defect: "folder-not-empty",
      });
      expect(await readFile(join(output, "other.txt"), "utf8")).toBe("kept");
    }
    const missing = join(folder, "none", "a.nii");
    expect(await refusal(writeVolume(missing, volume))).toMatchObject({ defect: "not-writable" });
  });
});

describe("NIfTI", () => {
  test(".hdr and .img are a pair that keeps all that .nii keeps", async () => {
    const folder = await folderWith();
    const thirds = volume.grid.indexToWorld.map((m, i) => (i < 12 ? m / 3 : m));
    const odd = { ...volume, grid: { ...volume.grid, indexToWorld: thirds } };
    await writeVolume(join(folder, "a.hdr"), odd);
    const read = await readVolume(join(folder, "a.hdr"));
    expect(content(read)).toEqual(odd);
    expect([read.format, (await readFile(join(folder, "a.img"))).length]).toEqual(["nifti-1", 48]);
  });

  test("the intent LABEL makes a label map", async () => {
    const bytes = encodeNifti({ ...volume, quantity: "unknown" });
    bytes.fill(0, 148, 228);
    expect((await readVolume(bytes)).quantity).toBe("unknown");
    new DataView(bytes.buffer).setInt16(68, 1002, true);
    expect((await readVolume(bytes)).quantity).toBe("label");
  });
});
