import { fault } from "../../core/errors.js";
import type { StoredType } from "../numeric.js";
import type { Source } from "../source.js";

/** A data element of a MAT file of version 5: a tag and what follows it. */
export interface Element {
  readonly type: number;
  /** Where its content lies, bytes. */
  readonly at: number;
  readonly length: number;
  /** Where the next element begins, bytes. */
  readonly next: number;
}

/** Codes of element types that are containers. */
export const [MATRIX, COMPRESSED] = [14, 15];

/** The variables that tomograd writes: the voxels, and the bytes of `metadataText`. */
export const [VOLUME, METADATA] = ["volume", "tomograd"];

/** Number types of elements, by code. */
export const elementTypes: Readonly<Record<number, StoredType>> = {
  1: "int8",
  2: "uint8",
  3: "int16",
  4: "uint16",
  5: "int32",
  6: "uint32",
  7: "float32",
  9: "float64",
  12: "int64",
  13: "uint64",
};

/** Number types of arrays, by class code. */
export const classTypes: Readonly<Record<number, StoredType>> = {
  6: "float64",
  7: "float32",
  8: "int8",
  9: "uint8",
  10: "int16",
  11: "uint16",
  12: "int32",
  13: "uint32",
  14: "int64",
  15: "uint64",
};

/** The class of structures, and the names of those without numbers. */
export const STRUCT = 2;
export const classNames: Readonly<Record<number, string>> = {
  1: "cell",
  2: "struct",
  3: "object",
  4: "char",
  5: "sparse",
  16: "function",
  17: "opaque",
};

/** Bytes of one byte order with a name for messages. */
export interface Content {
  readonly source: Source;
  readonly littleEndian: boolean;
  readonly name: string;
}

/** The element at a place. Source: "MAT-File Format" (MathWorks, R2016b), "Data Element Format". @throws TRUNCATED_FILE */
export async function readElement({ source, littleEndian, name }: Content, at: number): Promise<Element> {
  const bytes = await source.read(at, 8);
  if (bytes.length < 8) throw truncatedMatlab(name, at + 8, source.size);
  const view = new DataView(bytes.buffer, bytes.byteOffset, 8);
  const word = view.getUint32(0, littleEndian);
  const short = word >>> 16;
  if (short > 0) {
    if (short > 4) throw fault("CORRUPT_FILE", `${name}: a short element of ${short} bytes`, { defect: "bad-header" });
    return { type: word & 0xffff, at: at + 4, length: short, next: at + 8 };
  }
  const length = view.getUint32(4, littleEndian);
  // Everything but compressed elements is padded to eight bytes.
  const padded = word === COMPRESSED ? length : 8 * Math.ceil(length / 8);
  return { type: word, at: at + 8, length, next: at + 8 + padded };
}

/** What stands before the numbers of an array. */
export interface MatrixHeader {
  readonly classCode: number;
  readonly complex: boolean;
  readonly logical: boolean;
  readonly shape: readonly number[];
  readonly name: string;
  /** Where the numbers' or fields' elements begin, bytes. */
  readonly body: number;
}

/** Axes beyond these are not read. */
const MOST_AXES = 32;
/** MATLAB's names have at most 63 characters, bytes. */
const LONGEST_NAME = 256;

/** Reads flags, dimensions and name of an array. @throws TRUNCATED_FILE, CORRUPT_FILE (`bad-header`, `bad-dimension`) */
export async function readMatrixHeader(content: Content, at: number): Promise<MatrixHeader> {
  const { source, littleEndian, name } = content;
  const flags = await readElement(content, at);
  const axes = await readElement(content, flags.next);
  const label = await readElement(content, axes.next);
  const bad = (what: string) => fault("CORRUPT_FILE", `${name}: ${what}`, { defect: "bad-header" });
  if (flags.length !== 8 || axes.type !== 5 || axes.length < 8 || axes.length > 4 * MOST_AXES)
    throw bad("an array without flags or dimensions");
  if (label.length > LONGEST_NAME) throw bad(`a name of ${label.length} bytes`);
  const word = await view(source, flags.at, 4, name);
  const numbers = await view(source, axes.at, axes.length, name);
  const shape = Array.from({ length: axes.length / 4 }, (_, i) => numbers.getInt32(4 * i, littleEndian));
  if (shape.some((n) => n < 0) || !Number.isSafeInteger(shape.reduce((a, b) => a * b, 1)))
    throw fault("CORRUPT_FILE", `${name}: impossible dimensions ${shape.join(" x ")}`, { defect: "bad-dimension" });
  const bits = word.getUint32(0, littleEndian);
  return {
    classCode: bits & 255,
    complex: (bits & 0x800) !== 0,
    logical: (bits & 0x200) !== 0,
    shape,
    name: new TextDecoder().decode(await source.read(label.at, label.length)).replace(/\0.*$/s, ""),
    body: label.next,
  };
}

/** The names of a structure's fields, and where the first field's array begins. @throws CORRUPT_FILE (`bad-header`) */
export async function readFieldNames(content: Content, at: number): Promise<{ names: string[]; next: number }> {
  const { source, littleEndian, name } = content;
  const each = await readElement(content, at);
  const all = await readElement(content, each.next);
  const length = each.length === 4 ? (await view(source, each.at, 4, name)).getInt32(0, littleEndian) : 0;
  if (length < 1 || length > LONGEST_NAME || all.length % length !== 0 || all.length > 1 << 20)
    throw fault("CORRUPT_FILE", `${name}: a structure whose field names have ${length} bytes`, {
      defect: "bad-header",
    });
  const text = new TextDecoder("latin1").decode(await source.read(all.at, all.length));
  const names = Array.from({ length: text.length / length }, (_, i) =>
    text.slice(i * length, (i + 1) * length).replace(/\0.*$/s, ""),
  );
  return { names, next: all.next };
}

async function view(source: Source, at: number, length: number, name: string): Promise<DataView> {
  const bytes = await source.read(at, length);
  if (bytes.length < length) throw truncatedMatlab(name, at + length, source.size);
  return new DataView(bytes.buffer, bytes.byteOffset, length);
}

/** The error for a file that ends before its elements do. */
export const truncatedMatlab = (name: string, needed: number, found: number) =>
  fault("TRUNCATED_FILE", `${name}: its elements ask for ${needed} bytes, there are ${found}`, {
    defect: "truncated",
    needed,
    found,
  });
