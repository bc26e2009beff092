import { fault } from "../core/errors.js";
import type { Volume } from "../volume/grid.js";
import { hostIsLittleEndian, swapBytes } from "./numeric.js";

/** Bytes written at once. */
const BLOCK = 1 << 20;

/** The bytes of an array, lowest byte first, piece by piece; not copied on machines that keep them so. */
export function* littleEndianPieces(values: Volume["values"]): Generator<Uint8Array> {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  for (let at = 0; at < bytes.length; at += BLOCK) {
    const block = bytes.subarray(at, at + BLOCK);
    if (hostIsLittleEndian) yield block;
    else {
      const swapped = block.slice();
      swapBytes(swapped, values.BYTES_PER_ELEMENT);
      yield swapped;
    }
  }
}

/** Refuses what no file can hold. @throws SHAPE_MISMATCH, NOT_FINITE (`non-finite-affine`) */
export function checkWritable({ grid: { size, indexToWorld }, values }: Volume): void {
  if (size[0] * size[1] * size[2] !== values.length)
    throw fault("SHAPE_MISMATCH", `${values.length} values do not fill a grid of ${size.join(" x ")}`, {
      defect: "length",
    });
  if (!indexToWorld.every(Number.isFinite))
    throw fault("NOT_FINITE", `an affine must be finite: ${indexToWorld}`, { defect: "non-finite-affine" });
}

/** Pieces in one array. */
export function joinPieces(pieces: Iterable<Uint8Array>): Uint8Array<ArrayBuffer> {
  const all = [...pieces];
  const out = new Uint8Array(all.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of all) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}
