/** What a browser offers; the same names as `node.ts`. */
import { Gunzip, Gzip } from "fflate";
import { fault } from "../core/errors.js";
import { createCrc32 } from "./crc32.js";
import { iteratePieces } from "./pieces.js";
import type { FolderEntry, Pieces, Source, WorkerHandle } from "./types.js";

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

/**
 * Inflates gzip data of one or several members piece by piece, so that a caller bounds the output by not asking on.
 * Checksums are verified when the stream has been read to its end.
 * @throws TRUNCATED_FILE (`truncated`), CORRUPT_FILE (`checksum`, `corrupt-stream`); what `pieces` throws passes through
 */
export async function* gunzip(pieces: Pieces): AsyncGenerator<Uint8Array> {
  let ready: Uint8Array[] = [];
  const inflater = new Gunzip((piece) => ready.push(piece));
  const checksum = createCrc32();
  /** The last 8 bytes that were pushed: the trailer of a member (CRC-32, length) once it has ended. */
  let tail = new Uint8Array(0);
  let members = 0;
  inflater.onmember = () => void members++;
  const push = (piece: Uint8Array, last: boolean) => {
    try {
      inflater.push(piece, last);
    } catch (error) {
      throw gzipFault(error as Error & { code?: number });
    }
  };
  const drain = () => {
    const pieces = ready;
    ready = [];
    for (const piece of pieces) checksum.add(piece);
    return pieces;
  };
  // Small steps bound what one step can inflate to: deflate grows at most 1032-fold.
  for await (const piece of iteratePieces(pieces))
    for (let at = 0; at < piece.length; at += INPUT_STEP) {
      const step = piece.subarray(at, at + INPUT_STEP);
      push(step.slice(), false);
      tail = lastBytes(tail, step, 8);
      yield* drain();
    }
  push(new Uint8Array(0), true);
  yield* drain();
  const trailer = new DataView(tail.buffer, tail.byteOffset, tail.length);
  if (tail.length < 8)
    throw fault("TRUNCATED_FILE", "the gzip stream ends too early; is the download complete?", { defect: "truncated" });
  if (members <= 1 && trailer.getUint32(0, true) !== checksum.value())
    throw fault("CORRUPT_FILE", "the gzip stream fails its own checksum", { defect: "checksum" });
}

/** Compressed bytes inflated at once. */
const INPUT_STEP = 1 << 14;

/** Deflates into one gzip member, piece by piece. `level` 1 (fast) to 9 (small). The same input gives the same bytes. */
export async function* gzip(pieces: Pieces, level = 6): AsyncGenerator<Uint8Array> {
  let ready: Uint8Array[] = [];
  const deflater = new Gzip({ level: level as 1 | 6 | 9, mtime: 0 }, (piece) => ready.push(piece));
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

/** fflate: code 0 is an unexpected end, the others are damage. */
const gzipFault = (error: Error & { code?: number }) =>
  error.code === 0
    ? fault("TRUNCATED_FILE", "the gzip stream ends too early; is the download complete?", { defect: "truncated" })
    : fault("CORRUPT_FILE", `the gzip stream is damaged: ${error.message}`, { defect: "corrupt-stream" }, error);
