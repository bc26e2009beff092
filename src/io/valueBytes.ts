import { fault } from "../core/errors.js";
import type { Volume } from "../volume/grid.js";
import {
  bytesPer,
  type Decoded,
  decode,
  hostIsLittleEndian,
  naturalType,
  type StoredType,
  swapBytes,
} from "./numeric.js";

/** Bytes written at once. */
const BLOCK = 1 << 20;

/**
 * The bytes of numbers in a type that holds them (see `writtenType`), lowest byte first, piece by piece, as often as they
 * are asked for. Arrays of that type are not copied on machines that keep them so; of others a piece at a time is.
 */
export function littleEndianPieces(numbers: Decoded, type: StoredType = naturalType(numbers)): Iterable<Uint8Array> {
  const own = type === naturalType(numbers);
  const step = BLOCK / bytesPer[type];
  return {
    *[Symbol.iterator]() {
      for (let at = 0; at < numbers.length; at += step) {
        const block = numbers.subarray(at, at + step);
        const { buffer, byteOffset, byteLength } = own ? block : converted(block, type);
        const bytes = new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
        if (hostIsLittleEndian) yield bytes;
        else {
          const swapped = bytes.slice();
          swapBytes(swapped, bytesPer[type]);
          yield swapped;
        }
      }
    },
  };
}

function converted(numbers: Decoded, type: StoredType): ArrayBufferView {
  if (type === "int64") return BigInt64Array.from(numbers, BigInt);
  if (type === "uint64") return BigUint64Array.from(numbers, BigInt);
  const out = decode(new Uint8Array(numbers.length * bytesPer[type]), type, hostIsLittleEndian);
  out.set(numbers);
  return out;
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
