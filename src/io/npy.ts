import { type Source, writeFileAtomically } from "#platform";
import { fault, type Warning } from "../core/errors.js";
import { refuseUnknownOptions } from "../core/options.js";
import { bytesPer, type Decoded, decode, hostIsLittleEndian, naturalType, type StoredType } from "./numeric.js";
import { numpyTypes } from "./numpyTypes.js";
import { type OwnMetadata, parseMetadata } from "./orientation.js";
import { type Input, partOfSource, toSource } from "./source.js";
import { DEFAULT_MAX_BYTES } from "./types.js";
import { littleEndianPieces } from "./valueBytes.js";
import { tooLarge } from "./values.js";

/** An array of any shape. */
export interface NpyArray {
  /** Slowest axis first. */
  readonly shape: readonly number[];
  /** The numbers' type in the file. */
  readonly type: StoredType;
  /** C order (last axis fastest) whatever the file has; 64-bit integers as float64, float16 as float32. */
  readonly values: Decoded;
  readonly warnings: readonly Warning[];
}

/** What a header says of an array of numbers. */
export interface NpyHeader {
  readonly shape: readonly number[];
  readonly type: StoredType;
  readonly littleEndian: boolean;
  readonly fortran: boolean;
  /** Where the numbers begin, bytes. */
  readonly offset: number;
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** A header longer than this is refused unread, bytes. */
const LONGEST_HEADER = 1 << 16;

/** True if the bytes start like a .npy file. */
export const looksLikeNpy = (head: Uint8Array): boolean => MAGIC.every((byte, i) => head[i] === byte);

/**
 * Reads a .npy file (versions 1 to 3; bool, integers, floats; either byte order; C or Fortran order).
 * Source of the format: numpy.lib.format.
 * @throws UNSUPPORTED_FORMAT (`unsupported-type` for objects, complex and structured types; `bad-magic`),
 *   CORRUPT_FILE (`bad-header`), TRUNCATED_FILE (`truncated`), TOO_LARGE
 */
export async function readNpy(input: Input, options: { readonly maxBytes?: number } = {}): Promise<NpyArray> {
  refuseUnknownOptions("readNpy", options, ["maxBytes"]);
  const source = await toSource(input);
  const header = await readHeader(source);
  const { shape, type, littleEndian, fortran, offset } = header;
  const length = product(shape) * bytesPer[type];
  refuseTruncated(source, header);
  const limit = options.maxBytes ?? DEFAULT_MAX_BYTES;
  if (length > limit) throw tooLarge(length, limit);
  const stored = (await source.read(offset, length)).slice();
  const numbers = decode(stored, type, littleEndian);
  const values = fortran ? fromFortran(numbers, shape) : numbers;
  const extra = (await readAppended(source, header)) ? [] : trailing(source, header);
  return { shape, type, values, warnings: [...precisionWarning(type, values), ...extra] };
}

/** What `npyVolumePieces` put behind the array. */
export async function readAppended(source: Source, header: NpyHeader): Promise<OwnMetadata | undefined> {
  const end = header.offset + product(header.shape) * bytesPer[header.type];
  const head = await source.read(end, MAGIC.length);
  if (!looksLikeNpy(head)) return undefined;
  return parseMetadata((await readNpyText(partOfSource(source, end, source.size - end))) ?? "");
}

/** The shape of a .npy file's array; undefined if it holds no numbers that are read. */
export async function readNpyShape(source: Source): Promise<readonly number[] | undefined> {
  return readHeader(source).then(
    ({ shape }) => shape,
    () => undefined,
  );
}

/** The text of a .npy file that holds one string of bytes; undefined for any other. */
export async function readNpyText(source: Source): Promise<string | undefined> {
  const { descr, shape, offset } = await readHeaderFields(source);
  const length = Number(/^[|<>=]S(\d{1,6})$/.exec(descr ?? "")?.[1] ?? Number.NaN);
  if (!Number.isFinite(length) || shape.length > 0) return undefined;
  return new TextDecoder().decode(await source.read(offset, length)).replace(/\0+$/, "");
}

/** A header as it stands in the file. */
interface HeaderFields {
  readonly shape: readonly number[];
  /** The type's code; undefined for structured types. */
  readonly descr: string | undefined;
  readonly fortran: boolean;
  readonly offset: number;
}

/** The header of an array of numbers. @throws as `readNpy` */
export async function readHeader(source: Source): Promise<NpyHeader> {
  const { descr, ...fields } = await readHeaderFields(source);
  const [, endian, word] = /^([<>|=])([a-zA-Z]\d*)$/.exec(descr ?? "") ?? [];
  if (!word || !numpyTypes[word])
    throw fault(
      "UNSUPPORTED_FORMAT",
      `${source.name ?? "the file"}: numbers of type ${descr ?? "structured"} are not read`,
      { defect: "unsupported-type" },
    );
  return { ...fields, type: numpyTypes[word], littleEndian: endian === "=" ? hostIsLittleEndian : endian !== ">" };
}

async function readHeaderFields(source: Source): Promise<HeaderFields> {
  const name = source.name ?? "the file";
  const bad = (why: string) => fault("CORRUPT_FILE", `${name}: ${why}`, { defect: "bad-header" });
  const start = await source.read(0, 12);
  if (!looksLikeNpy(start)) throw fault("UNSUPPORTED_FORMAT", `${name} is not a .npy file`, { defect: "bad-magic" });
  const truncated = () =>
    fault("TRUNCATED_FILE", `${name} ends inside its header`, { defect: "truncated", found: source.size });
  if (start.length < 12) throw truncated();
  const view = new DataView(start.buffer, start.byteOffset, 12);
  const version = start[6];
  if (version < 1 || version > 3) throw bad(`version ${version} of the format is unknown`);
  const before = version === 1 ? 10 : 12;
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > LONGEST_HEADER) throw bad(`a header of ${length} bytes`);
  const bytes = await source.read(before, length);
  if (bytes.length < length) throw truncated();
  const text = new TextDecoder(version === 3 ? "utf-8" : "latin1").decode(bytes);
  const order = /['"]fortran_order['"]\s*:\s*(True|False)/.exec(text)?.[1];
  const axes = /['"]shape['"]\s*:\s*\(([\d\sL,]*)\)/.exec(text)?.[1];
  const type = /['"]descr['"]\s*:\s*(?:['"]([^'"]*)['"]|(\[))/.exec(text);
  if (!order || axes === undefined || !type) throw bad(`header without descr, fortran_order or shape: ${text.trim()}`);
  const shape = axes
    .split(",")
    .filter((part) => part.trim())
    .map((part) => Number.parseInt(part, 10));
  if (!Number.isSafeInteger(product(shape)))
    throw fault("CORRUPT_FILE", `${name}: impossible shape (${shape.join(", ")})`, { defect: "bad-dimension" });
  return { shape, descr: type[1], fortran: order === "True", offset: before + length };
}

/** @throws TRUNCATED_FILE (`truncated`) if the file ends before its array does */
export function refuseTruncated(source: Source, { shape, type, offset }: NpyHeader): void {
  const needed = offset + product(shape) * bytesPer[type];
  if (source.size < needed)
    throw fault(
      "TRUNCATED_FILE",
      `${source.name ?? "the file"}: the header asks for ${needed} bytes, the file has ${source.size}`,
      { defect: "truncated", needed, found: source.size, offset, shape },
    );
}

/** The warning of bytes behind the array. */
export function trailing(source: Source, { shape, type, offset }: NpyHeader): Warning[] {
  const extra = source.size - offset - product(shape) * bytesPer[type];
  return extra > 0 ? [{ defect: "trailing-data", message: `${extra} bytes follow the array; they are not read` }] : [];
}

function precisionWarning(type: StoredType, values: Decoded): Warning[] {
  if ((type !== "int64" && type !== "uint64") || values.every((value) => Math.abs(value) <= 2 ** 53)) return [];
  return [{ defect: "precision", message: "integers beyond 2^53 lost their last digits in float64" }];
}

/** First axis fastest to last axis fastest. */
function fromFortran(values: Decoded, shape: readonly number[]): Decoded {
  const out = values.slice();
  const index = shape.map(() => 0);
  // How far one step along each axis goes in C order.
  const stride = shape.map((_, axis) => product(shape.slice(axis + 1)));
  let at = 0;
  for (let i = 0; i < values.length; i++) {
    out[at] = values[i];
    for (let axis = 0; axis < shape.length; axis++) {
      index[axis]++;
      at += stride[axis];
      if (index[axis] < shape[axis]) break;
      at -= stride[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return out;
}

const product = (numbers: readonly number[]) => numbers.reduce((a, b) => a * b, 1);

/** The bytes of a .npy file (version 1, little endian, C order), piece by piece: the numbers are not copied. @throws SHAPE_MISMATCH */
export const npyPieces = (values: Decoded, shape: readonly number[]): Uint8Array[] => [
  ...typedNpyPieces(values, shape, naturalType(values)),
];

/** As `npyPieces` in any type that holds the values, as often as they are asked for. @throws SHAPE_MISMATCH */
export function typedNpyPieces(values: Decoded, shape: readonly number[], type: StoredType): Iterable<Uint8Array> {
  if (product(shape) !== values.length)
    throw fault("SHAPE_MISMATCH", `${values.length} values do not fill the shape (${shape.join(", ")})`, {
      defect: "length",
    });
  return {
    *[Symbol.iterator]() {
      yield headerBytes(descr(type), shape);
      yield* littleEndianPieces(values, type);
    },
  };
}

/** A .npy file of one string of bytes (ASCII). */
export function npyTextPieces(text: string): Uint8Array[] {
  const bytes = new TextEncoder().encode(text);
  return [headerBytes(`|S${bytes.length}`, []), bytes];
}

function headerBytes(descr: string, shape: readonly number[]): Uint8Array {
  const axes = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${axes}), }`;
  // The numbers begin at a multiple of 64 bytes.
  const length = 64 * Math.ceil((10 + text.length + 1) / 64) - 10;
  const head = new Uint8Array(10 + length);
  head.set([...MAGIC, 1, 0, length & 255, length >> 8]);
  head.set(new TextEncoder().encode(`${text.padEnd(length - 1)}\n`), 10);
  return head;
}

/** Writes a .npy file whole or not at all. @throws WRITE_FAILED, SHAPE_MISMATCH */
export const writeNpy = async (path: string, values: Decoded, shape: readonly number[]): Promise<void> =>
  writeFileAtomically(path, npyPieces(values, shape));

function descr(type: StoredType): string {
  const kind = type.startsWith("float") ? "f" : type.startsWith("int") ? "i" : "u";
  return `${bytesPer[type] === 1 ? "|" : "<"}${kind}${bytesPer[type]}`;
}
