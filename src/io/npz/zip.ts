import { fault } from "../../core/errors.js";
import { createCrc32 } from "../../platform/crc32.js";
import { inflateRaw, inflateStart, MOST_INFLATION } from "../inflate.js";
import { bytesSource, partOfSource, type Source, sourcePieces } from "../source.js";
import { tooLarge } from "../values.js";

/** One file of an archive, as its directory describes it. */
export interface ZipEntry {
  readonly name: string;
  /** bytes */
  readonly size: number;
  readonly compressedSize: number;
  readonly crc: number;
  /** 0 stored, 8 deflated. */
  readonly method: number;
  readonly encrypted: boolean;
  /** Where its local header begins, bytes. */
  readonly offset: number;
}

/** Bytes of the records: end, longest comment, locator of ZIP64, directory entry, local header. */
const [END, COMMENT, LOCATOR, ENTRY, LOCAL] = [22, 65535, 20, 46, 30];
/** A directory longer than this is refused unread, bytes. */
const LONGEST_DIRECTORY = 1 << 24;

/** True if the bytes start like an archive (also an empty one). */
export const looksLikeZip = (head: Uint8Array): boolean =>
  head[0] === 0x50 && head[1] === 0x4b && ((head[2] === 3 && head[3] === 4) || (head[2] === 5 && head[3] === 6));

/**
 * The files of a ZIP archive, from its directory, which knows the sizes of streamed files too.
 * Source: PKWARE APPNOTE 6.3.9, sections 4.3.12 to 4.3.16 and 4.5.3.
 * @throws TRUNCATED_FILE (`truncated`: no directory), CORRUPT_FILE (`bad-header`)
 */
export async function readZipDirectory(source: Source): Promise<ZipEntry[]> {
  const name = source.name ?? "the archive";
  const bad = (why: string) => fault("CORRUPT_FILE", `${name}: ${why}`, { defect: "bad-header" });
  const read = async (at: number, length: number) => {
    const bytes = await source.read(at, length);
    if (bytes.length < length) throw bad("its directory lies outside the file");
    return new DataView(bytes.buffer, bytes.byteOffset, length);
  };
  const tailLength = Math.min(source.size, END + COMMENT);
  const tail = await read(source.size - tailLength, tailLength);
  let end = tailLength - END;
  while (end >= 0 && tail.getUint32(end, true) !== 0x06054b50) end--;
  if (end < 0)
    throw fault("TRUNCATED_FILE", `${name} has no directory at its end`, {
      defect: "truncated",
    });
  let length = tail.getUint32(end + 12, true);
  let start = tail.getUint32(end + 16, true);
  if (end >= LOCATOR && tail.getUint32(end - LOCATOR, true) === 0x07064b50) {
    const record = await read(Number(tail.getBigUint64(end - LOCATOR + 8, true)), 56);
    if (record.getUint32(0, true) !== 0x06064b50) throw bad("its ZIP64 record is not where it should be");
    length = Number(record.getBigUint64(40, true));
    start = Number(record.getBigUint64(48, true));
  }
  if (length > LONGEST_DIRECTORY) throw bad(`a directory of ${length} bytes`);
  const view = await read(start, length);
  const entries: ZipEntry[] = [];
  for (let at = 0; at + ENTRY <= length; ) {
    if (view.getUint32(at, true) !== 0x02014b50) throw bad("its directory is damaged");
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) => view.getUint16(at + field, true));
    const next = at + ENTRY + nameLength + extraLength + commentLength;
    if (next > length) throw bad("its directory is damaged");
    entries.push(entryAt(view, at, nameLength, extraLength));
    at = next;
  }
  return entries;
}

function entryAt(view: DataView, at: number, nameLength: number, extraLength: number): ZipEntry {
  const name = new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + at + ENTRY, nameLength));
  // Sizes and offset of 2^32 - 1 stand in the ZIP64 field, in this order.
  const wide = zip64Numbers(view, at + ENTRY + nameLength, extraLength);
  const [size, compressedSize, offset] = [24, 20, 42].map((field) => {
    const value = view.getUint32(at + field, true);
    return value === 0xffffffff ? (wide.shift() ?? value) : value;
  });
  const flags = view.getUint16(at + 8, true);
  const method = view.getUint16(at + 10, true);
  return {
    name,
    size,
    compressedSize,
    offset,
    method,
    crc: view.getUint32(at + 16, true),
    encrypted: (flags & 1) === 1,
  };
}

function zip64Numbers(view: DataView, start: number, length: number): number[] {
  for (let at = start; at + 4 <= start + length; ) {
    const size = view.getUint16(at + 2, true);
    const count = Math.floor(Math.min(size, start + length - at - 4) / 8);
    if (view.getUint16(at, true) === 1)
      return Array.from({ length: count }, (_, i) => Number(view.getBigUint64(at + 4 + 8 * i, true)));
    at += 4 + size;
  }
  return [];
}

/**
 * The content of one file of an archive, its checksum verified. A stored file is read where it lies; a deflated one is
 * held in memory.
 * @throws TRUNCATED_FILE, CORRUPT_FILE (`checksum`, `corrupt-stream`, `bad-header`), UNSUPPORTED_FORMAT, TOO_LARGE
 */
export async function openZipEntry(source: Source, entry: ZipEntry, maxBytes: number): Promise<Source> {
  const { name, size, method } = entry;
  const stored = await storedPart(source, entry);
  if (size > maxBytes) throw tooLarge(size, maxBytes);
  const content =
    method === 0 ? stored : bytesSource(await inflateRaw(await stored.read(0, stored.size), size, name), name);
  const checksum = createCrc32();
  for await (const piece of sourcePieces(content)) checksum.add(piece);
  if (checksum.value() !== entry.crc)
    throw fault("CORRUPT_FILE", `${name} fails the checksum of its archive`, { defect: "checksum" });
  return content;
}

/** The first bytes of one file of an archive, its checksum not verified. @throws as `openZipEntry` */
export async function readZipEntryStart(source: Source, entry: ZipEntry, length: number): Promise<Uint8Array> {
  const stored = await storedPart(source, entry);
  const bytes = await stored.read(0, length);
  return entry.method === 0 ? bytes : inflateStart(bytes, length, "raw", entry.name);
}

/** The stored bytes of one file, compressed or not. */
async function storedPart(source: Source, entry: ZipEntry): Promise<Source> {
  const { name, size, compressedSize, method, offset } = entry;
  if (entry.encrypted || (method !== 0 && method !== 8))
    throw fault(
      "UNSUPPORTED_FORMAT",
      `${name} is ${entry.encrypted ? "encrypted" : `compressed by method ${method}`}; stored and deflated files are read`,
      { defect: "unsupported-compression" },
    );
  const local = await source.read(offset, LOCAL);
  const view = new DataView(local.buffer, local.byteOffset, local.byteLength);
  if (local.length < LOCAL || view.getUint32(0, true) !== 0x04034b50)
    throw fault("CORRUPT_FILE", `${name} is not where the directory says`, { defect: "bad-header" });
  const start = offset + LOCAL + view.getUint16(26, true) + view.getUint16(28, true);
  const needed = method === 0 ? size : size / MOST_INFLATION;
  if (start + compressedSize > source.size || needed > compressedSize)
    throw fault("TRUNCATED_FILE", `${name}: the archive does not hold its ${size} bytes`, {
      defect: "truncated",
      needed: size,
      found: source.size - start,
    });
  return partOfSource(source, start, compressedSize, name);
}

/** One file to store: its bytes in order, each time they are asked for. */
export interface ZipContent {
  readonly name: string;
  readonly pieces: Iterable<Uint8Array>;
}

/**
 * The bytes of an archive of stored files, piece by piece; the pieces are not copied. Dates are 1980-01-01, so that the
 * same content gives the same bytes.
 * @throws TOO_LARGE (`too-large`) from 4 GiB on
 */
export function* zipPieces(contents: readonly ZipContent[]): Generator<Uint8Array> {
  const records: Uint8Array[] = [];
  let at = 0;
  for (const { name, pieces } of contents) {
    const checksum = createCrc32();
    let size = 0;
    for (const piece of pieces) {
      checksum.add(piece);
      size += piece.length;
    }
    if (at + size >= 0xffff0000)
      throw fault("TOO_LARGE", `an .npz of ${at + size} bytes is not written; .npy and .nii hold more than 4 GiB`, {
        defect: "too-large",
      });
    const label = new TextEncoder().encode(name);
    // What local header and directory entry have in common: version 2.0, no flags, stored, 1980-01-01, checksum, sizes.
    const common = new DataView(new ArrayBuffer(26));
    common.setUint16(0, 20, true);
    common.setUint16(8, 33, true);
    [checksum.value(), size, size].forEach((value, i) => void common.setUint32(10 + 4 * i, value, true));
    common.setUint16(22, label.length, true);
    const shared = new Uint8Array(common.buffer);
    const head = Uint8Array.from([0x50, 0x4b, 3, 4, ...shared, ...label]);
    const record = new Uint8Array(ENTRY + label.length);
    record.set([0x50, 0x4b, 1, 2, 20, 0, ...shared]);
    record.set(label, ENTRY);
    new DataView(record.buffer).setUint32(42, at, true);
    records.push(record);
    yield head;
    yield* pieces;
    at += head.length + size;
  }
  const length = records.reduce((sum, record) => sum + record.length, 0);
  yield* records;
  const end = new DataView(new ArrayBuffer(END));
  end.setUint32(0, 0x06054b50, true);
  [records.length, records.length].forEach((count, i) => void end.setUint16(8 + 2 * i, count, true));
  [length, at].forEach((value, i) => void end.setUint32(12 + 4 * i, value, true));
  yield new Uint8Array(end.buffer);
}
