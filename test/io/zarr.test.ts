import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as zarrita from "zarrita";
import { readVolume, writeVolume } from "../../src/io/index.js";
import type { Volume } from "../../src/volume/grid.js";
import { anyVolume } from "../helpers/volumes.js";

let folder: string;
let made = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tomograd-zarr-"));
});
afterAll(() => rm(folder, { recursive: true }));
const fresh = () => join(folder, `${made++}.zarr`);

/** Writes the files of a store. */
async function store(files: Readonly<Record<string, unknown>>): Promise<string> {
  const path = fresh();
  for (const [key, content] of Object.entries(files)) {
    await mkdir(dirname(join(path, key)), { recursive: true });
    await writeFile(join(path, key), content instanceof Uint8Array ? content : JSON.stringify(content));
  }
  return path;
}

const array = (changes: object = {}) => ({
  zarr_format: 3,
  node_type: "array",
  shape: [2, 3, 4],
  data_type: "uint8",
  chunk_grid: { name: "regular", configuration: { chunk_shape: [2, 3, 4] } },
  chunk_key_encoding: { name: "default" },
  fill_value: 0,
  codecs: [{ name: "bytes" }],
  ...changes,
});
const counting = (length: number) => Uint8Array.from({ length }, (_, i) => i);

describe("written Zarr", () => {
  test("comes back with 40 random values, types, quantities and affines", async () => {
    await fc.assert(
      fc.asyncProperty(anyVolume, async (volume) => {
        const path = fresh();
        await writeVolume(path, volume);
        const { values, grid, quantity, format, warnings } = await readVolume(path);
        expect([format, quantity, grid.size, warnings]).toEqual(["zarr", volume.quantity, volume.grid.size, []]);
        // JSON does not keep the sign of zero.
        expect(grid.indexToWorld.map((value) => value + 0)).toEqual(volume.grid.indexToWorld.map((value) => value + 0));
        expect(values).toEqual(volume.values);
      }),
      { numRuns: 40, seed: 9 },
    );
  });

  test("is read by zarrita alone, and has OME-Zarr's scale and translation", async () => {
    const indexToWorld = [0, -2, 0, 5, 3, 0, 0, 6, 0, 0, 4, 7, 0, 0, 0, 1];
    const values = Int16Array.from({ length: 60 }, (_, i) => i - 30);
    const path = fresh();
    await writeVolume(path, { quantity: "hounsfield", grid: { size: [3, 4, 5], indexToWorld }, values });
    const files = { get: (key: string) => readFile(path + key).catch(() => undefined) };
    const group = await zarrita.open.v3(zarrita.root(files), { kind: "group" });
    const level = await zarrita.open.v3(group.resolve("0"), { kind: "array" });
    const { data, shape } = await zarrita.get(level);
    expect([shape, data]).toEqual([[5, 4, 3], values]);
    const { ome } = group.attrs as { ome: { multiscales: { datasets: { coordinateTransformations: unknown }[] }[] } };
    expect(ome.multiscales[0].datasets[0].coordinateTransformations).toEqual([
      { type: "scale", scale: [4, 2, 3] },
      { type: "translation", translation: [7, 6, 5] },
    ]);
  });

  test("replaces a folder of its own alone, and leaves nothing behind", async () => {
    const path = await store({ "mine.txt": 1 });
    const volume: Volume = {
      quantity: "unknown",
      grid: { size: [1, 1, 1], indexToWorld: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1] },
      values: new Uint8Array(1),
    };
    await expect(writeVolume(path, volume)).rejects.toMatchObject({ code: "WRITE_FAILED" });
    expect(await readdir(path)).toEqual(["mine.txt"]);
    const own = fresh();
    await writeVolume(own, volume);
    await writeVolume(own, { ...volume, values: Uint8Array.of(7) });
    expect([...(await readVolume(own)).values]).toEqual([7]);
    await writeFile(join(own, "mine.txt"), "");
    await expect(writeVolume(own, volume)).rejects.toMatchObject({ code: "WRITE_FAILED" });
    expect((await readdir(own)).sort()).toEqual(["0", "mine.txt", "zarr.json"]);
    expect((await readdir(folder)).filter((name) => name.includes(".part"))).toEqual([]);
  });
});

describe("Zarr axes", () => {
  test("times and channels are 6 frames, the channel faster, picked by frame", async () => {
    const shape = [2, 3, 1, 2, 2];
    const axes = ["t", "c", "z", "y", "x"].map((name) => ({ name, unit: "furlong" }));
    const datasets = [{ path: "0", coordinateTransformations: [{ type: "scale", scale: [1, 1, 3, 2, 1] }] }];
    const path = await store({
      "zarr.json": { zarr_format: 3, node_type: "group", attributes: { ome: { multiscales: [{ axes, datasets }] } } },
      "0/zarr.json": array({ shape, chunk_grid: { name: "regular", configuration: { chunk_shape: shape } } }),
      "0/c/0/0/0/0/0": counting(24),
    });
    const first = await readVolume(path);
    expect([first.frames, first.grid.size, [...first.values]]).toEqual([6, [2, 2, 1], [0, 1, 2, 3]]);
    expect(first.warnings.map(({ defect }) => defect)).toEqual(["no-orientation", "unknown-unit", "several-volumes"]);
    expect([0, 5, 10].map((i) => first.grid.indexToWorld[i])).toEqual([1, 2, 3]);
    expect([...(await readVolume(path, { frame: 4 })).values]).toEqual([16, 17, 18, 19]);
    await expect(readVolume(path, { frame: 6 })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  test("axes that are named x, y, z are turned", async () => {
    const path = await store({ "zarr.json": array({ dimension_names: ["x", "y", "z"] }), "c/0/0/0": counting(24) });
    const { grid, values } = await readVolume(path);
    expect(grid.size).toEqual([2, 3, 4]);
    expect([...values.subarray(0, 6)]).toEqual([0, 12, 4, 16, 8, 20]);
  });
});

describe("damaged Zarr", () => {
  const cases: [string, object, string][] = [
    ["complex numbers", { data_type: "complex64" }, "unsupported-type"],
    ["an unknown codec", { codecs: [{ name: "bytes" }, { name: "zfp" }] }, "unsupported-compression"],
    ["a shape of text", { shape: "2" }, "bad-dimension"],
    ["chunks of another dimension", { shape: [2, 3] }, "bad-dimension"],
    ["a billion voxels over 24 bytes", { shape: [1000, 1000, 1000] }, "too-large"],
    [
      "too large chunks",
      { chunk_grid: { name: "regular", configuration: { chunk_shape: [2e3, 2e3, 2e3] } } },
      "too-large",
    ],
    ["numbers wider than the chunk", { data_type: "float32" }, "truncated"],
    ["a transformer", { storage_transformers: [{ name: "a" }] }, "unsupported-compression"],
  ];
  test.each(cases)("%s is refused by name", async (_, changes, defect) => {
    const path = await store({ "zarr.json": array(changes), "c/0/0/0": counting(24) });
    await expect(readVolume(path)).rejects.toMatchObject({ detail: { defect } });
  });

  test("chunks that are cut, too long, or all absent are refused; one absent of two is told", async () => {
    const path = await store({ "zarr.json": array({ shape: [4, 3, 4] }), "c/0/0/0": counting(24) });
    const { values, warnings } = await readVolume(path);
    expect(warnings.map(({ defect }) => defect)).toEqual(["no-orientation", "absent-chunks"]);
    expect([...values.subarray(22, 26)]).toEqual([22, 23, 0, 0]);
    await appendFile(join(path, "c/0/0/0"), counting(1));
    await expect(readVolume(path)).rejects.toMatchObject({ detail: { defect: "truncated" } });
    await truncate(join(path, "c/0/0/0"), 20);
    await expect(readVolume(path)).rejects.toMatchObject({ detail: { defect: "truncated" } });
    await rm(join(path, "c"), { recursive: true });
    await expect(readVolume(path)).rejects.toMatchObject({ detail: { defect: "truncated" } });
  });

  test("JSON that is none is refused, a missing array named", async () => {
    const path = await store({ "zarr.json": new TextEncoder().encode("{") });
    await expect(readVolume(path)).rejects.toMatchObject({ detail: { defect: "bad-header" } });
    const two = await store({ "zarr.json": array(), "c/0/0/0": counting(24) });
    await expect(readVolume(two, { dataset: "ct" })).rejects.toMatchObject({ detail: { defect: "missing-dataset" } });
  });
});
