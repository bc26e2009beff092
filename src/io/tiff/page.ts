import { fault } from "../../core/errors.js";
import { bytesPer, type Decoded, decode, type StoredType } from "../numeric.js";
import type { Source } from "../source.js";
import { schemeOf } from "./compression.js";
import { type Directory, tags } from "./directory.js";

/** What a page is, before its samples are read. */
export interface Page {
  readonly columns: number;
  readonly rows: number;
  /** Numbers of each pixel. */
  readonly samples: number;
  readonly type: StoredType;
  /** 0 white is zero, 1 black is zero, 2 RGB, 3 palette. */
  readonly photometric: number;
  readonly directory: Directory;
}

/** Pages beyond this are no pictures, pixels along a side. */
const LONGEST_SIDE = 1 << 20;

/** Reads what a directory says about its page. @throws UNSUPPORTED_FORMAT, CORRUPT_FILE */
export async function describePage(directory: Directory, name: string): Promise<Page> {
  const one = async (tag: number, otherwise: number) => (await directory.numbers(tag))[0] ?? otherwise;
  const [columns, rows] = [await one(tags.width, 0), await one(tags.height, 0)];
  if (!(columns >= 1 && rows >= 1 && columns <= LONGEST_SIDE && rows <= LONGEST_SIDE))
    throw fault("CORRUPT_FILE", `${name}: a page of ${columns} x ${rows} pixels`, { defect: "bad-dimension" });
  const samples = await one(tags.samples, 1);
  const photometric = await one(tags.photometric, 1);
  if (samples < 1 || samples > 64 || photometric > 3)
    throw fault(
      "UNSUPPORTED_FORMAT",
      `${name}: pixels of ${samples} samples in color model ${photometric} are not read`,
      { defect: "unsupported-color" },
    );
  return { columns, rows, samples, type: await sampleType(directory, samples, name), photometric, directory };
}

async function sampleType(directory: Directory, samples: number, name: string): Promise<StoredType> {
  const [bits = 1, ...otherBits] = await directory.numbers(tags.bits, samples);
  const [format = 1, ...otherFormats] = await directory.numbers(tags.sampleFormat, samples);
  const word = format === 3 ? "float" : format === 2 ? "int" : format === 1 || format === 4 ? "uint" : "";
  const type = `${word}${bits}`;
  if (!(type in bytesPer) || otherBits.some((b) => b !== bits) || otherFormats.some((f) => f !== format))
    throw fault(
      "UNSUPPORTED_FORMAT",
      `${name}: samples of ${bits} bits and format ${format} are not read; 8, 16, 32 and 64 bits are`,
      { defect: "unsupported-type" },
    );
  return type as StoredType;
}

/** The part of a page that is stored together. */
interface Block {
  readonly offset: number;
  readonly length: number;
  readonly column: number;
  readonly row: number;
  /** Pixels as they are stored, with padding at the page's right and lower edge for tiles. */
  readonly columns: number;
  readonly rows: number;
  /** The one sample that it holds; -1: all of them, interleaved. */
  readonly sample: number;
}

/**
 * The samples of a page, [row][column][sample]. Memory: the page as stored and as read; none is asked for that the
 * file's bytes cannot fill.
 * @throws TRUNCATED_FILE, CORRUPT_FILE, UNSUPPORTED_FORMAT
 */
export async function readPage(source: Source, page: Page, littleEndian: boolean): Promise<Decoded> {
  const name = source.name ?? "the file";
  const { columns, rows, samples, type, directory } = page;
  const one = async (tag: number, otherwise: number) => (await directory.numbers(tag))[0] ?? otherwise;
  const scheme = schemeOf(await one(tags.compression, 1), name);
  const predictor = await one(tags.predictor, 1);
  refusePredictor(predictor, type, name);
  const reversed = (await one(tags.fillOrder, 1)) === 2;
  const truncated = (needed: number) =>
    fault("TRUNCATED_FILE", `${name}: a page asks for ${needed} bytes that the file does not hold`, {
      defect: "truncated",
      needed,
      found: source.size,
    });
  const needed = columns * rows * samples * bytesPer[type];
  if (needed > scheme.growth * source.size) throw truncated(needed);
  const out = zeros(type, columns * rows * samples);
  const blocks = await blocksOf(page, name);
  for (const { offset, length } of blocks) if (offset + length > source.size) throw truncated(offset + length);
  const stored = await reader(source, blocks);
  for (const block of blocks) {
    const perPixel = block.sample < 0 ? samples : 1;
    const length = block.columns * block.rows * perPixel * bytesPer[type];
    if (length > scheme.growth * block.length) throw truncated(length);
    const packed = await stored(block);
    const bytes = await scheme.decode(reversed ? packed.map(reverseBits) : packed, length, name);
    if (bytes.length < length) throw truncated(length);
    place(undoPredictor(bytes.slice(0, length), block, perPixel), block, perPixel);
  }
  return out;

  function undoPredictor(bytes: Uint8Array<ArrayBuffer>, block: Block, perPixel: number): Decoded {
    const perRow = block.columns * perPixel;
    if (predictor === 3) return decode(planesToFloats(bytes, perRow, perPixel, bytesPer[type]), type, false);
    const numbers = decode(bytes, type, littleEndian);
    if (predictor === 2)
      for (let row = 0; row < block.rows; row++)
        for (let i = row * perRow + perPixel; i < (row + 1) * perRow; i++) numbers[i] += numbers[i - perPixel];
    return numbers;
  }

  function place(numbers: Decoded, block: Block, perPixel: number): void {
    const width = Math.min(block.columns, columns - block.column);
    const height = Math.min(block.rows, rows - block.row);
    for (let row = 0; row < height; row++) {
      const from = row * block.columns * perPixel;
      const to = ((block.row + row) * columns + block.column) * samples;
      if (perPixel === samples) out.set(numbers.subarray(from, from + width * samples), to);
      else for (let i = 0; i < width; i++) out[to + i * samples + block.sample] = numbers[from + i];
    }
  }
}

/** Where the blocks of a page lie; tiles fill whole rectangles, the last strip only the rows that are left. */
async function blocksOf({ columns, rows, samples, directory }: Page, name: string): Promise<Block[]> {
  const one = async (tag: number, otherwise: number) => (await directory.numbers(tag))[0] ?? otherwise;
  const planes = (await one(tags.planar, 1)) === 2 && samples > 1 ? samples : 1;
  const tileWidth = await one(tags.tileWidth, 0);
  const tiled = tileWidth > 0;
  const width = tiled ? tileWidth : columns;
  const height = tiled ? await one(tags.tileHeight, 0) : Math.min(rows, await one(tags.rowsPerStrip, rows));
  if (!(width >= 1 && height >= 1 && width <= LONGEST_SIDE && height <= LONGEST_SIDE))
    throw fault("CORRUPT_FILE", `${name}: blocks of ${width} x ${height} pixels`, { defect: "bad-dimension" });
  const [across, down] = [Math.ceil(columns / width), Math.ceil(rows / height)];
  const count = planes * across * down;
  const offsets = await directory.numbers(tiled ? tags.tileOffsets : tags.stripOffsets, count);
  const lengths = await directory.numbers(tiled ? tags.tileBytes : tags.stripBytes, count);
  if (offsets.length < count || lengths.length < count)
    throw fault("CORRUPT_FILE", `${name}: a page needs ${count} blocks and names ${offsets.length}`, {
      defect: "bad-header",
    });
  return offsets.map((offset, i) => {
    const inPlane = i % (across * down);
    const row = height * Math.floor(inPlane / across);
    return {
      offset,
      length: lengths[i],
      column: width * (inPlane % across),
      row,
      columns: width,
      rows: tiled ? height : Math.min(height, rows - row),
      sample: planes === 1 ? -1 : Math.floor(i / (across * down)),
    };
  });
}

/** Reads blocks that lie together at once: opening a file for each strip takes longer than reading them all. */
async function reader(source: Source, blocks: readonly Block[]): Promise<(block: Block) => Promise<Uint8Array>> {
  let [start, end, total] = [Number.POSITIVE_INFINITY, 0, 0];
  for (const { offset, length } of blocks) {
    start = Math.min(start, offset);
    end = Math.max(end, offset + length);
    total += length;
  }
  if (end - start > 2 * total) return ({ offset, length }) => source.read(offset, length);
  const all = await source.read(start, end - start);
  return async ({ offset, length }) => all.subarray(offset - start, offset - start + length);
}

function refusePredictor(predictor: number, type: StoredType, name: string): void {
  const floating = type.startsWith("float");
  if (predictor === 1 || (predictor === 3 && floating)) return;
  if (predictor === 2 && !floating && bytesPer[type] <= 4) return;
  throw fault("UNSUPPORTED_FORMAT", `${name}: predictor ${predictor} with ${type} samples is not read`, {
    defect: "unsupported-compression",
  });
}

/**
 * Floating-point predictor: each row holds differences of its bytes, the highest bytes of all numbers first, whatever
 * the file's byte order; the result has the highest byte first. Source: Adobe Photoshop TIFF Technical Note 3, 2005.
 */
function planesToFloats(
  bytes: Uint8Array<ArrayBuffer>,
  perRow: number,
  perPixel: number,
  width: number,
): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(bytes.length);
  const rowBytes = perRow * width;
  for (let start = 0; start < bytes.length; start += rowBytes) {
    for (let i = start + perPixel; i < start + rowBytes; i++) bytes[i] += bytes[i - perPixel];
    for (let i = 0; i < perRow; i++)
      for (let plane = 0; plane < width; plane++) out[start + i * width + plane] = bytes[start + plane * perRow + i];
  }
  return out;
}

const reverseBits = (byte: number): number => {
  let reversed = 0;
  for (let bit = 0; bit < 8; bit++) reversed |= ((byte >> bit) & 1) << (7 - bit);
  return reversed;
};

/** An array of the kind that decoded numbers of this type come in. */
const zeros = (type: StoredType, count: number): Decoded => {
  const kind = decode(new Uint8Array(0), type, true).constructor as new (count: number) => Decoded;
  return new kind(count);
};
