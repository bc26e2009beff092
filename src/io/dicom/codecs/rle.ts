import { corruptStream } from "./jpegStream.js";

/**
 * Decodes a frame of DICOM RLE (PS3.5, Annex G): one segment for each byte of each sample, the highest byte first.
 * The result has little-endian numbers, [row][column][sample].
 * @throws CORRUPT_FILE (`corrupt-stream`)
 */
export function decodeRle(bytes: Uint8Array, pixels: number, samples: number, bytesEach: number): Uint8Array {
  if (bytes.length < 64) throw corruptStream("an RLE header has 64 bytes");
  const header = new DataView(bytes.buffer, bytes.byteOffset, 64);
  const count = header.getUint32(0, true);
  if (count !== samples * bytesEach)
    throw corruptStream(`${count} RLE segments where ${samples * bytesEach} bytes make a pixel`);
  const offsets = Array.from({ length: count }, (_, i) => header.getUint32(4 + 4 * i, true));
  const out = new Uint8Array(pixels * count);
  for (let segment = 0; segment < count; segment++) {
    const end = segment + 1 < count ? offsets[segment + 1] : bytes.length;
    const start = offsets[segment];
    if (start < 64 || start > end || end > bytes.length) throw corruptStream("an RLE segment lies outside its frame");
    const sample = Math.floor(segment / bytesEach);
    const byte = bytesEach - 1 - (segment % bytesEach);
    unpack(bytes.subarray(start, end), out, sample * bytesEach + byte, count);
  }
  return out;
}

/** Unpacks one segment (PackBits) into every `step`-th byte of `out` from `first` on. */
function unpack(bytes: Uint8Array, out: Uint8Array, first: number, step: number): void {
  let to = first;
  for (let at = 0; to < out.length; ) {
    if (at >= bytes.length) throw corruptStream("an RLE segment ends too early");
    const control = bytes[at++];
    if (control === 128) continue;
    const copies = control > 128;
    const length = copies ? 257 - control : control + 1;
    if (to + (length - 1) * step >= out.length) throw corruptStream("an RLE run reaches beyond the image");
    if (at + (copies ? 1 : length) > bytes.length) throw corruptStream("an RLE run reaches beyond its segment");
    for (let i = 0; i < length; i++, to += step) out[to] = copies ? bytes[at] : bytes[at + i];
    at += copies ? 1 : length;
  }
}
