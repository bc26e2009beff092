import { fileSource, pathOfUrl, type Source } from "#platform";
import { fault, throwIfAborted } from "../core/errors.js";

export type { Source } from "#platform";

/** What readers take: a path (Node), a URL, bytes, a browser's File or Blob, or anything with ranged reads. */
export type Input = string | URL | Uint8Array | ArrayBuffer | Blob | Source;

/** Bytes in memory as a source; keeps a reference. */
export function bytesSource(bytes: Uint8Array, name?: string): Source {
  // Not a Node Buffer, whose slice() would share memory.
  const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const readNow = (offset: number, length: number) => plain.subarray(offset, offset + length);
  return { name, size: bytes.length, read: async (offset, length) => readNow(offset, length), readNow };
}

/** A stretch of a source as a source. */
export const partOfSource = (source: Source, start: number, size: number, name?: string): Source => ({
  name: name ?? source.name,
  size,
  read: (offset, length) => source.read(start + offset, Math.max(0, Math.min(length, size - offset))),
});

/** A browser's File or Blob as a source. */
export const blobSource = (blob: Blob): Source => ({
  name: (blob as Blob & { name?: string }).name,
  size: blob.size,
  read: async (offset, length) => new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer()),
});

/** A web address as a source: by HTTP ranges where the server knows them, else fetched whole at once. @throws NOT_FOUND */
export async function urlSource(url: URL | string): Promise<Source> {
  const address = new URL(url);
  const name = address.pathname.split("/").pop();
  const ask = async (first: number, last: number) => {
    const response = await fetch(address, { headers: { Range: `bytes=${first}-${last}` } });
    if (response.ok) return response;
    throw fault("NOT_FOUND", `${address} answers ${response.status} ${response.statusText}`, {
      defect: "missing-file",
    });
  };
  const first = await ask(0, 0);
  const size = Number(/\/(\d+)$/.exec(first.headers.get("content-range") ?? "")?.[1] ?? Number.NaN);
  if (first.status !== 206 || !Number.isFinite(size))
    return bytesSource(new Uint8Array(await first.arrayBuffer()), name);
  await first.body?.cancel();
  return {
    name,
    size,
    async read(offset, length) {
      if (offset >= size || length <= 0) return new Uint8Array(0);
      const response = await ask(offset, Math.min(size, offset + length) - 1);
      return new Uint8Array(await response.arrayBuffer());
    },
  };
}

/** Any one input as a source. @throws NOT_FOUND, INVALID_ARGUMENT */
export async function toSource(input: Input): Promise<Source> {
  if (typeof input === "string") return /^https?:\/\//.test(input) ? urlSource(input) : fileSource(input);
  if (input instanceof URL) return input.protocol === "file:" ? fileSource(pathOfUrl(input)) : urlSource(input);
  if (input instanceof Uint8Array) return bytesSource(input);
  if (input instanceof ArrayBuffer) return bytesSource(new Uint8Array(input));
  if (input instanceof Blob) return blobSource(input);
  if (typeof input === "object" && input !== null && "read" in input && "size" in input) return input;
  throw fault("INVALID_ARGUMENT", "an input must be a path, URL, bytes, Blob or a source with size and read", {});
}

/** Size of the pieces in which sources are read, bytes. */
const PIECE = 1 << 20;

/** The bytes of a source from `offset` on, piece by piece. */
export async function* sourcePieces(source: Source, offset = 0, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  for (let at = offset; at < source.size; ) {
    throwIfAborted(signal);
    const piece = await source.read(at, Math.min(PIECE, source.size - at));
    if (piece.length === 0) return;
    at += piece.length;
    yield piece;
  }
}

/** All bytes of a source. */
export const readWhole = (source: Source): Promise<Uint8Array> => source.read(0, source.size);

/** True for the first two bytes of gzip data. */
export const looksLikeGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;
