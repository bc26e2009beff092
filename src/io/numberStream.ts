import { fault } from "../core/errors.js";
import type { ByteStream } from "./byteStream.js";
import { bytesPer, type Decoded, decode, type StoredType } from "./numeric.js";

/** Numbers of a file in the portions that a reader asks for. */
export interface NumberStream {
  /** The next `count` numbers, fewer only where the stream ends. */
  take(count: number): Promise<Decoded>;
  /** Passes over numbers; how many, fewer than asked only where the stream ends. */
  skip(count: number): Promise<number>;
  /** Whether anything follows; to be asked last. */
  more(): Promise<boolean>;
  close(): Promise<void>;
}

/** Numbers stored as bytes. */
export function binaryNumbers(bytes: ByteStream, type: StoredType, littleEndian: boolean): NumberStream {
  const width = bytesPer[type];
  return {
    take: async (count) => decode(await bytes.take(count * width), type, littleEndian),
    skip: async (count) => Math.floor((await bytes.skip(count * width)) / width),
    more: async () => (await bytes.skip(1)) > 0,
    close: () => bytes.close(),
  };
}

/** Text decoded at once, bytes: many small strings are made of it. */
const TEXT_BLOCK = 1 << 16;

const limits: Partial<Record<StoredType, readonly [number, number]>> = {
  bool: [0, 1],
  uint8: [0, 255],
  int8: [-128, 127],
  uint16: [0, 65535],
  int16: [-32768, 32767],
  uint32: [0, 2 ** 32 - 1],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint64: [0, 2 ** 64],
  int64: [-(2 ** 63), 2 ** 63],
};

/**
 * Numbers written as text, with white space or commas in between.
 * @throws CORRUPT_FILE (`corrupt-stream`) for a word that is no number of that type
 */
export function textNumbers(bytes: ByteStream, type: StoredType, name: string): NumberStream {
  const limit = limits[type];
  const parse = (word: string) => {
    if (/^[+-]?nan$/i.test(word) && !limit) return Number.NaN;
    const value = /^[+-]?inf(inity)?$/i.test(word) ? Number(`${word[0] === "-" ? "-" : ""}Infinity`) : Number(word);
    if (Number.isNaN(value) || (limit && !(Number.isInteger(value) && value >= limit[0] && value <= limit[1])))
      throw fault("CORRUPT_FILE", `${name}: '${word.slice(0, 40)}' is no ${type}`, { defect: "corrupt-stream" });
    return value;
  };
  const decoder = new TextDecoder("latin1");
  let rest = "";
  let ended = false;
  let ready: number[] = [];
  let used = 0;
  const refill = async () => {
    while (used === ready.length && !ended) {
      const block = await bytes.take(TEXT_BLOCK);
      ended = block.length < TEXT_BLOCK;
      const words = (rest + decoder.decode(block)).split(/[\s,]+/);
      rest = ended ? "" : (words.pop() ?? "");
      ready = words.filter(Boolean).map(parse);
      used = 0;
    }
    return ready.length - used;
  };
  const consume = async (count: number, use: (value: number, at: number) => void) => {
    let done = 0;
    while (done < count && (await refill()) > 0) {
      const portion = Math.min(count - done, ready.length - used);
      for (let i = 0; i < portion; i++) use(ready[used + i], done + i);
      used += portion;
      done += portion;
    }
    return done;
  };
  return {
    async take(count) {
      const out = new Float64Array(count);
      const done = await consume(count, (value, at) => {
        out[at] = value;
      });
      return done === count ? out : out.slice(0, done);
    },
    skip: (count) => consume(count, () => {}),
    more: async () => (await refill()) > 0,
    close: () => bytes.close(),
  };
}
