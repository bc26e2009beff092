import { fault, isTomogradError, throwIfAborted, type Warning } from "../../core/errors.js";
import { IDENTITY4, type Matrix4, type Vec3 } from "../../core/linear.js";
import type { Quantity } from "../../volume/grid.js";
import { arrayShape } from "../arrayShape.js";
import { chosenArray } from "../chosenArray.js";
import { bytesPer, type Decoded, halfToNumber } from "../numeric.js";
import { noOrientation, orientationDoubt, parseMetadata } from "../orientation.js";
import { readWhole } from "../source.js";
import { allowedBytes, DEFAULT_MAX_BYTES, type ReadVolumeOptions, type VolumeFile } from "../types.js";
import { createValueCollector, tooLarge } from "../values.js";
import { arrayPaths, attributesOf, describeArray, keyIn, type ZarrArray } from "./arrayInfo.js";
import { outermostCodec, refuseClaims } from "./claims.js";
import { multiscalesOf, scaledAffine } from "./ome.js";
import type { ZarrStore } from "./store.js";

/** Chunks of one volume, at most. */
const MOST_CHUNKS = 2 ** 20;

/** How the axes of an array make volumes. */
interface Axes {
  readonly size: Vec3;
  /** The axes that are x, y and z; -1 for none. */
  readonly spatial: readonly number[];
  /** Where the volume lies along each other axis. */
  readonly fixed: ReadonlyMap<number, number>;
  readonly frames: number;
  readonly warnings: readonly Warning[];
}

/**
 * A volume of a Zarr store, version 2 or 3: the array that `dataset` names, else the finest level of an OME-Zarr image,
 * else the only array that can be a volume. Axes are those that OME-Zarr or version 3 names x, y and z, else the last
 * three, z slowest; further axes (time, channel) are frames, the last of them fastest. Affine and quantity are those that
 * `writeZarr` wrote, else OME-Zarr's scale and translation in mm with the warning `no-orientation`. Absent chunks hold
 * the fill value. Memory: the volume and one chunk.
 * @throws INVALID_ARGUMENT (`several-arrays`), NOT_FOUND (`missing-dataset`), UNSUPPORTED_FORMAT, SHAPE_MISMATCH,
 *   CORRUPT_FILE, TRUNCATED_FILE, TOO_LARGE, ABORTED
 */
export async function readZarr(store: ZarrStore, options: ReadVolumeOptions): Promise<VolumeFile> {
  const attributes = await attributesOf(store, "");
  const image = multiscalesOf(attributes);
  const asked = options.dataset?.replace(/^\/+|\/+$/g, "");
  const paths = await arrayPaths(store, asked === undefined ? (image?.levels ?? []) : [asked]);
  const wanted = asked ?? image?.levels.find((level) => paths.includes(level));
  const chosen = await chosenArray(store.name, paths, wanted, async (index) => ({
    name: paths[index],
    shape: await describeArray(store, paths[index]).then(
      ({ shape }) => shape,
      () => [],
    ),
  }));
  const array = await describeArray(store, paths[chosen]);
  const level = image ? image.levels.indexOf(array.path) : -1;
  if (image && level >= 0 && image.axes.length !== array.shape.length)
    throw fault(
      "CORRUPT_FILE",
      `${store.name}: ${image.axes.length} axes are described, the array has ${array.shape.length}`,
      {
        defect: "inconsistent-header",
      },
    );
  const named = image && level >= 0 ? image.axes.map(({ name }) => name) : array.axisNames;
  const axes = axesOf(array.shape, named, options);
  const { values, warnings } = await readNumbers(store, array, axes, options);
  const own = ownMetadata(level === 0 ? attributes : array.attributes);
  const place: { indexToWorld: Matrix4; quantity?: Quantity; warnings?: Warning[] } =
    own !== undefined
      ? { ...own, warnings: orientationDoubt(own, "Zarr") }
      : image && level >= 0
        ? scaledAffine(image, level, axes.spatial, store.name)
        : { indexToWorld: IDENTITY4, warnings: [noOrientation("Zarr")] };
  return {
    format: "zarr",
    type: array.type,
    frames: axes.frames,
    quantity: options.quantity ?? place.quantity ?? "unknown",
    grid: { size: axes.size, indexToWorld: place.indexToWorld },
    values,
    warnings: [...(place.warnings ?? []), ...axes.warnings, ...warnings],
  };
}

const ownMetadata = ({ tomograd }: Readonly<Record<string, unknown>>) =>
  tomograd === undefined ? undefined : parseMetadata(JSON.stringify({ tomograd }));

/** @throws SHAPE_MISMATCH (`bad-dimension`), INVALID_ARGUMENT if there is no such frame */
function axesOf(
  shape: readonly number[],
  names: readonly (string | null)[] | undefined,
  options: ReadVolumeOptions,
): Axes {
  const lower = names?.length === shape.length ? names.map((name) => name?.toLowerCase()) : [];
  const said = ["x", "y", "z"].map((letter) => lower.indexOf(letter));
  const spatial = said[0] >= 0 && said[1] >= 0 ? said : [1, 2, 3].map((back) => shape.length - back);
  const others = shape.map((_, axis) => axis).filter((axis) => !spatial.includes(axis));
  const volumes = others.reduce((product, axis) => product * shape[axis], 1);
  const ordered = [...spatial].reverse().map((axis) => (axis < 0 ? 1 : shape[axis]));
  // Arrays of one axis have no y.
  const { size, frames, frame, warnings } = arrayShape(shape.length < 2 ? shape : [volumes, ...ordered], options);
  const fixed = new Map<number, number>();
  let rest = frame;
  for (const axis of [...others].reverse()) {
    fixed.set(axis, rest % shape[axis]);
    rest = Math.floor(rest / shape[axis]);
  }
  return { size, spatial, fixed, frames, warnings };
}

/** One volume's numbers, chunk by chunk. */
async function readNumbers(store: ZarrStore, array: ZarrArray, axes: Axes, options: ReadVolumeOptions) {
  const { type, shape } = array;
  const [nx, ny, nz] = axes.size;
  const count = nx * ny * nz;
  const limit = options.maxBytes ?? DEFAULT_MAX_BYTES;
  const needed = count * bytesPer[type];
  if (needed > limit) throw tooLarge(needed, limit);
  const chunks = await openChunks(store, array);
  const chunkLength = chunks.shape.reduce((a, b) => a * b, 1);
  const stored = needed > allowedBytes(options, 0) ? await storedBytes(store, array, needed) : 0;
  const allowed = allowedBytes(options, stored);
  if (Math.max(needed, chunkLength * bytesPer[type]) > allowed)
    throw tooLarge(Math.max(needed, chunkLength * bytesPer[type]), allowed);
  const grid = shape.map((n, axis) => (axes.fixed.has(axis) ? 1 : Math.ceil(n / chunks.shape[axis])));
  const total = grid.reduce((a, b) => a * b, 1);
  if (total > MOST_CHUNKS)
    throw fault("TOO_LARGE", `${store.name}: ${total} chunks; save it in larger ones`, { defect: "too-large" });

  const collector = createValueCollector(count, type, { slope: 1, intercept: 0 }, limit);
  for (let n = 0; n < total; n++) {
    throwIfAborted(options.signal);
    const at = gridPlace(n, grid).map((place, axis) =>
      axes.fixed.has(axis) ? Math.floor((axes.fixed.get(axis) ?? 0) / chunks.shape[axis]) : place,
    );
    const { data, stride } = await chunks.read(at);
    const numbers = type === "float16" ? Float32Array.from(data as Uint16Array, halfToNumber) : data;
    // Where the chunk begins, how much of it lies inside, and how far a step goes in it: along x, y and z.
    const spans = axes.spatial.map((axis) => {
      if (axis < 0) return { first: 0, length: 1, step: 0 };
      const first = at[axis] * chunks.shape[axis];
      return { first, length: Math.min(chunks.shape[axis], shape[axis] - first), step: stride[axis] };
    });
    let base = 0;
    for (const [axis, index] of axes.fixed) base += (index % chunks.shape[axis]) * stride[axis];
    const [x, y, z] = spans;
    const row = numbers.slice(0, x.length);
    for (let k = 0; k < z.length; k++)
      for (let j = 0; j < y.length; j++) {
        const from = base + k * z.step + j * y.step;
        for (let i = 0; i < x.length; i++) row[i] = numbers[from + i * x.step];
        collector.put(row, x.first + nx * (y.first + j + ny * (z.first + k)), 1, 0);
      }
    options.onProgress?.({ done: Math.floor((needed * (n + 1)) / total), total: needed });
  }
  if (chunks.present() === 0)
    throw fault("TRUNCATED_FILE", `${store.name}: none of the array's ${total} chunks is there`, {
      defect: "truncated",
    });
  const { values, warnings } = collector.finish();
  if (chunks.absent() > 0)
    warnings.push({
      defect: "absent-chunks",
      message: `${chunks.absent()} of the chunks that were read are absent; the fill value stands for them`,
    });
  return { values, warnings };
}

/** The place of chunk number `n`, the last axis fastest. */
function gridPlace(n: number, grid: readonly number[]): number[] {
  const place: number[] = [];
  let rest = n;
  for (const length of [...grid].reverse()) {
    place.unshift(rest % length);
    rest = Math.floor(rest / length);
  }
  return place;
}

/** Bytes of an array's chunks; it stops counting where they allow `needed`. */
async function storedBytes(store: ZarrStore, { path }: ZarrArray, needed: number): Promise<number> {
  // What an address holds is seen only as it comes.
  if (!store.keys) return needed;
  const prefix = path === "" ? "" : `${path}/`;
  let bytes = 0;
  for (const key of store.keys)
    if (key.startsWith(prefix) && !/(^|\/)(\.z\w+|zarr\.json)$/.test(key)) {
      bytes += (await store.open(key))?.size ?? 0;
      if (allowedBytes({}, bytes) >= needed) break;
    }
  return bytes;
}

/** Opens an array's chunks through zarrita. */
async function openChunks(store: ZarrStore, array: ZarrArray) {
  const zarrita = await import("zarrita");
  const document = keyIn(array.path, array.version === 3 ? "zarr.json" : ".zarray");
  const text = new TextEncoder().encode(JSON.stringify(array.readAs));
  const codec = outermostCodec(array.version, array.readAs);
  let present = 0;
  let absent = 0;
  let chunkBytes = 0;
  const stored = async (key: string) => {
    const source = await store.open(key);
    if (source) present++;
    else absent++;
    return source;
  };
  const checked = (bytes: Uint8Array) => {
    refuseClaims(bytes, codec, chunkBytes, store.name);
    return bytes.slice();
  };
  const adapter = {
    async get(key: string) {
      if (key.slice(1) === document) return text;
      const source = await stored(key.slice(1));
      return source && checked(await readWhole(source));
    },
    async getRange(key: string, range: { offset: number; length: number } | { suffixLength: number }) {
      const source = await stored(key.slice(1));
      if (!source) return undefined;
      const [from, length] =
        "suffixLength" in range ? [source.size - range.suffixLength, range.suffixLength] : [range.offset, range.length];
      if (from < 0 || from + length > source.size)
        throw fault("TRUNCATED_FILE", `${store.name}: ${key} has ${source.size} bytes, its index asks for more`, {
          defect: "truncated",
        });
      const bytes = await source.read(from, length);
      // The index of a shard is asked for by its length from the end.
      return "suffixLength" in range ? bytes.slice() : checked(bytes);
    },
  };
  const location = zarrita.root(adapter).resolve(array.path);
  const opening = array.version === 3 ? zarrita.open.v3 : zarrita.open.v2;
  const opened = await tagged(store, () => opening(location, { kind: "array", attrs: false } as { kind: "array" }));
  const length = opened.chunks.reduce((a, b) => a * b, 1);
  chunkBytes = length * bytesPer[array.type];
  return {
    /** What is read at once: shards are read by their inner chunks. */
    shape: opened.chunks,
    present: () => present,
    absent: () => absent,
    async read(place: number[]): Promise<{ data: Decoded; stride: readonly number[] }> {
      const { data, stride } = await tagged(store, () => opened.getChunk(place));
      const numbers =
        data instanceof BigInt64Array || data instanceof BigUint64Array
          ? Float64Array.from(data as BigInt64Array, Number)
          : (data as Decoded);
      if (numbers.length !== length)
        throw fault("TRUNCATED_FILE", `${store.name}: chunk ${place} holds ${numbers.length} numbers of ${length}`, {
          defect: "truncated",
        });
      return { data: numbers, stride };
    },
  };
}

/** Gives zarrita's errors our form. */
async function tagged<T>(store: ZarrStore, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    const causes: unknown[] = [];
    for (let at: unknown = error; at instanceof Error; at = at.cause) causes.push(at);
    const own = causes.find((cause) => isTomogradError(cause));
    if (own) throw own;
    const { name, message } = error as Error;
    if (name === "UnknownCodecError" || name === "UnsupportedError")
      throw fault("UNSUPPORTED_FORMAT", `${store.name}: ${message}`, { defect: "unsupported-compression" }, error);
    throw fault("CORRUPT_FILE", `${store.name}: a chunk cannot be decoded`, { defect: "corrupt-stream" }, error);
  }
}
