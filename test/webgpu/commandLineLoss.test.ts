import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Backend } from "../../src/backend/backend.js";
import { readNpy, toSource } from "../../src/io/index.js";
import { cli, temporaryFolder, writeSmallCt } from "../cli/cli.js";
import { gpuMissing, mortalBackend } from "./gpu.js";

/** Applications of the projector after which the device is gone. */
let lifetime = 0;

/** What `auto` takes on a machine with a GPU, and `webgpu` by name: one that is lost after a while. */
async function doomed(): Promise<Backend> {
  const { backend, destroy } = await mortalBackend();
  const { run } = backend;
  let calls = 0;
  return Object.assign(backend, {
    run: (...[kernel, args]: Parameters<Backend["run"]>) => {
      run(kernel, args);
      if (kernel === "project" && ++calls === lifetime) destroy();
    },
  });
}

vi.mock("../../src/backend/create.js", async (importOriginal) => {
  const original = await importOriginal<typeof import("../../src/backend/create.js")>();
  return {
    ...original,
    createBackend: ({ prefer = "auto", ...options }: Parameters<typeof original.createBackend>[0] = {}) =>
      prefer === "auto" || prefer === "webgpu" ? doomed() : original.createBackend({ prefer, ...options }),
  };
});

const missing = await gpuMissing();

describe.skipIf(missing)(`commands whose GPU is lost${missing ? `: ${missing}` : ""}`, () => {
  let folder: string;
  let ct: string;
  const at = (name: string) => join(folder, name);
  const small = ["--size", "12x16", "--pixel", "24,24"];
  const scan = () => ["reconstruct", at("scan.npy"), "--like", ct, "--no-report", "--method", "os-sart"];
  beforeAll(async () => {
    folder = await temporaryFolder();
    ct = await writeSmallCt(folder);
    await cli(["simulate", ct, "--views", "9", ...small, "--backend", "wasm", "--out", at("scan.npy")]);
  });
  afterAll(() => rm(folder, { recursive: true }));

  const valuesOf = async (name: string) => Array.from((await readNpy(await toSource(at(name)))).values, Number);
  const relative = async (name: string, other: string) => {
    const [a, b] = [await valuesOf(name), await valuesOf(other)];
    return Math.max(...b.map((value, i) => Math.abs(a[i] - value))) / Math.max(...b.map(Math.abs));
  };

  test("reconstruct goes on on wasm from the state it kept, says so, and gives the volume", async () => {
    // 1 to time a pass and 1 of sums, then an epoch of one subset each: the loss comes in epoch 12
    lifetime = 14;
    const lost = await cli([...scan(), "--iterations", "20", "--out", at("lost.npy")]);
    expect(lost.code).toBe(0);
    expect(lost.stderr).toMatch(/warning \(gpu-failed\): the GPU is gone .*; wasm goes on from iteration \d+/);
    await cli([...scan(), "--iterations", "20", "--out", at("calm.npy"), "--backend", "wasm"]);
    expect(await relative("lost.npy", "calm.npy")).toBeLessThan(2e-5);
  });

  test("render, which keeps no state, begins anew on wasm", async () => {
    lifetime = 1;
    const { code, stderr } = await cli(["render", ct, "--out", at("lost-drr.npy"), ...small]);
    expect(code).toBe(0);
    expect(stderr).toMatch(/warning \(gpu-failed\): .*; wasm goes on from the start/);
    await cli(["render", ct, "--out", at("calm-drr.npy"), ...small, "--backend", "wasm"]);
    expect(await valuesOf("lost-drr.npy")).toEqual(await valuesOf("calm-drr.npy"));
  });

  test("a GPU that was asked for by name is not replaced: the command ends with DEVICE_LOST", async () => {
    lifetime = 3;
    const { code, stdout } = await cli([...scan(), "--out", at("never.npy"), "--backend", "webgpu", "--json"]);
    expect(code).not.toBe(0);
    expect(JSON.parse(stdout).error.code).toBe("DEVICE_LOST");
  });
});
