import { fault } from "../../core/errors.js";
import { inflateZlib, MOST_INFLATION } from "../inflate.js";

/** How a block of a TIFF file is decoded, and how much a byte of it can hold. */
interface Scheme {
  /** At most so many bytes come out of one. */
  readonly growth: number;
  /** The first `length` bytes of the content; fewer where it ends. */
  decode(bytes: Uint8Array, length: number, name: string): Promise<Uint8Array> | Uint8Array;
}

/** A code of 9 bits or more stands for at most 3840 bytes. */
const LZW_GROWTH = 3840;

const deflate: Scheme = { growth: MOST_INFLATION, decode: inflateZlib };
const schemes: Readonly<Record<number, Scheme>> = {
  1: { growth: 1, decode: (bytes, length) => bytes.subarray(0, length) },
  5: { growth: LZW_GROWTH, decode: lzw },
  8: deflate,
  32946: deflate,
  32773: { growth: 64, decode: packBits },
};

const names: Readonly<Record<number, string>> = {
  2: "CCITT",
  3: "CCITT fax 3",
  4: "CCITT fax 4",
  6: "old JPEG",
  7: "JPEG",
  34712: "JPEG 2000",
  34887: "LERC",
  34925: "LZMA",
  50000: "Zstandard",
  50001: "WebP",
};

/** The scheme of a Compression tag. @throws UNSUPPORTED_FORMAT (`unsupported-compression`) */
export function schemeOf(compression: number, name: string): Scheme {
  const scheme = schemes[compression];
  if (scheme) return scheme;
  const what = names[compression] ?? `number ${compression}`;
  throw fault("UNSUPPORTED_FORMAT", `${name}: TIFF compression ${what} is not read`, {
    defect: "unsupported-compression",
    compression,
    hint: "save it with none, LZW, deflate or PackBits",
  });
}

/** Section 9 of TIFF 6.0. */
function packBits(bytes: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(length);
  let to = 0;
  for (let at = 0; at < bytes.length && to < length; ) {
    const head = bytes[at++];
    if (head === 128) continue;
    const count = Math.min(head < 128 ? head + 1 : 257 - head, length - to);
    if (head < 128) {
      const run = bytes.subarray(at, at + count);
      out.set(run, to);
      at += head + 1;
      to += run.length;
    } else {
      if (at >= bytes.length) break;
      out.fill(bytes[at++], to, to + count);
      to += count;
    }
  }
  return out.subarray(0, to);
}

const [CLEAR, END, FIRST] = [256, 257, 258];

/**
 * Section 13 of TIFF 6.0: codes of 9 to 12 bits, highest bit first, widened one code early. Strings are kept as their
 * last byte and the code of what comes before.
 */
function lzw(bytes: Uint8Array, length: number, name: string): Uint8Array {
  const bad = (why: string) => fault("CORRUPT_FILE", `${name}: LZW data ${why}`, { defect: "corrupt-stream" });
  if (bytes[0] === 0 && (bytes[1] & 1) === 1)
    throw fault("UNSUPPORTED_FORMAT", `${name}: LZW of before TIFF 6.0 (lowest bit first) is not read`, {
      defect: "unsupported-compression",
    });
  const out = new Uint8Array(length);
  const before = new Uint16Array(4096);
  const last = new Uint8Array(4096).map((_, code) => code);
  const first = new Uint8Array(4096).map((_, code) => code);
  const lengths = new Uint16Array(4096).fill(1);
  let next = FIRST;
  let width = 9;
  let previous = -1;
  let window = 0;
  let bits = 0;
  let to = 0;
  for (let at = 0; to < length; ) {
    while (bits < width) {
      if (at >= bytes.length) return out.subarray(0, to);
      window = ((window << 8) | bytes[at++]) & 0xffffff;
      bits += 8;
    }
    bits -= width;
    const code = (window >> bits) & ((1 << width) - 1);
    if (code === END) break;
    if (code === CLEAR) {
      next = FIRST;
      width = 9;
      previous = -1;
      continue;
    }
    if (previous === -1 ? code > 255 : code > next) throw bad("use a string that is not there");
    if (previous !== -1 && next < 4096) {
      before[next] = previous;
      last[next] = first[code === next ? previous : code];
      first[next] = first[previous];
      lengths[next] = lengths[previous] + 1;
      next++;
      if (next + 1 === 1 << width && width < 12) width++;
    } else if (code >= next && code > 255) throw bad("use a string that is not there");
    const count = lengths[code];
    for (let i = count - 1, c = code; i >= 0; i--, c = before[c]) if (to + i < length) out[to + i] = last[c];
    to = Math.min(length, to + count);
    previous = code;
  }
  return out.subarray(0, to);
}
