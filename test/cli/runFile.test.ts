import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Operation } from "../../src/cli/operation.js";
import { OPERATIONS } from "../../src/cli/operations.js";
import { commandLine } from "../../src/cli/runOptions.js";
import { cli, cliJson, temporaryFolder, writeSmallCt } from "./cli.js";

let folder: string;
let ct: string;
let record: { options: Record<string, unknown>; inputs: { path: string }[] };
const at = (name: string) => join(folder, name);
beforeAll(async () => {
  folder = await temporaryFolder();
  ct = await writeSmallCt(folder);
  const render = ["--size", "6x8", "--pixel", "50,50", "--backend", "reference", "--rotation=-10,0,0"];
  await cli(["render", ct, "--out", at("a.npy"), ...render]);
  record = JSON.parse(await readFile(at("a.npy.run.json"), "utf8"));
});
afterAll(() => rm(folder, { recursive: true }));

/** The error of a run file with these options changed. */
async function refusal(change: Record<string, unknown>) {
  const path = at("changed.json");
  await writeFile(path, JSON.stringify({ ...record, options: { ...record.options, ...change } }));
  const { code, json } = await cliJson("run", path);
  return { exit: code, ...json.error };
}

describe("a run file's options are checked as those of the command line", () => {
  test("as they were written they run again", async () => {
    expect((await cli(["run", at("a.npy.run.json")])).stderr).toContain("the same bytes as then");
  });

  test("an option that the command does not know is refused with the nearest", async () => {
    const error = await refusal({ sise: [6, 8] });
    expect(error).toMatchObject({ exit: 2, code: "INVALID_ARGUMENT", defect: "unknown-option" });
    expect(error.message).toContain("did you mean 'size'");
  });

  test.each([
    ["size", "six"],
    ["size", 6],
    ["rotation", [1, 2]],
    ["maximum", "yes"],
    ["sdd", -3],
    ["sdd", "900"],
    ["model", null],
    ["volume", 7],
    ["out", undefined],
  ])("%s = %j is refused as not-a-run-file by its name", async (name, value) => {
    const error = await refusal({ [name]: value });
    expect(error).toMatchObject({ exit: 2, code: "UNSUPPORTED_FORMAT", defect: "not-a-run-file" });
    expect(error.message).toContain(name);
  });

  test("a JSON file that is none is refused in one short sentence", async () => {
    await writeFile(at("empty.json"), "{}");
    const { json } = await cliJson("run", at("empty.json"));
    expect(json.error.defect).toBe("not-a-run-file");
    expect(json.error.message.length).toBeLessThan(100);
  });

  test("an input that is not in the current folder is found beside the run file, if it is the same", async () => {
    const [input] = record.inputs;
    const moved = { ...record, inputs: [{ ...input, path: basename(ct) }] };
    const options = { ...record.options, volume: basename(ct), out: at("beside.npy") };
    await writeFile(at("beside.json"), JSON.stringify({ ...moved, options }));
    expect((await cli(["run", at("beside.json")])).code).toBe(0);
    expect(await readFile(at("beside.npy"))).toEqual(await readFile(at("a.npy")));
    const other = [{ ...input, path: basename(ct), sha256: "0".repeat(64) }];
    await writeFile(at("beside.json"), JSON.stringify({ ...moved, options, inputs: other }));
    expect((await cliJson("run", at("beside.json"))).json.error.defect).toBe("input-changed");
  });

  test("an input that is not there: it says where it looked", async () => {
    const path = at("moved.json");
    const inputs = [{ ...record.inputs[0], path: "elsewhere/ct.nii.gz" }];
    await writeFile(path, JSON.stringify({ ...record, inputs }));
    const { json } = await cliJson("run", path);
    expect(json.error.message).toContain(`(looked in ${join(process.cwd(), "elsewhere")})`);
  });
});

describe("around every command", () => {
  test("--json lists the files written and the warnings", async () => {
    const { json } = await cliJson("render", ct, "--out", at("b.npy"), "--size", "2x2", "--offset", "9000,0");
    expect(json.outputs).toEqual([at("b.npy"), at("b.geometry.json")]);
    expect(json.warnings.map(({ defect }: { defect: string }) => defect)).toContain("volume-not-seen");
  });

  test("without output no run file is written, unless --run-file says where", async () => {
    const argv = ["compare", ct, ct, "--quiet"];
    expect((await cli(argv)).stdout).not.toContain("run.json");
    expect(existsSync("compare.run.json")).toBe(false);
    await cli([...argv, "--run-file", at("c.json")]);
    expect(existsSync(at("c.json"))).toBe(true);
  });

  test("doctor runs on the backend that is asked for; threads of another than wasm are refused", async () => {
    expect((await cliJson("doctor", "--backend", "reference")).json.chosen).toMatch(/reference|float64/);
    for (const backend of ["reference", "webgpu"])
      expect((await cliJson("doctor", "--backend", backend, "--threads", "2")).json.error).toMatchObject({
        defect: "contradictory-options",
      });
  });
});

describe("a command line rebuilt from options", () => {
  const reconstruct = OPERATIONS.find(({ name }) => name === "reconstruct");
  test("names each flag with its value, quoted where a shell would split it", () => {
    const options = {
      projections: "my scan.npy",
      out: "it's.nii.gz",
      grid: [4, 5, 6],
      tv: [1e-4, 0.01],
      report: false,
    };
    expect(commandLine(reconstruct as Operation, { ...options, backend: "reference", threads: undefined })).toBe(
      `tomograd reconstruct 'my scan.npy' '--out=it'\\''s.nii.gz' --grid=4x5x6 --tv=0.0001,0.01 --no-report --backend=reference`,
    );
  });
});
