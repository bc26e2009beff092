/** Bytes at known places: the smallest shape that a reader asks for. A file, a buffer, a URL with ranges, a browser's Blob. */
export interface Source {
  /** For messages and for endings such as `.nii.gz`; no path is implied. */
  readonly name?: string;
  /** bytes */
  readonly size: number;
  /** As `read`, into the caller's memory, where a source can do so; resolves to the number of bytes. */
  readInto?(offset: number, target: Uint8Array): Promise<number>;
  /**
   * The bytes [offset, offset + length), fewer only where the source ends. The result may be a view of memory that the
   * source keeps: read it, do not write to it.
   */
  read(offset: number, length: number): Promise<Uint8Array>;
  /** The same at once, where that is possible: bytes in memory, files in Node. */
  readNow?(offset: number, length: number): Uint8Array;
  /** A file by its path from the folder that the source lies in, where that is known and it is there. */
  beside?(name: string): Source | undefined;
}

/** One entry of a folder, not followed further down. */
export interface FolderEntry {
  readonly name: string;
  readonly path: string;
  readonly kind: "file" | "folder";
}

/** Bytes to write, in order: one array, or pieces of any length. */
export type Pieces = Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** A thread that runs a classic script. Inside it `self.onmessage` and `self.postMessage` are those of a browser's worker. */
export interface WorkerHandle {
  /** Sends by structured clone; `transfer` moves buffers instead of copying. */
  postMessage(message: unknown, transfer?: readonly ArrayBuffer[]): void;
  /** Called with the data of each message of the worker, in order. */
  onMessage(callback: (message: unknown) => void): void;
  /** Called if the worker's code throws, or if it ends before `terminate`. */
  onError(callback: (error: Error) => void): void;
  /** Ends the thread; resolves when it has ended. */
  terminate(): Promise<void>;
  /** The thread no longer keeps the process alive (nothing to do in a browser). */
  unref(): void;
}

/** Why something is not there, with what would help; and the reason in a few words. */
export interface Missing {
  readonly missing: string;
  readonly short: string;
}
