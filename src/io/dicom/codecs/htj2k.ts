import type { Jpeg2000Header } from "./jpeg2000Header.js";
import { type DecodedFrame, wasmCodec } from "./wasmCodec.js";

const decode = wasmCodec(() => import("@cornerstonejs/codec-openjph/wasmjs"), "HTJ2KDecoder");

/**
 * Decodes high-throughput JPEG 2000 with OpenJPH. Its build clips negative values to the highest one, so a signed stream
 * is decoded as an unsigned one, whose values are larger by half the range (ITU T.800, G.1), and shifted back.
 * @throws CORRUPT_FILE (`corrupt-stream`)
 */
export async function decodeHtj2k({ stream, signed, signBytes, precision }: Jpeg2000Header): Promise<DecodedFrame> {
  if (!signed) return decode(stream);
  const unsigned = stream.slice();
  for (const at of signBytes) unsigned[at] &= 0x7f;
  const frame = await decode(unsigned);
  const half = 2 ** (precision - 1);
  if (precision <= 8) for (let i = 0; i < frame.bytes.length; i++) frame.bytes[i] -= half;
  else {
    const view = new DataView(frame.bytes.buffer);
    for (let i = 0; i + 1 < frame.bytes.length; i += 2) view.setInt16(i, view.getUint16(i, true) - half, true);
  }
  return frame;
}
