import { describe, expect, test } from "vitest";
import { bunzip2 } from "../../src/io/bzip2.js";

/** Two streams by bzip2 1.0.8: text with a run, and 300000 zeros in three blocks. */
const packed = new Uint8Array(
  Buffer.from(
    "QlpoOTFBWSZTWaD7URoAAAbBgACAACJIECAAMMAESTymphz1xzGjBzPi7kinChIUH2ojQEJaaDExQVkmU1nfR01vAAJMQIDAAAQAAAggADDMBSmmFEbEUR4u5IpwoSG+jpre",
    "base64",
  ),
);
const collect = async (bytes: Uint8Array, signal?: AbortSignal) => {
  const pieces: Uint8Array[] = [];
  for await (const piece of bunzip2(bytes, "test", signal)) pieces.push(piece);
  return Buffer.concat(pieces);
};
const defectOf = (bytes: Uint8Array) => collect(bytes).catch((error) => error.detail.defect);

describe("bzip2", () => {
  test("two streams are one: runs, several blocks, 300044 bytes", async () => {
    const out = await collect(packed);
    expect(out.subarray(0, 44).toString()).toBe(`${"mississippi".repeat(3)}${"z".repeat(11)}`);
    expect(out.length).toBe(300_044);
    expect(out.subarray(44).every((byte) => byte === 0)).toBe(true);
  });

  test("what follows the last stream is not read", async () => {
    expect((await collect(Uint8Array.from([...packed, 1, 2, 3]))).length).toBe(300_044);
  });

  test("every cut within the first stream is truncated", async () => {
    for (let length = 0; length < 40; length++) expect(await defectOf(packed.subarray(0, length))).toBe("truncated");
  });

  test("every flipped bit of the first stream is named or harmless, none is an error of another kind", async () => {
    const first = packed.subarray(0, 58);
    const seen = new Set<unknown>();
    for (let bit = 0; bit < 8 * first.length; bit++) {
      const wrong = first.slice();
      wrong[bit >> 3] ^= 1 << (bit & 7);
      const found = await defectOf(wrong);
      seen.add(typeof found === "string" ? found : "read");
    }
    expect([...seen].sort()).toEqual(["checksum", "corrupt-stream", "read", "truncated"]);
  });

  test("an aborted read stops", async () => {
    await expect(collect(packed, AbortSignal.abort())).rejects.toMatchObject({ code: "ABORTED" });
  });
});
