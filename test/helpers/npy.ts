import { readFileSync } from "node:fs";

/** An array of a `.npy` file, in the order of the file. */
export interface NpyArray {
  readonly dtype: string;
  /** Slowest dimension first (C order). */
  readonly shape: readonly number[];
  readonly values: Float64Array;
}

const readers: Readonly<Record<string, { bytes: number; read(view: DataView, offset: number): number }>> = {
  "|b1": { bytes: 1, read: (view, offset) => view.getUint8(offset) },
  "|u1": { bytes: 1, read: (view, offset) => view.getUint8(offset) },
  "|i1": { bytes: 1, read: (view, offset) => view.getInt8(offset) },
  "<u2": { bytes: 2, read: (view, offset) => view.getUint16(offset, true) },
  "<i2": { bytes: 2, read: (view, offset) => view.getInt16(offset, true) },
  "<u4": { bytes: 4, read: (view, offset) => view.getUint32(offset, true) },
  "<i4": { bytes: 4, read: (view, offset) => view.getInt32(offset, true) },
  "<i8": { bytes: 8, read: (view, offset) => Number(view.getBigInt64(offset, true)) },
  "<f4": { bytes: 4, read: (view, offset) => view.getFloat32(offset, true) },
  "<f8": { bytes: 8, read: (view, offset) => view.getFloat64(offset, true) },
};

/**
 * Reads a little-endian C-order `.npy` file as float64, by NumPy's format description (versions 1 to 3).
 * Shares no code with the package's own reader, so that the tests can hold that one to the same files.
 */
export function readNpyFile(path: string): NpyArray {
  const bytes = readFileSync(path);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.toString("latin1", 1, 6) !== "NUMPY") throw new Error(`${path} is no .npy file`);
  const wide = bytes[6] > 1;
  const start = wide ? 12 : 10;
  const end = start + (wide ? view.getUint32(8, true) : view.getUint16(8, true));
  const header = bytes.toString("latin1", start, end);
  const dtype = /'descr':\s*'([^']+)'/.exec(header)?.[1] ?? "";
  const shapeText = /'shape':\s*\(([^)]*)\)/.exec(header)?.[1] ?? "";
  const shape = shapeText.split(",").flatMap((text) => (text.trim() === "" ? [] : [Number(text)]));
  const reader = readers[dtype];
  if (!reader || !/'fortran_order':\s*False/.test(header)) throw new Error(`${path}: cannot read ${header}`);
  const length = shape.reduce((product, n) => product * n, 1);
  const values = Float64Array.from({ length }, (_, i) => reader.read(view, end + i * reader.bytes));
  return { dtype, shape, values };
}
