import type { KernelArguments, KernelName } from "./kernels.js";

/** What an array holds; the layout in between upload and download is the backend's own. */
export type Shape =
  | { readonly kind: "flat"; readonly length: number }
  /** [nx, ny, nz]; uploaded and downloaded x fastest. */
  | { readonly kind: "volume"; readonly size: readonly [number, number, number] }
  /** Uploaded and downloaded [view][row][column]. */
  | { readonly kind: "projections"; readonly views: number; readonly rows: number; readonly columns: number };

/** "real" is float64 on `reference`, float32 elsewhere; "f64" are small tables; "u8" labels; "u32" pixel lists. */
export type ElementType = "real" | "f64" | "u8" | "u32";

/** What can be uploaded. */
export type HostArray = Float32Array | Float64Array | Int16Array | Uint16Array | Uint8Array | Uint32Array;

/** Numbers in the memory of a backend. Whoever creates one disposes of it. */
export interface DeviceArray extends Disposable {
  readonly backend: Backend;
  readonly type: ElementType;
  readonly shape: Shape;
  /** Number of elements of the shape. */
  readonly length: number;
  readonly label: string;
  readonly disposed: boolean;
  /** Idempotent; takes effect after the work queued so far. */
  dispose(): void;
}

/**
 * Laws (all in the contract suite):
 * 1. `upload`, `run`, `download` and disposal take effect in call order, whenever they execute; `upload` has copied when
 *    it returns.
 * 2. Naming a disposed array in new work throws BUFFER_DISPOSED at the call; work queued before still sees it.
 * 3. `download` queues its copy at the call.
 * 4. The first fault of queued work rejects the next `download` or `idle`, naming kernel and label; device loss rejects all.
 * 5. No array is bound twice in one call: INVALID_ARGUMENT at the call.
 * 6. An array of another backend is refused (WRONG_BACKEND); nothing is moved or emulated silently.
 * 7. `liveBytes` returns to zero; same bytes for any number of threads.
 */
export interface Backend extends AsyncDisposable {
  /** "reference", "wasm", "webgpu". */
  readonly name: string;
  /** One line for people: what runs and why: "wasm, 2 threads (WebAssembly SIMD, shared memory)". */
  readonly about: string;
  readonly threads: number;
  readonly limits: { readonly maxElements: number };
  /** Bytes held by arrays that are not disposed (and by caches made for them). */
  readonly liveBytes: number;
  /** Bytes that an array takes on this backend, padding included: what `allocate` adds to `liveBytes`. */
  bytesFor(shape: Shape, type?: ElementType): number;
  unsupportedReason(kernel: KernelName): string | undefined;
  /** Elements are 0. `type` defaults to "real". @throws INVALID_ARGUMENT, SHAPE_MISMATCH, OUT_OF_MEMORY */
  allocate(shape: Shape, label?: string, type?: ElementType): DeviceArray;
  /**
   * Float32Array, Int16Array, Uint16Array and Float64Array become "real", except a flat Float64Array: "f64" (a table);
   * Uint8Array "u8", Uint32Array "u32". `type` overrides. @throws INVALID_ARGUMENT, SHAPE_MISMATCH, OUT_OF_MEMORY
   */
  upload(values: HostArray, shape: Shape, label?: string, type?: ElementType): DeviceArray;
  /** Enqueues; returns at once. */
  run<K extends KernelName>(kernel: K, args: KernelArguments[K]): void;
  /** "real" comes as Float64Array from `reference` and Float32Array elsewhere, "f64" as Float64Array. */
  download(array: DeviceArray): Promise<Float32Array | Float64Array | Uint8Array | Uint32Array>;
  /** Resolves when all queued work is done. */
  idle(): Promise<void>;
}

/** Number of elements of a shape. */
export function shapeLength(shape: Shape): number {
  switch (shape.kind) {
    case "flat":
      return shape.length;
    case "volume":
      return shape.size[0] * shape.size[1] * shape.size[2];
    case "projections":
      return shape.views * shape.rows * shape.columns;
  }
}

/** True if two shapes are the same. */
export function sameShape(a: Shape, b: Shape): boolean {
  if (a.kind === "flat") return b.kind === "flat" && a.length === b.length;
  if (a.kind === "volume") return b.kind === "volume" && a.size.every((n, axis) => n === b.size[axis]);
  return b.kind === "projections" && a.views === b.views && a.rows === b.rows && a.columns === b.columns;
}

/** "64 x 64 x 33 volume", "12 views of 128 x 96", "7 numbers". */
export function describeShape(shape: Shape): string {
  if (shape.kind === "flat") return `${shape.length} numbers`;
  if (shape.kind === "volume") return `${shape.size.join(" x ")} volume`;
  return `${shape.views} views of ${shape.rows} x ${shape.columns}`;
}
