import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { parallelTrajectory } from "../../src/geometry/index.js";
import { readNpy, readProjections, toSource, writeNpy } from "../../src/io/index.js";
import { beamHardeningCorrection, createSpectrum, toIntensity } from "../../src/physics/index.js";
import { sheppLogan } from "../../src/volume/index.js";
import { cli, cliJson, temporaryFolder } from "./cli.js";

const [VIEWS, ROWS, COLUMNS] = [90, 2, 64];
const SHIFT = 1.5;
let folder: string;
let exact: Float64Array;
const path = (name: string) => join(folder, name);
const args = (...more: string[]) =>
  [
    "prepare",
    path("counts.npy"),
    ...["--flats", path("flats.npy"), "--darks", path("darks.npy"), "--trajectory", "parallel", "--range", "360"],
    ...["--pixel", "3.5,3.5", "--out", path("scan.npy"), ...more],
  ] as const;

beforeAll(async () => {
  folder = await temporaryFolder();
  const detector = { rows: ROWS, columns: COLUMNS, pixelSize: [3.5, 3.5] as const };
  const scan = parallelTrajectory({ detector, views: VIEWS, rangeDeg: 360, offset: [SHIFT * 3.5, 0] });
  exact = sheppLogan({ radius: 100, density: 0.01 }).project(scan).values;
  const transmission = toIntensity(exact);
  const gain = (i: number) => 20000 * (1 + 0.05 * Math.sin(3 * (i % COLUMNS)));
  const counts = Float32Array.from(transmission, (t, i) => 100 + gain(i) * t);
  // a dead pixel in row 0, column 10, and one value that is no number
  for (let view = 0; view < VIEWS; view++) counts[view * ROWS * COLUMNS + 10] = 100;
  counts[COLUMNS + 5] = Number.NaN;
  const flats = Float32Array.from({ length: 3 * ROWS * COLUMNS }, (_, i) =>
    i % (ROWS * COLUMNS) === 10 ? 101 : 100 + gain(i),
  );
  await writeNpy(path("counts.npy"), counts, [VIEWS, ROWS, COLUMNS]);
  await writeNpy(path("flats.npy"), flats, [3, ROWS, COLUMNS]);
  await writeNpy(path("darks.npy"), new Float32Array(2 * ROWS * COLUMNS).fill(100), [2, ROWS, COLUMNS]);
});

describe("tomograd prepare", () => {
  test("writes exact line integrals, a geometry with the center found to 0.05 pixel, weights, report and run file", async () => {
    const { code, json } = await cliJson(...args("--center", "auto"));
    expect(code).toBe(0);
    expect(json.found).toEqual({ deadPixels: 1, notFinite: 1, saturated: 0, starved: 0 });
    expect(json.warnings.map(({ defect }: { defect: string }) => defect)).toEqual(["dead-pixels", "non-finite-values"]);
    expect(Math.abs(json.center.column - (31.5 + SHIFT))).toBeLessThan(0.05);
    const { values, views } = await readProjections(path("scan.npy"));
    const { values: weights } = await readNpy(await toSource(path("scan.weights.npy")));
    let worst = 0;
    for (let i = 0; i < exact.length; i++)
      if (weights[i] === 1) worst = Math.max(worst, Math.abs(values[i] - exact[i]));
    // counts are float32: 2^-24 of 20000 over the smallest transmission, 0.15
    expect(worst).toBeLessThan(1e-5);
    expect(Array.from(weights).filter((weight) => weight === 0)).toHaveLength(VIEWS + 1);
    // angle 0 looks along -y with columns to the patient's left: the axis at x = 0 is seen at column 33
    const firstColumn = views[0].firstPixel[0] + 33 * views[0].columnStep[0];
    expect(Math.abs(firstColumn)).toBeLessThan(0.05 * 3.5);
    const page = await readFile(path("scan.npy.html"), "utf8");
    for (const text of ["Sinogram of row 1", "Center of rotation", "weights: white is measured", "tomograd prepare"])
      expect(page).toContain(text);
    expect(existsSync(path("scan.npy.run.json")) || existsSync(path("scan.run.json"))).toBe(true);
  });

  test("bins in counts, corrects water's hardening and reduces rings; each step is told", async () => {
    await writeFile(path("two.csv"), "energy,weight\n40,0.4\n80,0.6\n");
    const argv = args("--bin", "2x2", "--rings", "mean", "--spectrum", path("two.csv"), "--center", "16");
    const { code, stdout } = await cli([...argv, "--no-report"]);
    expect(code).toBe(0);
    for (const text of ["binning: 2 x 2", "rings: mean", "beam hardening: 0.9997", "axis at column 16.00"])
      expect(stdout).toContain(text);
    const { detector, values } = await readProjections(path("scan.npy"));
    expect([detector.rows, detector.columns, ...detector.pixelSize]).toEqual([1, 32, 7, 7]);
    // one block of the middle view by hand: mean of four transmissions, logarithm, polynomial; no stripe was found there
    const view = VIEWS / 2;
    let mean = 0;
    for (const row of [0, 1])
      for (const column of [30, 31]) mean += Math.exp(-exact[(view * ROWS + row) * COLUMNS + column]) / 4;
    const { coefficients } = beamHardeningCorrection({
      spectrum: createSpectrum([40, 80], [0.4, 0.6]),
      maximumPath: 400,
    });
    const expected = coefficients.reduce((sum, c, k) => sum + c * (-Math.log(mean)) ** (k + 1), 0);
    expect(Math.abs(values[view * 32 + 15] - expected)).toBeLessThan(1e-5);
  });

  test("refuses counts without I0, without views, and options that ask for nothing, each with its word", async () => {
    const refused = async (argv: readonly string[]) => {
      const { code, json } = await cliJson(...argv);
      expect(code).toBe(2);
      return json.error.defect;
    };
    const plain = ["prepare", path("counts.npy"), "--out", path("bad.npy")];
    expect(await refused(plain)).toBe("missing-option");
    expect(await refused([...plain, "--trajectory", "parallel", "--pixel", "1,1"])).toBe("missing-option");
    expect(await refused(args("--i0", "1000"))).toBe("contradictory-options");
    expect(await refused(args("--ring-window", "9"))).toBe("contradictory-options");
    expect(await refused(args("--sdd", "1000"))).toBe("contradictory-options");
    await writeFile(path("angles.txt"), "0 1 2 x");
    expect(
      await refused([...plain, "--trajectory", "parallel", "--pixel", "1,1", "--angles", path("angles.txt")]),
    ).toBe("bad-header");
    await writeFile(path("angles.txt"), "0 1 2");
    expect(
      await refused([...plain, "--trajectory", "parallel", "--pixel", "1,1", "--angles", path("angles.txt")]),
    ).toBe("inconsistent-geometry");
  });
});
