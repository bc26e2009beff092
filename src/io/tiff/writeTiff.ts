import { writeFileAtomically } from "#platform";
import { fault } from "../../core/errors.js";
import type { Volume } from "../../volume/grid.js";
import { bytesPer } from "../numeric.js";
import { metadataText } from "../orientation.js";
import { littleEndianPieces } from "../valueBytes.js";
import { isInteger, type TypeOption, type WrittenType, writtenType, writtenTypes } from "../writtenType.js";
import { tags } from "./directory.js";

/** Bytes that the offsets of plain TIFF reach. */
const PLAIN_LIMIT = 2 ** 32;
/** A strip has about so many bytes. */
const STRIP = 1 << 18;

/** Types of fields. */
const [ASCII, SHORT, LONG, LONG8] = [2, 3, 4, 16];
type Field = readonly [tag: number, type: number, values: readonly number[]];

/**
 * The bytes of a TIFF file, one page a slice, in strips, uncompressed, little endian; BigTIFF where 4 GiB do not
 * reach; no integers of 64 bits, which few programs read. Affine and quantity stand in the first page's ImageDescription (`metadataText`). The voxels
 * are not copied.
 * @throws SHAPE_MISMATCH, NOT_FINITE, and as `writtenType`
 */
export function* tiffPieces(volume: Volume, options: TypeOption = {}): Generator<Uint8Array> {
  const { grid, values } = volume;
  const [nx, ny, nz] = grid.size;
  if (nx * ny * nz !== values.length)
    throw fault("SHAPE_MISMATCH", `${values.length} values do not fill a grid of ${grid.size.join(" x ")}`, {
      defect: "length",
    });
  const type = writtenType(volume, options, tiffTypes);
  const width = bytesPer[type];
  const description = [...new TextEncoder().encode(`${metadataText(volume)}\0`)];
  const rowsPerStrip = Math.max(1, Math.min(ny, Math.floor(STRIP / (nx * width))));
  const strips = Math.ceil(ny / rowsPerStrip);
  const rowBytes = nx * width;
  const stripRows = (strip: number) => Math.min(rowsPerStrip, ny - strip * rowsPerStrip);
  const perStrip = Array.from({ length: strips }, (_, strip) => stripRows(strip) * rowBytes);

  const fieldsOf = (slice: number, voxelsAt: number, long: number): Field[] => [
    [tags.subfile, LONG, [nz > 1 ? 2 : 0]],
    [tags.width, LONG, [nx]],
    [tags.height, LONG, [ny]],
    [tags.bits, SHORT, [8 * width]],
    [tags.compression, SHORT, [1]],
    [tags.photometric, SHORT, [1]],
    ...(slice === 0 ? [[tags.description, ASCII, description] as const] : []),
    [tags.stripOffsets, long, perStrip.map((_, strip) => voxelsAt + (slice * ny + strip * rowsPerStrip) * rowBytes)],
    [tags.samples, SHORT, [1]],
    [tags.rowsPerStrip, LONG, [rowsPerStrip]],
    [tags.stripBytes, long, perStrip],
    [tags.sampleFormat, SHORT, [sampleFormat(type)]],
  ];
  const sizes = (big: boolean) =>
    Array.from({ length: Math.min(nz, 2) }, (_, slice) => directoryBytes(fieldsOf(slice, 0, big ? LONG8 : LONG), big));
  const start = (big: boolean) => {
    const [first, further = 0] = sizes(big);
    return (big ? 16 : 8) + first + (nz - 1) * further;
  };
  const big = start(false) + values.length * width > PLAIN_LIMIT;
  const voxelsAt = start(big);
  const [first, further = 0] = sizes(big);
  yield fileHead(big);
  for (let slice = 0, at = big ? 16 : 8; slice < nz; slice++) {
    const next = at + (slice === 0 ? first : further);
    yield encodeDirectory(fieldsOf(slice, voxelsAt, big ? LONG8 : LONG), at, slice === nz - 1 ? 0 : next, big);
    at = next;
  }
  yield* littleEndianPieces(values, type);
}

/** Writes a TIFF stack whole or not at all; see `tiffPieces`. @throws WRITE_FAILED, and as `tiffPieces` */
export const writeTiff = (path: string, volume: Volume, options: TypeOption = {}): Promise<void> =>
  writeFileAtomically(path, tiffPieces(volume, options));

/** Types that other readers of TIFF know. */
export const tiffTypes = writtenTypes.filter((type) => type !== "int64" && type !== "uint64");

const sampleFormat = (type: WrittenType): number => (type.startsWith("u") ? 1 : isInteger(type) ? 2 : 3);

const widthOf = (type: number) => (type === ASCII ? 1 : type === SHORT ? 2 : type === LONG ? 4 : 8);

/** Length of a field's values behind the directory, 0 if they stand in its entry; a multiple of 8. */
function outside([, type, { length }]: Field, big: boolean): number {
  const bytes = length * widthOf(type);
  return bytes > (big ? 8 : 4) ? 8 * Math.ceil(bytes / 8) : 0;
}

/** Length of a directory and its values, a multiple of 8. */
function directoryBytes(fields: readonly Field[], big: boolean): number {
  const entries = big ? 8 + 20 * fields.length + 8 : 2 + 12 * fields.length + 4;
  return fields.reduce((sum, field) => sum + outside(field, big), 8 * Math.ceil(entries / 8));
}

function fileHead(big: boolean): Uint8Array {
  const view = new DataView(new ArrayBuffer(big ? 16 : 8));
  view.setUint16(0, 0x4949);
  view.setUint16(2, big ? 43 : 42, true);
  if (big) {
    view.setUint16(4, 8, true);
    view.setBigUint64(8, 16n, true);
  } else view.setUint32(4, 8, true);
  return new Uint8Array(view.buffer);
}

function encodeDirectory(fields: readonly Field[], at: number, next: number, big: boolean): Uint8Array {
  const view = new DataView(new ArrayBuffer(directoryBytes(fields, big)));
  const pointer = (to: number, value: number) =>
    big ? view.setBigUint64(to, BigInt(value), true) : view.setUint32(to, value, true);
  const [countBytes, entryBytes, pointerBytes] = big ? [8, 20, 8] : [2, 12, 4];
  if (big) pointer(0, fields.length);
  else view.setUint16(0, fields.length, true);
  let free = 8 * Math.ceil((countBytes + entryBytes * fields.length + pointerBytes) / 8);
  fields.forEach((field, i) => {
    const [tag, type, values] = field;
    const entry = countBytes + i * entryBytes;
    view.setUint16(entry, tag, true);
    view.setUint16(entry + 2, type, true);
    pointer(entry + 4, values.length);
    const behind = outside(field, big);
    const place = entry + 4 + pointerBytes;
    if (behind > 0) pointer(place, at + free);
    const from = behind > 0 ? free : place;
    values.forEach((value, n) => {
      if (type === ASCII) view.setUint8(from + n, value);
      else if (type === SHORT) view.setUint16(from + 2 * n, value, true);
      else if (type === LONG) view.setUint32(from + 4 * n, value, true);
      else view.setBigUint64(from + 8 * n, BigInt(value), true);
    });
    free += behind;
  });
  pointer(countBytes + entryBytes * fields.length, next);
  return new Uint8Array(view.buffer);
}
