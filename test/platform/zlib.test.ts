import { deflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import * as browser from "../../src/platform/browser.js";
import * as node from "../../src/platform/node.js";

const collect = async (pieces: AsyncIterable<Uint8Array>) => {
  const all: number[] = [];
  for await (const piece of pieces) for (const byte of piece) all.push(byte);
  return Uint8Array.from(all);
};
const noise = Uint8Array.from({ length: 50_000 }, (_, i) => (Math.imul(i, 2654435761) >>> 13) & 255);
const packed = new Uint8Array(deflateSync(noise));

describe.each([
  ["Node", node],
  ["a browser", browser],
] as const)("zlib in %s", (_, { unzlib, zlib }) => {
  const refusal = (bytes: Uint8Array) => collect(unzlib(bytes)).catch((error) => error.detail.defect);

  test("bytes in any pieces come back", async () => {
    expect(await collect(unzlib(packed))).toEqual(noise);
    expect(await collect(unzlib([packed.subarray(0, 1), packed.subarray(1, 777), packed.subarray(777)]))).toEqual(
      noise,
    );
  });

  test("what is deflated comes back through either implementation, smaller at a higher level", async () => {
    const flat = noise.map((byte) => byte & 15);
    const pieces = [flat.subarray(0, 333), flat.subarray(333)];
    for (const { unzlib: either } of [node, browser])
      expect(await collect(either(await collect(zlib(pieces))))).toEqual(flat);
    const sizes = [1, 9].map(async (level) => (await collect(zlib(flat, level))).length);
    expect(await sizes[1]).toBeLessThan(await sizes[0]);
  });

  test("a cut stream is truncated, a damaged one is refused", async () => {
    expect(await refusal(packed.subarray(0, packed.length >> 1))).toBe("truncated");
    expect(await refusal(packed.subarray(0, packed.length - 2))).toBe("truncated");
    expect(await refusal(noise.subarray(0, 100))).toBe("corrupt-stream");
    const wrong = packed.slice();
    wrong[wrong.length - 1] ^= 1;
    expect(await refusal(wrong)).toMatch(/^(checksum|corrupt-stream)$/);
  });

  test("a reader that stops early ends the stream, and an error of the source passes through", async () => {
    for await (const piece of unzlib(packed)) {
      expect(piece.length).toBeGreaterThan(0);
      break;
    }
    const failing = (async function* () {
      yield packed.subarray(0, 100);
      throw new RangeError("no more");
    })();
    await expect(collect(unzlib(failing))).rejects.toThrow("no more");
  });
});
