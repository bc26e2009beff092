import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cli, cliJson, temporaryFolder, writeSmallCt } from "./cli.js";

let folder: string;
let ct: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  ct = await writeSmallCt(folder);
});
afterAll(() => rm(folder, { recursive: true }));

describe("asking for help", () => {
  test("--help, and no argument at all, list the eight commands on stdout and exit with 0", async () => {
    for (const argv of [["--help"], []]) {
      const { code, stdout } = await cli(argv);
      expect(code).toBe(0);
      for (const name of ["demo", "inspect", "render", "simulate", "reconstruct", "compare", "doctor", "run"])
        expect(stdout).toMatch(new RegExp(`^ +${name}\\b`, "m"));
    }
  });

  test("every command's help names its options and exits with 0", async () => {
    for (const [command, option] of [
      ["render", "--rotation"],
      ["reconstruct", "--iterations"],
      ["inspect", "--at"],
    ])
      expect(await cli([command, "--help"])).toMatchObject({ code: 0, stdout: expect.stringContaining(option) });
  });

  test("--version is a version", async () => {
    expect((await cli(["--version"])).stdout).toMatch(/^\d+\.\d+\.\d+/);
  });
});

describe("refusals exit with 2", () => {
  test.each([
    [["rendr", "x"], "Did you mean render?"],
    [["render", "x", "--out", "a.png", "--sise", "2x2"], "Did you mean --size?"],
    [["render", "x"], "--out <file>"],
    [["render", "x", "--out", "a.png", "--size", "12"], "must be ROWSxCOLUMNS such as 256x256"],
    [["render", "x", "--out", "a.png", "--pixel", "2,-2"], "two positive numbers"],
    [["render", "x", "--out", "a.png", "--model", "sidon"], "one of siddon, joseph, trilinear"],
    [["render", "x", "--out", "a.png", "--rotation", "1,2"], "three numbers such as 30,0,0"],
    [["reconstruct", "x", "--out", "a.nii", "--iterations", "0"], "a positive integer"],
    [["inspect"], "missing required argument 'file'"],
    [["inspect", "a", "b"], "too many arguments"],
    [["doctor", "--threads", "none"], "a positive integer"],
  ])("%j: stderr says %s", async (argv, words) => {
    const { code, stdout, stderr } = await cli(argv);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(words);
  });

  test("with --json the error is the only thing on stdout, whoever refuses", async () => {
    for (const [argv, code, defect] of [
      [["render", "x", "--out", "a.png", "--sise", "2x2"], "INVALID_ARGUMENT", "bad-option"],
      [["inspect", join(folder, "absent.nii")], "NOT_FOUND", "missing-file"],
      [["inspect", ct, "--at", "99,0,0"], "INVALID_ARGUMENT", "out-of-range"],
      [["render", ct, "--out", join(folder, "a.jpg")], "INVALID_ARGUMENT", "unknown-ending"],
      [["run", join(folder, "absent.json")], "NOT_FOUND", "missing-file"],
    ] as const) {
      const result = await cliJson(...argv);
      expect(result.code).toBe(2);
      expect(result.json).toEqual({ error: { code, defect, message: expect.any(String) } });
    }
  });

  test("a truncated file is refused by its defect", async () => {
    const path = join(folder, "short.nii");
    await writeFile(path, new Uint8Array(200));
    expect((await cliJson("inspect", path)).json.error).toMatchObject({ code: "TRUNCATED_FILE", defect: "truncated" });
  });
});

describe("before any work", () => {
  test("an output that would replace an input, or is a folder, is refused", async () => {
    expect(await cli(["render", ct, "--out", ct])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("output-is-input"),
    });
    expect((await cliJson("render", ct, "--out", folder)).json.error).toMatchObject({ code: "WRITE_FAILED" });
  });

  test("an optional input that is missing is refused before the first line", async () => {
    const { code, stderr } = await cli(["render", ct, "--labels", join(folder, "no.nii"), "--out", "x.png"]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error \(missing-file\)/);
  });

  test("more memory than the machine has is refused with advice", async () => {
    const { code, json } = await cliJson("render", ct, "--out", join(folder, "huge.npy"), "--size", "9999999x9999999");
    expect(code).toBe(2);
    expect(json.error).toMatchObject({ code: "TOO_LARGE", message: expect.stringContaining("--size") });
  });
});

test("a demo on fewer or more voxels than there are is refused with the range", async () => {
  for (const size of ["8", "300"])
    expect((await cliJson("demo", "--size", size, "--out", join(folder, "demo"))).json.error).toMatchObject({
      defect: "out-of-range",
      message: expect.stringContaining("16 to 128"),
    });
});

test("doctor names this Node, every backend and the one that would run", async () => {
  const { code, json } = await cliJson("doctor");
  expect(code).toBe(0);
  expect(json.node).toBe(process.versions.node);
  expect(json.backends.map(({ name }: { name: string }) => name)).toEqual(["webgpu", "wasm", "reference"]);
  expect(json.chosen).toEqual(expect.any(String));
});

test("--quiet leaves stderr empty", async () => {
  const { stderr } = await cli(["inspect", ct, "--no-picture", "--quiet", "--json"]);
  expect(stderr).toBe("");
});
