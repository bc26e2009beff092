import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cross, dot, normalize, subtract, transformPoint, type Vec3 } from "../../src/core/linear.js";
import { type ConeView, cArmView, parallelTrajectory } from "../../src/geometry/index.js";
import {
  dicomSeriesFiles,
  encodeRtImage,
  radiographProjections,
  readRadiograph,
  readVolume,
  writeDicomSeries,
  writeImage,
  writeVolume,
} from "../../src/io/index.js";
import type { Volume } from "../../src/volume/grid.js";
import { anyVolume, readByItk } from "../helpers/volumes.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tomograd-dicom-out-"));
});
afterAll(() => rm(folder, { recursive: true }));

const column = ({ grid }: Volume, k: number): Vec3 => [
  grid.indexToWorld[k],
  grid.indexToWorld[4 + k],
  grid.indexToWorld[8 + k],
];
/** DICOM's rows and columns are orthogonal: the same volume with its second axis made so, and its third at least 0.05 mm from slice to slice. */
function straightened(volume: Volume): Volume {
  const [i, j, k] = [0, 1, 2].map((axis) => column(volume, axis));
  const along = normalize(i);
  const across = subtract(j, along.map((value) => value * dot(j, along)) as unknown as Vec3);
  const normal = normalize(cross(i, across));
  const height = dot(k, normal);
  const lift = Math.abs(height) < 0.05 ? normal.map((value) => value * (Math.sign(height) || 1)) : [0, 0, 0];
  const m = [...volume.grid.indexToWorld];
  for (let axis = 0; axis < 3; axis++) {
    m[4 * axis + 1] = across[axis];
    m[4 * axis + 2] = k[axis] + lift[axis];
  }
  return { ...volume, grid: { ...volume.grid, indexToWorld: m } };
}
/** Numbers as HU have them: float32 and float64 of random bits span more than 16 bits can tell apart. */
const bounded = (volume: Volume): Volume =>
  volume.values instanceof Float32Array || volume.values instanceof Float64Array
    ? { ...volume, values: volume.values.map((value) => 3000 * Math.sin(value)) as Volume["values"] }
    : volume;

const filesOf = async (volume: Volume) => [...(await dicomSeriesFiles(volume))].map(([, bytes]) => bytes);
const spanOf = (values: ArrayLike<number>) => {
  const all = Array.from(values);
  return Math.max(...all) - Math.min(...all);
};

describe("a volume written as a DICOM series", () => {
  test("comes back where it was: any shape, type, quantity, rotation, handedness and tilt", () =>
    fc.assert(
      fc.asyncProperty(anyVolume, async (any) => {
        const volume = bounded(straightened(any));
        const [nx, ny, nz] = volume.grid.size;
        const read = await readVolume(await filesOf(volume));
        expect(read.grid.size).toEqual(volume.grid.size);
        expect(read.quantity).toBe(volume.quantity);
        // Readers order slices along rows x columns: a left-handed stack comes back with its last slice first.
        const [i, j, k] = [0, 1, 2].map((axis) => column(volume, axis));
        const flipped = dot(cross(i, j), k) < 0;
        const whole = Array.from(volume.values).every(Number.isInteger);
        // Half a step, and what float32 keeps of 3000.
        const tolerance = whole ? 0 : (0.5 * spanOf(volume.values) * 1.0001) / 65535 + 1e-4;
        for (const index of [
          [0, 0, 0],
          [nx - 1, 0, 0],
          [0, ny - 1, 0],
          [nx - 1, ny - 1, nz - 1],
          [0, 0, nz - 1],
        ] as Vec3[]) {
          const theirs: Vec3 = flipped ? [index[0], index[1], nz - 1 - index[2]] : index;
          const at = ([a, b, c]: Vec3) => a + nx * (b + ny * c);
          expect(Math.abs(read.values[at(theirs)] - volume.values[at(index)])).toBeLessThanOrEqual(tolerance);
          const [there, here] = [
            transformPoint(read.grid.indexToWorld, theirs),
            transformPoint(volume.grid.indexToWorld, index),
          ];
          // Decimal strings have 16 characters: 1e-12 of cosines, 1e-11 of 500 mm.
          for (let axis = 0; axis < 3; axis++) expect(Math.abs(there[axis] - here[axis])).toBeLessThan(1e-9);
        }
        for (const { defect } of read.warnings)
          expect(["single-slice", "gantry-tilt", "sheared-grid"]).toContain(defect);
      }),
      { numRuns: 60 },
    ));

  const ct = (values: Volume["values"], quantity: Volume["quantity"] = "hounsfield"): Volume => ({
    quantity,
    grid: { size: [2, 1, 2], indexToWorld: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1] },
    values,
  });

  test("whole numbers survive exactly in any type, fractions to half a step, far from 0 too", async () => {
    for (const values of [
      Int16Array.of(-32768, -1024, 0, 32767),
      Float32Array.of(-1024, 3071, 1e4, 64511),
      Float64Array.of(1e6, 1e6 + 65535, 1e6 + 1, 1e6 + 2),
      Uint8Array.of(0, 1, 254, 255),
    ])
      expect([...(await readVolume(await filesOf(ct(values)))).values]).toEqual([...values]);
    const fractions = Float64Array.of(0.019, 0.0192, 0.05731, 0);
    const read = await readVolume(await filesOf(ct(fractions, "attenuation")));
    expect(read.quantity).toBe("attenuation");
    read.values.forEach(
      (value, i) => void expect(Math.abs(value - fractions[i])).toBeLessThan(0.5001 * (0.05731 / 65535)),
    );
    expect([...(await readVolume(await filesOf(ct(Float32Array.of(0.5, 0.5, 0.5, 0.5))))).values]).toEqual([
      0.5, 0.5, 0.5, 0.5,
    ]);
  });

  test("labels are stored as they are, or refused: rounded, they would name other things", async () => {
    const labels = Float64Array.of(70000, 70001, 135535, 70002);
    expect([...(await readVolume(await filesOf(ct(labels, "label")))).values]).toEqual([...labels]);
    for (const values of [
      Float64Array.of(0, 1, 65536, 2),
      Float64Array.of(0.5, 1, 2, 3),
      new Float32Array(4).fill(0.5),
    ])
      await expect(dicomSeriesFiles(ct(values, "label"))).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
        detail: { defect: "values-do-not-fit" },
      });
  });

  test("rows that are not at right angles to columns, and NaN, are refused by name", async () => {
    const volume = ct(new Int16Array(4));
    const sheared = {
      ...volume,
      grid: { ...volume.grid, indexToWorld: [1, 0.1, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1] },
    };
    await expect(dicomSeriesFiles(sheared)).rejects.toMatchObject({
      code: "INVALID_GEOMETRY",
      detail: { defect: "sheared-grid" },
    });
    await expect(dicomSeriesFiles(ct(Float32Array.of(0, Number.NaN, 0, 0)))).rejects.toMatchObject({
      code: "NOT_FINITE",
    });
    await expect(writeVolume(join(folder, "two.dcm"), volume)).rejects.toMatchObject({
      detail: { defect: "several-slices" },
    });
    const endless = writeDicomSeries(join(folder, "endless"), volume, { patientName: "X".repeat(65) });
    await expect(endless).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  test("a path that ends in / is a folder of slices; only its own slices are replaced; .dcm is one slice", async () => {
    const volume = ct(Int16Array.of(1, 2, 3, 4));
    const out = join(folder, "series");
    await writeVolume(`${out}/`, volume);
    expect(await readdir(out)).toEqual(["slice-0001.dcm", "slice-0002.dcm"]);
    await writeVolume(`${out}/`, ct(Int16Array.of(5, 6, 7, 8)));
    expect([...(await readVolume(out)).values]).toEqual([5, 6, 7, 8]);
    await writeFile(join(out, "notes.txt"), "mine");
    await expect(writeVolume(`${out}/`, volume)).rejects.toMatchObject({ code: "WRITE_FAILED" });
    expect([...(await readVolume(out)).values]).toEqual([5, 6, 7, 8]);
    const slice = { ...volume, grid: { ...volume.grid, size: [2, 2, 1] as const } };
    await writeVolume(join(folder, "one.dcm"), slice);
    expect([...(await readVolume(join(folder, "one.dcm"))).values]).toEqual([1, 2, 3, 4]);
  });

  test("equal volumes are equal files; identifiers are unique and differ with the content; a patient's name is kept", async () => {
    const uidsOf = (bytes: Uint8Array) => new TextDecoder("latin1").decode(bytes).match(/2\.25\.\d+/g)!;
    const [one, two] = await filesOf(ct(Int16Array.of(1, 2, 3, 4)));
    expect(await filesOf(ct(Int16Array.of(1, 2, 3, 4)))).toEqual([one, two]);
    const other = (await filesOf(ct(Int16Array.of(1, 2, 3, 5))))[1];
    // Instance (twice), implementation, study, series, frame of reference.
    const [uids, further] = [uidsOf(two), uidsOf(other)];
    expect(new Set([...uidsOf(one), ...uids]).size).toBe(6);
    expect(uids.filter((uid) => !further.includes(uid)).length).toBe(uids.length - 2);
    for (const uid of uids) expect(uid.length).toBeLessThanOrEqual(64);
    const identity = { patientName: "DOE^JANE", studyInstanceUid: "1.2.3", frameOfReferenceUid: "1.2.4" };
    await writeDicomSeries(join(folder, "named"), ct(Int16Array.of(1, 2, 3, 4)), identity);
    const { default: parser } = await import("dicom-parser");
    const { readFile } = await import("node:fs/promises");
    const set = parser.parseDicom(new Uint8Array(await readFile(join(folder, "named", "slice-0002.dcm"))));
    expect(["x00100010", "x0020000d", "x00200052", "x00080008"].map((tag) => set.string(tag))).toEqual([
      "DOE^JANE",
      "1.2.3",
      "1.2.4",
      "DERIVED\\SECONDARY\\AXIAL",
    ]);
  });
});

describe("what is written, read by the Insight Toolkit (GDCM)", () => {
  test("each slice of a rotated series has the place, directions, spacing and values of the affine", async () => {
    const [c, s] = [Math.cos(0.4), Math.sin(0.4)];
    const indexToWorld = [
      0.7 * c,
      0.9 * s * 0.6,
      -2.5 * s * 0.8,
      166,
      -0.7 * s,
      0.9 * c * 0.6,
      -2.5 * c * 0.8,
      -171.7,
      0,
      0.9 * 0.8,
      2.5 * 0.6,
      -340,
      0,
      0,
      0,
      1,
    ];
    const size: Vec3 = [4, 3, 2];
    const values = Int16Array.from({ length: 24 }, (_, i) => 100 * i - 1024);
    const out = join(folder, "rotated");
    await writeDicomSeries(out, { quantity: "hounsfield", grid: { size, indexToWorld }, values });
    for (const [k, name] of (await readdir(out)).entries()) {
      const itk = await readByItk(join(out, name));
      expect(itk.size.slice(0, 2)).toEqual([4, 3]);
      expect(itk.values).toEqual([...values.subarray(12 * k, 12 * (k + 1))]);
      const origin = transformPoint(indexToWorld, [0, 0, k]);
      const found = itk.indexToWorld;
      // ITK orthogonalizes the directions: a few units of the last of 14 digits.
      for (let axis = 0; axis < 3; axis++) {
        expect(found[4 * axis]).toBeCloseTo(indexToWorld[4 * axis], 9);
        expect(found[4 * axis + 1]).toBeCloseTo(indexToWorld[4 * axis + 1], 9);
        expect(found[4 * axis + 3]).toBeCloseTo(origin[axis], 9);
      }
    }
  });

  test("an RT image has the line integrals, by its rescale", async () => {
    const detector = { rows: 3, columns: 4, pixelSize: [0.8, 1.1] as const };
    const view = cArmView({ detector, sdd: 1020, translation: [0, 850, 0] });
    const values = Float32Array.from({ length: 12 }, (_, i) => Math.sqrt(i));
    const path = join(folder, "itk.dcm");
    await writeImage(path, { detector, views: [view], about: "", values });
    const itk = await readByItk(path);
    expect(itk.size.slice(0, 2)).toEqual([4, 3]);
    itk.values.forEach((value, i) => void expect(value).toBeCloseTo(values[i], 4));
  });
});

describe("a view written as a DICOM RT image", () => {
  const detector = { rows: 3, columns: 4, pixelSize: [0.8, 1.1] as const };
  const values = Float32Array.from({ length: 12 }, (_, i) => Math.sqrt(i));
  const angle = fc.double({ min: -180, max: 180, noNaN: true });
  const length = fc.double({ min: -60, max: 60, noNaN: true });

  test("comes back as the same view and line integrals, from any direction, orientation and offset", () =>
    fc.assert(
      fc.asyncProperty(
        fc.tuple(angle, angle, angle),
        fc.tuple(length, length, length),
        fc.constantFrom("AP" as const, "PA" as const, null),
        async (rotationDeg, isocenter, orientation) => {
          const translation: Vec3 =
            orientation === "AP" ? [3, 850, 4] : orientation === "PA" ? [3, -850, 4] : [3, 4, -850];
          const view = cArmView({
            detector,
            sdd: 1020,
            orientation,
            rotationDeg,
            translation,
            isocenter,
            offset: [5, -7],
          });
          const bytes = await encodeRtImage({ detector, views: [view], about: "", values }, { isocenter });
          const found = radiographProjections(await readRadiograph(bytes));
          expect(found.detector).toEqual(detector);
          expect(found.warnings).toEqual([]);
          // 16 characters hold 1e-13 of a cosine and 1e-11 of 1020 mm.
          for (const name of ["source", "firstPixel", "columnStep", "rowStep"] as const)
            (found.views[0] as ConeView)[name].forEach(
              (mm, axis) => void expect(Math.abs(mm - view[name][axis])).toBeLessThan(1e-8),
            );
          const step = Math.sqrt(11) / 65535;
          found.values.forEach((value, i) => void expect(Math.abs(value - values[i])).toBeLessThan(0.51 * step));
        },
      ),
      { numRuns: 60 },
    ));

  test("a frontal view needs no couch; the head's direction is a couch at 90 degrees", async () => {
    const facts = async (rotationDeg: Vec3) => {
      const view = cArmView({ detector, sdd: 1020, rotationDeg, translation: [0, 850, 0] });
      return (await readRadiograph(await encodeRtImage({ detector, views: [view], about: "", values }))).rtImage!;
    };
    expect(await facts([0, 0, 0])).toMatchObject({ gantryDeg: 0, patientSupportDeg: 0, plane: "NORMAL" });
    expect((await facts([90, 0, 0])).gantryDeg).toBeCloseTo(90, 9);
    expect(await facts([0, 90, 0])).toMatchObject({ patientSupportDeg: 270 });
  });

  test("writeImage writes .dcm; parallel beams, pictures without geometry and 8 bits are refused", async () => {
    const view = cArmView({ detector, sdd: 1020, translation: [0, 850, 0] });
    const projections = {
      detector,
      views: [view, view],
      about: "",
      values: Float32Array.of(...values, ...values.map((p) => p + 1)),
    };
    const path = join(folder, "drr.dcm");
    await writeImage(path, projections, { view: 1, window: [0, 3] });
    expect((await readRadiograph(path)).values[0]).toBeCloseTo(1, 4);
    const parallel = { ...parallelTrajectory({ detector, views: 1 }), values };
    await expect(writeImage(path, parallel)).rejects.toMatchObject({ detail: { defect: "not-a-cone-beam" } });
    await expect(writeImage(path, { rows: 3, columns: 4, values })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await expect(writeImage(path, projections, { bits: 8 })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await expect(writeImage(path, projections, { view: 2 })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await expect(writeImage(join(folder, "x.png"), projections, { isocenter: [0, 0, 0] })).rejects.toThrow(/isocenter/);
  });
});
