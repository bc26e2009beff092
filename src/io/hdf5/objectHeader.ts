import { fault } from "../../core/errors.js";

/** Synchronous reads of a file's bytes; fewer come at its end. */
export type ReadNow = (offset: number, length: number) => Uint8Array;

/** Messages of an object header by number. */
const [DATATYPE, CONTINUATION, MODIFICATION_TIME] = [0x0003, 0x0010, 0x0012];
/** The message lies elsewhere; its data say where. */
const SHARED = 2;
/** Blocks of one header, and bytes of one block, at most. */
const [MOST_BLOCKS, LONGEST_BLOCK] = [1024, 1 << 24];

/** Where numbers lie in a file: what its superblock says. */
export interface Layout {
  /** Where the superblock begins: addresses count from there. */
  readonly base: number;
  readonly offsetBytes: number;
  readonly lengthBytes: number;
}

interface Message {
  readonly type: number;
  readonly flags: number;
  /** Where its data begin in the file. */
  readonly at: number;
  readonly data: DataView;
}

const damaged = (why: string) => fault("CORRUPT_FILE", `an HDF5 object header ${why}`, { defect: "bad-header" });

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

function block(read: ReadNow, at: number, length: number): DataView {
  const bytes = length <= LONGEST_BLOCK ? read(at, length).slice() : new Uint8Array(0);
  if (bytes.length !== length) throw damaged("ends too early");
  return viewOf(bytes);
}

/** An unsigned little-endian integer. */
function unsigned(view: DataView, at: number, bytes: number): number {
  if (at + bytes > view.byteLength) throw damaged("ends too early");
  let value = 0;
  for (let i = bytes - 1; i >= 0; i--) value = 256 * value + view.getUint8(at + i);
  return value;
}

/** Sizes of addresses and lengths. `base`: where the signature is. */
export function layoutOf(read: ReadNow, base: number): Layout {
  const head = block(read, base, 16);
  const at = head.getUint8(8) < 2 ? 13 : 9;
  return { base, offsetBytes: head.getUint8(at), lengthBytes: head.getUint8(at + 1) };
}

/**
 * The messages of the object at an address, both versions of headers.
 * Source: "HDF5 File Format Specification" 3.0, IV.A.
 * @throws CORRUPT_FILE (`bad-header`)
 */
function* messages(read: ReadNow, layout: Layout, address: number): Generator<Message> {
  const { base, offsetBytes, lengthBytes } = layout;
  const start = base + address;
  const isNew = unsigned(block(read, start, 4), 0, 4) === 0x5244484f; // "OHDR"
  const prefix = isNew
    ? newPrefix(read, start)
    : { at: start + 16, length: block(read, start, 16).getUint32(8, true), head: 8 };
  const blocks = [{ at: prefix.at, length: prefix.length }];
  for (let n = 0; n < blocks.length; n++) {
    if (n > MOST_BLOCKS) throw damaged("has too many parts");
    const view = block(read, blocks[n].at, blocks[n].length);
    for (let at = 0; at + prefix.head <= view.byteLength; ) {
      const [type, size, flags] = isNew
        ? [view.getUint8(at), view.getUint16(at + 1, true), view.getUint8(at + 3)]
        : [view.getUint16(at, true), view.getUint16(at + 2, true), view.getUint8(at + 4)];
      at += prefix.head;
      if (at + size > view.byteLength) throw damaged("has a message that is longer than it");
      const data = new DataView(view.buffer, at, size);
      if (type === CONTINUATION) {
        const from = base + unsigned(data, 0, offsetBytes);
        const length = unsigned(data, offsetBytes, lengthBytes);
        // A signature before, a checksum behind.
        blocks.push(isNew ? { at: from + 4, length: Math.max(0, length - 8) } : { at: from, length });
      } else yield { type, flags, at: blocks[n].at + at, data };
      at += size;
    }
  }
}

/** Where the first block of a header of version 2 lies, and the bytes before each message's data. */
function newPrefix(read: ReadNow, start: number): { at: number; length: number; head: number } {
  const flags = block(read, start, 6).getUint8(5);
  const before = 6 + (flags & 0x20 ? 16 : 0) + (flags & 0x10 ? 4 : 0);
  const bytes = 1 << (flags & 3);
  const length = unsigned(block(read, start + before, bytes), 0, bytes);
  return { at: start + before + bytes, length, head: flags & 4 ? 6 : 4 };
}

/** Sets the time in the header of an object in a whole file to 0, so that the same content is the same bytes. */
export function eraseTime(bytes: Uint8Array, address: number): void {
  const read: ReadNow = (at, length) => bytes.subarray(at, at + length);
  // Headers of version 1, which have no checksum: a version, three empty bytes, and seconds since 1970.
  for (const { type, at } of messages(read, layoutOf(read, 0), address))
    if (type === MODIFICATION_TIME) bytes.fill(0, at + 4, at + 8);
}

/**
 * The datatype message of the object at an address; undefined if it is kept in the file's heap of shared messages.
 * @throws CORRUPT_FILE (`bad-header`)
 */
export function datatypeMessage(read: ReadNow, layout: Layout, address: number): DataView | undefined {
  for (const { type, flags, data } of messages(read, layout, address)) {
    if (type !== DATATYPE) continue;
    if (!(flags & SHARED)) return data;
    const version = unsigned(data, 0, 1);
    if (version === 3 && unsigned(data, 1, 1) === 1) return undefined;
    const named = unsigned(data, version === 1 ? 8 : 2, layout.offsetBytes);
    // A named type holds its own, or the file goes in circles.
    for (const own of messages(read, layout, named))
      if (own.type === DATATYPE && !(own.flags & SHARED)) return own.data;
    return undefined;
  }
  throw damaged("has no number type");
}
