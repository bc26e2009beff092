import { type HuffmanTable, huffmanTable } from "./jpegBits.js";
import { corruptStream, frameOf, type JpegFrame, looksLikeJpeg, nextSegment } from "./jpegStream.js";

/** Where the coefficient of each place of the zigzag order lies in the block, [v][u] (ITU T.81, figure A.6). */
export const zigzag: Uint8Array = zigzagOrder();

/** Streams have about ten scans, each with tables of its own at most; each one costs a pass over the image. */
const MOST_SCANS = 200;

/** What a scan needs: its header and the tables as they stand. */
export interface JpegScan {
  readonly frame: JpegFrame;
  /** Indices into the frame's components and the Huffman tables of each. */
  readonly components: readonly { readonly index: number; readonly dc?: HuffmanTable; readonly ac?: HuffmanTable }[];
  /** First and last coefficient; in lossless streams `first` is the predictor. */
  readonly first: number;
  readonly last: number;
  readonly high: number;
  readonly low: number;
  /** Minimum coded units between restart markers; 0 if there are none. */
  readonly restartInterval: number;
  /** Where the entropy-coded data start. */
  readonly start: number;
}

/**
 * Walks a stream, reads its tables, and hands each scan to `decode`, which returns where the scan's data end.
 * The quantization tables are those in force when a component's first scan comes, [v][u].
 * @throws CORRUPT_FILE (`corrupt-stream`)
 */
export function walkJpeg(
  bytes: Uint8Array,
  decode: (scan: JpegScan) => number,
): { frame: JpegFrame; quantization: ReadonlyMap<number, Uint16Array> } {
  if (!looksLikeJpeg(bytes)) throw corruptStream("it does not start as a JPEG stream");
  const quantization = new Map<number, Uint16Array>();
  const dc = new Map<number, HuffmanTable>();
  const ac = new Map<number, HuffmanTable>();
  let frame: JpegFrame | undefined;
  let restartInterval = 0;
  let scans = 0;
  let huffmanSegments = 0;
  for (let at = 2; ; ) {
    const segment = nextSegment(bytes, at);
    const { marker, start, end } = segment;
    at = end;
    if (marker === 0xd9) {
      if (!frame || scans === 0) throw corruptStream("it ends before its first scan");
      return { frame, quantization };
    }
    if (marker === 0xdb) readQuantization(bytes.subarray(start, end), quantization);
    else if (marker === 0xc4 && ++huffmanSegments > MOST_SCANS) throw corruptStream("it has too many Huffman tables");
    else if (marker === 0xc4) readHuffman(bytes.subarray(start, end), dc, ac);
    else if (marker === 0xdd) restartInterval = (bytes[start] << 8) | bytes[start + 1];
    else if (marker === 0xda) {
      if (!frame) throw corruptStream("a scan comes before the frame header");
      if (++scans > MOST_SCANS) throw corruptStream(`it has more than ${MOST_SCANS} scans`);
      const count = bytes[start];
      if (end - start < 4 + 2 * count || count === 0) throw corruptStream("a scan header is too short");
      const components = Array.from({ length: count }, (_, i) => {
        const [id, tables] = bytes.subarray(start + 1 + 2 * i);
        const index = frame!.components.findIndex((component) => component.id === id);
        if (index < 0) throw corruptStream(`a scan names component ${id}, which is not in the frame`);
        return { index, dc: dc.get(tables >> 4), ac: ac.get(tables & 15) };
      });
      const [first, last, approximation] = bytes.subarray(start + 1 + 2 * count, end);
      const [high, low] = [approximation >> 4, approximation & 15];
      at = decode({ frame, components, first, last, high, low, restartInterval, start: end });
    } else {
      const found = frameOf(bytes, segment);
      if (found && frame) throw corruptStream("it has two frame headers");
      frame ??= found;
    }
  }
}

function readQuantization(segment: Uint8Array, tables: Map<number, Uint16Array>): void {
  for (let at = 0; at < segment.length; ) {
    const wide = segment[at] >> 4 !== 0;
    const table = new Uint16Array(64);
    const id = segment[at++] & 15;
    if (at + (wide ? 128 : 64) > segment.length) throw corruptStream("a quantization table is too short");
    for (let i = 0; i < 64; i++, at += wide ? 2 : 1)
      table[zigzag[i]] = wide ? (segment[at] << 8) | segment[at + 1] : segment[at];
    tables.set(id, table);
  }
}

function readHuffman(segment: Uint8Array, dc: Map<number, HuffmanTable>, ac: Map<number, HuffmanTable>): void {
  for (let at = 0; at < segment.length; ) {
    const counts = segment.subarray(at + 1, at + 17);
    const total = counts.reduce((sum, count) => sum + count, 0);
    if (at + 17 + total > segment.length) throw corruptStream("a Huffman table is too short");
    if (segment[at] & 0xec) throw corruptStream("a Huffman table has an impossible number");
    const table = huffmanTable(counts, segment.subarray(at + 17, at + 17 + total));
    (segment[at] >> 4 === 0 ? dc : ac).set(segment[at] & 15, table);
    at += 17 + total;
  }
}

function zigzagOrder(): Uint8Array {
  const order = new Uint8Array(64);
  let place = 0;
  for (let diagonal = 0; diagonal < 15; diagonal++)
    for (let i = Math.max(0, diagonal - 7); i <= Math.min(7, diagonal); i++) {
      // Odd diagonals run down from the top right, even ones up.
      const [u, v] = diagonal % 2 === 1 ? [diagonal - i, i] : [i, diagonal - i];
      order[place++] = 8 * v + u;
    }
  return order;
}
