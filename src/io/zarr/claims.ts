import { fault } from "../../core/errors.js";
import { isDocument } from "./arrayInfo.js";

/** What a chunk may claim to hold: as often its own numbers (filters change their width), or so many bytes. */
const [MOST_TIMES, FREE_BYTES] = [16, 1 << 20];

/** The codec that wrote an array's chunks last, by its name; of shards that of their inner chunks. */
export function outermostCodec(version: 2 | 3, document: Readonly<Record<string, unknown>>): string | undefined {
  if (version === 2) return isDocument(document.compressor) ? String(document.compressor.id) : undefined;
  const last = (codecs: unknown): string | undefined => {
    const codec: unknown = Array.isArray(codecs) ? codecs.at(-1) : undefined;
    if (!isDocument(codec)) return undefined;
    if (codec.name === "sharding_indexed" && isDocument(codec.configuration)) return last(codec.configuration.codecs);
    return String(codec.name);
  };
  return last(document.codecs);
}

/**
 * Refuses a compressed chunk that claims far more than a chunk's `needed` bytes: decoders ask for what it claims.
 * Sources: c-blosc's header; numcodecs' LZ4 (the size, then a block); RFC 8878, 3.1.1.1; RFC 1952, 2.3.1 (ISIZE).
 * @throws CORRUPT_FILE (`decompression-bomb`)
 */
export function refuseClaims(bytes: Uint8Array, codec: string | undefined, needed: number, name: string): void {
  const claimed = claimedBytes(bytes, codec);
  if (claimed <= Math.max(FREE_BYTES, MOST_TIMES * needed)) return;
  throw fault("CORRUPT_FILE", `${name}: a chunk of ${needed} bytes claims to hold ${claimed}`, {
    defect: "decompression-bomb",
  });
}

function claimedBytes(bytes: Uint8Array, codec: string | undefined): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < 16) return 0;
  // Size and length of a block, for which it asks too.
  if (codec === "blosc") return Math.max(view.getUint32(4, true), view.getUint32(8, true));
  if (codec === "lz4") return view.getUint32(0, true);
  if (codec === "gzip") return view.getUint32(bytes.length - 4, true);
  return codec === "zstd" ? zstdContentSize(view) : 0;
}

/** Frame_Content_Size; 0 if a frame does not say. */
function zstdContentSize(view: DataView): number {
  if (view.getUint32(0, true) !== 0xfd2fb528) return 0;
  const descriptor = view.getUint8(4);
  const single = (descriptor & 0x20) !== 0;
  const at = 5 + (single ? 0 : 1) + [0, 1, 2, 4][descriptor & 3];
  switch (descriptor >> 6) {
    case 0:
      return single ? view.getUint8(at) : 0;
    case 1:
      return view.getUint16(at, true) + 256;
    case 2:
      return view.byteLength < at + 4 ? 0 : view.getUint32(at, true);
    default:
      return view.byteLength < at + 8 ? 0 : Number(view.getBigUint64(at, true));
  }
}
