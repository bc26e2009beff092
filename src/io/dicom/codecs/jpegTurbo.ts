import { nextSegment } from "./jpegStream.js";
import { type DecodedFrame, wasmCodec } from "./wasmCodec.js";

const decode = wasmCodec(() => import("@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs"), "JPEGDecoder");

/** An Adobe segment that says: no color transform. */
const NO_TRANSFORM = [0xff, 0xee, 0, 14, 0x41, 0x64, 0x6f, 0x62, 0x65, 0, 100, 0, 0, 0, 0, 0];

/**
 * Decodes an 8-bit lossy JPEG with libjpeg-turbo. The components come as they are stored: the file's photometric
 * interpretation says what they mean, so color spaces are not changed.
 * @throws CORRUPT_FILE (`corrupt-stream`)
 */
export const decodeJpegTurbo = (bytes: Uint8Array, components: number): Promise<DecodedFrame> =>
  decode(components === 3 ? withoutColorTransform(bytes) : bytes);

/** The stream without its JFIF and Adobe segments, which speak of color spaces. */
function withoutColorTransform(bytes: Uint8Array): Uint8Array {
  const kept: number[] = [0xff, 0xd8, ...NO_TRANSFORM];
  for (let at = 2; ; ) {
    const { marker, end } = nextSegment(bytes, at);
    if (marker === 0xda) {
      const out = new Uint8Array(kept.length + bytes.length - at);
      out.set(kept);
      out.set(bytes.subarray(at), kept.length);
      return out;
    }
    if (marker !== 0xe0 && marker !== 0xee) kept.push(...bytes.subarray(at, end));
    at = end;
  }
}
