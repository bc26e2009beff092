import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Backend, createBackend } from "../../src/backend/index.js";
import { cArmView } from "../../src/geometry/index.js";
import { readVolume, writeVolume } from "../../src/io/index.js";
import { hounsfieldToAttenuation } from "../../src/physics/index.js";
import { createProjector, toDevice, toHost } from "../../src/projector/index.js";
import { crop, indexToWorld, type Volume } from "../../src/volume/index.js";
import { dataFolder, hasData } from "../helpers/folders.js";

const folder = join(dataFolder, "chest-lidc-idri-0001", "dicom");
const present = hasData && existsSync(folder);
const ENDINGS = ["nii", "nii.gz", "nrrd", "nhdr", "mha", "mhd", "npy", "npz", "h5", "tif", "zarr", "series/"];

let backend: Backend;
let out: string;

/** Line integrals from a C-arm that is turned about all three axes: a flipped or moved volume shows. */
async function drr(volume: Volume): Promise<Float32Array | Float64Array> {
  const detector = { rows: 60, columns: 80, pixelSize: [6, 6] } as const;
  const { size } = volume.grid;
  const isocenter = indexToWorld(volume.grid, [size[0] / 2, size[1] / 2, size[2] / 2]);
  const view = cArmView({
    detector,
    sdd: 1020,
    rotation: [0.3, 0.2, 0.1],
    parameterization: "euler_angles",
    convention: "ZXY",
    translation: [5, 850, -10],
    isocenter,
  });
  using A = createProjector({ backend, grid: volume.grid, detector, views: [view] });
  using x = toDevice(backend, hounsfieldToAttenuation(volume));
  using y = A.apply(x);
  return (await toHost(y)).values;
}

describe.skipIf(!present)("the chest CT in every format that is written", () => {
  let ct: Volume;
  let expected: Float32Array | Float64Array;
  beforeAll(async () => {
    out = await mkdtemp(join(tmpdir(), "tomograd-same-"));
    backend = await createBackend({ prefer: "wasm", threads: 1 });
    const whole = await readVolume(folder);
    // A part of every slice, an 8th of the bytes to write eleven times; its corner is a short decimal number of mm, as
    // DICOM keeps them.
    const [nx, ny, nz] = whole.grid.size;
    const size = [Math.ceil(nx / 2), Math.ceil(ny / 4), nz] as const;
    ct = crop(whole, { start: [Math.floor(nx / 4), Math.floor(ny / 4), 0], size });
    expected = await drr(ct);
  });
  afterAll(async () => {
    await backend[Symbol.asyncDispose]();
    await rm(out, { recursive: true });
  });

  test("its DRR shows something on a quarter of the pixels", () =>
    expect(expected.filter((value) => value > 0.1).length).toBeGreaterThan(expected.length / 4));

  test.each(ENDINGS)(".%s gives the DICOM's voxels, affine and DRR, byte for byte", async (ending) => {
    const path = join(out, `chest.${ending}`);
    await writeVolume(path, ct);
    const { values, grid, quantity, warnings } = await readVolume(path);
    expect(Buffer.compare(Buffer.from(values.buffer), Buffer.from(ct.values.buffer))).toBe(0);
    expect(grid.indexToWorld.map((x) => x + 0)).toEqual(ct.grid.indexToWorld.map((x) => x + 0));
    expect([quantity, warnings]).toEqual(["hounsfield", []]);
    expect(await drr({ values, grid, quantity })).toEqual(expected);
    await rm(path, { recursive: true });
  });
});
