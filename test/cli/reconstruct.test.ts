import { existsSync } from "node:fs";
import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readNpy, readVolume, toSource, writeNpy, writeVolume } from "../../src/io/index.js";
import { decodeRunRecord } from "../../src/report/index.js";
import { blockOfBox, crop } from "../../src/volume/index.js";
import { goodSeries } from "../helpers/folders.js";
import { cli, cliJson, temporaryFolder, writeSmallCt } from "./cli.js";

let folder: string;
let ct: string;
let scan: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  ct = await writeSmallCt(folder);
  scan = join(folder, "scan.npy");
  const detector = ["--size", "12x16", "--pixel", "24,24"];
  await cli(["simulate", ct, "--views", "6", ...detector, "--backend", "reference", "--out", scan]);
});
afterAll(() => rm(folder, { recursive: true }));

const at = (name: string) => join(folder, name);
const bytes = async (name: string) => (await readFile(at(name))).toString("base64");
const reconstruct = (name: string, ...more: string[]) => [
  ...["reconstruct", scan, "--like", ct, "--out", at(name), "--backend", "reference"],
  ...["--method", "fit", "--subsets", "2", "--rays", "0.5", "--seed", "7", ...more],
];

describe("the methods of reconstruct", () => {
  const by = (method: string, ...more: string[]) =>
    cliJson("reconstruct", scan, "--like", ct, "--out", at("m.nii"), "--no-report", "--method", method, ...more);
  const values = async () => (await readVolume(at("m.nii"))).values;

  test("auto says what it chose and why", async () => {
    const { json, stderr } = await by("auto", "--iterations", "3");
    expect(json.method).toBe("auto-tv");
    expect(json.used.why).toBe("auto-tv: 6 views are few, FDK would need 18");
    expect(stderr).toContain("method auto-tv: 6 views are few");
    expect(stderr).toMatch(/memory: \d+ MiB at the peak.*a pass over 6 views takes about 1 s/);
  });

  test("an option of another method is refused with the methods that take it", async () => {
    const { json, code } = await by("cgls", "--filter", "hann");
    expect(code).toBe(2);
    expect(json.error).toMatchObject({ code: "INVALID_ARGUMENT", defect: "contradictory-options" });
    expect(json.error.message).toContain("--filter is no option of --method cgls; it belongs to fdk");
  });

  test("slabs of FDK are those of the whole, byte for byte", async () => {
    await by("fdk", "--filter", "hann");
    const whole = await values();
    await by("fdk", "--filter", "hann", "--slabs", "3");
    expect(await values()).toEqual(whole);
  });

  test("a region of FDK is that of the whole; one of SIRT is near it", async () => {
    const box = ["--region=-50,50,-50,50,-40,40"];
    for (const [method, tolerance] of [
      ["fdk", 0],
      // what lies outside is known on voxels four times as large only
      ["sirt", 0.35],
    ] as const) {
      await by(method);
      const { grid, values: all } = await readVolume(at("m.nii"));
      await by(method, ...box);
      const part = await readVolume(at("m.nii"));
      const inWhole = crop(
        { quantity: "attenuation", grid, values: all },
        blockOfBox(grid, [-50, -50, -40], [50, 50, 40]),
      );
      expect(part.grid.size).toEqual(inWhole.grid.size);
      const norm = (numbers: ArrayLike<number>) => Math.hypot(...Array.from(numbers));
      const difference = norm(Array.from(part.values, (v, i) => v - inWhole.values[i]));
      const size = norm(inWhole.values);
      expect(difference).toBeLessThanOrEqual(tolerance * size);
    }
  });

  test("rays of weight 0 do not count, and weights of another shape are refused", async () => {
    const { shape, values: data } = await readNpy(await toSource(scan));
    const weights = new Float32Array(data.length).fill(1).fill(0, 0, data.length / 6);
    await writeNpy(at("weights.npy"), weights, shape);
    await by("sirt", "--iterations", "5", "--weights", at("weights.npy"));
    const weighted = await values();
    await by("sirt", "--iterations", "5");
    expect(await values()).not.toEqual(weighted);
    await writeNpy(at("weights.npy"), new Float32Array(12), [3, 4]);
    expect((await by("sirt", "--weights", at("weights.npy"))).json.error.defect).toBe("weights-mismatch");
  });

  test("voxels outside a mask stay 0, and a box is kept", async () => {
    const { grid } = await readVolume(ct);
    const mask = { quantity: "label", grid, values: new Uint8Array(960).fill(1, 0, 480) } as const;
    await writeVolume(at("mask.nii"), mask);
    await by("os-sart", "--iterations", "5", "--mask", at("mask.nii"), "--upper", "0.005");
    const found = await values();
    expect(found.subarray(480).every((v) => v === 0)).toBe(true);
    expect(found.every((v) => v >= 0 && v <= Math.fround(0.005))).toBe(true);
    expect(found.some((v) => v > 0)).toBe(true);
  });
});

describe("reconstruct", () => {
  test("the loss falls to a fifth in 40 steps, the report is a page, the run file tells all", async () => {
    const { code, json } = await cliJson(...reconstruct("back.nii.gz", "--iterations", "40", "--truth", ct));
    expect(code).toBe(0);
    expect(json).toMatchObject({ iterations: 40, stopped: "iterations", views: 6, shape: [12, 10, 8] });
    expect(json.loss[1]).toBeLessThan(0.2 * json.loss[0]);
    expect(json.psnr).toBeGreaterThan(15);
    expect((await readVolume(at("back.nii.gz"))).grid.size).toEqual([12, 10, 8]);
    const page = await readFile(at("back.nii.gz.html"), "utf8");
    expect(page).toMatch(/^<!doctype html>[\s\S]*<svg[\s\S]*data:image\/png/);
    expect(page).toContain(`<code>tomograd reconstruct ${scan} --like=${ct} `);
    expect(page).toContain("row 6 of the detector: columns to the right, views 0 to 5 downwards");
    const record = decodeRunRecord(await readFile(at("back.nii.gz.run.json"), "utf8"));
    expect(record.options).toMatchObject({ iterations: 40, rays: 0.5, like: ct, backend: "reference" });
    expect(record.inputs.map(({ path }) => path)).toEqual([scan, at("scan.geometry.json"), ct, ct]);
    expect(record.outputs.map(({ path }) => path)).toEqual([at("back.nii.gz"), at("back.nii.gz.html")]);
    expect(record.geometry).toMatchObject({ format: "tomograd-geometry/1", views: { length: 6 } });
    expect(record).toMatchObject({ seed: 7, backend: { name: "reference" } });
  });

  test.each([
    ["volume.zarr", [], 0],
    ["volume.mhd", ["volume.raw"], 0],
    // 16 bits over the range of the values
    ["slices/", [], 1 / 65535],
  ])("the volume is written as %s too, the report beside it", async (out, voxels, rounding) => {
    await cli(reconstruct("plain.npy", "--iterations", "1", "--no-report"));
    const { values, grid } = await readVolume(at("plain.npy"));
    const { json } = await cliJson(...reconstruct(out, "--iterations", "1"));
    expect(json.outputs).toEqual([at(out), ...voxels.map(at), at(`${out.replace("/", "")}.html`)]);
    const written = await readVolume(at(out));
    expect([written.grid.size, written.quantity]).toEqual([grid.size, "attenuation"]);
    const range = Math.max(...values) - Math.min(...values);
    written.values.forEach((value, i) => {
      expect(Math.abs(value - values[i])).toBeLessThanOrEqual(rounding * range);
    });
    const defects = json.warnings.map(({ defect }: { defect: string }) => defect);
    expect(defects.includes("precision")).toBe(rounding > 0);
  });

  test("Ctrl-C writes a checkpoint and exits with 130; --resume ends with the bits of an uninterrupted run", async () => {
    const options = ["--iterations", "25", "--no-report"];
    await cli(reconstruct("whole.npy", ...options));
    const controller = new AbortController();
    const { code, stderr } = await cli(reconstruct("part.npy", ...options), {
      signal: controller.signal,
      // said after the second iteration
      onStderr: (text) => text.includes("iterations take about") && controller.abort(),
    });
    expect(code).toBe(130);
    expect(stderr).toContain("stopped at step 2");
    expect(await bytes("part.npy")).not.toBe(await bytes("whole.npy"));
    // goes on from a file that it also keeps up to date
    const again = ["--resume", at("part.npy.checkpoint"), "--checkpoint", at("part.npy.checkpoint")];
    const resumed = await cli(reconstruct("part.npy", ...options, ...again, "--checkpoint-every", "10"));
    expect(resumed.code).toBe(0);
    expect(await bytes("part.npy")).toBe(await bytes("whole.npy"));
  });

  test("a checkpoint of other options, and a file that is none, are refused", async () => {
    const resume = ["--no-report", "--resume", at("part.npy.checkpoint")];
    const refused = async (argv: string[]) => (await cliJson(...argv)).json.error;
    expect(await refused(reconstruct("x.npy", "--iterations", "26", ...resume))).toMatchObject({
      defect: "wrong-checkpoint",
    });
    expect(await refused(reconstruct("x.npy", "--resume", ct))).toMatchObject({ defect: "not-a-checkpoint" });
    expect(existsSync(at("x.npy"))).toBe(false);
  });

  test("an ending that no writer knows, and a grid said twice, are refused before the first step", async () => {
    expect((await cliJson("reconstruct", scan, "--out", at("x.png"))).json.error.defect).toBe("unknown-ending");
    expect((await cliJson(...reconstruct("x.npy", "--grid", "8x8x8"))).json.error.defect).toBe("contradictory-options");
    expect((await cliJson("reconstruct", ct, "--out", at("x.npy"))).json.error).toMatchObject({
      code: "NOT_FOUND",
      message: expect.stringContaining("ct.geometry.json"),
    });
  });
});

describe("run", () => {
  const render = ["--size", "10x12", "--pixel", "30,30", "--backend", "reference"];
  test.each([
    ["render", () => ["render", ct, ...render, "--out", at("again.png"), "--rotation", "20,0,0"], ["again.png"]],
    ["render of numbers", () => ["render", ct, ...render, "--out", at("again.nii.gz")], ["again.nii.gz"]],
    [
      "simulate",
      () => ["simulate", ct, ...render, "--views", "3", "--trajectory", "random", "--seed", "3", "--out", at("r.npy")],
      ["r.npy", "r.geometry.json"],
    ],
    ["reconstruct", () => reconstruct("again-ct.nii.gz", "--iterations", "8"), ["again-ct.nii.gz"]],
    ["inspect", () => ["inspect", ct, "--out", at("slices.png")], ["slices.png"]],
  ])("%s again: the same bytes", async (_, argv, outputs) => {
    expect((await cli(argv())).code).toBe(0);
    const before = await Promise.all(outputs.map(bytes));
    await Promise.all(outputs.map((name) => rm(at(name))));
    const { code, stderr } = await cli(["run", `${at(outputs[0])}.run.json`]);
    expect(code).toBe(0);
    expect(await Promise.all(outputs.map(bytes))).toEqual(before);
    expect(stderr).toContain(`${at(outputs[0])}: the same bytes as then`);
  });

  test("an input that has changed is refused, and so is a file that is no run file", async () => {
    const copy = at("copy.nii.gz");
    await cp(ct, copy);
    await cli(["render", copy, ...render, "--out", at("copy.png")]);
    await writeFile(copy, await readFile(at("again.nii.gz")));
    const { code, json } = await cliJson("run", at("copy.png.run.json"));
    expect(code).toBe(2);
    expect(json.error).toMatchObject({ code: "INVALID_ARGUMENT", defect: "input-changed" });
    expect((await cliJson("run", at("scan.geometry.json"))).json.error.defect).toBe("not-a-run-file");
  });

  const series = goodSeries();
  test.skipIf(!series)("a folder of DICOM slices is an input by the hashes of its files", async () => {
    await cli(["render", series!, ...render, "--out", at("dicom.png")]);
    const { code, stderr } = await cli(["run", at("dicom.png.run.json")]);
    expect(code).toBe(0);
    expect(stderr).toContain("the same bytes as then");
  });
});
