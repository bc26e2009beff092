import { existsSync } from "node:fs";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { decode } from "fast-png";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ConeView, cArmView, type View } from "../../src/geometry/index.js";
import {
  radiographProjections,
  readGeometry,
  readProjections,
  readRadiograph,
  readVolume,
  writeVolume,
} from "../../src/io/index.js";
import { gridCenter } from "../../src/volume/index.js";
import { cli, cliJson, smallCt, temporaryFolder, writeSmallCt } from "./cli.js";

let folder: string;
let ct: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  ct = await writeSmallCt(folder);
});
afterAll(() => rm(folder, { recursive: true }));

const small = ["--size", "24x30", "--pixel", "12,12", "--backend", "reference", "--quiet"];
const render = (name: string, ...more: string[]) => cli(["render", ct, "--out", join(folder, name), ...small, ...more]);

describe("render", () => {
  test("AP: the patient's right is on the left, the head up, bone bright", async () => {
    expect(await render("ap.png")).toMatchObject({ code: 0, stderr: "" });
    const { width, height, data, depth } = decode(await readFile(join(folder, "ap.png")));
    expect({ width, height, depth }).toEqual({ width: 30, height: 24, depth: 8 });
    let brightest = 0;
    for (let i = 0; i < data.length; i++) if (data[i] > data[brightest]) brightest = i;
    // the shoulder bone lies at x = 50 mm (right), z = 37 to 87 mm (up): magnified 1.2 times, 12 mm pixels
    expect(Math.floor(brightest / width)).toBeLessThan(height / 2);
    expect(brightest % width).toBeLessThan(width / 2);
    expect(data[0]).toBe(0);
  });

  test("16-bit pictures hold 65536 steps; --window sets black and white", async () => {
    await render("deep.png", "--bits", "16", "--window", "0,8");
    await render("deep.npy");
    const { data, depth } = decode(await readFile(join(folder, "deep.png")));
    const { values } = await readProjections(join(folder, "deep.npy"));
    expect(depth).toBe(16);
    values.forEach((value, i) => {
      expect(Math.abs(data[i] - Math.min(65535, (value / 8) * 65535))).toBeLessThanOrEqual(0.51);
    });
  });

  test("pose options are those of the conventions, and NIfTI and NPY hold the same line integrals", async () => {
    const pose = ["--rotation", "30,10,-5", "--translation", "5,700,-8", "--sdd", "900", "--offset", "3,-4"];
    await render("posed.npy", ...pose);
    await render("posed.nii.gz", ...pose);
    const [a, b] = [
      await readProjections(join(folder, "posed.npy")),
      await readProjections(join(folder, "posed.nii.gz")),
    ];
    expect([...b.values]).toEqual([...a.values]);
    const wanted = cArmView({
      detector: { rows: 24, columns: 30, pixelSize: [12, 12] },
      sdd: 900,
      isocenter: [0, 0, 0],
      rotationDeg: [30, 10, -5],
      translation: [5, 700, -8],
      offset: [3, -4],
    });
    for (const [field, expected] of Object.entries(wanted))
      if (field !== "beam")
        for (const [axis, value] of (expected as number[]).entries())
          expect((a.views[0] as unknown as Record<string, number[]>)[field][axis]).toBeCloseTo(value, 9);
  });

  test("a geometry file gives the views: one PNG each", async () => {
    await cli(["simulate", ct, "--views", "3", ...small, "--out", join(folder, "three.npy")]);
    const geometry = join(folder, "three.geometry.json");
    expect((await readGeometry(geometry)).views.length).toBe(3);
    const { stdout } = await cli(["render", ct, "--geometry", geometry, "--out", join(folder, "v.png"), "--quiet"]);
    for (const view of [0, 1, 2]) expect(stdout).toContain(join(folder, `v-${view}.png`));
  });

  test("--out drr.dcm is an RT image: its line integrals and its view are those of drr.npy, about the middle of the CT", async () => {
    const turned = ["--rotation", "30,10,5"];
    expect((await render("drr.dcm", ...turned)).code).toBe(0);
    await render("drr.npy", ...turned);
    const radiograph = await readRadiograph(join(folder, "drr.dcm"));
    const { values, views } = radiographProjections(radiograph);
    const wanted = await readProjections(join(folder, "drr.npy"));
    const largest = Math.max(...wanted.values);
    // 16 bits: half of a 65535th of the largest.
    for (const [i, value] of values.entries())
      if (Math.abs(value - wanted.values[i]) > (0.51 * largest) / 65535)
        expect(value, `pixel ${i}`).toBe(wanted.values[i]);
    const flat = (view: View) => [view.firstPixel, view.columnStep, view.rowStep, (view as ConeView).source].flat();
    for (const [i, mm] of flat(views[0]).entries()) expect(mm).toBeCloseTo(flat(wanted.views[0])[i], 8);
    const center = gridCenter(smallCt().grid);
    for (const [i, mm] of radiograph.rtImage!.isocenter!.entries()) expect(mm).toBeCloseTo(center[i], 8);
    const bits = await cliJson("render", ct, "--out", join(folder, "no.dcm"), "--bits", "8");
    expect(bits.json.error.defect).toBe("contradictory-options");
  });

  test("labels: the radiographs of all labels add up to the whole", async () => {
    const labels = join(folder, "labels.nii");
    const { grid, values } = smallCt();
    const marks = Uint8Array.from(values, (hu) => (hu > 500 ? 1 : 0));
    await writeVolume(labels, { quantity: "label", grid, values: marks });
    await render("part.npy", "--labels", labels, "--label", "0,1");
    await render("whole.npy");
    const read = async (name: string) => (await readProjections(join(folder, name))).values;
    const [soft, bone, whole] = [await read("part-label0.npy"), await read("part-label1.npy"), await read("whole.npy")];
    whole.forEach((value, i) => {
      expect(Math.abs(soft[i] + bone[i] - value)).toBeLessThan(1e-6);
    });
  });

  test.each([
    [["--geometry", "CT", "--size", "2x2"], "none of the geometries that are read"],
    [["--step", "1"], "--model trilinear"],
    [["--label", "1"], "go together"],
    [["--window", "3,1"], "the lower first"],
  ])("%j is refused: %s", async (options, words) => {
    const argv = options.map((option) => (option === "CT" ? ct : option));
    const { code, stderr } = await cli(["render", ct, "--out", join(folder, "no.png"), ...argv]);
    expect(code).toBe(2);
    expect(stderr).toContain(words);
    expect(existsSync(join(folder, "no.png"))).toBe(false);
  });

  test("rays that meet nothing are warned of, and no temporary file is left", async () => {
    const { stderr } = await cli([
      "render",
      ct,
      "--out",
      join(folder, "miss.npy"),
      "--offset",
      "5000,0",
      "--size",
      "2x2",
      "--pixel",
      "1,1",
    ]);
    expect(stderr).toContain("volume-not-seen");
    expect((await readdir(folder)).filter((name) => name.endsWith(".part"))).toEqual([]);
  });
});

describe("simulate", () => {
  test.each(["circular", "short-scan", "helical", "random", "parallel"])("a %s scan of 4 views", async (trajectory) => {
    const out = join(folder, `${trajectory}.npy`);
    const { code, json } = await cliJson(
      "simulate",
      ct,
      "--trajectory",
      trajectory,
      "--views",
      "4",
      ...small,
      "--out",
      out,
    );
    expect(code).toBe(0);
    expect(json.views).toBe(4);
    const { values, views, detector } = await readProjections(out);
    expect([views.length, detector.rows, detector.columns, values.length]).toEqual([4, 24, 30, 4 * 24 * 30]);
    expect(Math.max(...values)).toBeGreaterThan(1);
  });

  test("options of another trajectory are refused by name", async () => {
    const out = join(folder, "no.npy");
    const refused = async (...argv: string[]) => (await cliJson("simulate", ct, "--out", out, ...argv)).json.error;
    expect(await refused("--trajectory", "parallel", "--sid", "800")).toMatchObject({
      defect: "contradictory-options",
    });
    expect(await refused("--geometry", ct, "--views", "8")).toMatchObject({ defect: "contradictory-options" });
    expect(await refused("--turns", "2")).toMatchObject({ message: expect.stringContaining("circular") });
  });
});

test("compare: equal volumes have no error, a shifted one has; other shapes are refused", async () => {
  const other = join(folder, "warmer.nii");
  const volume = await readVolume(ct);
  await writeVolume(other, { ...volume, values: Int16Array.from(volume.values, (hu) => hu + 25) });
  const picture = join(folder, "difference.png");
  expect((await cliJson("compare", ct, ct)).json).toMatchObject({ mse: 0, psnr: null, ssim: 1 });
  const { json } = await cliJson("compare", other, ct, "--out", picture);
  // peak = the truth's maximum, 1500: 20 log10(1500 / 25)
  expect(json).toMatchObject({ kind: "volume", rmse: 25, largestDifference: 25 });
  expect(json.psnr).toBeCloseTo(20 * Math.log10(1500 / 25), 6);
  expect(decode(await readFile(picture)).channels).toBe(3);
  const stack = join(folder, "whole.npy");
  expect((await cliJson("compare", ct, stack)).json.error.code).toBe("SHAPE_MISMATCH");
});
