import { fault } from "../../core/errors.js";
import type { Source } from "../source.js";

/** Tags of TIFF 6.0 that are looked at. */
export const tags = {
  subfile: 254,
  width: 256,
  height: 257,
  bits: 258,
  compression: 259,
  photometric: 262,
  fillOrder: 266,
  description: 270,
  stripOffsets: 273,
  orientation: 274,
  samples: 277,
  rowsPerStrip: 278,
  stripBytes: 279,
  xResolution: 282,
  yResolution: 283,
  planar: 284,
  resolutionUnit: 296,
  software: 305,
  predictor: 317,
  tileWidth: 322,
  tileHeight: 323,
  tileOffsets: 324,
  tileBytes: 325,
  extraSamples: 338,
  sampleFormat: 339,
} as const;

/** One directory: a page and what is said about it. */
export interface Directory {
  /** The numbers of a field; none if it is absent. @throws CORRUPT_FILE (`bad-header`) if there are more than `most` */
  numbers(tag: number, most?: number): Promise<readonly number[]>;
  /** A field of text without its closing zero. */
  text(tag: number): Promise<string | undefined>;
}

/** A TIFF file's directories. */
export interface TiffFile {
  readonly littleEndian: boolean;
  readonly directories: readonly Directory[];
}

interface Field {
  readonly type: number;
  readonly count: number;
  /** Where its content lies, bytes. */
  readonly at: number;
}

/** Bytes of one number, by type: byte, ascii, short, long, rational, sbyte, undefined, sshort, slong, srational, float, double, -, -, -, long8, slong8, ifd8. */
const widths = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8];

/** A text longer than this is not read, bytes. */
const LONGEST_TEXT = 1 << 22;

/** True if the bytes start like a TIFF or BigTIFF file. */
export function looksLikeTiff(head: Uint8Array): boolean {
  const [a, b, c, d] = head;
  if (a === 0x49 && b === 0x49) return (c === 42 || c === 43) && d === 0;
  return a === 0x4d && b === 0x4d && c === 0 && (d === 42 || d === 43);
}

/**
 * The directories of a TIFF or BigTIFF file, either byte order. Fields are read when they are asked for.
 * Source: TIFF 6.0 (Adobe, 1992); BigTIFF: libtiff's description.
 * @throws TRUNCATED_FILE, CORRUPT_FILE (`bad-header`: directories that overlap or form a ring)
 */
export async function readDirectories(source: Source): Promise<TiffFile> {
  const name = source.name ?? "the file";
  const read = async (at: number, length: number): Promise<DataView> => {
    const bytes = at + length > source.size ? new Uint8Array(0) : await source.read(at, length);
    if (bytes.length < length)
      throw fault("TRUNCATED_FILE", `${name} refers to byte ${at + length} and has ${source.size}`, {
        defect: "truncated",
        needed: at + length,
        found: source.size,
      });
    return new DataView(bytes.buffer, bytes.byteOffset, length);
  };
  const head = await read(0, 8);
  const littleEndian = head.getUint8(0) === 0x49;
  const big = head.getUint16(2, littleEndian) === 43;
  const long = (view: DataView, at: number) => view.getUint32(at, littleEndian);
  const long8 = (view: DataView, at: number) => Number(view.getBigUint64(at, littleEndian));
  const [countBytes, entryBytes, pointerBytes] = big ? [8, 20, 8] : [2, 12, 4];
  const pointer = big ? long8 : long;

  const directories: Directory[] = [];
  const seen = new Set<number>();
  let budget = source.size;
  for (let at = big ? long8(await read(8, 8), 0) : long(head, 4); at !== 0; ) {
    const counted = await read(at, countBytes);
    const count = big ? long8(counted, 0) : counted.getUint16(0, littleEndian);
    budget -= countBytes + entryBytes * count;
    if (seen.has(at) || budget < 0)
      throw fault("CORRUPT_FILE", `${name}: its directories overlap or form a ring`, { defect: "bad-header" });
    seen.add(at);
    const start = at + countBytes;
    const entries = await read(start, count * entryBytes + pointerBytes);
    directories.push(directory(entries, start, count));
    at = pointer(entries, count * entryBytes);
  }
  return { littleEndian, directories };

  function directory(entries: DataView, start: number, count: number): Directory {
    const fields = new Map<number, Field>();
    for (let i = 0; i < count; i++) {
      const entry = i * entryBytes;
      const type = entries.getUint16(entry + 2, littleEndian);
      const values = pointer(entries, entry + 4);
      const place = entry + 4 + pointerBytes;
      const inside = values * (widths[type] ?? 0) <= pointerBytes;
      const at = inside ? start + place : pointer(entries, place);
      fields.set(entries.getUint16(entry, littleEndian), { type, count: values, at });
    }
    return {
      async numbers(tag, most = 1) {
        const field = fields.get(tag);
        if (!field) return [];
        const width = widths[field.type] ?? 0;
        if (width === 0 || field.count > most)
          throw fault("CORRUPT_FILE", `${name}: tag ${tag} has ${field.count} values of type ${field.type}`, {
            defect: "bad-header",
            tag,
          });
        const view = await read(field.at, width * field.count);
        return Array.from({ length: field.count }, (_, i) => number(view, field.type, i * width));
      },
      async text(tag) {
        const field = fields.get(tag);
        if (!field || field.count > LONGEST_TEXT || (field.type !== 2 && field.type !== 1)) return undefined;
        const view = await read(field.at, field.count);
        return new TextDecoder()
          .decode(new Uint8Array(view.buffer, view.byteOffset, field.count))
          .replace(/\0.*$/s, "");
      },
    };
  }

  function number(view: DataView, type: number, at: number): number {
    switch (type) {
      case 3:
        return view.getUint16(at, littleEndian);
      case 4:
      case 13:
        return long(view, at);
      case 5:
        return long(view, at) / long(view, at + 4);
      case 6:
        return view.getInt8(at);
      case 8:
        return view.getInt16(at, littleEndian);
      case 9:
        return view.getInt32(at, littleEndian);
      case 10:
        return view.getInt32(at, littleEndian) / view.getInt32(at + 4, littleEndian);
      case 11:
        return view.getFloat32(at, littleEndian);
      case 12:
        return view.getFloat64(at, littleEndian);
      case 16:
      case 17:
      case 18:
        return long8(view, at);
      default:
        return view.getUint8(at);
    }
  }
}
