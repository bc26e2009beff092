import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { readVolume, writeImage, writeVolume } from "../../src/io/index.js";
import type { Volume } from "../../src/volume/grid.js";
import { type FileServer, serveFiles } from "../helpers/fileServer.js";
import { dataFolder, hasData } from "../helpers/folders.js";

const volume: Volume = {
  quantity: "hounsfield",
  grid: { size: [40, 30, 50], indexToWorld: [2, 0, 0, -3, 0, 3, 0, 4, 0, 0, 4, 5, 0, 0, 0, 1] },
  values: Int16Array.from({ length: 60_000 }, (_, i) => (i % 4001) - 1000),
};
const ENDINGS = ["nii", "nii.gz", "nrrd", "mha", "mhd", "nhdr", "npy", "npz", "mat", "h5", "tif", "zarr"];

let folder: string;
/** Bytes of every file by its path in the folder. */
const files = new Map<string, Uint8Array<ArrayBuffer>>();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tomograd-inputs-"));
  for (const ending of ENDINGS) await writeVolume(join(folder, `ct.${ending}`), volume);
  for (const k of [2, 10, 1])
    await writeImage(join(folder, `slice${k}.png`), { rows: 2, columns: 2, values: [0, k, 0, 255] });
  const walk = (at: string) => {
    for (const name of readdirSync(at))
      if (statSync(join(at, name)).isDirectory()) walk(join(at, name));
      else
        files.set(relative(folder, join(at, name)).replaceAll("\\", "/"), new Uint8Array(readFileSync(join(at, name))));
  };
  walk(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

const matches = async (reading: ReturnType<typeof readVolume>) => {
  const { values, grid, quantity, warnings } = await reading;
  expect({ grid, quantity }).toEqual({ grid: volume.grid, quantity: volume.quantity });
  expect(Buffer.compare(new Uint8Array(values.buffer), new Uint8Array(volume.values.buffer))).toBe(0);
  expect(warnings).toEqual([]);
};

describe("by web address", () => {
  let server: FileServer;
  let address: string;
  beforeAll(async () => {
    server = await serveFiles(files, (path, response) => {
      if (path.startsWith("stalled")) response.writeHead(206, { "content-range": "bytes 0-65535/9999999" });
      else if (path.startsWith("broken")) {
        response.writeHead(200, { "content-length": 120_000 }).write(new Uint8Array(1000), () => response.destroy());
      } else return false;
      return true;
    });
    address = server.address;
  });
  afterEach(() => {
    server.log.length = 0;
    server.ranges = true;
  });
  afterAll(() => server.close());

  test.each(ENDINGS)("ct.%s opens by ranges, and from a server without ranges", async (ending) => {
    await matches(readVolume(`${address}/ct.${ending}`));
    server.ranges = false;
    await matches(readVolume(new URL(`${address}/ct.${ending}`)));
  });

  test("a file of 120 kB takes its first 64 KiB and then the rest, each byte once", async () => {
    await readVolume(`${address}/ct.nii`);
    expect(server.log.map(({ bytes }) => bytes)).toEqual([65536, files.get("ct.nii")!.length - 65536]);
  });

  test("a Zarr folder is looked for where an address ends with .zarr, a slash, or nothing, and keeps its query", async () => {
    for (const path of ["ct.zarr?token=1", "ct.zarr/"]) await matches(readVolume(`${address}/${path}`));
    const array = await readVolume(`${address}/ct.zarr/0`);
    expect([array.grid.size, array.format]).toEqual([volume.grid.size, "zarr"]);
    await expect(readVolume(`${address}/ct.zarr`, { dataset: "7" })).rejects.toMatchObject({
      detail: { defect: "missing-dataset" },
    });
    await expect(readVolume(`${address}/other.zarr`)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test.skipIf(!hasData)("of a shard only the index and the chunks are fetched", async () => {
    const shards = join(dataFolder, "formats", "zarr-v3-sharded.zarr");
    for (const name of readdirSync(shards, { recursive: true, encoding: "utf8" }))
      if (statSync(join(shards, name)).isFile())
        files.set(`shards.zarr/${name}`, new Uint8Array(readFileSync(join(shards, name))));
    const { values } = await readVolume(`${address}/shards.zarr`);
    expect(values).toEqual((await readVolume(shards)).values);
  });

  test("a server without ranges is not believed beyond maxBytes", async () => {
    server.ranges = false;
    await expect(readVolume(`${address}/ct.nii`, { maxBytes: 119_000 })).rejects.toMatchObject({ code: "TOO_LARGE" });
  });

  test("an abort ends a read that waits for the server", async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 50);
    const reading = readVolume(`${address}/stalled.nii`, { signal: controller.signal });
    await expect(reading).rejects.toMatchObject({ code: "ABORTED" });
  });

  test("a connection that breaks is TRUNCATED_FILE, no server NOT_FOUND", async () => {
    await expect(readVolume(`${address}/broken.nii`)).rejects.toMatchObject({ code: "TRUNCATED_FILE" });
    await expect(readVolume("http://127.0.0.1:9/ct.nii")).rejects.toMatchObject({
      code: "NOT_FOUND",
      detail: { defect: "missing-file" },
    });
  });
});

type Entry = { kind: "file"; name: string; getFile(): Promise<File> } | Handle;
interface Handle {
  kind: "directory";
  name: string;
  values(): AsyncGenerator<Entry>;
}

/** A browser's directory handle over those of the files whose path `keep` accepts. */
function directoryHandle(name: string, entries: ReadonlyMap<string, Uint8Array<ArrayBuffer>>): Handle {
  const groups = new Map<string, Map<string, Uint8Array<ArrayBuffer>>>();
  for (const [path, bytes] of entries) {
    const [first, ...rest] = path.split("/");
    groups.set(first, (groups.get(first) ?? new Map()).set(rest.join("/"), bytes));
  }
  return {
    kind: "directory" as const,
    name,
    async *values() {
      for (const [one, inside] of groups)
        if (inside.has("")) yield fileHandle(one, inside.get("")!);
        else yield directoryHandle(one, inside);
    },
  };
}
const fileHandle = (name: string, bytes: Uint8Array<ArrayBuffer>) => ({
  kind: "file" as const,
  name,
  getFile: async () => new File([bytes], name),
});
const some = (pattern: RegExp, cut = "") =>
  new Map(
    [...files].flatMap(([path, bytes]) => (pattern.test(path) ? [[path.slice(cut.length), bytes] as const] : [])),
  );
/** What `<input webkitdirectory>` gives for a folder of this name. */
const pickedFiles = (name: string, entries: ReadonlyMap<string, Uint8Array<ArrayBuffer>>) =>
  [...entries].map(([path, bytes]) =>
    Object.defineProperty(new File([bytes], path.replace(/^.*\//, "")), "webkitRelativePath", {
      value: `${name}/${path}`,
    }),
  );

describe("by a browser's handles", () => {
  test.each([
    ["a Zarr folder", /^ct\.zarr\//, "ct.zarr/"],
    ["a header of MetaImage with its voxels beside it", /^ct\.(mhd|raw)$/, ""],
    ["a header of NRRD with its voxels beside it", /^ct\.(nhdr|raw\.gz)$/, ""],
    ["one NIfTI file", /^ct\.nii\.gz$/, ""],
  ])("%s: a directory handle, a FileList, a list of Files", async (_, pattern, cut) => {
    const entries = some(pattern, cut);
    await matches(readVolume(directoryHandle("picked", entries)));
    const list = pickedFiles("picked", entries);
    await matches(readVolume(list));
    await matches(readVolume({ ...list, length: list.length, item: (i: number) => list[i] }));
  });

  test("a file handle is its file", async () => {
    await matches(readVolume(fileHandle("ct.mha", files.get("ct.mha")!)));
  });

  test("slices are in the order of their numbers", async () => {
    const { grid, values } = await readVolume(directoryHandle("slices", some(/^slice\d+\.png$/)));
    expect([grid.size, values[1], values[5], values[9]]).toEqual([[2, 2, 3], 1, 2, 10]);
  });

  test("a header whose voxels were not picked says which file is missing", async () => {
    await expect(readVolume(pickedFiles("p", some(/^ct\.mhd$/)))).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: expect.stringContaining("ct.raw"),
    });
  });

  test.skipIf(!hasData)("the DICOM chest by a directory handle equals the one by its path", async () => {
    const path = join(dataFolder, "malformed", "series-good");
    const names = readdirSync(path);
    const entries = new Map(
      names.map((name) => [`in/${name}`, new Uint8Array(readFileSync(join(path, name)))] as const),
    );
    const [picked, direct] = [await readVolume(directoryHandle("x", entries)), await readVolume(path)];
    expect([picked.values, picked.grid, picked.warnings]).toEqual([direct.values, direct.grid, direct.warnings]);
  });
});

describe("progress and abort", () => {
  test.each([...ENDINGS, "png"])(
    "%s: progress never falls and ends at all of it; an aborted read stops",
    async (ending) => {
      const input =
        ending === "png"
          ? [...some(/^slice\d+\.png$/).values()].map((b) => new Blob([b]))
          : join(folder, `ct.${ending}`);
      const seen: number[] = [];
      await readVolume(input, { onProgress: ({ done, total }) => seen.push(done / total) });
      expect(seen).toEqual([...seen].sort((a, b) => a - b));
      expect(seen.at(-1)).toBe(1);
      await expect(readVolume(input, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "ABORTED" });
    },
  );
});
