import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { decode } from "fast-png";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));

describe.skipIf(!existsSync(join(root, "dist/index.js")))("the examples, run as a reader would", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tomograd-examples-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const run = (name: string, ...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, "examples", name), ...args], {
      cwd: folder,
      encoding: "utf8",
    });
    return { status, stdout, stderr };
  };

  test("first-picture draws 256 x 256 pixels", async () => {
    expect(run("first-picture.mjs", "chest.png")).toMatchObject({ status: 0, stderr: "" });
    expect(decode(await readFile(join(folder, "chest.png")))).toMatchObject({ width: 256, height: 256, depth: 8 });
  });

  test("novel-views gets better with every row: 1, 4, 16, 64 views", () => {
    const { status, stdout } = run("novel-views.mjs");
    expect(status).toBe(0);
    const found = [...stdout.matchAll(/^(\d+) views: ([\d.]+) dB/gm)].map(([, views, dB]) => [
      Number(views),
      Number(dB),
    ]);
    expect(found.map(([views]) => views)).toEqual([1, 4, 16, 64]);
    found.slice(1).forEach(([, dB], i) => {
      expect(dB).toBeGreaterThan(found[i][1] + 3);
    });
  });

  test("self-calibration brings the landmarks nearer, even of 10 views in 2 rounds, and draws four slices", async () => {
    const { status, stdout } = run(
      "self-calibration/main.mjs",
      "--out",
      "calibrated",
      "--views",
      "10",
      "--rounds",
      "2",
    );
    expect(status).toBe(0);
    const off = Object.fromEntries(
      [...stdout.matchAll(/^(\w+): landmarks off by ([\d.]+) mm/gm)].map(([, name, mm]) => [name, Number(mm)]),
    );
    expect(off.calibrated).toBeLessThan(0.8 * off.believed);
    expect(off.actual).toBe(0);
    expect(decode(await readFile(join(folder, "calibrated/slices.png")))).toMatchObject({ width: 1152, height: 288 });
  }, 120_000);

  test("single-view-reconstruction says where to get its CT", () => {
    const { status, stderr } = run("single-view-reconstruction/main.mjs", "no-such-folder");
    expect(status).toBe(2);
    expect(stderr).toContain("10.7937/K9/TCIA.2015.LO9QL9SX");
  });

  test("registration-tutorial gets nearer with every optimizer that it is asked for", () => {
    const { status, stdout } = run(
      "registration-tutorial/main.mjs",
      "--steps",
      "25",
      "--optimizers",
      "adam;lbfgs, ours",
      "--backend",
      "wasm", // a tenth of the time of the tutorial's float64
    );
    expect(status).toBe(0);
    const mTre = (name: string) => Number(new RegExp(`^${name} .*`, "m").exec(stdout)?.[0].split(/ {2,}/)[5]);
    for (const name of ["adam", "lbfgs, ours", "registerViews"])
      expect(mTre(name), name).toBeLessThan(mTre("\\(start\\)"));
    expect(run("registration-tutorial/main.mjs", "--optimizers", "newton")).toMatchObject({ status: 2 });
  });

  test("registration-tutorial says where to get its CT", () => {
    const { status, stderr } = run("registration-tutorial/main.mjs", "no-such-folder");
    expect(status).toBe(2);
    expect(stderr).toContain("10.7937/K9/TCIA.2015.LO9QL9SX");
  });
});
