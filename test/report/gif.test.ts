import { expect, test } from "vitest";
import { encodeGif, gifDataUri } from "../../src/report/index.js";

const [rows, columns] = [3, 5];
const frameOf = (r: number, g: number, b: number) =>
  Uint8Array.from({ length: 3 * rows * columns }, (_, i) => [r, g, b][i % 3]);
const frames = [frameOf(255, 0, 0), frameOf(0, 0, 255), frameOf(255, 255, 255)];

/** The delays (ms) of the frames, by the graphic control extensions: GIF89a, section 23. */
function delays(bytes: Uint8Array): number[] {
  const found: number[] = [];
  for (let i = 0; i + 7 < bytes.length; i++)
    if (bytes[i] === 0x21 && bytes[i + 1] === 0xf9 && bytes[i + 2] === 4 && bytes[i + 7] === 0)
      found.push(10 * (bytes[i + 4] + 256 * bytes[i + 5]));
  return found;
}

test("an animation is a GIF89a of its size that repeats for ever and stays on its last frame", async () => {
  const bytes = await encodeGif({ rows, columns, frames, delay: 50 });
  const text = new TextDecoder("latin1").decode(bytes);
  expect(text.slice(0, 6)).toBe("GIF89a");
  expect([bytes[6] + 256 * bytes[7], bytes[8] + 256 * bytes[9]]).toEqual([columns, rows]);
  // the application extension of repetition: 0 repeats for ever
  const at = text.indexOf("NETSCAPE2.0") + 11;
  expect([...bytes.subarray(at, at + 4)]).toEqual([3, 1, 0, 0]);
  expect(delays(bytes)).toEqual([50, 50, 500]);
  expect(bytes.at(-1)).toBe(0x3b);
});

test("colors of the first and the last frame are in the palette", async () => {
  const bytes = await encodeGif({ rows, columns, frames });
  const size = 3 * 2 ** ((bytes[10] & 7) + 1);
  const palette = bytes.subarray(13, 13 + size);
  const has = (...color: number[]) =>
    Array.from({ length: size / 3 }, (_, i) => [...palette.subarray(3 * i, 3 * i + 3)]).some((entry) =>
      entry.every((value, k) => Math.abs(value - color[k]) <= 8),
    );
  expect(has(255, 0, 0)).toBe(true);
  expect(has(255, 255, 255)).toBe(true);
});

test("equal animations give equal bytes, and the same as a data URI", async () => {
  const [a, b] = [await encodeGif({ rows, columns, frames }), await encodeGif({ rows, columns, frames })];
  expect(a).toEqual(b);
  const uri = await gifDataUri({ rows, columns, frames });
  expect(Buffer.from(uri.replace("data:image/gif;base64,", ""), "base64").equals(Buffer.from(a))).toBe(true);
});

test("no frames and frames of another size are refused", async () => {
  await expect(encodeGif({ rows, columns, frames: [] })).rejects.toThrow(
    expect.objectContaining({ code: "INVALID_ARGUMENT", detail: expect.objectContaining({ defect: "no-frames" }) }),
  );
  await expect(encodeGif({ rows: 2, columns, frames })).rejects.toThrow(
    expect.objectContaining({ code: "SHAPE_MISMATCH" }),
  );
});
