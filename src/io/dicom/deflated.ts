import { Inflate } from "fflate";
import { fault } from "../../core/errors.js";

/** Compressed bytes are handed to the inflater in pieces of this size, so that little more than the limit comes out. */
const PIECE = 1 << 12;

/**
 * The first `limit` bytes of raw deflate data (RFC 1951), a little more or, where `ended`, all of them.
 * @throws CORRUPT_FILE (`corrupt-stream`), TRUNCATED_FILE (`truncated`)
 */
export function inflateUpTo(deflated: Uint8Array, limit: number): { bytes: Uint8Array; ended: boolean } {
  const pieces: Uint8Array[] = [];
  let length = 0;
  let ended = false;
  const inflater = new Inflate((piece, final) => {
    pieces.push(piece);
    length += piece.length;
    ended ||= final;
  });
  try {
    for (let at = 0; at < deflated.length && length < limit && !ended; at += PIECE)
      inflater.push(deflated.subarray(at, at + PIECE), at + PIECE >= deflated.length);
  } catch (error) {
    const early = /EOF/i.test(String(error));
    throw early
      ? fault("TRUNCATED_FILE", "the compressed data set ends too early", { defect: "truncated" }, error)
      : fault("CORRUPT_FILE", "the compressed data set is damaged", { defect: "corrupt-stream" }, error);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return { bytes, ended };
}
