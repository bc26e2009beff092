import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type Decoded,
  encodeNifti,
  npyPieces,
  readNifti,
  readNpy,
  readProjections,
  readVolume,
  writeNpy,
  writeProjections,
  writeVolume,
} from "../../src/io/index.js";
import { typeInFile } from "../../src/io/writeVolume.js";
import type { Volume } from "../../src/volume/grid.js";
import { anyVolume, integerTypes, integerVolume } from "../helpers/volumes.js";

const float = (max: number) => fc.double({ min: -max, max, noNaN: true });

/** Numbers, -0 as 0, which is what JSON makes of it. */
const plain = (numbers: readonly number[]) => numbers.map((x) => x + 0);

const spanOf = (values: Volume["values"]) => {
  const all = Array.from(values);
  return Math.max(...all) - Math.min(...all);
};

/** A .nii of a header and voxels, nothing between them. */
function withoutExtension(header: Uint8Array, voxels: Uint8Array): Uint8Array {
  const bytes = Uint8Array.from([...header, 0, 0, 0, 0, ...voxels]);
  new DataView(bytes.buffer).setFloat32(108, 352, true);
  return bytes;
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tomograd-io-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("round trips", () => {
  test("an affine that float32 turns singular is refused, not written", () => {
    const volume: Volume = {
      quantity: "unknown",
      grid: { size: [1, 1, 1], indexToWorld: [1e-62, 0, 0, 0, 0, 1e-62, 0, 0, 0, 0, 1e-62, 0, 0, 0, 0, 1] },
      values: new Float32Array(1),
    };
    expect(() => encodeNifti(volume)).toThrowError(
      expect.objectContaining({
        code: "INVALID_GEOMETRY",
        detail: expect.objectContaining({ defect: "singular-affine" }),
      }),
    );
  });

  test("NIfTI: any shape, affine, type and quantity come back bit for bit, the sform to float32", () =>
    fc.assert(
      fc.asyncProperty(anyVolume, async (volume) => {
        const bytes = encodeNifti(volume);
        const back = await readNifti(bytes);
        expect(back.grid.size).toEqual(volume.grid.size);
        expect(plain(back.grid.indexToWorld)).toEqual(plain(volume.grid.indexToWorld));
        // An older reader, or one of other software, has the sform alone.
        const [first, second] = [bytes.slice(0, 348), bytes.slice(new DataView(bytes.buffer).getFloat32(108, true))];
        const others = await readNifti(withoutExtension(first, second));
        expect(plain(others.grid.indexToWorld)).toEqual(plain(volume.grid.indexToWorld.map(Math.fround)));
        expect(others.values).toEqual(volume.values);
        expect(back.values).toEqual(volume.values);
        expect(back.quantity).toBe(volume.quantity);
        expect(back.warnings).toEqual([]);
      }),
      { numRuns: 150 },
    ));

  test("NIfTI: the affine beside the sform counts only while the sform is its float32", async () => {
    const indexToWorld = [-0.7, 0, 0, 166.1, 0, 0.7, 0, -187.596878, 0, 0, 2.5, -340, 0, 0, 0, 1];
    const bytes = encodeNifti({
      quantity: "hounsfield",
      grid: { size: [2, 1, 1], indexToWorld },
      values: new Uint8Array(2),
    });
    expect((await readNifti(bytes)).grid.indexToWorld).toEqual(indexToWorld);
    // Another program moves the volume and keeps what it does not know.
    const view = new DataView(bytes.buffer);
    view.setFloat32(280 + 12, 10, true);
    view.setInt16(252, 0, true);
    const moved = await readNifti(bytes);
    expect(moved.grid.indexToWorld).toEqual([-0.7, 0, 0, 10, ...indexToWorld.slice(4)].map(Math.fround));
    expect(moved.warnings).toEqual([]);
  });

  test("NIfTI: the qform of a rigid affine, flipped or not, says the same as its sform", () =>
    fc.assert(
      fc.asyncProperty(
        fc.tuple(
          float(3),
          float(3),
          float(3),
          fc.boolean(),
          fc.array(fc.double({ min: 0.2, max: 5, noNaN: true }), { minLength: 3, maxLength: 3 }),
        ),
        async ([a, b, c, flip, s]) => {
          const [ca, sa, cb, sb, cc, sc] = [a, b, c].flatMap((x) => [Math.cos(x), Math.sin(x)]);
          const f = flip ? -1 : 1;
          const r = [
            ...[ca * cb, ca * sb * sc - sa * cc, f * (ca * sb * cc + sa * sc)],
            ...[sa * cb, sa * sb * sc + ca * cc, f * (sa * sb * cc - ca * sc)],
            ...[-sb, cb * sc, f * cb * cc],
          ];
          const m = [0, 1, 2].flatMap((row) => [...[0, 1, 2].map((k) => r[3 * row + k] * s[k]), 10 * row - 7]);
          const indexToWorld = [...m, 0, 0, 0, 1];
          const volume: Volume = {
            quantity: "unknown",
            grid: { size: [3, 2, 2], indexToWorld },
            values: new Uint8Array(12),
          };
          const bytes = encodeNifti(volume);
          const view = new DataView(bytes.buffer);
          expect(view.getInt16(252, true)).toBe(1);
          view.setInt16(254, 0, true);
          const { grid } = await readNifti(bytes);
          // Quaternion, spacing and offset are float32, with a few operations between.
          indexToWorld.forEach((value, i) => void expect(Math.abs(grid.indexToWorld[i] - value)).toBeLessThan(1e-5));
        },
      ),
      { numRuns: 100 },
    ));

  test("NIfTI: a sheared affine is written without qform", () => {
    const indexToWorld = [2, 0.9, 0, -14, 0, 3, -0.8, 9, 0.2, 0, 4, -21, 0, 0, 0, 1];
    const bytes = encodeNifti({
      quantity: "unknown",
      grid: { size: [1, 1, 1], indexToWorld },
      values: new Uint8Array(1),
    });
    expect(new DataView(bytes.buffer).getInt16(252, true)).toBe(0);
  });

  test(".npy: any shape and type comes back", () => {
    const arrays = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 4 }).chain((shape) => {
      const length = shape.reduce((a, b) => a * b, 1);
      const limits = { minLength: length, maxLength: length };
      const values: fc.Arbitrary<Decoded>[] = [
        fc.uint8Array(limits),
        fc.int8Array(limits),
        fc.int16Array(limits),
        fc.float32Array({ ...limits, noNaN: true }),
        fc.float64Array({ ...limits, noNaN: true }),
        fc.uint16Array(limits),
        fc.int32Array(limits),
        fc.uint32Array(limits),
      ];
      return fc.tuple(fc.constant(shape), fc.oneof(...values));
    });
    return fc.assert(
      fc.asyncProperty(arrays, async ([shape, values]) => {
        const pieces = npyPieces(values, shape);
        expect(pieces[0].length % 64).toBe(0);
        const back = await readNpy(new Blob(pieces as Uint8Array<ArrayBuffer>[]));
        expect(back.shape).toEqual(shape);
        expect(back.values).toEqual(values);
      }),
      { numRuns: 150 },
    );
  });

  test.each(["volume.nii", "volume.nii.gz"])(
    "%s: written by its ending, read by its content, nothing left beside",
    async (name) => {
      const [volume] = fc.sample(anyVolume, { numRuns: 1, seed: 5 });
      await writeVolume(join(folder, name), volume);
      const back = await readVolume(join(folder, name));
      expect(back.format).toBe("nifti-1");
      expect(back.values).toEqual(volume.values);
      expect(await readdir(folder)).toContain(name);
      expect((await readdir(folder)).filter((file) => file.endsWith(".part"))).toEqual([]);
    },
  );

  test.each(["volume.npy", "volume.npz", "volume.tif", "volume.mat"])(
    "%s: any volume comes back bit for bit, its affine too",
    (name) =>
      fc.assert(
        fc.asyncProperty(anyVolume, async (volume) => {
          const path = join(folder, name);
          await writeVolume(path, volume);
          const { grid, quantity, values, warnings } = await readVolume(path);
          expect(plain(grid.indexToWorld)).toEqual(plain(volume.grid.indexToWorld));
          expect({ size: grid.size, quantity, values }).toEqual({
            size: volume.grid.size,
            quantity: volume.quantity,
            values: volume.values,
          });
          expect(warnings).toEqual([]);
        }),
        { numRuns: 40 },
      ),
  );

  const ENDINGS = ["nii", "nii.gz", "hdr", "nrrd", "nhdr", "mha", "mhd", "npy", "npz", "zarr", "mat", "h5", "tif"];
  const held = integerTypes.flatMap((type) => ENDINGS.map((ending) => [type, ending] as const));
  test.each(held.filter(([type, ending]) => !(type.endsWith("64") && ending === "tif")))(
    "%s stays so in .%s: smallest, largest and others, labels too, on any grid",
    (type, ending) =>
      fc.assert(
        fc.asyncProperty(integerVolume(type, "sheared"), async (volume) => {
          const path = join(folder, `integers.${ending}`);
          await writeVolume(path, volume);
          const back = await readVolume(path);
          expect(back.type).toBe(type);
          expect(Array.from(back.values)).toEqual(Array.from(volume.values));
          expect({ size: back.grid.size, quantity: back.quantity }).toEqual({
            size: volume.grid.size,
            quantity: volume.quantity,
          });
          back.grid.indexToWorld.forEach((value, i) => {
            // MetaImage holds directions beside spacings: some units of 2e-16 of a spacing
            expect(Math.abs(value - volume.grid.indexToWorld[i])).toBeLessThanOrEqual(1e-12);
          });
          expect(back.warnings).toEqual([]);
        }),
        { numRuns: 4 },
      ),
  );

  test.each(integerTypes)("%s in a format that lacks it: exact, or refused or told", (type) =>
    fc.assert(
      fc.asyncProperty(integerVolume(type), async (volume) => {
        const span = spanOf(volume.values);
        for (const name of ["lacks.tif", "lacks/"]) {
          const path = join(folder, name);
          const dicom = name.endsWith("/");
          if (dicom && volume.quantity === "label" && span > 65535) {
            const refusal = { detail: { defect: "values-do-not-fit" } };
            await expect(writeVolume(path, volume)).rejects.toMatchObject(refusal);
            continue;
          }
          await writeVolume(path, volume);
          const back = await readVolume(path);
          const { type: told, warnings } = await typeInFile(path, volume);
          expect(back.type).toBe(told);
          const exact = !dicom || span <= 65535;
          // Readers order DICOM slices along rows x columns, whatever the array's order was.
          const sorted = (values: Volume["values"]) => Float64Array.from(values).sort();
          if (exact) expect(sorted(back.values)).toEqual(sorted(volume.values));
          else expect(warnings).toMatchObject([{ defect: "precision" }]);
          if (!dicom && told !== type) expect(warnings).toMatchObject([{ defect: "other-type" }]);
        }
      }),
      { numRuns: 6 },
    ),
  );

  test("a .npy array without metadata is [nz][ny][nx] and warns that it has no orientation", async () => {
    const path = join(folder, "array.npy");
    const values = Float32Array.from({ length: 24 }, (_, i) => i / 3);
    await writeNpy(path, values, [2, 3, 4]);
    const back = await readVolume(path, { quantity: "density" });
    expect([back.grid.size, back.values, back.quantity]).toEqual([[4, 3, 2], values, "density"]);
    expect(back.warnings.map(({ defect }) => defect)).toEqual(["no-orientation"]);
    const affine = [0, 2, 0, 5, 2, 0, 0, 6, 0, 0, -3, 7];
    const placed = await readVolume(path, { affine });
    expect(placed.grid.indexToWorld).toEqual([...affine, 0, 0, 0, 1]);
    expect(placed.warnings).toEqual([]);
    await expect(readVolume(path, { affine: affine.fill(1) })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      detail: { defect: "singular-affine" },
    });
  });

  test.each(["scan.npy", "scan.nii.gz"])(
    "projections as %s with their geometry beside come back bit for bit",
    async (name) => {
      const step = { columnStep: [-2, 0, 0], rowStep: [0, 0, -1.5] } as const;
      const projections = {
        about: "two views",
        detector: { rows: 3, columns: 4, pixelSize: [2, 1.5] },
        views: [
          { beam: "cone", source: [0, 850, 0], firstPixel: [3, -170, 1.5], ...step },
          { beam: "cone", source: [1 / 3, 840, 0], firstPixel: [3, -180, 1.5], ...step },
        ],
        values: Float32Array.from({ length: 24 }, (_, i) => Math.sqrt(i)),
      } as const;
      const path = join(folder, name);
      await writeProjections(path, projections);
      const { warnings, ...back } = await readProjections(path);
      expect(back).toEqual(projections);
      expect(warnings).toEqual([]);
      const wrong = { ...projections, detector: { ...projections.detector, rows: 2 } };
      await expect(readProjections(path, { geometry: wrong })).rejects.toMatchObject({ code: "SHAPE_MISMATCH" });
    },
  );
});
