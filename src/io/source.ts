import { fileSource, pathOfUrl, type Source } from "#platform";
import { fault, isTomogradError, throwIfAborted } from "../core/errors.js";
import { DEFAULT_MAX_BYTES } from "./types.js";

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

/** Bytes that the first request of an address asks for: most headers, and small files whole. */
const FIRST_REQUEST = 1 << 16;

const CHECK = "check the address and the connection";
const AGAIN = "try again, or download it and open the file";

/** How addresses are read. */
export interface UrlOptions {
  readonly signal?: AbortSignal;
  /** Refuse to fetch more than this whole, from a server that does not send parts, bytes. @default 8 GiB */
  readonly maxBytes?: number;
}

/**
 * A web address as a source: by HTTP ranges where the server knows them, else fetched whole at once.
 * @throws NOT_FOUND (`missing-file`), TOO_LARGE, ABORTED
 */
export async function urlSource(url: URL | string, { signal, maxBytes }: UrlOptions = {}): Promise<Source> {
  const address = new URL(url);
  const name = decodeURIComponent(address.pathname.split("/").pop() ?? "");
  const ask = async (first: number, last: number) => {
    const response = await fetch(address, {
      headers: { Range: `bytes=${first}-${last}` },
      ...(signal && { signal }),
    }).catch((error: Error) => {
      throwIfAborted(signal);
      const why = (error.cause as Error | undefined)?.message ?? error.message;
      throw fault("NOT_FOUND", `${address} cannot be fetched: ${why}`, { defect: "missing-file", hint: CHECK }, error);
    });
    if (response.ok) return response;
    // A range of an empty file.
    if (response.status === 416) return new Response(new Uint8Array(0));
    throw fault("NOT_FOUND", `${address} answers ${response.status} ${response.statusText}`, {
      defect: "missing-file",
      status: response.status,
      hint: CHECK,
    });
  };
  const first = await ask(0, FIRST_REQUEST - 1);
  const size = Number(/\/(\d+)$/.exec(first.headers.get("content-range") ?? "")?.[1] ?? Number.NaN);
  if (first.status !== 206 || !Number.isFinite(size))
    return bytesSource(await wholeBody(first, address, { maxBytes: maxBytes ?? DEFAULT_MAX_BYTES, signal }), name);
  const head = await bodyOf(first, signal);
  return {
    name,
    size,
    async read(offset, length) {
      const end = Math.min(size, offset + length);
      if (offset >= end) return new Uint8Array(0);
      const known = head.subarray(offset, end);
      const from = offset + known.length;
      if (from === end) return known;
      const response = await ask(from, end - 1);
      const body = await bodyOf(response, signal);
      // A server may change its mind.
      const rest = response.status === 206 ? body : body.subarray(from, end);
      if (known.length === 0) return rest;
      const bytes = new Uint8Array(known.length + rest.length);
      bytes.set(known);
      bytes.set(rest, known.length);
      return bytes;
    },
  };
}

const bodyOf = async (response: Response, signal: AbortSignal | undefined): Promise<Uint8Array> =>
  new Uint8Array(
    await response.arrayBuffer().catch((error: Error) => {
      throwIfAborted(signal);
      throw fault(
        "TRUNCATED_FILE",
        `${response.url}: the connection broke`,
        { defect: "truncated", hint: AGAIN },
        error,
      );
    }),
  );

/** All of an answer, never more than `maxBytes` of it. */
async function wholeBody(
  response: Response,
  address: URL,
  { maxBytes, signal }: Required<Pick<UrlOptions, "maxBytes">> & UrlOptions,
): Promise<Uint8Array> {
  const said = Number(response.headers.get("content-length") ?? 0);
  const tooLarge = () =>
    fault("TOO_LARGE", `${address} sends no parts, and the whole has more than ${maxBytes} bytes`, {
      defect: "too-large",
      hint: "download it and open the file",
    });
  if (said > maxBytes) {
    await response.body?.cancel();
    throw tooLarge();
  }
  const pieces: Uint8Array[] = [];
  let size = 0;
  const reader = response.body?.getReader();
  try {
    for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) {
      size += next.value.length;
      if (size > maxBytes) throw tooLarge();
      pieces.push(next.value);
    }
  } catch (error) {
    await reader?.cancel().catch(() => undefined);
    throwIfAborted(signal);
    if (isTomogradError(error)) throw error;
    throw fault("TRUNCATED_FILE", `${address}: the connection broke`, { defect: "truncated", hint: AGAIN }, error);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** True for a web address. */
export const isAddress = (input: unknown): input is string | URL =>
  input instanceof URL ? input.protocol !== "file:" : typeof input === "string" && /^https?:\/\//.test(input);

/** Any one input as a source. @throws NOT_FOUND, INVALID_ARGUMENT (`bad-input`) */
export async function toSource(input: Input, options: UrlOptions = {}): Promise<Source> {
  if (typeof input === "string") return isAddress(input) ? urlSource(input, options) : fileSource(input);
  if (input instanceof URL)
    return input.protocol === "file:" ? fileSource(pathOfUrl(input)) : urlSource(input, options);
  if (input instanceof Uint8Array) return bytesSource(input);
  if (input instanceof ArrayBuffer) return bytesSource(new Uint8Array(input));
  if (input instanceof Blob) return blobSource(input);
  if (typeof input === "object" && input !== null && "read" in input && "size" in input) return input;
  throw fault(
    "INVALID_ARGUMENT",
    `an input must be a path, URL, bytes, Blob or a source with size and read, not ${input === null ? "null" : typeof input}`,
    { defect: "bad-input" },
  );
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
