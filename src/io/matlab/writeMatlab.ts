import { writeFileAtomically } from "#platform";
import { fault } from "../../core/errors.js";
import type { Volume } from "../../volume/grid.js";
import { bytesPer } from "../numeric.js";
import { metadataText } from "../orientation.js";
import { checkWritable, littleEndianPieces } from "../valueBytes.js";
import { type TypeOption, type WrittenType, writtenType } from "../writtenType.js";
import { MATRIX, METADATA, VOLUME } from "./elements.js";

/** Codes of an array's class and of its numbers' element. */
const codes: Readonly<Record<WrittenType, readonly [classCode: number, element: number]>> = {
  uint8: [9, 2],
  int8: [8, 1],
  uint16: [11, 4],
  int16: [10, 3],
  uint32: [13, 6],
  int32: [12, 5],
  uint64: [15, 13],
  int64: [14, 12],
  float32: [7, 7],
  float64: [6, 9],
};
/** Codes of the elements that stand before the numbers. */
const [INT8, INT32, UINT32] = [1, 5, 6];
/** MATLAB reads no longer variable of version 5, bytes. */
const LONGEST = 2 ** 31 - 1;

/**
 * The bytes of a volume as a MATLAB file (version 5, little endian, not compressed): `volume`, whose first axis is x, and
 * `tomograd`, the bytes of `metadataText` (`char(tomograd)` shows them). The same volume gives the same bytes.
 * Source: "MAT-File Format" (MathWorks, R2016b).
 * @throws SHAPE_MISMATCH, NOT_FINITE, TOO_LARGE (2 GiB), and as `writtenType`
 */
export function* matlabPieces(volume: Volume, options: TypeOption = {}): Generator<Uint8Array> {
  checkWritable(volume);
  const type = writtenType(volume, options);
  const text = new TextEncoder().encode(metadataText(volume));
  yield fileHeader();
  yield* matrix(VOLUME, volume.grid.size, volume.values, type);
  yield* matrix(METADATA, [1, text.length], text, "uint8");
}

/** Writes a MATLAB file whole or not at all; see `matlabPieces`. @throws WRITE_FAILED, and as `matlabPieces` */
export const writeMatlab = async (path: string, volume: Volume, options: TypeOption = {}): Promise<void> =>
  writeFileAtomically(path, matlabPieces(volume, options));

function fileHeader(): Uint8Array {
  const bytes = new Uint8Array(128).fill(0x20, 0, 116);
  bytes.set(new TextEncoder().encode("MATLAB 5.0 MAT-file, written by tomograd"));
  new DataView(bytes.buffer).setUint16(124, 0x0100, true);
  bytes.set(new TextEncoder().encode("IM"), 126);
  return bytes;
}

/** An array as an element. @throws TOO_LARGE */
function* matrix(
  name: string,
  shape: readonly number[],
  values: Volume["values"],
  type: WrittenType,
): Generator<Uint8Array> {
  const [classCode, numberCode] = codes[type];
  const bytes = values.length * bytesPer[type];
  if (bytes > LONGEST)
    throw fault("TOO_LARGE", `MATLAB's version 5 holds 2 GiB, this volume ${bytes} bytes; write .nii or .zarr`, {
      defect: "too-large",
    });
  const head = [
    ...element(UINT32, Uint8Array.of(classCode, 0, 0, 0, 0, 0, 0, 0)),
    ...element(INT32, dimensions(shape)),
    ...element(INT8, new TextEncoder().encode(name)),
    tag(numberCode, bytes),
  ];
  const end = new Uint8Array(padding(bytes));
  const length = [...head, end].reduce((sum, piece) => sum + piece.length, bytes);
  yield tag(MATRIX, length);
  yield* head;
  yield* littleEndianPieces(values, type);
  yield end;
}

/** Bytes that fill an element up to a multiple of eight. */
const padding = (length: number) => (8 - (length % 8)) % 8;

/** An element and what fills it up. */
const element = (type: number, bytes: Uint8Array): Uint8Array[] => [
  tag(type, bytes.length),
  bytes,
  new Uint8Array(padding(bytes.length)),
];

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
