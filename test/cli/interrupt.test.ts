import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { temporaryFolder, writeSmallCt } from "./cli.js";

const main = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

// Windows has no signal that a child could catch
describe.skipIf(!existsSync(main) || process.platform === "win32")("the built command line as a process", () => {
  let folder: string;
  let ct: string;
  beforeAll(async () => {
    folder = await temporaryFolder();
    ct = await writeSmallCt(folder);
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** Runs it; `interrupt`: SIGINT as soon as stderr holds these words. */
  async function run(args: readonly string[], interrupt?: string): Promise<{ code: number; stderr: string }> {
    const child = spawn(process.execPath, [main, ...args], { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
    let stderr = "";
    let sent = false;
    child.stderr.on("data", (piece) => {
      stderr += piece;
      if (sent || !interrupt || !stderr.includes(interrupt)) return;
      sent = true;
      child.kill("SIGINT");
    });
    const [code] = await once(child, "exit");
    return { code, stderr };
  }

  test.each(["reference", "wasm"])(
    "SIGINT stops a long run on %s with a checkpoint and exit code 130",
    async (backend) => {
      const on = ["--backend", backend];
      expect((await run(["simulate", ct, "--views", "4", "--size", "8x8", "--out", "scan.npy", ...on])).code).toBe(0);
      const endless = ["--method", "fit", "--iterations", "1000000", "--no-report", "--subsets", "1", "--like", ct];
      const { code, stderr } = await run(
        ["reconstruct", "scan.npy", "--out", `${backend}.npy`, ...endless, ...on],
        "iterations take about",
      );
      expect(code).toBe(130);
      expect(stderr).toContain(`--resume ${backend}.npy.checkpoint`);
      expect(existsSync(join(folder, `${backend}.npy.checkpoint`))).toBe(true);
    },
  );

  test.each([["reference"], ["wasm", "--threads", "1"]])(
    "SIGINT ends a registration on %s with the best pose so far and exit code 130",
    async (...backend) => {
      const on = ["--backend", ...backend];
      const [size, pixel] = [
        ["--size", "128x128"],
        ["--pixel", "4,4"],
      ];
      expect((await run(["render", ct, ...size, ...pixel, "--out", "xray.png"])).code).toBe(0);
      const search = ["--start", "8,5,0", "--sdd", "1020", "--recipe", "multi-start", "--no-report"];
      const { code, stderr } = await run(["register", ct, "xray.png", ...search, ...pixel, ...on], "starts from");
      expect(code).toBe(130);
      expect(stderr).toContain("stopped before the end: the best pose so far is kept");
      expect(existsSync(join(folder, "registration.geometry.json"))).toBe(true);
    },
  );

  test("SIGINT while the program is being loaded exits with 130 too", async () => {
    const load = `export async function load(url, context, next) {
      if (url.endsWith("/cli/program.js")) process.kill(process.pid, "SIGINT");
      return next(url, context); }`;
    const data = (source: string) => `data:text/javascript,${encodeURIComponent(source)}`;
    const hook = data(`import { register } from "node:module"; register(${JSON.stringify(data(load))});`);
    const child = spawn(process.execPath, ["--import", hook, main, "inspect", ct], { cwd: folder, stdio: "ignore" });
    expect(await once(child, "exit")).toEqual([130, null]);
  });

  test("a refusal exits with 2", async () => {
    expect((await run(["inspect", "absent.nii"])).code).toBe(2);
  });
});
