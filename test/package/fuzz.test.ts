import { describe, expect, test } from "vitest";
import { fault } from "../../src/core/errors.js";
import { createRandom } from "../../src/core/random.js";

const scripts = new URL("../../scripts/fuzz/", import.meta.url);
// biome-ignore lint/suspicious/noExplicitAny: scripts have no types
const load = (name: string): Promise<any> => import(/* @vite-ignore */ new URL(name, scripts).href);

const file = { path: "own.npy", bytes: Uint8Array.from({ length: 200 }, (_, i) => i) };
const seeds = [{ name: "own.npy", kind: "npy", open: "own.npy", files: [file] }];
const volume = {
  grid: { size: [1, 1, 1], indexToWorld: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1] },
  values: new Float32Array(1),
  warnings: [],
};

describe("the fuzzer", () => {
  test("makes the same case of the same seed and number, and others of others", async () => {
    const { makeCase } = await load("runCase.mjs");
    const bytes = (seed: number, n: number) => [...makeCase(seeds, seed, n, createRandom).files[0].bytes].join();
    expect(bytes(1, 5)).toBe(bytes(1, 5));
    expect(new Set([bytes(1, 5), bytes(1, 6), bytes(2, 5), [...file.bytes].join()]).size).toBe(4);
  });

  const memory = { start: () => {}, stop: () => ({ requested: 0, grown: 0 }) };
  test.each([
    ["an error of JavaScript", () => Promise.reject(new TypeError("x is not a function")), /TypeError/],
    ["a broken invariant", () => Promise.reject(fault("INVARIANT", "impossible")), /invariant/],
    ["an unlisted defect", () => Promise.reject(fault("CORRUPT_FILE", "bad", { defect: "odd" })), /docs\/errors/],
    ["too few values", async () => ({ ...volume, values: new Float32Array(0) }), /0 values for a grid/],
    ["NaN without a warning", async () => ({ ...volume, values: Float32Array.of(Number.NaN) }), /not finite/],
    ["a flat affine", async () => ({ ...volume, grid: { ...volume.grid, indexToWorld: Array(16).fill(1) } }), /affine/],
    ["a good volume", async () => volume, undefined],
    ["a listed refusal", () => Promise.reject(fault("CORRUPT_FILE", "bad", { defect: "bad-header" })), undefined],
  ])("calls %s what it is", async (_, readVolume, expected) => {
    const { runCase } = await load("runCase.mjs");
    const context = { io: { readVolume }, known: new Set(["bad-header"]), memory };
    const { finding } = await runCase({ ...seeds[0], reader: "readVolume" }, context);
    if (expected) expect(finding).toMatch(expected);
    else expect(finding).toBeUndefined();
  });

  test("notices arrays that the bytes present do not allow", async () => {
    const { runCase } = await load("runCase.mjs");
    const context = (requested: number, grown: number) => ({
      io: { readVolume: async () => volume },
      known: new Set(),
      memory: { start: () => {}, stop: () => ({ requested, grown }) },
    });
    const finding = async (requested: number, grown: number) =>
      (await runCase({ ...seeds[0], reader: "readVolume" }, context(requested, grown))).finding;
    expect(await finding(2 ** 26, 2 ** 26)).toBeUndefined();
    expect(await finding(2 ** 27, 0)).toMatch(/128 MiB in one array for 200 bytes/);
    expect(await finding(0, 2 ** 27)).toMatch(/grows by 128 MiB/);
  });
});
