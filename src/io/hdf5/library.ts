import { fault } from "../../core/errors.js";
import { readWhole, type Source } from "../source.js";

/** What is used of h5wasm's module, which is libhdf5 2.0 in WebAssembly. */
interface Library {
  readonly HEAPU8: Uint8Array;
  readonly FS: FileSystem;
  readonly H5G_GROUP: number;
  readonly H5G_DATASET: number;
  open(path: string, mode: number, trackOrder: boolean, low: number, high: number): bigint;
  close_file(id: bigint): number;
  get_names(id: bigint, path: string, recursive: boolean): string[];
  get_type(id: bigint, path: string): number;
  get_attribute_names(id: bigint, path: string): string[];
  get_attribute_metadata(id: bigint, path: string, name: string): Metadata;
  get_attribute_data(id: bigint, path: string, name: string, pointer: bigint): number;
  get_dataset_metadata(id: bigint, path: string): Metadata;
  get_dataset_filters(id: bigint, path: string): readonly Filter[];
  get_dataset_data(
    id: bigint,
    path: string,
    count: readonly bigint[],
    offset: readonly bigint[],
    strides: readonly bigint[],
    pointer: bigint,
  ): number;
  _malloc(bytes: number): number;
  _free(pointer: number): void;
}

/** Emscripten's files in memory. */
interface FileSystem {
  writeFile(path: string, bytes: Uint8Array): void;
  unlink(path: string): void;
  lookupPath(path: string): { readonly node: FileNode };
  getStream(number: number): { readonly tty?: { ops: { put_char(tty: unknown, byte: number | null): void } } };
}

interface FileNode {
  usedBytes: number;
  stream_ops: { read(stream: unknown, into: Uint8Array, at: number, length: number, position: number): number };
}

/** A filter of a pipeline, in the order of writing. */
export interface Filter {
  readonly id: number;
  readonly name: string;
}

/** h5wasm's description of a data set or attribute; numbers come in the machine's byte order. */
export interface Metadata {
  /** H5T_class_t: 0 integer, 1 float, 3 string, 8 enumeration. */
  readonly type: number;
  readonly signed: boolean;
  /** Of the stored numbers. */
  readonly littleEndian: boolean;
  /** Bytes of a number. */
  readonly size: number;
  readonly total_size: number;
  readonly shape: readonly number[] | null;
  readonly chunks: readonly number[] | null;
  readonly vlen: boolean;
  readonly enum_type?: { readonly type: number; readonly members: Readonly<Record<string, number>> };
  readonly virtual_sources?: readonly unknown[];
}

/** An open file. Every call is synchronous. */
export interface Hdf5File extends Disposable {
  /** Paths of all data sets, without a leading slash. */
  dataSets(): string[];
  has(path: string): boolean;
  metadata(path: string): Metadata;
  filters(path: string): readonly Filter[];
  /** A numeric or text attribute as bytes; undefined if there is none or more than 64 KiB. */
  attribute(path: string, name: string): { readonly metadata: Metadata; readonly bytes: Uint8Array } | undefined;
  /**
   * The block [offset, offset + count) of a data set as `use` makes of its bytes, which are gone afterwards; undefined if
   * the library cannot undo the filters: then `lastRead` is what it read last, a chunk as it is stored.
   */
  block<T>(
    path: string,
    offset: readonly number[],
    count: readonly number[],
    size: number,
    use: (bytes: Uint8Array) => T,
  ): T | undefined;
  lastRead(): Uint8Array;
  /** The library's own words for the last failure, all of its stack of messages. */
  complaint(): string;
}

/** No attribute of interest is longer, bytes. */
const LONGEST_ATTRIBUTE = 1 << 16;

/** Letters of the library's messages that are kept. */
const LONGEST_COMPLAINT = 4000;

const BAD_HEADER = ["CORRUPT_FILE", "bad-header"] as const;

let opened = 0;

/** Imports h5wasm. @throws UNSUPPORTED_FORMAT (`missing-codec`) if it is not installed */
async function loadLibrary(name: string): Promise<Library> {
  try {
    const { ready } = await import("h5wasm");
    return (await ready) as unknown as Library;
  } catch (error) {
    throw fault(
      "UNSUPPORTED_FORMAT",
      `${name} is HDF5, which needs the optional package h5wasm: npm install h5wasm@0.10`,
      { defect: "missing-codec", package: "h5wasm" },
      error,
    );
  }
}

/**
 * Opens an HDF5 file through h5wasm. Where the source reads synchronously (bytes, a file in Node) nothing is copied;
 * others are fetched whole first.
 * @throws UNSUPPORTED_FORMAT (`missing-codec`), TRUNCATED_FILE (`truncated`), CORRUPT_FILE (`bad-header`)
 */
export async function openHdf5(source: Source): Promise<Hdf5File> {
  const name = source.name ?? "the file";
  const library = await loadLibrary(name);
  const { FS } = library;
  let words = "";
  /** Runs a call with the library's messages kept instead of printed. */
  const quietly = <T>(call: () => T): T => {
    const tty = FS.getStream(2).tty;
    const ops = tty?.ops;
    words = "";
    const keep = (_: unknown, byte: number | null) => {
      if (byte && words.length < LONGEST_COMPLAINT) words += String.fromCharCode(byte);
    };
    if (tty && ops) tty.ops = { ...ops, put_char: keep };
    try {
      return call();
    } finally {
      if (tty && ops) tty.ops = ops;
    }
  };
  const read = await reader(source);
  let last: Uint8Array = new Uint8Array(0);
  // A name of its own: the library shares files of one name while anything in them is open.
  const path = `/tomograd-${opened++}.h5`;
  FS.writeFile(path, new Uint8Array(0));
  const { node } = FS.lookupPath(path);
  node.usedBytes = source.size;
  node.stream_ops = {
    ...node.stream_ops,
    read(_stream, into, at, length, position) {
      last = read(position, Math.max(0, Math.min(length, source.size - position)));
      into.set(last, at);
      return last.length;
    },
  };
  const id = quietly(() => library.open(path, 0, false, -1, -1));
  if (id < 0n) {
    FS.unlink(path);
    const [code, defect] = /truncated/.test(words) ? (["TRUNCATED_FILE", "truncated"] as const) : BAD_HEADER;
    throw fault(code, `${name} begins like HDF5, but cannot be opened: ${cause(words)}`, { defect });
  }
  const call = <T>(action: () => T): T => {
    try {
      return quietly(action);
    } catch (error) {
      throw fault(
        "CORRUPT_FILE",
        `${name}: ${cause(words) || (error as Error).message}`,
        { defect: "bad-header" },
        error,
      );
    }
  };
  /** `bytes` of the library's memory while `use` runs. */
  const withMemory = <T>(bytes: number, use: (pointer: number) => T): T => {
    const pointer = library._malloc(bytes);
    if (pointer === 0) throw fault("TOO_LARGE", `${name}: h5wasm has no ${bytes} bytes left`, { defect: "too-large" });
    try {
      return use(pointer);
    } finally {
      library._free(pointer);
    }
  };
  return {
    dataSets: () =>
      call(() => library.get_names(id, "/", true).filter((one) => library.get_type(id, one) === library.H5G_DATASET)),
    has(path) {
      try {
        return quietly(() => library.get_type(id, path)) === library.H5G_DATASET;
      } catch {
        return false;
      }
    },
    metadata: (path) => call(() => library.get_dataset_metadata(id, path)),
    filters: (path) => call(() => library.get_dataset_filters(id, path)),
    attribute: (path, name) =>
      call(() => {
        if (!library.get_attribute_names(id, path).includes(name)) return undefined;
        const metadata = library.get_attribute_metadata(id, path, name);
        const bytes = metadata.size * metadata.total_size;
        if (!metadata.shape || metadata.vlen || !(bytes > 0 && bytes <= LONGEST_ATTRIBUTE)) return undefined;
        return withMemory(bytes, (pointer) => {
          if (library.get_attribute_data(id, path, name, BigInt(pointer)) < 0) return undefined;
          return { metadata, bytes: library.HEAPU8.slice(pointer, pointer + bytes) };
        });
      }),
    block: (path, offset, count, size, use) =>
      call(() => {
        const bytes = count.reduce((product, n) => product * n, size);
        const ones = count.map(() => 1n);
        return withMemory(bytes, (pointer) => {
          const status = library.get_dataset_data(
            id,
            path,
            count.map(BigInt),
            offset.map(BigInt),
            ones,
            BigInt(pointer),
          );
          return status < 0 ? undefined : use(library.HEAPU8.subarray(pointer, pointer + bytes));
        });
      }),
    lastRead: () => last,
    complaint: () => words,
    [Symbol.dispose]() {
      quietly(() => library.close_file(id));
      FS.unlink(path);
      // What the library may still hold open of a damaged file.
      node.usedBytes = 0;
    },
  };
}

/** Synchronous reads of a source. */
async function reader(source: Source): Promise<(offset: number, length: number) => Uint8Array> {
  if (source.readNow) return source.readNow;
  const bytes = await readWhole(source);
  return (offset, length) => bytes.subarray(offset, offset + length);
}

/** The innermost reason in libhdf5's stack of messages. */
export const cause = (words: string): string =>
  [...words.matchAll(/in \w+\(\): ([^\n]*?)(?= {4}major|\n|$)/g)].map(([, reason]) => reason.trim()).at(-1) ?? "";
