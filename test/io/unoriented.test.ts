import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodeNifti, readVolume, writeVolume } from "../../src/io/index.js";
import { npyPieces } from "../../src/io/npy.js";
import { joinPieces } from "../../src/io/valueBytes.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tomograd-unoriented-"));
});
afterAll(() => rm(folder, { recursive: true }));

const voxels = Int16Array.from({ length: 24 }, (_, i) => i - 5);
/** [nz][ny][nx] = [2][3][4] without an affine. */
const npy = joinPieces([...npyPieces(voxels, [2, 3, 4])]);
/** Directions and an origin in a space that is nobody's: all but the meaning of the axes is known. */
const nrrd = new TextEncoder().encode(
  "NRRD0005\ntype: uint8\ndimension: 3\nsizes: 2 2 2\nspace dimension: 3\nspace directions: (0,2,0) (1.1,0,0) (0,0,-3)\nspace origin: (0.1,5,6)\nencoding: raw\n\n\x01\x02\x03\x04\x05\x06\x07\x08",
);
const defects = ({ warnings }: { warnings: readonly { defect: string }[] }) => warnings.map(({ defect }) => defect);

describe("a file that does not say how it lies", () => {
  test.each(["nii", "nii.gz", "nrrd", "nhdr", "mha", "mhd", "npy", "npz", "mat", "tif", "zarr", "h5"])(
    "written as .%s still does not say it, and has the same voxels and affine",
    async (ending) => {
      for (const bytes of [npy, nrrd]) {
        const volume = await readVolume(bytes);
        expect(defects(volume)).toEqual(["no-orientation"]);
        const path = join(folder, `volume${volume.format}.${ending}`);
        await writeVolume(path, volume);
        const back = await readVolume(path);
        expect(defects(back)).toEqual(["no-orientation"]);
        expect(back.values).toEqual(volume.values);
        expect(back.grid.size).toEqual(volume.grid.size);
        // MetaImage divides by the spacing and multiplies with it.
        back.grid.indexToWorld.forEach((m, i) => void expect(m).toBeCloseTo(volume.grid.indexToWorld[i], 14));
      }
    },
  );

  test("NIfTI has both of its codes 0 then", async () => {
    const view = new DataView(encodeNifti(await readVolume(npy)).buffer);
    expect([view.getInt16(252, true), view.getInt16(254, true)]).toEqual([0, 0]);
  });

  test("is not written as DICOM until the option affine says how", async () => {
    const path = `${join(folder, "series")}/`;
    const error = await writeVolume(path, await readVolume(npy)).catch((thrown) => thrown);
    expect([error.code, error.detail.defect]).toEqual(["INVALID_ARGUMENT", "no-orientation"]);
    const affine = [-2, 0, 0, 7, 0, -2, 0, 8, 0, 0, 3, 9];
    await writeVolume(path, await readVolume(npy, { affine }));
    expect((await readVolume(path)).grid.indexToWorld.slice(0, 12)).toEqual(affine);
  });

  test("is told from one whose size of voxels is not known either", async () => {
    expect((await readVolume(npy)).warnings[0].message).toContain("voxels as 1 mm");
    expect((await readVolume(nrrd)).warnings[0].message).not.toContain("1 mm");
  });
});
