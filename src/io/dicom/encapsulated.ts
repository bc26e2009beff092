import { fault } from "../../core/errors.js";
import type { Source } from "../source.js";
import { looksLikeJpeg2000 } from "./codecs/jpeg2000Header.js";
import { looksLikeJpeg } from "./codecs/jpegStream.js";

/** A stretch of a source. */
export interface Stretch {
  readonly offset: number;
  readonly length: number;
}

/** The compressed bytes of each frame, in pieces. */
export type FrameTable = readonly (readonly Stretch[])[];

/** Offsets and lengths of the frames, from the first fragment's item on; (7FE0,0001) and (7FE0,0002). */
export interface ExtendedOffsets {
  readonly offsets: readonly number[];
  readonly lengths: readonly number[];
}

const ITEM = 0xe000fffe;
const DELIMITER = 0xe0ddfffe;
/** Item headers are read in windows, not one by one. */
const WINDOW = 1 << 16;
/** Bytes that tell whether a fragment starts a code stream. */
const MAGIC = 12;

const truncated = (name: string, why: string) =>
  fault("TRUNCATED_FILE", `${name}: ${why}`, { defect: "truncated", file: name });

/**
 * Finds the frames of encapsulated pixel data (PS3.5, A.4) from the offset tables, and where they are empty from the
 * number of fragments or from the fragments that start a code stream. Fragments are found by the lengths of their items.
 * @throws TRUNCATED_FILE (`truncated`), CORRUPT_FILE (`inconsistent-header`, `corrupt-stream`)
 */
export async function findFrames(
  source: Source,
  start: number,
  frames: number,
  extended: ExtendedOffsets | undefined,
  name: string,
): Promise<FrameTable> {
  const { table, fragments, origin } = await walkItems(source, start, name);
  if (fragments.length === 0) throw truncated(name, "it has no compressed pixels");
  if (fragments.length < frames)
    throw truncated(name, `it claims ${frames} frames and has ${fragments.length} fragments`);
  if (frames === 1) return [fragments];
  if (extended && extended.offsets.length === frames) return fromExtended(fragments, origin, extended, name);
  if (table.length === frames) return fromOffsets(fragments, origin, table, name);
  if (fragments.length === frames) return fragments.map((fragment) => [fragment]);
  return fromStarts(source, fragments, frames, name);
}

async function walkItems(source: Source, start: number, name: string) {
  let window: Uint8Array = new Uint8Array(0);
  let windowAt = 0;
  const bytesAt = async (offset: number, length: number) => {
    if (offset < windowAt || offset + length > windowAt + window.length) {
      window = await source.read(offset, Math.max(WINDOW, length));
      windowAt = offset;
      if (window.length < length) throw truncated(name, "its compressed pixels end too early");
    }
    return new DataView(window.buffer, window.byteOffset + offset - windowAt, length);
  };
  const table: number[] = [];
  const fragments: Stretch[] = [];
  let origin = start;
  for (let at = start, item = 0; ; item++) {
    const header = await bytesAt(at, 8);
    const tag = header.getUint32(0, true);
    const length = header.getUint32(4, true);
    if (tag === DELIMITER) return { table, fragments, origin };
    if (tag !== ITEM)
      throw fault("CORRUPT_FILE", `${name}: its compressed pixels are not a sequence of items`, {
        defect: "corrupt-stream",
        file: name,
      });
    at += 8;
    if (length > source.size - at)
      throw truncated(name, `a fragment claims ${length} bytes, ${source.size - at} are left`);
    if (item > 0) fragments.push({ offset: at, length });
    else {
      const offsets = await bytesAt(at, length);
      for (let i = 0; i + 4 <= length; i += 4) table.push(offsets.getUint32(i, true));
      origin = at + length;
    }
    at += length;
  }
}

const inconsistent = (name: string, why: string) =>
  fault("CORRUPT_FILE", `${name}: ${why}`, { defect: "inconsistent-header", file: name });

function fromOffsets(fragments: readonly Stretch[], origin: number, offsets: readonly number[], name: string) {
  const starts = offsets.map((offset) => fragments.findIndex((fragment) => fragment.offset - 8 - origin === offset));
  if (starts[0] !== 0 || starts.some((first, i) => first < 0 || (i > 0 && first <= starts[i - 1])))
    throw inconsistent(name, "its offset table does not point at its fragments");
  return starts.map((first, i) => fragments.slice(first, starts[i + 1]));
}

function fromExtended(
  fragments: readonly Stretch[],
  origin: number,
  { offsets, lengths }: ExtendedOffsets,
  name: string,
) {
  const table = fromOffsets(fragments, origin, offsets, name);
  // One fragment a frame; its length without the pad byte.
  return table.map(([fragment, ...others], i) => {
    if (others.length > 0 || !(lengths[i] <= fragment.length))
      throw inconsistent(name, "its extended offset table does not fit its fragments");
    return [{ offset: fragment.offset, length: lengths[i] }];
  });
}

async function fromStarts(source: Source, fragments: readonly Stretch[], frames: number, name: string) {
  const table: Stretch[][] = [];
  for (const fragment of fragments) {
    const head = await source.read(fragment.offset, Math.min(MAGIC, fragment.length));
    if (table.length === 0 || looksLikeJpeg(head) || looksLikeJpeg2000(head)) table.push([fragment]);
    else table[table.length - 1].push(fragment);
  }
  if (table.length !== frames)
    throw inconsistent(name, `its ${fragments.length} fragments cannot be divided into ${frames} frames`);
  return table;
}
