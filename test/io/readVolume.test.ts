import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodeNifti, readNpy, readVolume, toSource } from "../../src/io/index.js";
import type { Volume } from "../../src/volume/grid.js";

const volume: Volume = {
  quantity: "density",
  grid: { size: [4, 3, 2], indexToWorld: [2, 0, 0, -3, 0, 3, 0, 4, 0, 0, 4, 5, 0, 0, 0, 1] },
  values: Float32Array.from({ length: 24 }, (_, i) => i / 8),
};
const nifti = encodeNifti(volume) as Uint8Array<ArrayBuffer>;
/** The same file with some bytes written over. */
const changed = (write: (view: DataView) => void, length = nifti.length) => {
  const bytes = new Uint8Array(length);
  bytes.set(nifti.subarray(0, length));
  write(new DataView(bytes.buffer));
  return bytes;
};
const npy = (descr: string, shape: string, numbers: ArrayBufferView, order = "False") => {
  const text = `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }\n`;
  const head = [0x93, ...new TextEncoder().encode("NUMPY"), 1, 0, text.length, 0, ...new TextEncoder().encode(text)];
  return Uint8Array.from([...head, ...new Uint8Array(numbers.buffer)]);
};

let server: Server;
let address: string;
beforeAll(async () => {
  server = createServer((request, response) => {
    const range = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? "");
    if (request.url === "/absent.nii") response.writeHead(404).end();
    else if (!range || request.url === "/plain.nii") response.end(nifti);
    else {
      const part = nifti.subarray(Number(range[1]), Number(range[2]) + 1);
      response.writeHead(206, { "content-range": `bytes ${range[1]}-${range[2]}/${nifti.length}` }).end(part);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

describe("reading a volume", () => {
  test.each([
    ["bytes", () => nifti],
    ["an ArrayBuffer", () => nifti.buffer],
    ["a Blob", () => new Blob([nifti])],
    ["a browser's File", () => new File([gzipSync(nifti)], "scan.nii")],
    ["a server with ranges", () => `${address}/ranges.nii`],
    ["a server without ranges", () => new URL(`${address}/plain.nii`)],
    ["a source", () => ({ size: nifti.length, read: async (at: number, n: number) => nifti.subarray(at, at + n) })],
  ])("from %s gives the same", async (_, input) => {
    const { values, grid, quantity, warnings } = await readVolume(input());
    expect({ values, grid, quantity }).toEqual(volume);
    expect(warnings).toEqual([]);
  });

  test("ranges are fetched one by one; what is not there is NOT_FOUND", async () => {
    const source = await toSource(`${address}/ranges.nii`);
    expect([source.size, source.name]).toEqual([nifti.length, "ranges.nii"]);
    expect(await source.read(344, 3)).toEqual(nifti.slice(344, 347));
    await expect(readVolume(`${address}/absent.nii`)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test("the quantity is the option's, else the file's", async () => {
    expect((await readVolume(nifti, { quantity: "attenuation" })).quantity).toBe("attenuation");
    expect((await readVolume(changed((view) => void view.setUint8(148, 0)))).quantity).toBe("unknown");
  });

  test("unknown options are refused with the nearest known one", async () => {
    await expect(readVolume(nifti, { serie: 1 } as object)).rejects.toThrow(/did you mean 'series'/);
    await expect(readVolume(nifti, { frame: 1 })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  test("progress ends at the last byte and an aborted read stops", async () => {
    const seen: number[] = [];
    await readVolume(nifti, { onProgress: ({ done, total }) => seen.push(done / total) });
    expect(seen.at(-1)).toBe(1);
    await expect(readVolume(nifti, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "ABORTED" });
  });

  test("few bytes that become many are read with progress from the start, and can be given up on the way", async () => {
    // 16 MiB of zeros: more than a compressed file is believed to hold, so they are counted before they are read
    const zeros: Volume = {
      ...volume,
      grid: { ...volume.grid, size: [256, 256, 64] },
      values: new Float32Array(2 ** 22),
    };
    const packed = gzipSync(encodeNifti(zeros));
    const seen: number[] = [];
    await readVolume(packed, { onProgress: ({ done, total }) => seen.push(done / total) });
    expect(seen.length).toBeGreaterThanOrEqual(32);
    expect(seen[0]).toBeLessThan(0.05);
    expect(seen.every((share, i) => i === 0 || share >= seen[i - 1])).toBe(true);
    expect(seen.at(-1)).toBe(1);
    for (const stop of [0.2, 0.8]) {
      const controller = new AbortController();
      let last = 0;
      const onProgress = ({ done, total }: { done: number; total: number }) => {
        last = done / total;
        if (last > stop) controller.abort();
      };
      const reading = readVolume(packed, { signal: controller.signal, onProgress });
      await expect(reading).rejects.toMatchObject({ code: "ABORTED" });
      // at most one piece of the inflater, 1 MiB, was under way
      expect(last).toBeLessThan(stop + 0.1);
    }
  });

  test.each([
    ["one byte short", () => nifti.subarray(0, nifti.length - 1), "truncated"],
    ["gzip that holds less than its header claims", () => gzipSync(nifti.subarray(0, nifti.length - 1)), "truncated"],
    [
      "a gzip header of 30000 x 30000 x 100",
      () => gzipSync(changed((v) => claim(v, [30000, 30000, 100]))),
      "truncated",
    ],
    ["dimensions beyond 2^53", () => changed((v) => claim(v, [32767, 32767, 32767, 32767])), "bad-dimension"],
    ["an affine of rank 2", () => changed((v) => void v.setFloat32(320, 0, true)), "singular-affine"],
    [
      "an infinite affine",
      () => changed((v) => void v.setFloat32(292, Number.POSITIVE_INFINITY, true)),
      "non-finite-affine",
    ],
    ["another magic word", () => changed((v) => void v.setUint8(344, 120)), "bad-magic"],
    ["nothing", () => new Uint8Array(0), "empty-file"],
    ["noise", () => Uint8Array.from({ length: 999 }, (_, i) => 31 * i + 7), "bad-magic"],
  ])("%s is refused", async (_, bytes, defect) => {
    await expect(readVolume(bytes())).rejects.toMatchObject({ name: "TomogradError", detail: { defect } });
  });

  test("maxBytes is kept before memory is asked for", async () => {
    await expect(readVolume(nifti, { maxBytes: 95 })).rejects.toMatchObject({ code: "TOO_LARGE" });
    await expect(readVolume(nifti, { maxBytes: 96 })).resolves.toBeDefined();
  });

  test("int64 widens as far as its numbers ask: int16, float32, float64, and beyond 2^53 with a warning", async () => {
    for (const [largest, type, defects] of [
      [32767, Int16Array, []],
      [2 ** 24, Float32Array, []],
      [2 ** 24 + 1, Float64Array, []],
      [2 ** 53 + 2, Float64Array, ["precision"]],
    ] as const) {
      const bytes = npy("'<i8'", "(1, 1, 2)", BigInt64Array.from([-5n, BigInt(largest)]));
      const read = await readVolume(bytes, { quantity: "density" });
      expect(read.values).toBeInstanceOf(type);
      expect([...read.values]).toEqual([-5, largest]);
      expect(read.warnings.map(({ defect }) => defect)).toEqual(["no-orientation", ...defects]);
    }
  });

  test.each([
    ["'|O'", "(1,)", "unsupported-type"],
    ["'<c8'", "(1,)", "unsupported-type"],
    ["[('a', '<f4')]", "(1,)", "unsupported-type"],
    ["'<f4'", "(1000000, 1000000)", "truncated"],
    ["'<f4'", "(1000000000, 1000000000)", "bad-dimension"],
    ["'<f4'", "(-1,)", "bad-header"],
  ])("a .npy of %s and shape %s is refused", async (descr, shape, defect) => {
    await expect(readNpy(npy(descr, shape, new Float32Array(1)))).rejects.toMatchObject({ detail: { defect } });
  });

  test("Fortran order is turned into C order", async () => {
    const array = await readNpy(npy("'<i2'", "(2, 3)", Int16Array.of(0, 10, 1, 11, 2, 12), "True"));
    expect([...array.values]).toEqual([0, 1, 2, 10, 11, 12]);
  });
});

function claim(view: DataView, size: readonly number[]): void {
  view.setInt16(40, size.length, true);
  size.forEach((n, i) => void view.setInt16(42 + 2 * i, n, true));
}
