import { fault } from "../../core/errors.js";
import { createCrc32 } from "../../platform/crc32.js";
import { inflateZlib } from "../inflate.js";
import { decode } from "../numeric.js";
import { readWhole, type Source } from "../source.js";
import { tooLarge } from "../values.js";
import { pixelSizeOf, type Raster } from "./raster.js";

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10];

/** True if the bytes start like a PNG file. */
export const looksLikePng = (head: Uint8Array): boolean => SIGNATURE.every((byte, i) => head[i] === byte);

/** IHDR: what the pixels are. */
interface Header {
  readonly columns: number;
  readonly rows: number;
  readonly bits: number;
  /** 0 gray, 2 RGB, 3 palette, 4 gray and alpha, 6 RGB and alpha. */
  readonly color: number;
  readonly interlaced: boolean;
}

/** Samples a pixel, and the bits a sample may have, by color type. */
const samplesOf: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
const bitsOf: Readonly<Record<number, readonly number[]>> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
};

/** A part of the picture that is filtered by itself: all of it, or one of the seven passes of Adam7. */
interface Pass {
  readonly x: number;
  readonly y: number;
  readonly dx: number;
  readonly dy: number;
}
const WHOLE: readonly Pass[] = [{ x: 0, y: 0, dx: 1, dy: 1 }];
const ADAM7: readonly Pass[] = [
  { x: 0, y: 0, dx: 8, dy: 8 },
  { x: 4, y: 0, dx: 8, dy: 8 },
  { x: 0, y: 4, dx: 4, dy: 8 },
  { x: 2, y: 0, dx: 4, dy: 4 },
  { x: 0, y: 2, dx: 2, dy: 4 },
  { x: 1, y: 0, dx: 2, dy: 2 },
  { x: 0, y: 1, dx: 1, dy: 2 },
];

/**
 * Decodes a PNG: every color type and depth, interlaced or not. Samples are as stored (no gamma, alpha not multiplied);
 * 1, 2 and 4 bits of gray are scaled to 8, palettes become RGB. Source: W3C PNG (third edition).
 * @throws TRUNCATED_FILE, CORRUPT_FILE (`bad-header`, `checksum`, `corrupt-stream`), TOO_LARGE
 */
export async function decodePng(source: Source, maxBytes: number): Promise<Raster> {
  const name = source.name ?? "the PNG";
  const { header, palette, density, compressed } = readChunks(await readWhole(source), name);
  const { columns, rows, bits, color } = header;
  const samples = samplesOf[color];
  const size = columns * rows * samples * (bits === 16 ? 2 : 1);
  if (size > maxBytes) throw tooLarge(size, maxBytes);
  const pixelBits = bits * samples;
  const passes = (header.interlaced ? ADAM7 : WHOLE).map((pass) => {
    const [width, height] = [Math.ceil((columns - pass.x) / pass.dx), Math.ceil((rows - pass.y) / pass.dy)];
    return { ...pass, width, height, rowBytes: Math.ceil((width * pixelBits) / 8) };
  });
  const filled = passes.filter(({ width, height }) => width > 0 && height > 0);
  const length = filled.reduce((sum, { height, rowBytes }) => sum + height * (1 + rowBytes), 0);
  const filtered = await inflateZlib(compressed, length, name);

  const bytes = new Uint8Array(size);
  const wide = bits === 16 ? 2 : 1;
  let at = 0;
  for (const { x, y, dx, dy, width, height, rowBytes } of filled) {
    const stretch = filtered.subarray(at, at + height * (1 + rowBytes));
    unfilter(stretch, rowBytes, Math.max(1, pixelBits / 8), name);
    for (let row = 0; row < height; row++) {
      const line = stretch.subarray(row * (1 + rowBytes) + 1, (row + 1) * (1 + rowBytes));
      for (let i = 0; i < width; i++) {
        const to = ((y + row * dy) * columns + x + i * dx) * samples * wide;
        if (bits < 8) bytes[to] = packed(line, i, bits);
        else for (let b = 0; b < samples * wide; b++) bytes[to + b] = line[i * samples * wide + b];
      }
    }
    at += stretch.length;
  }
  const picture = { columns, rows, ...pixelSizeOf(...density), warnings: [] };
  if (color === 3) return { ...picture, samples: 3, type: "uint8", values: colors(bytes, palette, name) };
  if (bits < 8) for (let i = 0; i < bytes.length; i++) bytes[i] *= 255 / (2 ** bits - 1);
  const type = bits === 16 ? "uint16" : "uint8";
  return { ...picture, samples, type, values: decode(bytes, type, false) };
}

/** Walks the chunks; checksums are verified. */
function readChunks(bytes: Uint8Array, name: string) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const bad = (why: string, defect = "bad-header") => fault("CORRUPT_FILE", `${name}: ${why}`, { defect });
  let header: Header | undefined;
  let palette: Uint8Array = new Uint8Array(0);
  /** Pixels per millimeter. */
  let density: [number, number] = [0, 0];
  const parts: Uint8Array[] = [];
  for (let at = SIGNATURE.length; ; ) {
    const length = at + 8 <= bytes.length ? view.getUint32(at) : Number.POSITIVE_INFINITY;
    const next = at + 12 + length;
    if (next > bytes.length)
      throw fault("TRUNCATED_FILE", `${name} ends inside a chunk`, {
        defect: "truncated",
        found: bytes.length,
      });
    const kind = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const content = bytes.subarray(at + 8, next - 4);
    const checksum = createCrc32();
    checksum.add(bytes.subarray(at + 4, next - 4));
    if (checksum.value() !== view.getUint32(next - 4)) throw bad(`its chunk ${kind} fails its checksum`, "checksum");
    if (kind === "IHDR") header = readHeader(content, bad);
    else if (kind === "PLTE") palette = content;
    else if (kind === "IDAT") parts.push(content);
    else if (kind === "pHYs" && length >= 9 && content[8] === 1)
      density = [view.getUint32(at + 8) / 1000, view.getUint32(at + 12) / 1000];
    if (!header) throw bad("it does not begin with a header");
    if (kind === "IEND") break;
    at = next;
  }
  const compressed = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let to = 0;
  for (const part of parts) {
    compressed.set(part, to);
    to += part.length;
  }
  return { header, palette, density, compressed };
}

function readHeader(content: Uint8Array, bad: (why: string, defect?: string) => Error): Header {
  if (content.length !== 13) throw bad("its header is not 13 bytes long");
  const view = new DataView(content.buffer, content.byteOffset, 13);
  const [columns, rows] = [view.getUint32(0), view.getUint32(4)];
  const [bits, color, method, filter, interlace] = content.subarray(8);
  if (columns < 1 || rows < 1 || columns >= 2 ** 31 || rows >= 2 ** 31)
    throw bad(`a picture of ${columns} x ${rows} pixels`, "bad-dimension");
  if (!bitsOf[color]?.includes(bits) || method !== 0 || filter !== 0 || interlace > 1)
    throw bad(`${bits} bits of color type ${color} are impossible`);
  return { columns, rows, bits, color, interlaced: interlace === 1 };
}

/** Undoes the filters of rows of one type byte and `rowBytes` bytes, in place. `step`: bytes to the pixel on the left. */
function unfilter(bytes: Uint8Array, rowBytes: number, step: number, name: string): void {
  for (let start = 0; start < bytes.length; start += rowBytes + 1) {
    const kind = bytes[start];
    if (kind > 4) throw fault("CORRUPT_FILE", `${name}: filter ${kind} is unknown`, { defect: "corrupt-stream" });
    if (kind === 0) continue;
    for (let i = start + 1; i <= start + rowBytes; i++) {
      const left = i - step > start ? bytes[i - step] : 0;
      const up = start > 0 ? bytes[i - rowBytes - 1] : 0;
      if (kind === 1) bytes[i] += left;
      else if (kind === 2) bytes[i] += up;
      else if (kind === 3) bytes[i] += (left + up) >> 1;
      else bytes[i] += paeth(left, up, start > 0 && i - step > start ? bytes[i - rowBytes - 1 - step] : 0);
    }
  }
}

/** Of left, up and upper left, the nearest to left + up - upper left. */
function paeth(left: number, up: number, corner: number): number {
  const [a, b, c] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}

/** Number `i` of a row of numbers of less than 8 bits. */
const packed = (line: Uint8Array, i: number, bits: number): number =>
  (line[(i * bits) >> 3] >> (8 - bits - ((i * bits) & 7))) & (2 ** bits - 1);

function colors(indices: Uint8Array, palette: Uint8Array, name: string): Uint8Array {
  const out = new Uint8Array(3 * indices.length);
  for (let i = 0; i < indices.length; i++) {
    if (3 * indices[i] + 2 >= palette.length)
      throw fault("CORRUPT_FILE", `${name}: color ${indices[i]} is not in its palette`, { defect: "bad-header" });
    for (let c = 0; c < 3; c++) out[3 * i + c] = palette[3 * indices[i] + c];
  }
  return out;
}
