import { fault } from "../core/errors.js";

/** Deflate cannot make more than 1032 bytes of one. */
export const MOST_INFLATION = 1032;

/** Compressed bytes that `inflateStart` looks at together. */
const STEP = 1024;
/** Bytes that a writer may leave behind a stream's checksum. */
const PADDING = 8;

/**
 * Inflates a zlib stream (RFC 1950) that is known to hold `length` bytes. Memory is asked for only where so few bytes
 * can hold so many. More than `length` bytes are not kept.
 * @throws TRUNCATED_FILE (`truncated`), CORRUPT_FILE (`corrupt-stream`, `checksum`)
 */
export async function inflateZlib(bytes: Uint8Array, length: number, name: string): Promise<Uint8Array<ArrayBuffer>> {
  if (bytes.length < 6) throw truncated(name);
  const [method, flags] = bytes;
  if ((method & 15) !== 8 || (256 * method + flags) % 31 !== 0 || (flags & 32) !== 0)
    throw fault("CORRUPT_FILE", `${name}: what should be a zlib stream does not begin like one`, {
      defect: "corrupt-stream",
    });
  const out = await inflateRaw(bytes.subarray(2), length, name);
  const sum = adler32(out);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = bytes.length - 4; at >= Math.max(2, bytes.length - 4 - PADDING); at--)
    if (view.getUint32(at) === sum) return out;
  throw fault("CORRUPT_FILE", `${name}: a zlib stream fails its own checksum`, { defect: "checksum" });
}

/** As `inflateZlib` for a bare deflate stream (RFC 1951), which has no checksum. */
export async function inflateRaw(bytes: Uint8Array, length: number, name: string): Promise<Uint8Array<ArrayBuffer>> {
  if (length > MOST_INFLATION * bytes.length) throw truncated(name);
  const { inflateSync } = await import("fflate");
  let out: Uint8Array<ArrayBuffer>;
  try {
    out = inflateSync(bytes, { out: new Uint8Array(length) });
  } catch (error) {
    if ((error as { code?: number }).code === 0) throw truncated(name);
    throw fault("CORRUPT_FILE", `${name}: a deflate stream is damaged`, { defect: "corrupt-stream" }, error);
  }
  if (out.length < length) throw truncated(name);
  return out;
}

/**
 * The first `length` bytes of a zlib or bare deflate stream, or fewer where it ends, without looking at the rest.
 * @throws CORRUPT_FILE (`corrupt-stream`)
 */
export async function inflateStart(
  bytes: Uint8Array,
  length: number,
  form: "zlib" | "raw",
  name: string,
): Promise<Uint8Array> {
  const { Inflate, Unzlib } = await import("fflate");
  const out = new Uint8Array(length);
  let done = 0;
  const keep = (piece: Uint8Array) => {
    const part = piece.subarray(0, length - done);
    out.set(part, done);
    done += part.length;
  };
  const inflater = form === "zlib" ? new Unzlib(keep) : new Inflate(keep);
  try {
    for (let at = 0; at < bytes.length && done < length; at += STEP) inflater.push(bytes.slice(at, at + STEP), false);
  } catch (error) {
    const message = `${name}: a compressed stream is damaged`;
    throw fault("CORRUPT_FILE", message, { defect: "corrupt-stream" }, error);
  }
  return out.subarray(0, done);
}

/** Adler-32 (RFC 1950, section 9). */
function adler32(bytes: Uint8Array): number {
  let a = 1;
  let b = 0;
  // 3800 additions stay below 2^32.
  for (let at = 0; at < bytes.length; at += 3800) {
    const end = Math.min(bytes.length, at + 3800);
    for (let i = at; i < end; i++) {
      a += bytes[i];
      b += a;
    }
    a %= 65521;
    b %= 65521;
  }
  return b * 65536 + a;
}

const truncated = (name: string) =>
  fault("TRUNCATED_FILE", `${name}: a compressed stream holds less than it should`, {
    defect: "truncated",
  });
