import type { Jpeg2000Header } from "./jpeg2000Header.js";
import { type DecodedFrame, wasmCodec } from "./wasmCodec.js";

const decode = wasmCodec(() => import("@cornerstonejs/codec-openjph/wasmjs"), "HTJ2KDecoder");

/** The size marker's byte for 33 unsigned bits: the codec then neither shifts nor clips what fits in 16 bits. */
const UNCLIPPED = 32;

/**
 * Decodes high-throughput JPEG 2000 with OpenJPH.
 * Some writers encode negative numbers as unsigned ones (v + 2^precision) in a stream that is marked signed; the codec
 * clips those to the largest signed number. Where that number comes, the frame is decoded again without clipping, and
 * numbers above it are taken for what their bits say.
 * @throws CORRUPT_FILE (`corrupt-stream`)
 */
export async function decodeHtj2k({
  stream,
  rows,
  signed,
  signBytes,
  precision,
}: Jpeg2000Header): Promise<DecodedFrame> {
  const frame = await decode(stream);
  if (!signed || !isClipped(frame.bytes, precision)) return frame;
  const unclipped = stream.slice();
  for (const at of signBytes) unclipped[at] = UNCLIPPED;
  const { bytes } = await decode(unclipped);
  const wide = rowsOf(bytes, rows, frame.bytes.length / rows / (precision <= 8 ? 1 : 2));
  const top = precision <= 8 ? 0x7f : 0x7fff;
  if (!wide.some((value) => value > top)) return frame;
  const wrapped = precision <= 8 ? Uint8Array.from(wide) : new Uint8Array(wide.buffer);
  return { ...frame, bytes: wrapped };
}

/** Whether the largest number of the codec's signed type occurs. */
function isClipped(bytes: Uint8Array<ArrayBuffer>, precision: number): boolean {
  const values = precision <= 8 ? new Int8Array(bytes.buffer) : new Int16Array(bytes.buffer);
  return values.includes(precision <= 8 ? 0x7f : 0x7fff);
}

/** The codec leaves room for 33 bits, 5 bytes a number, and writes 2 bytes a number from the start of each row. */
function rowsOf(bytes: Uint8Array<ArrayBuffer>, rows: number, width: number): Uint16Array<ArrayBuffer> {
  const out = new Uint16Array(rows * width);
  const view = new DataView(bytes.buffer);
  const stride = bytes.length / rows;
  for (let row = 0; row < rows; row++)
    for (let i = 0; i < width; i++) out[row * width + i] = view.getUint16(row * stride + 2 * i, true);
  return out;
}
