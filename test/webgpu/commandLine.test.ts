import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readNpy, toSource } from "../../src/io/index.js";
import { cli, cliJson, temporaryFolder, writeSmallCt } from "../cli/cli.js";
import { gpuMissing } from "./gpu.js";

const missing = await gpuMissing();

describe.skipIf(missing)(`the command line on a GPU${missing ? `: ${missing}` : ""}`, () => {
  let folder: string;
  let ct: string;
  const at = (name: string) => join(folder, name);
  beforeAll(async () => {
    folder = await temporaryFolder();
    ct = await writeSmallCt(folder);
  });
  afterAll(() => rm(folder, { recursive: true }));

  const largestDifference = async (name: string, other: string) => {
    const [a, b] = [await readNpy(await toSource(at(name))), await readNpy(await toSource(at(other)))];
    expect(a.shape).toEqual(b.shape);
    const largest = Math.max(...Array.from(b.values, Math.abs));
    return Math.max(...Array.from(b.values, (value, i) => Math.abs(a.values[i] - value))) / largest;
  };

  test("doctor names the adapter, and writes nothing but its own line to stderr", async () => {
    const { stdout, stderr } = await cli(["doctor", "--backend", "webgpu"]);
    expect(stdout).toMatch(/found +webgpu: webgpu, 1 device: \S+/);
    expect(stdout).toMatch(/would run: webgpu/);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });

  test("render, simulate and reconstruct give what they give on the reference backend", async () => {
    const small = ["--size", "12x16", "--pixel", "24,24"];
    for (const backend of ["reference", "webgpu"]) {
      const on = ["--backend", backend, "--quiet"];
      await cli(["render", ct, "--out", at(`${backend}-drr.npy`), ...small, ...on]);
      await cli(["simulate", ct, "--views", "9", ...small, "--out", at(`${backend}-scan.npy`), ...on]);
      const scan = ["reconstruct", at("reference-scan.npy"), "--like", ct, "--no-report", ...on];
      await cli([...scan, "--method", "fdk", "--out", at(`${backend}-fdk.npy`)]);
      await cli([...scan, "--method", "os-sart", "--iterations", "3", "--out", at(`${backend}-sart.npy`)]);
    }
    for (const name of ["drr", "scan", "fdk", "sart"])
      expect(await largestDifference(`webgpu-${name}.npy`, `reference-${name}.npy`), name).toBeLessThan(2e-5);
  });

  test("a run file says that it ran on the GPU, and its repetition gives the same bytes there", async () => {
    await cli(["render", ct, "--out", at("again.npy"), "--size", "8x9", "--pixel", "40,40", "--backend", "webgpu"]);
    const { stderr } = await cli(["run", at("again.npy.run.json")]);
    expect(stderr).toContain("the same bytes as then");
    const { json } = await cliJson("doctor", "--backend", "webgpu");
    expect(json.chosen).toMatch(/^webgpu/);
  });
});
