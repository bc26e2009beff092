/** What Node offers; the same names as `browser.ts`. The only library file that imports `node:` modules. */
import { randomBytes } from "node:crypto";
import { closeSync, openSync, readSync } from "node:fs";
import { mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { basename, dirname, join } from "node:path";
import { pipeline, Readable, type Transform } from "node:stream";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { createDeflate, createGunzip, createGzip, createInflate } from "node:zlib";
import { fault } from "../core/errors.js";
import { iteratePieces } from "./pieces.js";
import type { FolderEntry, Missing, Pieces, Source, WorkerHandle } from "./types.js";
import { vulkanMissing } from "./vulkan.js";

export type { FolderEntry, Pieces, Source, WorkerHandle } from "./types.js";

/** Threads that this process may use at once, at least 1. */
export const hardwareThreads = (): number => Math.max(1, availableParallelism());

/** Whether memory can be shared between threads. */
export const sharedMemoryAvailable = (): boolean => typeof SharedArrayBuffer !== "undefined";

/** Gives a script the globals of a browser's worker. */
const workerPrelude = `(() => {
  const { parentPort } = require("node:worker_threads");
  globalThis.self = globalThis;
  globalThis.postMessage = (message, transfer) => parentPort.postMessage(message, transfer);
  parentPort.on("message", (data) => globalThis.onmessage?.({ data }));
})();`;

/** Starts a thread on the text of a classic script; see `WorkerHandle`. `name` shows in debuggers. */
export function spawnWorker(sourceText: string, name: string): WorkerHandle {
  const worker = new Worker(`${workerPrelude}\n${sourceText}`, { eval: true, name });
  let ended = false;
  return {
    postMessage: (message, transfer = []) => worker.postMessage(message, [...transfer]),
    onMessage: (callback) => void worker.on("message", callback),
    onError: (callback) => {
      worker.on("error", callback);
      worker.on("messageerror", callback);
      worker.on("exit", (code) => {
        if (!ended) callback(new Error(`the worker ${name} ended by itself with code ${code}`));
      });
    },
    terminate: async () => {
      ended = true;
      await worker.terminate();
    },
    unref: () => worker.unref(),
  };
}

/** All bytes of a URL: `file:` from the disk, others by `fetch`. @throws NOT_FOUND */
export async function bytesOfUrl(url: URL | string): Promise<Uint8Array> {
  const address = new URL(url);
  if (address.protocol === "file:") {
    const path = fileURLToPath(address);
    return await readFile(path).catch((error) => {
      throw notFound(path, error);
    });
  }
  const response = await fetch(address);
  if (!response.ok)
    throw fault("NOT_FOUND", `${address} answers ${response.status} ${response.statusText}`, {
      defect: "missing-file",
    });
  return new Uint8Array(await response.arrayBuffer());
}

/** The path of a `file:` URL. */
export const pathOfUrl = (url: URL): string => fileURLToPath(url);

/** Whether a path is a file, a folder, or nothing. */
export async function kindOfPath(path: string): Promise<"file" | "folder" | undefined> {
  const facts = await stat(path).catch(() => undefined);
  if (facts?.isDirectory()) return "folder";
  return facts?.isFile() ? "file" : undefined;
}

/** The files and folders in a folder, by name. @throws NOT_FOUND */
export async function listFolder(path: string): Promise<FolderEntry[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch((error) => {
    throw notFound(path, error);
  });
  const known = await Promise.all(
    entries.map(async ({ name }): Promise<FolderEntry | undefined> => {
      const kind = await kindOfPath(join(path, name));
      return kind && { name, path: join(path, name), kind };
    }),
  );
  return known.filter((entry) => entry !== undefined).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** A file as a source. It is open only while a read runs, so there is nothing to close. @throws NOT_FOUND */
export async function fileSource(path: string): Promise<Source> {
  const facts = await stat(path).catch((error) => {
    throw notFound(path, error);
  });
  if (!facts.isFile()) {
    const why = facts.isDirectory()
      ? "is a folder, not a file"
      : "is a pipe or a device, which can be read but once and in order: save it to a file first";
    throw fault("NOT_FOUND", `${path} ${why}`, { defect: "missing-file", path });
  }
  return {
    name: basename(path),
    size: facts.size,
    readInto: (offset, target) => fill(path, offset, target),
    async read(offset, length) {
      const bytes = memory(path, Math.max(0, Math.min(length, facts.size - offset)));
      const done = await fill(path, offset, bytes);
      return done === bytes.length ? bytes : bytes.subarray(0, done);
    },
    readNow(offset, length) {
      const bytes = memory(path, Math.max(0, Math.min(length, facts.size - offset)));
      const file = openSync(path, "r");
      try {
        return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, offset));
      } finally {
        closeSync(file);
      }
    },
  };
}

/** @throws TOO_LARGE */
function memory(path: string, length: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(length);
  } catch (error) {
    throw fault(
      "TOO_LARGE",
      `${path}: ${length} bytes at once are more than memory has`,
      { defect: "too-large" },
      error,
    );
  }
}

/** Bytes: what one call of the system reads is below 2 GiB. */
const MOST_AT_ONCE = 2 ** 30;

/** Fills memory with the bytes of a file from `offset` on; resolves to how many there are. @throws NOT_FOUND */
async function fill(path: string, offset: number, target: Uint8Array): Promise<number> {
  const file = await open(path, "r").catch((error) => {
    throw notFound(path, error);
  });
  try {
    let done = 0;
    while (done < target.length) {
      const length = Math.min(target.length - done, MOST_AT_ONCE);
      const { bytesRead } = await file.read(target, done, length, offset + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return done;
  } finally {
    await file.close();
  }
}

const notWritable = (path: string, error: NodeJS.ErrnoException) =>
  error.code === "ENOTEMPTY" || error.code === "EEXIST"
    ? fault(
        "WRITE_FAILED",
        `${path} is a folder with other content, which is kept: give another name, or remove it first`,
        { defect: "folder-not-empty", path },
        error,
      )
    : fault("WRITE_FAILED", `cannot write ${path}: ${error.message}`, { defect: "not-writable", path }, error);

const notFound = (path: string, error: Error) =>
  fault("NOT_FOUND", `cannot read ${path}: ${error.message}`, { defect: "missing-file", path }, error);

/**
 * Writes a file whole or not at all: into a temporary file of the same folder, flushed to the disk, then renamed.
 * Nothing is left behind on failure, and an older file of that name stays as it was.
 * @throws WRITE_FAILED; what `pieces` throws passes through
 */
export async function writeFileAtomically(path: string, pieces: Pieces): Promise<void> {
  const part = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.part`);
  const failed = (error: Error) => notWritable(path, error);
  const file = await open(part, "wx").catch((error) => {
    throw failed(error);
  });
  try {
    try {
      for await (const piece of iteratePieces(pieces))
        await file.writeFile(piece).catch((error) => {
          throw failed(error);
        });
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(part, path).catch((error) => {
      throw failed(error);
    });
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

/**
 * Writes a folder of files whole or not at all: beside it under another name, then renamed. `files` are names below the
 * folder ('0/zarr.json') with their bytes. A folder that is there and not empty stays as it was, unless `replace` is
 * given: then all that it holds goes.
 * @throws WRITE_FAILED; what `files` throws passes through
 */
export async function writeFolderAtomically(
  path: string,
  files: Iterable<readonly [name: string, pieces: Pieces]>,
  replace = false,
): Promise<void> {
  const failed = (error: Error) => notWritable(path, error);
  const part = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.part`);
  await mkdir(part).catch((error) => {
    throw failed(error);
  });
  try {
    for (const [name, pieces] of files) {
      await mkdir(dirname(join(part, name)), { recursive: true }).catch((error) => {
        throw failed(error);
      });
      await writeFileAtomically(join(part, name), pieces);
    }
    const old = `${part}.old`;
    const kept = replace && (await rename(path, old).catch(() => "none")) === undefined;
    await rename(part, path).catch(async (error) => {
      if (kept) await rename(old, path);
      throw failed(error);
    });
    if (kept) await rm(old, { recursive: true, force: true });
  } catch (error) {
    await rm(part, { recursive: true, force: true });
    throw error;
  }
}

/** Size of the pieces that leave a compressor or decompressor, bytes. */
const PIECE = 1 << 18;

/**
 * Inflates gzip data of one or several members piece by piece, so that a caller bounds the output by not asking on.
 * Checksums are verified when the stream has been read to its end.
 * @throws TRUNCATED_FILE (`truncated`), CORRUPT_FILE (`checksum`, `corrupt-stream`); what `pieces` throws passes through
 */
export const gunzip = (pieces: Pieces): AsyncGenerator<Uint8Array> =>
  inflate(pieces, () => createGunzip({ chunkSize: PIECE }), "gzip");

/** As `gunzip` for zlib data (RFC 1950): one stream; what follows it is not read. */
export const unzlib = (pieces: Pieces): AsyncGenerator<Uint8Array> =>
  inflate(pieces, () => createInflate({ chunkSize: PIECE }), "zlib");

async function* inflate(pieces: Pieces, create: () => Transform, what: string): AsyncGenerator<Uint8Array> {
  const input = Readable.from(iteratePieces(pieces), { objectMode: true, highWaterMark: 1 });
  const output = create();
  pipeline(input, output, () => {});
  try {
    for await (const piece of output) yield piece;
  } catch (error) {
    throw inflateFault(error, what);
  } finally {
    input.destroy();
    output.destroy();
  }
}

/** Deflates into one gzip member, piece by piece. `level` 1 (fast) to 9 (small). The same input gives the same bytes. */
export const gzip = (pieces: Pieces, level = 6): AsyncGenerator<Uint8Array> =>
  deflate(pieces, createGzip({ level, chunkSize: PIECE }));

/** As `gzip` into one zlib stream (RFC 1950). */
export const zlib = (pieces: Pieces, level = 6): AsyncGenerator<Uint8Array> =>
  deflate(pieces, createDeflate({ level, chunkSize: PIECE }));

async function* deflate(pieces: Pieces, output: Transform): AsyncGenerator<Uint8Array> {
  const input = Readable.from(iteratePieces(pieces), { objectMode: true, highWaterMark: 1 });
  pipeline(input, output, () => {});
  try {
    for await (const piece of output) yield piece;
  } finally {
    input.destroy();
    output.destroy();
  }
}

function inflateFault(error: unknown, what: string): unknown {
  const { code, message } = error as { code?: string; message: string };
  if (code === "Z_BUF_ERROR")
    return fault("TRUNCATED_FILE", `the ${what} stream ends too early`, {
      defect: "truncated",
    });
  if (message === "incorrect data check" || message === "incorrect length check")
    return fault("CORRUPT_FILE", `the ${what} stream fails its own checksum`, { defect: "checksum" });
  if (code?.startsWith("Z_"))
    return fault("CORRUPT_FILE", `the ${what} stream is damaged`, { defect: "corrupt-stream" }, error);
  return error;
}

/** Kept for good: the package crashes the process when what it made is collected while a device lives (0.6.2). */
let gpu: GPU | undefined;

/** WebGPU of the runtime or, in Node, of the optional package webgpu; or why there is none. */
export async function webGpu(): Promise<GPU | Missing> {
  if (globalThis.navigator?.gpu) return navigator.gpu;
  if (gpu) return gpu;
  // not a literal: the package brings types that contradict those of TypeScript's own library
  const name: string = "webgpu";
  try {
    const { create }: { create(flags: readonly string[]): GPU } = await import(name);
    const missing = vulkanMissing();
    if (missing) return missing;
    gpu ??= create([]);
    return gpu;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return {
      missing: `WebGPU in Node needs the optional package webgpu: npm install webgpu@0.6 (${reason})`,
      short: "the optional package webgpu is not installed",
    };
  }
}
