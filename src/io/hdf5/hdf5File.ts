import { fault } from "../../core/errors.js";
import { readWhole, type Source } from "../source.js";
import { unusualBits } from "./datatype.js";
import {
  cause,
  createQuiet,
  type Filter,
  freshName,
  headerAddress,
  loadLibrary,
  type Metadata,
  withMemory,
} from "./library.js";
import { datatypeMessage, layoutOf } from "./objectHeader.js";

/** An open file. Every call is synchronous. */
export interface Hdf5File extends Disposable {
  /** Paths of all data sets, without a leading slash. */
  dataSets(): string[];
  has(path: string): boolean;
  metadata(path: string): Metadata;
  filters(path: string): readonly Filter[];
  /** Why a data set's bytes are no plain integers or IEEE floats; undefined if they are. */
  unusual(path: string): string | undefined;
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

const BAD_HEADER = ["CORRUPT_FILE", "bad-header"] as const;

/**
 * Opens an HDF5 file through h5wasm. Where the source reads synchronously (bytes, a file in Node) nothing is copied;
 * others are fetched whole first. `start`: where its signature is.
 * @throws UNSUPPORTED_FORMAT (`missing-codec`), TRUNCATED_FILE (`truncated`), CORRUPT_FILE (`bad-header`)
 */
export async function openHdf5(source: Source, start: number): Promise<Hdf5File> {
  const name = source.name ?? "the file";
  const library = await loadLibrary(name);
  const { FS } = library;
  const quiet = createQuiet(library);
  const read = await reader(source);
  let last: Uint8Array = new Uint8Array(0);
  const path = freshName();
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
  const id = quiet.run(() => library.open(path, 0, false, -1, -1));
  if (id < 0n) {
    FS.unlink(path);
    const [code, defect] = /truncated/.test(quiet.words()) ? (["TRUNCATED_FILE", "truncated"] as const) : BAD_HEADER;
    const why = defect === "truncated" ? "ends too early" : "is damaged";
    throw fault(code, `${name} begins like HDF5, but ${why}`, { defect }, cause(quiet.words()));
  }
  const call = <T>(action: () => T): T => {
    try {
      return quiet.run(action);
    } catch (error) {
      const why = cause(quiet.words()) || error;
      throw fault("CORRUPT_FILE", `${name}: its list of data sets is damaged`, { defect: "bad-header" }, why);
    }
  };
  return {
    dataSets: () =>
      call(() => library.get_names(id, "/", true).filter((one) => library.get_type(id, one) === library.H5G_DATASET)),
    has(path) {
      try {
        return quiet.run(() => library.get_type(id, path)) === library.H5G_DATASET;
      } catch {
        return false;
      }
    },
    metadata: (path) => call(() => library.get_dataset_metadata(id, path)),
    filters: (path) => call(() => library.get_dataset_filters(id, path)),
    unusual(path) {
      const message = datatypeMessage(
        read,
        layoutOf(read, start),
        call(() => headerAddress(library, id, path)),
      );
      return message ? unusualBits(message) : "numbers of a type that lies in the file's shared heap";
    },
    attribute: (path, name) =>
      call(() => {
        if (!library.get_attribute_names(id, path).includes(name)) return undefined;
        const metadata = library.get_attribute_metadata(id, path, name);
        const bytes = metadata.size * metadata.total_size;
        if (!metadata.shape || metadata.vlen || !(bytes > 0 && bytes <= LONGEST_ATTRIBUTE)) return undefined;
        return withMemory(library, bytes, name, (pointer) => {
          if (library.get_attribute_data(id, path, name, BigInt(pointer)) < 0) return undefined;
          return { metadata, bytes: library.HEAPU8.slice(pointer, pointer + bytes) };
        });
      }),
    block: (path, offset, count, size, use) =>
      call(() => {
        const bytes = count.reduce((product, n) => product * n, size);
        const ones = count.map(() => 1n);
        return withMemory(library, bytes, name, (pointer) => {
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
    complaint: quiet.words,
    [Symbol.dispose]() {
      quiet.run(() => library.close_file(id));
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
