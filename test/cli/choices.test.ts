import { mkdir, readFile, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readVolume, writeVolume } from "../../src/io/index.js";
import { cli, cliJson, smallCt, temporaryFolder, writeSmallCt } from "./cli.js";

let folder: string;
let ct: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  ct = await writeSmallCt(folder);
});
afterAll(() => rm(folder, { recursive: true }));

describe("choices that a file does not have", () => {
  test("--dataset on a format without names, --frame on one volume are refused", async () => {
    const nrrd = join(folder, "ct.nrrd");
    await writeVolume(nrrd, smallCt());
    const dataset = await cliJson("inspect", nrrd, "--dataset", "x");
    expect([dataset.code, dataset.json.error.defect]).toEqual([2, "contradictory-options"]);
    const series = `${join(folder, "series")}/`;
    await writeVolume(series, smallCt());
    const ofSlices = await cliJson("inspect", series, "--dataset", "x", "--quantity", "density");
    expect([ofSlices.code, ofSlices.json.error.defect]).toEqual([2, "contradictory-options"]);
    const frame = await cliJson("inspect", series, "--frame", "3");
    expect([frame.code, frame.json.error.defect]).toEqual([2, "out-of-range"]);
  });
});

describe("inspect", () => {
  test("reports where its picture cannot be written, and warns of that", async () => {
    const path = join(folder, "unwritable.nii");
    await writeVolume(path, smallCt());
    const picture = `${basename(path)}.slices.png`;
    await mkdir(picture);
    try {
      const { code, stdout, stderr } = await cli(["inspect", path]);
      expect([code, stdout]).toEqual([0, expect.stringContaining("axes run towards RAS")]);
      expect(stderr).toContain("no picture");
    } finally {
      await rm(picture, { recursive: true });
    }
  });
});

describe("render --labels", () => {
  test("takes any whole numbers: 1000 and -3 give what 1 and 2 give", async () => {
    const { grid, values } = smallCt();
    const images: Buffer[][] = [];
    for (const [bone, soft] of [
      [1, 2],
      [1000, -3],
    ]) {
      const map = join(folder, `labels${bone}.nii`);
      const labels = Int16Array.from(values, (hu) => (hu > 500 ? bone : hu > -500 ? soft : 0));
      await writeVolume(map, { quantity: "label", grid, values: labels });
      const out = join(folder, `drr${bone}.npy`);
      const argv = ["render", ct, "--size", "8x8", "--out", out, "--labels", map, `--label=${bone},${soft}`];
      const { code, json } = await cliJson(...argv);
      expect(json.error).toBeUndefined();
      expect([code, json.warnings ?? []]).toEqual([0, []]);
      images.push(await Promise.all([bone, soft].map((label) => readFile(out.replace(".npy", `-label${label}.npy`)))));
    }
    expect(images[1]).toEqual(images[0]);
    expect(images[0][0].equals(images[0][1])).toBe(false);
  });
});

describe("convert", () => {
  test("writes .hdr with its .img, and may replace both", async () => {
    const out = join(folder, "pair.hdr");
    for (let turn = 0; turn < 2; turn++) {
      const { code, json } = await cliJson("convert", ct, out);
      expect([code, json.error]).toEqual([0, undefined]);
    }
    expect((await readVolume(out)).values).toEqual(smallCt().values);
  });
});
