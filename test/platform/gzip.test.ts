import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as browser from "../../src/platform/browser.js";
import * as node from "../../src/platform/node.js";
import type { Pieces } from "../../src/platform/types.js";

const collect = async (pieces: AsyncIterable<Uint8Array>) => {
  const all: number[] = [];
  for await (const piece of pieces) all.push(...piece);
  return Uint8Array.from(all);
};
const noise = (length: number) => Uint8Array.from({ length }, (_, i) => (Math.imul(i, 2654435761) >>> 13) & 255);
const join = (...parts: Uint8Array[]) => new Uint8Array(parts.flatMap((part) => [...part]));

describe.each([
  ["Node", node],
  ["a browser", browser],
] as const)("gzip in %s", (_, { gzip, gunzip }) => {
  const refusal = (bytes: Pieces) => collect(gunzip(bytes)).catch((error) => error);

  test("any bytes in any pieces come back, through the other implementation too", () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 5 }), async (pieces) => {
        const packed = await collect(gzip(pieces));
        expect(await collect(node.gunzip(packed))).toEqual(join(...pieces));
        expect(await collect(gunzip([packed.subarray(0, 7), packed.subarray(7)]))).toEqual(join(...pieces));
      }),
      { numRuns: 30 },
    ));

  test("the same bytes give the same file", async () => {
    expect(await collect(gzip(noise(1000), 9))).toEqual(await collect(gzip(noise(1000), 9)));
  });

  test("two members are one stream", async () => {
    const [one, two] = [noise(3000), noise(500).reverse()];
    expect(await collect(gunzip(join(gzipSync(one), gzipSync(two))))).toEqual(join(one, two));
  });

  test("a cut stream is truncated, in its data and in its trailer", async () => {
    const packed = gzipSync(noise(5000));
    for (const length of [packed.length >> 1, packed.length - 8, packed.length - 3])
      expect((await refusal(packed.subarray(0, length))).detail.defect).toBe("truncated");
  });

  test("a wrong checksum is named, in the first and in the last member", async () => {
    const packed = new Uint8Array(gzipSync(noise(5000)));
    const wrong = packed.slice();
    wrong[wrong.length - 8] ^= 1;
    expect((await refusal(wrong)).detail.defect).toBe("checksum");
    expect((await refusal(join(packed, wrong))).detail.defect).toBe("checksum");
    expect((await refusal(join(wrong, packed))).detail.defect).toBe("checksum");
  });

  test("what is not gzip is refused", async () => {
    expect((await refusal(noise(100))).code).toBe("CORRUPT_FILE");
  });

  test("output is made as it is asked for: 64 MiB of zeros are never held", async () => {
    const packed = gzipSync(new Uint8Array(64 * 2 ** 20));
    let largest = 0;
    let total = 0;
    for await (const piece of gunzip(packed)) {
      largest = Math.max(largest, piece.length);
      total += piece.length;
      if (total > 2 ** 20) break;
    }
    // 16 KiB of input inflate to at most 1032 times as much.
    expect(largest).toBeLessThanOrEqual(1032 * 2 ** 14);
  });

  test("an error of the source passes through", async () => {
    const failing = (async function* () {
      yield gzipSync(noise(5000)).subarray(0, 100);
      throw new Error("the network broke");
    })();
    expect((await refusal(failing)).message).toBe("the network broke");
  });
});

test("in a browser a long stream lets its thread hear messages in between", async () => {
  const packed = gzipSync(new Uint8Array(2 ** 28), { level: 9 });
  let heard = 0;
  const timer = setInterval(() => heard++, 1);
  let length = 0;
  for await (const piece of browser.gunzip(packed)) length += piece.length;
  clearInterval(timer);
  expect(length).toBe(2 ** 28);
  // it pauses after 50 ms of a work of half a second and more
  expect(heard).toBeGreaterThan(0);
});
