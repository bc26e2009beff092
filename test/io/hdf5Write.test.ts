import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import h5wasm, { type Dataset } from "h5wasm";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { encodeHdf5 } from "../../src/io/hdf5/writeHdf5.js";
import { readVolume, writeVolume } from "../../src/io/index.js";
import type { Volume } from "../../src/volume/grid.js";
import { anyVolume } from "../helpers/volumes.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tomograd-hdf5-"));
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => vi.useRealTimers());

const labels: Volume = {
  quantity: "label",
  grid: { size: [4, 3, 2], indexToWorld: [0, 2, 0, -3, -2, 0, 0.1, 4, 0, 0, 5, 1 / 3, 0, 0, 0, 1] },
  values: Uint8Array.from({ length: 24 }, (_, i) => i % 7),
};

describe("HDF5 that is written", () => {
  test("any volume comes back bit for bit with its affine and quantity, without warnings", () =>
    fc.assert(
      fc.asyncProperty(anyVolume, async (volume) => {
        const { format, grid, quantity, values, warnings } = await readVolume(await encodeHdf5(volume));
        // JSON has no -0.
        const indexToWorld = volume.grid.indexToWorld.map((value) => value + 0);
        expect({ format, grid, quantity, values, warnings }).toEqual({
          format: "hdf5",
          grid: { size: volume.grid.size, indexToWorld },
          quantity: volume.quantity,
          values: volume.values,
          warnings: [],
        });
      }),
      { numRuns: 40 },
    ));

  test.each(["labels.h5", "labels.HDF5"])(
    "%s is the data set 'volume', [nz][ny][nx], to h5wasm's own reader",
    async (name) => {
      await writeVolume(join(folder, name), labels);
      const { FS } = await h5wasm.ready;
      FS.writeFile("/written.h5", await readFile(join(folder, name)));
      const file = new h5wasm.File("/written.h5", "r");
      const set = file.get("volume") as Dataset;
      expect([file.keys(), set.shape, set.dtype]).toEqual([["volume"], [2, 3, 4], "<B"]);
      expect(set.value).toEqual(labels.values);
      const { indexToWorld } = labels.grid;
      expect(JSON.parse(`${set.attrs.tomograd.value}`)).toEqual({ tomograd: { indexToWorld, quantity: "label" } });
      file.close();
      expect((await readdir(folder)).filter((file) => file.endsWith(".part"))).toEqual([]);
    },
  );

  test("the same volume is the same bytes, whatever the time", async () => {
    const first = await encodeHdf5(labels);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 86_400_000 });
    const later = await encodeHdf5(labels);
    expect(Buffer.compare(first, later)).toBe(0);
    // The library itself writes the time.
    const { FS } = await h5wasm.ready;
    const written = [0, 5000].map((wait) => {
      vi.advanceTimersByTime(wait);
      const file = new h5wasm.File("/timed.h5", "w", { libver: ["earliest", "latest"] });
      file.create_dataset({ name: "volume", data: new Uint8Array(24), shape: [2, 3, 4] });
      file.close();
      return (FS.readFile("/timed.h5") as Uint8Array).slice();
    });
    expect(Buffer.compare(written[0], written[1])).not.toBe(0);
  });

  test("a volume whose values do not fill its grid is refused before a file appears", async () => {
    const path = join(folder, "short.h5");
    const short = { ...labels, values: new Uint8Array(7) };
    await expect(writeVolume(path, short)).rejects.toMatchObject({ code: "SHAPE_MISMATCH" });
    expect(await readdir(folder)).not.toContain("short.h5");
  });

  test("without h5wasm the message says how to install it, and no file appears", async () => {
    vi.resetModules();
    vi.doMock("h5wasm", () => {
      throw new Error("Cannot find package 'h5wasm'");
    });
    const fresh = await import("../../src/io/index.js");
    await expect(fresh.writeVolume(join(folder, "missing.h5"), labels)).rejects.toMatchObject({
      code: "UNSUPPORTED_FORMAT",
      message: expect.stringContaining("npm install h5wasm"),
      detail: { defect: "missing-codec" },
    });
    vi.doUnmock("h5wasm");
    expect(await readdir(folder)).not.toContain("missing.h5");
  });
});
