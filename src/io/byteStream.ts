import { fault, isTomogradError, throwIfAborted } from "../core/errors.js";

/** Bytes taken from a stream in the portions that a reader asks for. */
export interface ByteStream {
  /** The next `length` bytes in an array of their own, fewer only where the stream ends. */
  take(length: number): Promise<Uint8Array<ArrayBuffer>>;
  /** Passes over bytes; the number passed, fewer than asked only where the stream ends. */
  skip(length: number): Promise<number>;
  /** Stops the stream; it needs no more reading. */
  close(): Promise<void>;
}

/** A byte stream over pieces of any length, which `signal` ends. Never keeps more than one piece. */
export function createByteStream(pieces: AsyncIterable<Uint8Array>, signal?: AbortSignal): ByteStream {
  const iterator = pieces[Symbol.asyncIterator]();
  let piece: Uint8Array = new Uint8Array(0);
  let received = 0;
  /** A stream that ends too early says after how many bytes (`detail.found`). */
  const counted = (error: unknown): never => {
    if (!isTomogradError(error, "TRUNCATED_FILE")) throw error;
    throw fault(error.code, error.message, { found: received, ...error.detail }, error);
  };
  /** Hands `use` the next stretches, `length` bytes in total. */
  const consume = async (length: number, use: (part: Uint8Array, at: number) => void): Promise<number> => {
    let done = 0;
    while (done < length) {
      if (piece.length === 0) {
        throwIfAborted(signal);
        const next = await iterator.next().catch(counted);
        if (next.done) break;
        piece = next.value;
        received += piece.length;
      }
      const part = piece.subarray(0, length - done);
      use(part, done);
      piece = piece.subarray(part.length);
      done += part.length;
    }
    return done;
  };
  return {
    async take(length) {
      const out = new Uint8Array(length);
      const done = await consume(length, (part, at) => out.set(part, at));
      return done === length ? out : out.slice(0, done);
    },
    skip: (length) => consume(length, () => {}),
    close: async () => void (await iterator.return?.()),
  };
}

/** Bytes between two reports. */
const REPORTED = 1 << 20;

/** `skip` that reports how many bytes it has passed over. */
export async function passOver(stream: ByteStream, length: number, report: (passed: number) => void): Promise<number> {
  for (let passed = 0; ; report(passed)) {
    const wanted = Math.min(REPORTED, length - passed);
    const some = await stream.skip(wanted);
    passed += some;
    if (some < wanted || passed === length) return passed;
  }
}
