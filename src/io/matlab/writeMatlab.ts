import { writeFileAtomically } from "#platform";
import { fault } from "../../core/errors.js";
import type { Volume } from "../../volume/grid.js";
import { metadataText } from "../orientation.js";
import { checkWritable, littleEndianPieces } from "../valueBytes.js";
import { MATRIX, METADATA, VOLUME } from "./elements.js";

/** Codes of an array's class and of its numbers' element. */
const codes = { Uint8Array: [9, 2], Int16Array: [10, 3], Float32Array: [7, 7], Float64Array: [6, 9] } as const;
/** Codes of the elements that stand before the numbers. */
const [INT8, INT32, UINT32] = [1, 5, 6];
/** MATLAB reads no longer variable of version 5, bytes. */
const LONGEST = 2 ** 31 - 1;

/**
 * The bytes of a volume as a MATLAB file (version 5, little endian, not compressed): `volume`, whose first axis is x, and
 * `tomograd`, the bytes of `metadataText` (`char(tomograd)` shows them). The same volume gives the same bytes.
 * Source: "MAT-File Format" (MathWorks, R2016b).
 * @throws SHAPE_MISMATCH, NOT_FINITE, TOO_LARGE (2 GiB)
 */
export function matlabPieces(volume: Volume): Uint8Array[] {
  checkWritable(volume);
  const text = new TextEncoder().encode(metadataText(volume));
  return [
    fileHeader(),
    ...matrix(VOLUME, volume.grid.size, volume.values),
    ...matrix(METADATA, [1, text.length], text),
  ];
}

/** Writes a MATLAB file whole or not at all; see `matlabPieces`. @throws WRITE_FAILED, and as `matlabPieces` */
export const writeMatlab = (path: string, volume: Volume): Promise<void> =>
  writeFileAtomically(path, matlabPieces(volume));

function fileHeader(): Uint8Array {
  const bytes = new Uint8Array(128).fill(0x20, 0, 116);
  bytes.set(new TextEncoder().encode("MATLAB 5.0 MAT-file, written by tomograd"));
  new DataView(bytes.buffer).setUint16(124, 0x0100, true);
  bytes.set(new TextEncoder().encode("IM"), 126);
  return bytes;
}

function matrix(name: string, shape: readonly number[], values: Volume["values"]): Uint8Array[] {
  const [classCode, type] = codes[values.constructor.name as keyof typeof codes];
  if (values.byteLength > LONGEST)
    throw fault(
      "TOO_LARGE",
      `MATLAB's version 5 holds 2 GiB, this volume ${values.byteLength} bytes; write .nii or .zarr`,
      {
        defect: "too-large",
      },
    );
  const head = [
    ...element(UINT32, [Uint8Array.of(classCode, 0, 0, 0, 0, 0, 0, 0)]),
    ...element(INT32, [dimensions(shape)]),
    ...element(INT8, [new TextEncoder().encode(name)]),
  ];
  const numbers = element(type, [...littleEndianPieces(values)]);
  const length = [...head, ...numbers].reduce((sum, piece) => sum + piece.length, 0);
  return [tag(MATRIX, length), ...head, ...numbers];
}

/** An element and what fills it up to eight bytes. */
function element(type: number, pieces: readonly Uint8Array[]): Uint8Array[] {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  return [tag(type, length), ...pieces, new Uint8Array((8 - (length % 8)) % 8)];
}

function dimensions(shape: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * shape.length));
  for (const [axis, length] of shape.entries()) view.setInt32(4 * axis, length, true);
  return new Uint8Array(view.buffer);
}

function tag(type: number, length: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(8));
  view.setUint32(0, type, true);
  view.setUint32(4, length, true);
  return new Uint8Array(view.buffer);
}
