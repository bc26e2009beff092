import { existsSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readVolume, writeNpy, writeVolume } from "../../src/io/index.js";
import { hounsfieldToAttenuation } from "../../src/physics/index.js";
import { dataFolder, readManifest } from "../helpers/folders.js";
import { INTERNAL } from "../helpers/refusalWords.js";
import { cli, cliJson, smallCt, temporaryFolder, writeSmallCt } from "./cli.js";

let folder: string;
let ct: string;
let scan: string;
let attenuation: string;
let labels: string;
const at = (name: string) => join(folder, name);
const small = ["--size", "12x16", "--pixel", "24,24", "--backend", "reference"];
beforeAll(async () => {
  folder = await temporaryFolder();
  ct = await writeSmallCt(folder);
  scan = at("scan.npy");
  attenuation = at("mu.nii");
  labels = at("labels.nii");
  await cli(["simulate", ct, "--views", "6", ...small, "--out", scan]);
  const volume = smallCt();
  await writeVolume(attenuation, hounsfieldToAttenuation(volume));
  const bone = Uint8Array.from(volume.values, (hu) => (hu > 500 ? 1 : 0));
  await writeVolume(labels, { ...volume, quantity: "label", values: bone });
});
afterAll(() => rm(folder, { recursive: true }));

/** A copy of the small CT with other values. */
async function withValues(name: string, change: (hu: number, index: number) => number): Promise<string> {
  const volume = smallCt();
  await writeVolume(at(name), { ...volume, values: Float32Array.from(volume.values, change) });
  return at(name);
}
const refusal = async (...argv: string[]) => (await cliJson(...argv)).json.error;
const defects = ({ json }: { json: { warnings: { defect: string }[] } }) => json.warnings.map(({ defect }) => defect);
const render = (volume: string, ...more: string[]) =>
  cliJson("render", volume, ...small, "--out", at("drr.npy"), ...more);

describe("work that no machine can do is refused before it is begun, within a second", () => {
  test.each([
    [["simulate", "--views", "100000000"], "--views"],
    [["simulate", "--views", "100000000", "--size", "1x1"], "--views"],
    [["render", "--size", "9999999999x1"], "--size"],
    [["render", "--model", "trilinear", "--step", "1e-9"], "--step"],
  ])("%j: too-large", async ([command, ...more], words) => {
    const started = performance.now();
    const { code, json } = await cliJson(command, ct, "--out", at("large.npy"), ...more);
    expect(code).toBe(2);
    expect(json.error).toMatchObject({ code: "TOO_LARGE", defect: "too-large" });
    expect(json.error.message).toContain(words);
    expect(performance.now() - started).toBeLessThan(1000);
  });

  test("the first line says a time that grows with the rays", async () => {
    const first = async (size: string) =>
      (await cli(["render", "absent.nii", "--out", at("x.png"), "--size", size])).stderr;
    expect(await first("256x256")).toContain("missing-file");
    const { stderr } = await cli([
      "render",
      labels,
      "--out",
      at("x.npy"),
      "--size",
      "8000x8000",
      "--attenuation",
      "linear",
    ]);
    expect(stderr).toContain("about 64 s");
  });
});

test("a small step says how many samples it takes, and about how long", async () => {
  const { stderr } = await cli(["render", ct, ...small, "--out", at("t.npy"), "--model", "trilinear", "--step", "0.1"]);
  // the box is 240 x 200 x 200 mm, its diagonal 370.9 mm
  expect(stderr).toContain("up to 3710 samples along a ray; a few seconds");
});

describe("values that cannot be rendered", () => {
  test("NaN are counted and refused by render and simulate", async () => {
    const path = await withValues("nan.nii", (hu, i) => (i < 3 ? Number.NaN : hu));
    const error = (await render(path)).json.error;
    expect(error).toMatchObject({ code: "NOT_FINITE", defect: "non-finite-values" });
    expect(error.message).toContain("3 values");
    expect(await refusal("simulate", path, "--out", at("n.npy"))).toMatchObject({ defect: "non-finite-values" });
  });

  test("HU that were not converted are told from a volume that is not met", async () => {
    expect(defects(await render(ct, "--attenuation", "none"))).toEqual(["negative-integrals"]);
    expect(defects(await render(ct, "--offset", "9000,0"))).toEqual(["volume-not-seen"]);
    const air = await withValues("air.nii", () => -1000);
    expect(defects(await render(air))).toEqual(["nothing-to-see"]);
    expect(defects(await render(ct))).toEqual([]);
  });
});

describe("label maps", () => {
  test("a label that does not occur is named, also in a list", async () => {
    const { json } = await render(ct, "--labels", labels, "--label", "1,200");
    expect(json.warnings).toEqual([
      { defect: "label-not-found", message: expect.stringMatching(/^label 200 does not occur in .*labels\.nii$/) },
    ]);
  });

  test("a map with broken values is none, nor are more than 255 labels one run", async () => {
    const halves = await withValues("halves.nii", (hu) => hu / 3000);
    const many = Array.from({ length: 256 }, (_, i) => i).join();
    for (const argv of [
      ["--labels", halves, "--label", "1"],
      ["--labels", labels, "--label", many],
    ])
      expect((await render(ct, ...argv)).json.error).toMatchObject({ defect: "not-labels" });
  });

  test("a map on another grid is resampled, and that is said", async () => {
    const map = await readVolume(labels, { quantity: "label" });
    const moved = [...map.grid.indexToWorld];
    moved[3] += 20;
    await writeVolume(at("moved.nii"), { ...map, grid: { ...map.grid, indexToWorld: moved } });
    expect(defects(await render(ct, "--labels", at("moved.nii"), "--label", "1"))).toEqual(["label-map-resampled"]);
  });
});

describe("options that ask for nothing are refused", () => {
  test.each([
    ["--series of a NIfTI file", () => ["inspect", ct, "--series", "0"]],
    [
      "--attenuation of a volume without HU",
      () => ["render", attenuation, "--attenuation", "linear", "--out", at("x.npy")],
    ],
    ["--momentum of adam", () => ["reconstruct", scan, "--method", "fit", "--momentum", "0.9", "--out", at("x.npy")]],
    [
      "--attenuation without truth or start",
      () => ["reconstruct", scan, "--attenuation", "linear", "--out", at("x.npy")],
    ],
    [
      "--report with --no-report",
      () => ["reconstruct", scan, "--report", at("r.html"), "--no-report", "--out", at("x.npy")],
    ],
    [
      "--no-report with --report",
      () => ["reconstruct", scan, "--no-report", "--report", at("r.html"), "--out", at("x.npy")],
    ],
  ])("%s", async (_, argv) => {
    expect(await refusal(...argv())).toMatchObject({ code: "INVALID_ARGUMENT", defect: "contradictory-options" });
    expect(existsSync(at("x.npy"))).toBe(false);
  });

  test("a picture of another ending than .png", async () => {
    for (const command of [
      ["compare", ct, ct],
      ["inspect", ct],
    ])
      expect(await refusal(...command, "--out", at("x.jpg"))).toMatchObject({ defect: "unknown-ending" });
  });
});

describe("compare", () => {
  test("HU against attenuation is refused with both names; --attenuation converts", async () => {
    const error = await refusal("compare", attenuation, ct);
    expect(error).toMatchObject({ code: "INVALID_ARGUMENT", defect: "quantity-mismatch" });
    expect(error.message).toMatch(/holds attenuation, .* hounsfield: --attenuation two-slope/);
    const { json } = await cliJson("compare", attenuation, ct, "--attenuation", "two-slope");
    // both went through float32 once
    expect(json.largestDifference).toBeLessThan(1e-8);
  });

  test("NaN on either side are refused; equal is said", async () => {
    const path = await withValues("nan2.nii", (hu, i) => (i === 0 ? Number.NaN : hu));
    for (const pair of [
      [path, ct],
      [ct, path],
    ])
      expect(await refusal("compare", ...pair)).toMatchObject({ defect: "non-finite-values" });
    expect((await cliJson("compare", ct, ct)).json).toMatchObject({ equal: true, psnr: null });
    const warmer = await withValues("warmer.nii", (hu) => hu + 1);
    expect((await cliJson("compare", warmer, ct)).json).toMatchObject({ equal: false, psnr: expect.any(Number) });
  });
});

describe("reconstruct", () => {
  const run = (...more: string[]) => [
    ...["reconstruct", scan, "--method", "fit", "--like", ct, "--out", at("back.npy"), "--backend", "reference"],
    ...["--iterations", "4", "--subsets", "1", "--no-report", ...more],
  ];

  test("--start in HU begins where the same volume in 1/mm does, with the reader's warnings", async () => {
    const fromHu = await cliJson(...run("--start", ct));
    const fromMu = await cliJson(...run("--start", attenuation));
    // the same volume but for one rounding to float32 in the file
    expect(fromHu.json.loss[0]).toBeCloseTo(fromMu.json.loss[0], 6);
    // the scan is of this volume: zeros start at the mean square of the data, above 1
    expect(fromHu.json.loss[0]).toBeLessThan(1e-6);
  });

  test("projections are neither start nor truth; a .npy of another size has no place", async () => {
    for (const option of ["--start", "--truth"])
      expect(await refusal(...run(option, scan))).toMatchObject({ defect: "not-a-volume" });
    const plain = at("plain.npy");
    await writeNpy(plain, new Float32Array(12 * 10 * 8), [8, 10, 12]);
    expect(defects(await cliJson(...run("--start", plain)))).toContain("no-orientation");
    await writeNpy(plain, new Float32Array(24), [2, 3, 4]);
    expect(await refusal(...run("--start", plain))).toMatchObject({ defect: "no-orientation" });
  });

  test("a truth that says nothing is refused before the first step", async () => {
    const air = await withValues("air2.nii", () => -1000);
    const { code, json, stderr } = await cliJson(...run("--truth", air));
    expect(code).toBe(2);
    expect(json.error.defect).toBe("zero-truth");
    expect(stderr).not.toContain("a pass over");
  });

  test("a loss that rose is warned of", async () => {
    const near = await withValues("near.nii", (hu) => hu + 1);
    // the start is off by 2e-5/mm: steps of half of water lead away from the truth
    const run4 = await cliJson(...run("--start", near, "--learning-rate", "0.01", "--decay", "none"));
    expect(run4.json.loss[1]).toBeGreaterThan(run4.json.loss[0]);
    expect(defects(run4)).toContain("diverged");
  });

  test("a share of pixels that leaves next to nothing is refused", async () => {
    const error = await refusal(...run("--rays", "0.005"));
    // 1 pixel in each of 6 views
    expect(error).toMatchObject({ defect: "too-few-rays", message: expect.stringContaining("6 pixels") });
  });

  test("messages of the library name the flags of the command line", async () => {
    expect((await refusal(...run("--optimizer", "sgd"))).message).toContain("--learning-rate");
  });
});

test.skipIf(!existsSync(join(dataFolder, "malformed", "series-mixed")))(
  "a folder with several series lists them; --series takes the place in the list",
  async () => {
    const folder = join(dataFolder, "malformed", "series-mixed");
    const error = await refusal("inspect", folder);
    expect(error).toMatchObject({ code: "INVALID_ARGUMENT", defect: "mixed-series" });
    expect(error.series.length).toBeGreaterThan(1);
    for (const [place, { slices }] of error.series.entries())
      expect((await cliJson("inspect", folder, "--series", String(place))).json.shape[2]).toBe(slices);
  },
);

test("a folder without DICOM images holds no CT series", async () => {
  await mkdir(at("empty"));
  const error = await refusal("inspect", at("empty"));
  expect(error).toMatchObject({ code: "NOT_FOUND", message: expect.stringContaining("holds no CT series") });
});

const malformed = join(dataFolder, "malformed");
interface Malformed {
  readonly file: string;
  readonly wrong: string;
  readonly action: string;
  readonly defect: string | null;
}
/** A small file that is a right one of a quarter of a gigabyte is left to the tests of readers. */
const refused: Malformed[] = existsSync(malformed)
  ? (readManifest(malformed).cases as Malformed[]).filter(
      (one) => one.action === "refuse" && one.defect !== "too-large",
    )
  : [];

describe.skipIf(refused.length === 0)("what a file has wrong is said in the words of the command line", () => {
  test.each(refused)("$file: $wrong", async ({ file }) => {
    const { code, json } = await cliJson("inspect", join(malformed, file), "--out", at("picture.png"));
    // Where the manifest allows it, a file is read with a warning instead.
    if (code === 0) return;
    expect(code).toBe(2);
    const { message } = json.error as { message: string };
    expect(message).toMatch(/^.{10,}(; |\? [A-Z])\S.{8,}$/);
    expect(message).not.toMatch(INTERNAL);
    expect(message).not.toMatch(
      /\b(readVolume|readRadiograph|readImage|maxBytes)\b|the option\b|'(series|frame|dataset)'/,
    );
  });
});
