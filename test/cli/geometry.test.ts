import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { readGeometry, readProjections } from "../../src/io/index.js";
import { cli, cliJson, temporaryFolder, writeSmallCt } from "./cli.js";

const options = ["--size", "9x12", "--pixel", "30,30", "--backend", "reference"];
let folder: string;
let ct: string;
const at = (name: string) => join(folder, name);
const simulate = async (out: string, ...more: string[]) => {
  const result = await cli(["simulate", ct, ...more, "--backend", "reference", "--out", at(out)]);
  expect(result.stderr, result.stderr).not.toMatch(/error/);
  return readProjections(at(out));
};

beforeAll(async () => {
  folder = await temporaryFolder();
  ct = await writeSmallCt(folder);
});

describe("tomograd convert-geometry", () => {
  test("from our JSON to each program and back: the scan of the file that came back is the scan", async () => {
    const first = await simulate("scan.npy", ...options, "--trajectory", "helical", "--views", "5", "--offset", "20,0");
    for (const [file, ...to] of [
      ["g.xml"],
      ["g.csv"],
      ["g.npy"],
      ["tigre.json", "--to", "tigre"],
      ["astra.json", "--to", "astra"],
      ["cv.json", "--to", "opencv"],
    ]) {
      const there = await cliJson("convert-geometry", at("scan.geometry.json"), at(file), ...to);
      const reversed = file === "g.xml" || file === "tigre.json";
      expect(there.json.warnings).toHaveLength(reversed ? 1 : 0);
      const size = file.startsWith("g.") ? ["--size", "9x12", "--pixel", "30,30"] : [];
      const scan = await simulate("back.npy", "--geometry", at(file), ...size);
      const again = reversed
        ? (await readProjections(at("back.npy"), { order: "view,-row,column", geometry: first })).values
        : scan.values;
      const largest = Math.max(...again.map((value, i) => Math.abs(value - first.values[i])));
      // P comes back to 1e-9 of itself, rays move by some 1e-6 mm in a volume of 1/mm 0.02; float32 stacks 1e-7
      expect(largest, file).toBeLessThan(1e-5 * Math.max(...first.values));
    }
  });

  test("RTK's file says no detector: it is asked for, and taken from --size and --pixel", async () => {
    const refused = await cliJson("convert-geometry", at("g.xml"), at("x.json"));
    expect(refused.json.error.defect).toBe("missing-detector");
    const result = await cliJson("convert-geometry", at("g.xml"), at("x.json"), "--size", "9x12", "--pixel", "30,30");
    expect(result.json).toMatchObject({ beam: "cone", views: 5, rows: "up" });
    expect((await readGeometry(at("x.json"))).views).toHaveLength(5);
  });

  test("a detector that contradicts the file is refused, as is a file that no program writes", async () => {
    const other = await cliJson("convert-geometry", at("tigre.json"), at("x.json"), "--size", "8x12");
    expect(other.json.error.defect).toBe("contradictory-options");
    await writeFile(at("letter.txt"), "Dear reader,\n");
    const letter = await cliJson("convert-geometry", at("letter.txt"), at("x.json"));
    expect(letter.json.error.defect).toBe("bad-magic");
  });
});

test("stacks of every format come out of simulate, and reconstruct reads a folder of TIFF with its order", async () => {
  for (const ending of ["tif", "mha", "nrrd", "nii.gz"])
    expect((await simulate(`s.${ending}`, ...options, "--views", "2")).values).toHaveLength(216);
  await mkdir(at("views"), { recursive: true });
  const scan = await simulate("one.tif", ...options, "--views", "1");
  for (const name of ["view1.tif", "view2.tif"]) await writeFile(at(`views/${name}`), await readFile(at("one.tif")));
  const both = await readProjections(at("views"), {
    geometry: { ...scan, views: [scan.views[0], scan.views[0]] },
  });
  expect(both.values.subarray(108)).toEqual(scan.values);
  const run = await cliJson("reconstruct", at("s.tif"), "--order", "row,view,column", "--out", at("r.nii"));
  expect(run.json.error.defect).toBe("inconsistent-geometry");
});

test("simulate on an arc and on the flat detector agree where both have rays, once the arc is resampled", async () => {
  const fan = ["--size", "1x60", "--pixel", "15,30", "--views", "3", "--sid", "600", "--sdd", "900"];
  const flat = await simulate("flat.npy", ...fan);
  const arc = await simulate("arc.npy", ...fan, "--detector-shape", "arc");
  expect(JSON.parse(await readFile(at("arc.geometry.json"), "utf8")).detector.shape).toBe("arc");
  expect(arc.warnings.map(({ defect }) => defect)).toContain("arc-resampled");
  const shift = (arc.detector.columns - 60) / 2;
  const at30 = (k: number) => arc.values[k * arc.detector.columns + shift + 30] - flat.values[60 * k + 30];
  const largest = Math.max(...flat.values);
  // beside the middle the arc's ray is the flat one to 15 mm (1/120)^2 / 12: interpolation of a coarse volume's edges remains
  for (const k of [0, 1, 2]) expect(Math.abs(at30(k))).toBeLessThan(0.01 * largest);
  let [difference, total] = [0, 0];
  for (let k = 0; k < 3; k++)
    for (let c = 0; c < 60; c++) {
      const value = flat.values[60 * k + c];
      difference += Math.abs(arc.values[k * arc.detector.columns + shift + c] - value);
      total += value;
    }
  expect(difference / total).toBeLessThan(0.02);
  const contradiction = await cliJson(
    "simulate",
    ct,
    "--detector-shape",
    "arc",
    "--trajectory",
    "parallel",
    "--out",
    at("p.npy"),
  );
  expect(contradiction.json.error.defect).toBe("not-representable");
});
