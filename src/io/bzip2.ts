import { fault, throwIfAborted } from "../core/errors.js";

/** Bytes given out at once. */
const PIECE = 1 << 18;
const LONGEST_CODE = 20;
const GROUP = 50;
const [RUN_A, RUN_B] = [0, 1];
/** Digits of pi and of its square root mark a block and the end. */
const [BLOCK_HIGH, BLOCK_LOW, END_HIGH, END_LOW] = [0x314159, 0x265359, 0x177245, 0x385090];

/**
 * Decompresses bzip2 data of one or several streams piece by piece; memory: about 5 MiB. Checksums are verified.
 * Source: the format as described in J. Tsai, "Bzip2: Format Specification" (2016).
 * @throws TRUNCATED_FILE (`truncated`), CORRUPT_FILE (`corrupt-stream`, `checksum`), ABORTED
 */
export async function* bunzip2(bytes: Uint8Array, name: string, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  const bits = createBitReader(bytes, name);
  const damaged = (why: string) =>
    fault("CORRUPT_FILE", `${name}: the bzip2 stream is damaged: ${why}`, { defect: "corrupt-stream" });
  const wrongSum = () =>
    fault("CORRUPT_FILE", `${name}: the bzip2 stream fails its own checksum`, { defect: "checksum" });
  let streams = 0;
  while (streams === 0 || bits.startsWith("BZh")) {
    for (const letter of "BZh") if (bits.read(8) !== letter.charCodeAt(0)) throw damaged("no 'BZh' at its start");
    const level = bits.read(8) - 48;
    if (!(level >= 1 && level <= 9)) throw damaged("its block size is out of range");
    const memory = { last: new Uint8Array(level * 100_000), next: new Uint32Array(level * 100_000) };
    let combined = 0;
    for (;;) {
      throwIfAborted(signal);
      const [high, low] = [bits.read(24), bits.read(24)];
      const wanted = bits.read32();
      if (high === END_HIGH && low === END_LOW) {
        if (wanted !== combined) throw wrongSum();
        break;
      }
      if (high !== BLOCK_HIGH || low !== BLOCK_LOW) throw damaged("no block where one must begin");
      const block = readBlock(bits, memory, damaged);
      const sum = yield* expand(memory, block);
      if (sum !== wanted) throw wrongSum();
      combined = ((combined << 1) | (combined >>> 31)) ^ sum;
      combined >>>= 0;
    }
    bits.align();
    streams++;
  }
}

type BitReader = ReturnType<typeof createBitReader>;

/** Bits of bytes, highest first. */
function createBitReader(bytes: Uint8Array, name: string) {
  let at = 0;
  let buffer = 0;
  let live = 0;
  /** Up to 24 bits. */
  const read = (count: number): number => {
    while (live < count) {
      if (at >= bytes.length)
        throw fault("TRUNCATED_FILE", `${name}: the bzip2 stream ends too early`, {
          defect: "truncated",
        });
      buffer = (buffer << 8) | bytes[at++];
      live += 8;
    }
    live -= count;
    return (buffer >>> live) & ((1 << count) - 1);
  };
  return {
    read,
    read32: () => ((read(16) << 16) | read(16)) >>> 0,
    /** On to the next whole byte. */
    align: () => {
      live -= live % 8;
    },
    /** Whether these letters come next; at a whole byte only. */
    startsWith: (letters: string) =>
      [...letters].every((letter, i) => bytes[at - live / 8 + i] === letter.charCodeAt(0)),
  };
}

interface BlockMemory {
  /** The last column of the sorted rotations. */
  readonly last: Uint8Array;
  /** Which row follows each row. */
  readonly next: Uint32Array;
}

interface Block {
  readonly length: number;
  readonly firstRow: number;
}

/** Reads one block: Huffman codes, move-to-front, and the links that undo the sorting. */
function readBlock(bits: BitReader, { last, next }: BlockMemory, damaged: (why: string) => Error): Block {
  if (bits.read(1)) throw damaged("blocks of before version 0.9.5 are not read");
  const firstRow = bits.read(24);
  const used = usedBytes(bits);
  const end = used.length + 1;
  const tableCount = bits.read(3);
  const selectorCount = bits.read(15);
  if (tableCount < 2 || tableCount > 6 || selectorCount < 1 || used.length === 0) throw damaged("an impossible block");
  const order = [0, 1, 2, 3, 4, 5];
  const selectors = Uint8Array.from({ length: selectorCount }, () => {
    let place = 0;
    while (bits.read(1)) if (++place >= tableCount) throw damaged("an impossible table");
    order.unshift(...order.splice(place, 1));
    return order[0];
  });
  const tables = Array.from({ length: tableCount }, () => readTable(bits, end + 1, damaged));

  const front = Uint8Array.from(used);
  let length = 0;
  let run = 0;
  let weight = 1;
  for (let symbolAt = 0, table = tables[0]; ; symbolAt++) {
    if (symbolAt % GROUP === 0) {
      if (symbolAt / GROUP >= selectorCount) throw damaged("a block without end");
      table = tables[selectors[symbolAt / GROUP]];
    }
    const symbol = readSymbol(bits, table, damaged);
    if (symbol === RUN_A || symbol === RUN_B) {
      run += weight << symbol;
      weight *= 2;
      if (run > last.length) throw damaged("a run that is too long");
      continue;
    }
    if (length + run + (symbol === end ? 0 : 1) > last.length) throw damaged("a block that is too long");
    last.fill(front[0], length, length + run);
    length += run;
    run = 0;
    weight = 1;
    if (symbol === end) break;
    const byte = front[symbol - 1];
    front.copyWithin(1, 0, symbol - 1);
    front[0] = byte;
    last[length++] = byte;
  }
  if (firstRow >= length) throw damaged("a block that begins nowhere");

  const place = new Uint32Array(257);
  for (let i = 0; i < length; i++) place[last[i] + 1]++;
  for (let byte = 1; byte < 257; byte++) place[byte] += place[byte - 1];
  for (let i = 0; i < length; i++) next[place[last[i]]++] = i;
  return { length, firstRow };
}

/** The byte values that occur: 16 bits for stretches of 16, then 16 for each stretch that has some. */
function usedBytes(bits: BitReader): number[] {
  const stretches = bits.read(16);
  const used: number[] = [];
  for (let i = 0; i < 16; i++) {
    if (!((stretches >> (15 - i)) & 1)) continue;
    const members = bits.read(16);
    for (let j = 0; j < 16; j++) if ((members >> (15 - j)) & 1) used.push(16 * i + j);
  }
  return used;
}

/** A canonical Huffman code: for each length the largest code word, and what to subtract for its place in `symbols`. */
interface CodeTable {
  readonly shortest: number;
  readonly largest: Int32Array;
  readonly shift: Int32Array;
  readonly symbols: Uint16Array;
}

function readTable(bits: BitReader, symbolCount: number, damaged: (why: string) => Error): CodeTable {
  let current = bits.read(5);
  const lengths = Array.from({ length: symbolCount }, () => {
    for (;;) {
      if (current < 1 || current > LONGEST_CODE) throw damaged("an impossible code length");
      if (!bits.read(1)) return current;
      current += bits.read(1) ? -1 : 1;
    }
  });
  const largest = new Int32Array(LONGEST_CODE + 1).fill(-1);
  const shift = new Int32Array(LONGEST_CODE + 1);
  const symbols: number[] = [];
  let code = 0;
  for (let length = 1; length <= LONGEST_CODE; length++) {
    shift[length] = code - symbols.length;
    for (let symbol = 0; symbol < symbolCount; symbol++)
      if (lengths[symbol] === length) {
        symbols.push(symbol);
        largest[length] = code++;
      }
    code *= 2;
  }
  return { shortest: Math.min(...lengths), largest, shift, symbols: Uint16Array.from(symbols) };
}

function readSymbol(
  bits: BitReader,
  { shortest, largest, shift, symbols }: CodeTable,
  damaged: (why: string) => Error,
) {
  let code = bits.read(shortest);
  for (let length = shortest; length <= LONGEST_CODE; length++) {
    if (code <= largest[length]) {
      const place = code - shift[length];
      if (place >= 0 && place < symbols.length) return symbols[place];
      break;
    }
    code = (code << 1) | bits.read(1);
  }
  throw damaged("an impossible code word");
}

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit++) crc = (crc << 1) ^ (crc < 0 ? 0x04c11db7 : 0);
  return crc;
});

/** Follows the links and undoes the first run lengths (four equal bytes, then a count); returns the block's checksum. */
function* expand({ last, next }: BlockMemory, { length, firstRow }: Block): Generator<Uint8Array, number> {
  let piece = new Uint8Array(PIECE);
  let filled = 0;
  let crc = 0xffffffff;
  let row = next[firstRow];
  let equal = 0;
  let previous = -1;
  for (let i = 0; i < length; i++) {
    const byte = last[row];
    row = next[row];
    const repeats = equal === 4 ? byte : 1;
    const value = equal === 4 ? previous : byte;
    equal = equal === 4 ? 0 : byte === previous ? equal + 1 : 1;
    previous = equal === 0 ? -1 : byte;
    for (let k = 0; k < repeats; k++) {
      crc = (crc << 8) ^ crcTable[(crc >>> 24) ^ value];
      piece[filled++] = value;
      if (filled === PIECE) {
        yield piece;
        piece = new Uint8Array(PIECE);
        filled = 0;
      }
    }
  }
  yield piece.subarray(0, filled);
  return ~crc >>> 0;
}
