import { fault } from "../../core/errors.js";

/** What is used of h5wasm's module, which is libhdf5 2.0 in WebAssembly. */
export interface Library {
  readonly HEAPU8: Uint8Array;
  readonly FS: FileSystem;
  readonly H5G_GROUP: number;
  readonly H5G_DATASET: number;
  readonly H5F_ACC_TRUNC: number;
  readonly H5F_LIBVER_LATEST: number;
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
  /** The bytes of a reference: the address of the object's header. */
  create_object_reference(id: bigint, path: string): readonly number[];
  create_dataset(id: bigint, path: string, pointer: bigint, metadata: Written): number;
  resize_dataset(id: bigint, path: string, shape: readonly bigint[]): number;
  set_dataset_data(
    id: bigint,
    path: string,
    count: readonly bigint[],
    offset: readonly bigint[],
    strides: readonly bigint[],
    pointer: bigint,
  ): number;
  create_attribute(id: bigint, path: string, name: string, pointer: bigint, metadata: Written): number;
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
  contents: Uint8Array;
  usedBytes: number;
  stream_ops: { read(stream: unknown, into: Uint8Array, at: number, length: number, position: number): number };
}

/** h5wasm's description of what is written. */
export interface Written {
  /** H5T_class_t as in `Metadata`. */
  readonly type: number;
  readonly size: number;
  readonly signed: boolean;
  readonly vlen: false;
  /** H5T_cset_t of a text: 1 UTF-8. */
  readonly cset?: number;
  readonly shape: readonly bigint[];
  readonly maxshape?: readonly bigint[];
  readonly chunks?: readonly bigint[];
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

/** The data set that is written, and its attribute with `metadataText`. */
export const [VOLUME, METADATA] = ["volume", "tomograd"];

/** H5T_class_t. */
export const [INTEGER, FLOAT, TEXT] = [0, 1, 3];

/** Letters of the library's messages that are kept. */
const LONGEST_COMPLAINT = 4000;

/** Imports h5wasm. @throws UNSUPPORTED_FORMAT (`missing-codec`) if it is not installed */
export async function loadLibrary(name: string): Promise<Library> {
  try {
    const { ready } = await import("h5wasm");
    return (await ready) as unknown as Library;
  } catch (error) {
    throw fault(
      "UNSUPPORTED_FORMAT",
      `${name} is HDF5, which needs the optional package h5wasm`,
      { defect: "missing-codec", package: "h5wasm", hint: "npm install h5wasm@0.10" },
      error,
    );
  }
}

/** Runs calls with the library's messages kept instead of printed. */
export interface Quiet {
  run<T>(call: () => T): T;
  /** All of the stack of messages of the last call. */
  words(): string;
}

export function createQuiet({ FS }: Library): Quiet {
  let words = "";
  const keep = (_: unknown, byte: number | null) => {
    if (byte && words.length < LONGEST_COMPLAINT) words += String.fromCharCode(byte);
  };
  return {
    run(call) {
      const tty = FS.getStream(2).tty;
      const ops = tty?.ops;
      words = "";
      if (tty && ops) tty.ops = { ...ops, put_char: keep };
      try {
        return call();
      } finally {
        if (tty && ops) tty.ops = ops;
      }
    },
    words: () => words,
  };
}

/** `bytes` of the library's memory while `use` runs. @throws TOO_LARGE (`too-large`) */
export function withMemory<T>(library: Library, bytes: number, name: string, use: (pointer: number) => T): T {
  const pointer = library._malloc(bytes);
  if (pointer === 0) throw fault("TOO_LARGE", `${name}: h5wasm has no ${bytes} bytes left`, { defect: "too-large" });
  try {
    return use(pointer);
  } finally {
    library._free(pointer);
  }
}

let names = 0;

/** A name of its own in the library's memory: it shares files of one name while anything in them is open. */
export const freshName = (): string => `/tomograd-${names++}.h5`;

/** Where the header of a data set lies, counted from the superblock. */
export const headerAddress = (library: Library, id: bigint, path: string): number =>
  library.create_object_reference(id, path).reduceRight((address, byte) => 256 * address + byte, 0);

/** The innermost reason in libhdf5's stack of messages. */
export const cause = (words: string): string =>
  [...words.matchAll(/in \w+\(\): ([^\n]*?)(?= {4}major|\n|$)/g)].map(([, reason]) => reason.trim()).at(-1) ?? "";
