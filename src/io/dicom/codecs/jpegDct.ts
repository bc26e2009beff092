import { inverseDct } from "./inverseDct.js";
import { type BitReader, createBitReader, type HuffmanTable } from "./jpegBits.js";
import { corruptStream, type JpegFrame, unsupportedStream } from "./jpegStream.js";
import { type JpegScan, walkJpeg, zigzag } from "./jpegTables.js";

/** The quantized coefficients of one component, block by block, each [v][u]. */
interface Plane {
  readonly blocksAcross: number;
  readonly blocksDown: number;
  /** Blocks a row of `coefficients`, filled up to whole coded units. */
  readonly stride: number;
  readonly coefficients: Int32Array;
}

/**
 * Decodes a gray JPEG of 8 or 12 bits: Huffman-coded, sequential or progressive (spectral selection, successive
 * approximation), by ITU T.81. Values are 0 to 2^precision - 1, [row][column].
 * @throws CORRUPT_FILE (`corrupt-stream`), UNSUPPORTED_FORMAT (`unsupported-transfer-syntax`) for arithmetic coding,
 * hierarchical streams, and color
 */
export function decodeJpegDct(bytes: Uint8Array): Uint16Array {
  let plane: Plane | undefined;
  const { frame, quantization } = walkJpeg(bytes, (scan) => {
    if (!plane) {
      refuseOthers(scan.frame);
      plane = planeOf(scan.frame);
    }
    return decodeScan(bytes, scan, plane);
  });
  const table = quantization.get(frame.components[0].quantization);
  if (!table) throw corruptStream("its quantization table is missing");
  return samples(frame, plane!, table);
}

function refuseOthers({ marker, components, precision }: JpegFrame): void {
  if (marker >= 0xc9) throw unsupportedStream("JPEG with arithmetic coding");
  if (marker > 0xc2) throw unsupportedStream("hierarchical or lossless JPEG in a syntax of another kind");
  if (components.length !== 1) throw unsupportedStream(`JPEG of ${components.length} components and ${precision} bits`);
  if (precision !== 8 && precision !== 12) throw corruptStream(`a precision of ${precision} bits is not allowed`);
}

function planeOf({ rows, columns }: JpegFrame): Plane {
  // One component is never interleaved: its coded unit is one block, whatever its sampling factors (A.2.2).
  const blocksAcross = Math.ceil(columns / 8);
  const blocksDown = Math.ceil(rows / 8);
  const coefficients = new Int32Array(blocksAcross * blocksDown * 64);
  return { blocksAcross, blocksDown, stride: blocksAcross, coefficients };
}

function decodeScan(bytes: Uint8Array, scan: JpegScan, plane: Plane): number {
  const reader = createBitReader(bytes, scan.start);
  const { first, last, high, low } = scan;
  const { dc, ac } = scan.components[0];
  const progressive = scan.frame.marker === 0xc2;
  if (!(first <= last && last < 64) || low > 13) throw corruptStream("a scan header is out of range");
  const wantsDc = !progressive || (first === 0 && high === 0);
  const wantsAc = !progressive || last > 0;
  if ((wantsDc && !dc) || (wantsAc && !ac)) throw corruptStream("a scan uses a Huffman table that is not there");
  const decode = progressive
    ? progressiveBlocks(reader, dc, ac, { first, last, high, low })
    : sequentialBlocks(reader, dc!, ac!);
  const blocks = plane.blocksAcross * plane.blocksDown;
  for (let block = 0; block < blocks; block++) {
    if (scan.restartInterval > 0 && block > 0 && block % scan.restartInterval === 0) {
      reader.restart();
      decode.restart();
    }
    decode.block(plane.coefficients.subarray(64 * block, 64 * block + 64));
  }
  return reader.position();
}

interface BlockDecoder {
  block(coefficients: Int32Array): void;
  /** Forgets what restarts forget. */
  restart(): void;
}

/** Sequential coding (F.2.2). */
function sequentialBlocks(reader: BitReader, dc: HuffmanTable, ac: HuffmanTable): BlockDecoder {
  let prediction = 0;
  return {
    restart: () => {
      prediction = 0;
    },
    block(out) {
      prediction += reader.difference(checkedSize(reader.symbol(dc)));
      out[0] = prediction;
      for (let k = 1; k < 64; k++) {
        const symbol = reader.symbol(ac);
        const [run, size] = [symbol >> 4, symbol & 15];
        if (size === 0) {
          if (run !== 15) return;
          k += 15;
          continue;
        }
        k += run;
        if (k > 63) throw corruptStream("a block has more than 64 coefficients");
        out[zigzag[k]] = reader.difference(size);
      }
    },
  };
}

/** Progressive coding (G.1.2): four kinds of scans, by first coefficient and by first or later bits. */
function progressiveBlocks(
  reader: BitReader,
  dc: HuffmanTable | undefined,
  ac: HuffmanTable | undefined,
  { first, last, high, low }: Pick<JpegScan, "first" | "last" | "high" | "low">,
): BlockDecoder {
  let prediction = 0;
  /** Blocks left without further new coefficients in this band. */
  let endOfBand = 0;
  const one = 1 << low;

  const firstOfBand = (out: Int32Array) => {
    if (endOfBand > 0) {
      endOfBand--;
      return;
    }
    for (let k = first; k <= last; k++) {
      const symbol = reader.symbol(ac!);
      const [run, size] = [symbol >> 4, symbol & 15];
      if (size === 0) {
        if (run < 15) {
          endOfBand = (1 << run) - 1 + reader.bits(run);
          return;
        }
        k += 15;
        continue;
      }
      k += run;
      if (k > last) throw corruptStream("a band has more coefficients than its scan says");
      out[zigzag[k]] = reader.difference(size) * one;
    }
  };
  /** One more bit for a coefficient that is not zero. */
  const refine = (out: Int32Array, place: number) => {
    if (reader.bit() === 1 && (Math.abs(out[place]) & one) === 0) out[place] += out[place] > 0 ? one : -one;
  };
  const laterOfBand = (out: Int32Array) => {
    let k = first;
    if (endOfBand === 0)
      for (; k <= last; k++) {
        const symbol = reader.symbol(ac!);
        let run = symbol >> 4;
        const size = symbol & 15;
        let fresh = 0;
        if (size === 0) {
          if (run < 15) {
            endOfBand = (1 << run) + reader.bits(run);
            break;
          }
        } else if (size === 1) fresh = reader.bit() === 1 ? one : -one;
        else throw corruptStream("a refined coefficient has more than one bit");
        for (; k <= last; k++) {
          const place = zigzag[k];
          if (out[place] !== 0) refine(out, place);
          else if (run-- === 0) break;
        }
        if (fresh !== 0) {
          if (k > last) throw corruptStream("a band has more coefficients than its scan says");
          out[zigzag[k]] = fresh;
        }
      }
    if (endOfBand > 0) {
      for (; k <= last; k++) if (out[zigzag[k]] !== 0) refine(out, zigzag[k]);
      endOfBand--;
    }
  };
  const dcScan = (out: Int32Array) => {
    if (high > 0) {
      if (reader.bit() === 1) out[0] |= one;
      return;
    }
    prediction += reader.difference(checkedSize(reader.symbol(dc!)));
    out[0] = prediction * one;
  };
  if (first === 0 && last > 0) throw corruptStream("a progressive scan mixes the mean with other coefficients");
  return {
    restart: () => {
      prediction = endOfBand = 0;
    },
    block: first === 0 ? dcScan : high === 0 ? firstOfBand : laterOfBand,
  };
}

function checkedSize(size: number): number {
  if (size > 15) throw corruptStream("a difference has more than 15 bits");
  return size;
}

function samples({ rows, columns, precision }: JpegFrame, plane: Plane, table: Uint16Array): Uint16Array {
  const out = new Uint16Array(rows * columns);
  const [middle, top] = [2 ** (precision - 1), 2 ** precision - 1];
  const dequantized = new Float64Array(64);
  const block = new Float64Array(64);
  for (let by = 0; by < plane.blocksDown; by++)
    for (let bx = 0; bx < plane.blocksAcross; bx++) {
      const from = 64 * (by * plane.stride + bx);
      for (let i = 0; i < 64; i++) dequantized[i] = plane.coefficients[from + i] * table[i];
      inverseDct(dequantized, block);
      const height = Math.min(8, rows - 8 * by);
      const width = Math.min(8, columns - 8 * bx);
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++)
          out[(8 * by + y) * columns + 8 * bx + x] = Math.min(top, Math.max(0, Math.round(block[8 * y + x]) + middle));
    }
  return out;
}
