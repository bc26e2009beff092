/** What a browser offers; the same names as `node.ts`. */
import { Gunzip, Gzip, Zlib } from "fflate";
import { fault, isTomogradError } from "../core/errors.js";
import { createCrc32 } from "./crc32.js";
import { iteratePieces } from "./pieces.js";
import type { FolderEntry, Missing, Pieces, Source, WorkerHandle } from "./types.js";

export type { FolderEntry, Pieces, Source, WorkerHandle } from "./types.js";

/** Threads that the page may use at once, at least 1. */
export const hardwareThreads = (): number => Math.max(1, globalThis.navigator?.hardwareConcurrency ?? 1);

/** Whether memory can be shared between threads: the page must be cross-origin isolated. */
export const sharedMemoryAvailable = (): boolean =>
  typeof SharedArrayBuffer !== "undefined" && globalThis.crossOriginIsolated === true;

/** Starts a thread on the text of a classic script; see `WorkerHandle`. `name` shows in debuggers. */
export function spawnWorker(sourceText: string, name: string): WorkerHandle {
  const address = URL.createObjectURL(new Blob([sourceText], { type: "text/javascript" }));
  const worker = new Worker(address, { name });
  return {
    postMessage: (message, transfer = []) => worker.postMessage(message, [...transfer]),
    onMessage: (callback) => worker.addEventListener("message", (event) => callback(event.data)),
    onError: (callback) => {
      worker.addEventListener("error", (event) => callback(new Error(event.message || `the worker ${name} failed`)));
      worker.addEventListener("messageerror", () => callback(new Error(`the worker ${name} sent what cannot be read`)));
    },
    terminate: async () => {
      worker.terminate();
      URL.revokeObjectURL(address);
    },
    unref: () => {},
  };
}

/** All bytes of a URL by `fetch`. @throws NOT_FOUND */
export async function bytesOfUrl(url: URL | string): Promise<Uint8Array> {
  const response = await fetch(url);
  if (!response.ok)
    throw fault("NOT_FOUND", `${url} answers ${response.status} ${response.statusText}`, { defect: "missing-file" });
  return new Uint8Array(await response.arrayBuffer());
}

const noFiles = (what: string) =>
  fault("UNSUPPORTED_FORMAT", `a browser cannot ${what} by path; give bytes, a File, a URL or a Source`, {
    defect: "no-file-system",
  });

/** @throws UNSUPPORTED_FORMAT: a browser has no paths */
export const pathOfUrl = (_url: URL): string => {
  throw noFiles("open a file");
};

/** @throws UNSUPPORTED_FORMAT: a browser has no paths */
export const kindOfPath = async (_path: string): Promise<"file" | "folder" | undefined> => {
  throw noFiles("look for a file");
};

/** @throws UNSUPPORTED_FORMAT: a browser has no paths */
export const listFolder = async (_path: string): Promise<FolderEntry[]> => {
  throw noFiles("list a folder");
};

/** @throws UNSUPPORTED_FORMAT: a browser has no paths */
export const fileSource = async (_path: string): Promise<Source> => {
  throw noFiles("open a file");
};

/** @throws WRITE_FAILED: a browser has no paths; encode to bytes and offer them as a download */
export const writeFileAtomically = async (path: string, _pieces: Pieces): Promise<void> => {
  throw fault("WRITE_FAILED", `a browser cannot write ${path}; encode to bytes and offer them as a download`, {
    defect: "no-file-system",
  });
};

/** @throws WRITE_FAILED: a browser has no paths */
export const writeFolderAtomically = async (
  path: string,
  _files: Iterable<readonly [name: string, pieces: Pieces]>,
  _replace = false,
): Promise<void> => {
  throw fault("WRITE_FAILED", `a browser cannot write the folder ${path}`, { defect: "no-file-system" });
};

/**
 * Inflates gzip data of one or several members piece by piece, so that a caller bounds the output by not asking on.
 * Checksums are verified when the stream has been read to its end.
 * @throws TRUNCATED_FILE (`truncated`), CORRUPT_FILE (`checksum`, `corrupt-stream`); what `pieces` throws passes through
 */
export async function* gunzip(pieces: Pieces): AsyncGenerator<Uint8Array> {
  let ready: Uint8Array[] = [];
  let member = createMemberCheck();
  /** The last bytes that were pushed, and how many there were in all. */
  let recent: Uint8Array = new Uint8Array(0);
  let pushed = 0;
  const inflater = new Gunzip((piece) => {
    ready.push(piece);
    member.add(piece);
  });
  let ended = 0;
  // The inflater does not look at the trailers: a new member begins right after the trailer of the one before.
  inflater.onmember = (offset) => {
    ended = offset;
    member.verify(recent.subarray(0, recent.length - (pushed - offset)));
    member = createMemberCheck();
  };
  const push = (step: Uint8Array) => {
    recent = lastBytes(recent, step, RECENT);
    pushed += step.length;
    inflater.push(step.slice(), false);
    const made = ready;
    ready = [];
    return made;
  };
  let turned = performance.now();
  for await (const piece of iteratePieces(pieces))
    for (let at = 0; at < piece.length; at += INPUT_STEP) {
      if (performance.now() - turned > LONGEST_TURN) {
        await new Promise((resolve) => setTimeout(resolve));
        turned = performance.now();
      }
      try {
        yield* push(piece.subarray(at, at + INPUT_STEP));
      } catch (error) {
        throw isTomogradError(error) ? error : damagedGzip(error as Error);
      }
    }
  // An empty member put behind the stream is seen as one if, and only if, the stream was complete.
  const length = pushed;
  try {
    push(EMPTY_MEMBER);
  } catch (error) {
    throw isTomogradError(error) ? error : truncatedGzip();
  }
  if (ended !== length) throw truncatedGzip();
}

const EMPTY_MEMBER = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0);
/** Compressed bytes inflated at once: deflate grows them at most 1032-fold. */
const INPUT_STEP = 1 << 14;
/** ms: the inflater waits for nothing, and only between tasks does a thread hear that it is to stop. */
const LONGEST_TURN = 50;
/** A step, and the header of a member that may have begun before it. */
const RECENT = INPUT_STEP + (1 << 11);

/** Compares what a member gave with its trailer: CRC-32 and length, 4 bytes each (RFC 1952, section 2.3.1). */
function createMemberCheck() {
  const checksum = createCrc32();
  let length = 0;
  return {
    add(piece: Uint8Array) {
      checksum.add(piece);
      length += piece.length;
    },
    /** `bytes` end with the trailer. */
    verify(bytes: Uint8Array) {
      const wanted = new Uint8Array(8);
      const view = new DataView(wanted.buffer);
      view.setUint32(0, checksum.value(), true);
      view.setUint32(4, length % 2 ** 32, true);
      const found = bytes.subarray(-8);
      if (found.length < 8 || wanted.some((byte, i) => byte !== found[i]))
        throw fault("CORRUPT_FILE", "the gzip stream fails its own checksum", { defect: "checksum" });
    },
  };
}

/** As `gunzip` for zlib data (RFC 1950): one stream; what follows it is refused. */
export async function* unzlib(pieces: Pieces): AsyncGenerator<Uint8Array> {
  const { readable, writable } = new DecompressionStream("deflate");
  const writer = writable.getWriter();
  let complete = false;
  let failed: { readonly error: unknown } | undefined;
  const source = async function* () {
    try {
      yield* iteratePieces(pieces);
    } catch (error) {
      failed = { error };
      throw error;
    }
  };
  const feed = async () => {
    try {
      for await (const piece of source())
        for (let at = 0; at < piece.length; at += INPUT_STEP) await writer.write(piece.slice(at, at + INPUT_STEP));
      complete = true;
      await writer.close();
    } catch (error) {
      await writer.abort(error);
    }
  };
  const fed = feed().catch(() => undefined);
  const reader = readable.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } catch (error) {
    if (failed) throw failed.error;
    if (isTomogradError(error)) throw error;
    // All input was taken and still it does not end; a runtime that runs ahead says by a code that the data are wrong.
    throw complete && (error as { code?: string }).code !== "Z_DATA_ERROR"
      ? fault("TRUNCATED_FILE", "the zlib stream ends too early", { defect: "truncated" })
      : fault("CORRUPT_FILE", "the zlib stream is damaged", { defect: "corrupt-stream" }, error);
  } finally {
    await reader.cancel().catch(() => undefined);
    await fed;
  }
}

/** Deflates into one gzip member, piece by piece. `level` 1 (fast) to 9 (small). The same input gives the same bytes. */
export const gzip = (pieces: Pieces, level = 6): AsyncGenerator<Uint8Array> =>
  deflate(pieces, new Gzip({ level: level as 1 | 6 | 9, mtime: 0 }));

/** As `gzip` into one zlib stream (RFC 1950). */
export const zlib = (pieces: Pieces, level = 6): AsyncGenerator<Uint8Array> =>
  deflate(pieces, new Zlib({ level: level as 1 | 6 | 9 }));

async function* deflate(pieces: Pieces, deflater: Gzip | Zlib): AsyncGenerator<Uint8Array> {
  let ready: Uint8Array[] = [];
  deflater.ondata = (piece) => void ready.push(piece);
  for await (const piece of iteratePieces(pieces)) {
    deflater.push(piece.slice(), false);
    yield* ready;
    ready = [];
  }
  deflater.push(new Uint8Array(0), true);
  yield* ready;
}

function lastBytes(before: Uint8Array, added: Uint8Array, count: number): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(before.length + added.length);
  all.set(before);
  all.set(added, before.length);
  return all.slice(-count);
}

const truncatedGzip = () => fault("TRUNCATED_FILE", "the gzip stream ends too early", { defect: "truncated" });

const damagedGzip = (error: Error) =>
  fault("CORRUPT_FILE", "the gzip stream is damaged", { defect: "corrupt-stream" }, error);

/** The browser's WebGPU, or why there is none. */
export async function webGpu(): Promise<GPU | Missing> {
  return (
    globalThis.navigator?.gpu ?? {
      missing: "this browser, or this page (it must come by https or from localhost), has no WebGPU",
      short: "the page has no WebGPU",
    }
  );
}
