import type { gzip, zlib } from "#platform";
import { fault } from "../core/errors.js";
import type { Volume } from "../volume/grid.js";
import { littleEndianPieces } from "./valueBytes.js";
import { isInteger, type TypeOption, type WrittenType } from "./writtenType.js";

/** How NRRD and MetaImage hold numbers: as bytes, as bytes in a compressed stream, or (NRRD alone) as text. */
export type VoxelEncoding = "raw" | "compressed" | "text";

/** Options of the writers of formats that hold numbers in more than one way. */
export interface EncodingOptions extends TypeOption {
  /** How the file holds the numbers. @default "compressed" in NRRD, "raw" in MetaImage */
  readonly encoding?: VoxelEncoding;
  /** Of the encoding "compressed": 1 (fast) to 9 (small). @default 6 */
  readonly level?: number;
}

export const encodingOptionNames = ["encoding", "level", "type"] as const;
export const voxelEncodings: readonly VoxelEncoding[] = ["raw", "compressed", "text"];

/** Bytes in pieces, made as they are asked for. */
export type PieceStream = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** The encoding that is asked for, else the first of those that the format has. @throws INVALID_ARGUMENT (`bad-option`, `contradictory-options`) */
export function encodingOf({ encoding, level }: EncodingOptions, known: readonly VoxelEncoding[]): VoxelEncoding {
  const chosen = encoding ?? known[0];
  if (!known.includes(chosen))
    throw fault("INVALID_ARGUMENT", `'encoding' is one of ${known.join(", ")} in this format, not '${chosen}'`, {
      defect: "bad-option",
    });
  if (level !== undefined && chosen !== "compressed")
    throw fault("INVALID_ARGUMENT", `'level' is that of the encoding "compressed", which "${chosen}" is not`, {
      defect: "contradictory-options",
    });
  return chosen;
}

/** The numbers of a volume as a file holds them; `compress` says in which kind of stream. */
export function encodedPieces(
  { values, grid }: Volume,
  type: WrittenType,
  encoding: VoxelEncoding,
  compress: typeof gzip | typeof zlib,
  level?: number,
): PieceStream {
  if (encoding === "text") return textPieces(values, grid.size[0], type);
  const bytes = littleEndianPieces(values, type);
  return encoding === "raw" ? bytes : compress(bytes, level);
}

/** A header and what follows it. */
export async function* chain(head: Uint8Array, rest: PieceStream): AsyncGenerator<Uint8Array> {
  yield head;
  yield* rest;
}

/** Text written at once has about so many characters. */
const TEXT_BLOCK = 1 << 16;

/** Numbers as text, `perLine` in each line: floats in the fewest digits that give the number back, integers in all. */
function* textPieces(values: Volume["values"], perLine: number, type: WrittenType): Generator<Uint8Array> {
  const digits = isInteger(type)
    ? (value: number) => String(BigInt(value))
    : (value: number) => word(type === "float32" ? Math.fround(value) : value);
  const encoder = new TextEncoder();
  let lines = "";
  for (let at = 0; at < values.length; at += perLine) {
    lines += `${Array.from(values.subarray(at, at + perLine), digits).join(" ")}\n`;
    if (lines.length < TEXT_BLOCK && at + perLine < values.length) continue;
    yield encoder.encode(lines);
    lines = "";
  }
}

/** The spelling that C's scanf, and with it other readers, knows. */
function word(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (Number.isFinite(value)) return Object.is(value, -0) ? "-0" : String(value);
  return value > 0 ? "inf" : "-inf";
}
