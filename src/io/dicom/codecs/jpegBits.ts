import { corruptStream } from "./jpegStream.js";

/** A Huffman code, as a table of the next 16 bits: (length << 8) | value, 0 where no code starts so. */
export type HuffmanTable = Uint16Array;

/**
 * The codes of a DHT table (ITU T.81, Annex C): `counts[n]` codes of length n + 1, then their values.
 * @throws CORRUPT_FILE (`corrupt-stream`) if the codes do not fit in 16 bits
 */
export function huffmanTable(counts: Uint8Array, values: Uint8Array): HuffmanTable {
  const table = new Uint16Array(1 << 16);
  let at = 0;
  let next = 0;
  for (let length = 1; length <= 16; length++)
    for (let n = 0; n < counts[length - 1]; n++) {
      const span = 1 << (16 - length);
      if (at + span > table.length) throw corruptStream("a Huffman table has more codes than bits allow");
      table.fill((length << 8) | values[next++], at, at + span);
      at += span;
    }
  return table;
}

/** Reads the bits of entropy-coded data, from the highest of each byte. */
export interface BitReader {
  bit(): number;
  /** `count` bits as an unsigned number, 0 to 16. */
  bits(count: number): number;
  /** The value of the next code. */
  symbol(table: HuffmanTable): number;
  /** Bits of a difference of magnitude category `size`, extended to its sign (F.2.2.1). */
  difference(size: number): number;
  /** Passes over the restart marker that must come here. */
  restart(): void;
  /** Where the data end: at the next marker. */
  position(): number;
}

/**
 * A reader of entropy-coded data from `start` on; it stops before the first marker.
 * Every read beyond the data throws CORRUPT_FILE (`corrupt-stream`).
 */
export function createBitReader(bytes: Uint8Array, start: number): BitReader {
  let at = start;
  let held = 0;
  let count = 0;
  /** Zero bits that were made up after the end, for codes shorter than 16 bits. */
  let borrowed = 0;

  const fill = (wanted: number) => {
    while (count < wanted) {
      let byte = 0;
      if (at >= bytes.length || (bytes[at] === 0xff && bytes[at + 1] !== 0)) borrowed += 8;
      else {
        byte = bytes[at];
        at += byte === 0xff ? 2 : 1;
      }
      held = ((held << 8) | byte) & 0xffffff;
      count += 8;
    }
  };
  const drop = (used: number) => {
    count -= used;
    if (count < borrowed) throw corruptStream("its entropy-coded data end too early");
  };
  const bits = (wanted: number) => {
    if (wanted === 0) return 0;
    fill(wanted);
    const value = (held >>> (count - wanted)) & ((1 << wanted) - 1);
    drop(wanted);
    return value;
  };
  return {
    bit: () => bits(1),
    bits,
    symbol(table) {
      fill(16);
      const entry = table[(held >>> (count - 16)) & 0xffff];
      if (entry === 0) throw corruptStream("it holds a bit sequence that is no Huffman code");
      drop(entry >> 8);
      return entry & 255;
    },
    difference(size) {
      if (size === 0) return 0;
      const value = bits(size);
      return value < 1 << (size - 1) ? value - (1 << size) + 1 : value;
    },
    restart() {
      held = count = borrowed = 0;
      while (bytes[at] === 0xff && bytes[at + 1] === 0xff) at++;
      if (bytes[at] !== 0xff || bytes[at + 1] < 0xd0 || bytes[at + 1] > 0xd7)
        throw corruptStream("a restart marker is missing");
      at += 2;
    },
    position: () => at,
  };
}
