import { gunzip, type Source, unzlib } from "#platform";
import { fault, isTomogradError, type TomogradError, throwIfAborted, type Warning } from "../core/errors.js";
import { type ByteStream, createByteStream, passOver } from "./byteStream.js";
import { MOST_INFLATION } from "./inflate.js";
import { binaryNumbers, type NumberStream, textNumbers } from "./numberStream.js";
import { bytesPer, type Decoded, type StoredType } from "./numeric.js";
import { ofFile } from "./ofFile.js";
import { readWhole, sourcePieces } from "./source.js";
import { DEFAULT_MAX_BYTES, type ReadVolumeOptions, type VolumeFile } from "./types.js";
import { createValueCollector, tooLarge } from "./values.js";

/** How numbers are kept: as they are, compressed, or as text. */
export type Encoding = "raw" | "gzip" | "zlib" | "bzip2" | "text";

/** A stretch of a file that holds numbers. */
export interface StoredPart {
  readonly source: Source;
  /** Where the stretch begins, bytes. */
  readonly start: number;
}

/** Where and how the numbers of an image lie, as its header tells. */
export interface StoredVoxels {
  /** In order; each holds an equal share of the numbers. */
  readonly parts: readonly StoredPart[];
  readonly encoding: Encoding;
  /** Bytes to pass over after decompression; -1: the numbers are the last bytes. */
  readonly byteSkip: number;
  readonly type: StoredType;
  readonly littleEndian: boolean;
  /** Voxels of one volume. */
  readonly count: number;
  /** Voxels of one slice. */
  readonly slice: number;
  /** Volumes that alternate voxel by voxel. */
  readonly inner: number;
  /** Groups of `inner` volumes, one group after another. */
  readonly outer: number;
  /** Which volume is wanted, below inner * outer. */
  readonly frame: number;
  readonly slope: number;
  readonly intercept: number;
}

/** Claims of more than this many bytes per compressed byte are counted before memory is asked for. */
const PLAUSIBLE_INFLATION = 32;
/** Bytes decoded at once; a multiple of every number's width. */
const BLOCK = 1 << 20;

/**
 * Reads one volume out of stored numbers, slope * stored + intercept. No size is believed before the files allow it.
 * Memory: the volume and some MiB; bzip2 needs the compressed bytes, too.
 * @throws TRUNCATED_FILE, CORRUPT_FILE, TOO_LARGE, ABORTED
 */
export async function readStoredVoxels(
  stored: StoredVoxels,
  options: ReadVolumeOptions,
): Promise<{ values: VolumeFile["values"]; warnings: Warning[] }> {
  const { parts, type, count, inner, outer, frame, slope, intercept } = stored;
  const { signal, onProgress, maxBytes = DEFAULT_MAX_BYTES } = options;
  const share = (count * inner * outer) / parts.length;
  for (const part of parts) refuseTruncated(part, stored, share);
  if (count * bytesPer[type] > maxBytes) throw tooLarge(count * bytesPer[type], maxBytes);
  const rehearsed = parts.filter((part) => isRehearsed(part, stored, share)).length * bytesOf(stored, share);
  const total = rehearsed + count * inner * bytesPer[type];
  const skips = await skipsOf(stored, share, signal, (done) => onProgress?.({ done, total }));

  const collector = createValueCollector(count, type, { slope, intercept }, maxBytes);
  const channel = frame % inner;
  const first = Math.floor(frame / inner) * count * inner;
  const last = first + count * inner;
  let trailing = false;
  for (const [p, part] of parts.entries()) {
    const from = Math.max(first, p * share);
    const to = Math.min(last, (p + 1) * share);
    if (from >= to) continue;
    const numbers = await openNumbers(
      part,
      stored,
      skips[p] + (isStream(stored) ? 0 : bytesOf(stored, from - p * share)),
      signal,
    );
    const skipped = isStream(stored) ? from - p * share : 0;
    try {
      let position = from - skipped + (await numbers.skip(skipped));
      while (position < to) {
        const block = await numbers.take(Math.min(BLOCK / bytesPer[type], to - position));
        if (block.length === 0) throw truncated(part, stored, share, position - p * share);
        const offset = (((channel - (position - first)) % inner) + inner) % inner;
        const wanted = inner === 1 ? block : everyNth(block, offset, inner);
        collector.put(wanted, Math.ceil((position - first - channel) / inner), slope, intercept);
        position += block.length;
        onProgress?.({ done: rehearsed + (position - first) * bytesPer[type], total });
      }
      const rest = (p + 1) * share - to;
      const passed = await numbers.skip(rest);
      if (passed < rest) throw truncated(part, stored, share, to - p * share + passed);
      // Asking for more makes a compressed stream verify its checksum; more than that is not inflated.
      if (stored.byteSkip >= 0 && (await numbers.more())) trailing = true;
    } catch (error) {
      throw ofFile(withShape(error, stored, share, skips[p]), part.source.name);
    } finally {
      await numbers.close();
    }
  }
  const { values, warnings } = collector.finish();
  if (trailing) warnings.push({ defect: "trailing-data", message: "bytes follow the last voxel; they are not read" });
  return { values, warnings };
}

/** Where the line ends after which `lines` lines have passed, bytes. @throws TRUNCATED_FILE */
export async function skipLines(source: Source, start: number, lines: number): Promise<number> {
  let at = start;
  let left = lines;
  if (left === 0) return at;
  for await (const piece of sourcePieces(source, start))
    for (const byte of piece) {
      at++;
      if (byte === 10 && --left === 0) return at;
    }
  throw fault("TRUNCATED_FILE", `${nameOf(source)} has fewer than the ${lines} lines that are to be skipped`, {
    defect: "truncated",
  });
}

const nameOf = (source: Source) => source.name ?? "the file";

/** Whether the numbers cannot be reached by their place. */
const isStream = ({ encoding }: StoredVoxels) => encoding !== "raw";
const bytesOf = ({ type }: StoredVoxels, numbers: number) => numbers * bytesPer[type];

/** Refuses claims that the file's size rules out, before anything is read. */
function refuseTruncated({ source, start }: StoredPart, stored: StoredVoxels, share: number): void {
  const available = Math.max(0, source.size - start);
  const skip = Math.max(0, stored.byteSkip);
  const bytes = bytesOf(stored, share);
  // A number of text takes a digit and a space.
  const [needed, most] = {
    raw: [bytes + skip, available],
    gzip: [bytes + skip, MOST_INFLATION * available],
    zlib: [bytes + skip, MOST_INFLATION * available],
    bzip2: [1, available],
    text: [2 * share - 1 + skip, available],
  }[stored.encoding];
  if (needed > most) throw truncated({ source, start }, stored, share, most / bytesPer[stored.type]);
}

function truncated({ source }: StoredPart, stored: StoredVoxels, share: number, found: number): TomogradError {
  const what = `${share} numbers of ${stored.type}`;
  return fault("TRUNCATED_FILE", `${nameOf(source)}: the header asks for ${what}, there are ${Math.floor(found)}`, {
    defect: "truncated",
    needed: share,
    found: Math.floor(found),
    ...(stored.parts.length === 1 && { shape: [share / stored.slice, stored.slice] }),
  });
}

/** The error of a compressed part that ends too early, with what its header asks for. */
function withShape(error: unknown, { parts, type, slice }: StoredVoxels, share: number, skip: number): unknown {
  if (!isTomogradError(error, "TRUNCATED_FILE") || error.detail.shape || parts.length > 1) return error;
  const found = Math.max(0, Number(error.detail.found) - skip) / bytesPer[type];
  const claim = { needed: share, found: Math.floor(found), shape: [share / slice, slice] };
  return fault(error.code, error.message, { ...error.detail, ...claim }, error);
}

/** Whether a part is read twice: its claim is not plausible, or it is read from the end. */
const isRehearsed = ({ source, start }: StoredPart, stored: StoredVoxels, share: number): boolean => {
  const { encoding, byteSkip } = stored;
  if (encoding === "raw") return false;
  return byteSkip < 0 || (encoding !== "text" && bytesOf(stored, share) > PLAUSIBLE_INFLATION * (source.size - start));
};

/**
 * How many bytes to pass over in each part. Compressed parts whose claims are not plausible, and those that are read from
 * the end, are counted first.
 */
async function skipsOf(
  stored: StoredVoxels,
  share: number,
  signal: AbortSignal | undefined,
  onCounted: (bytes: number) => void,
): Promise<number[]> {
  const { byteSkip, encoding } = stored;
  const bytes = bytesOf(stored, share);
  const skips: number[] = [];
  let counted = 0;
  for (const part of stored.parts) {
    const available = part.source.size - part.start;
    if (encoding === "raw") skips.push(byteSkip < 0 ? available - bytes : byteSkip);
    else if (isRehearsed(part, stored, share)) {
      const rehearsal = await openBytes(part, encoding, signal);
      const found = await passOver(rehearsal, byteSkip < 0 ? Number.POSITIVE_INFINITY : byteSkip + bytes, (passed) =>
        onCounted(counted + Math.min(passed, bytes)),
      );
      await rehearsal.close();
      counted += bytes;
      if (found < bytes + Math.max(0, byteSkip)) throw truncated(part, stored, share, found / bytesPer[stored.type]);
      skips.push(byteSkip < 0 ? found - bytes : byteSkip);
    } else skips.push(byteSkip);
  }
  return skips;
}

async function openNumbers(
  part: StoredPart,
  stored: StoredVoxels,
  skip: number,
  signal: AbortSignal | undefined,
): Promise<NumberStream> {
  throwIfAborted(signal);
  const { encoding, type, littleEndian } = stored;
  const raw = encoding === "raw";
  const bytes = await openBytes(raw ? { ...part, start: part.start + skip } : part, encoding, signal);
  if (!raw) await bytes.skip(skip);
  return encoding === "text" ? textNumbers(bytes, type, nameOf(part.source)) : binaryNumbers(bytes, type, littleEndian);
}

async function openBytes(part: StoredPart, encoding: Encoding, signal: AbortSignal | undefined): Promise<ByteStream> {
  const pieces = sourcePieces(part.source, part.start, signal);
  if (encoding === "gzip") return createByteStream(gunzip(pieces), signal);
  if (encoding === "zlib") return createByteStream(unzlib(pieces), signal);
  if (encoding !== "bzip2") return createByteStream(pieces);
  const { bunzip2 } = await import("./bzip2.js");
  const whole = (await readWhole(part.source)).subarray(part.start);
  return createByteStream(bunzip2(whole, nameOf(part.source), signal), signal);
}

/** The numbers at offset, offset + step, ... */
function everyNth(numbers: Decoded, offset: number, step: number): Decoded {
  const count = Math.max(0, Math.ceil((numbers.length - offset) / step));
  const out = numbers.slice(0, count);
  for (let i = 0; i < count; i++) out[i] = numbers[offset + i * step];
  return out;
}
