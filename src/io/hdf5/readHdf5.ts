import { fault, throwIfAborted } from "../../core/errors.js";
import { IDENTITY4, type Matrix4 } from "../../core/linear.js";
import { arrayShape } from "../arrayShape.js";
import { chosenArray } from "../chosenArray.js";
import { bytesPer, type Decoded, decode, hostIsLittleEndian, type StoredType } from "../numeric.js";
import { orientationDoubt, parseMetadata, spacingAffine } from "../orientation.js";
import type { Source } from "../source.js";
import { allowedBytes, type ReadVolumeOptions, type VolumeFile } from "../types.js";
import { createValueCollector, tooLarge, type ValueCollector } from "../values.js";
import { type Hdf5File, openHdf5 } from "./hdf5File.js";
import { cause, METADATA, type Metadata } from "./library.js";
import { inflateLzf, unshuffle } from "./lzf.js";

/** Filters by number, as the HDF Group registers them. */
const [DEFLATE, SHUFFLE, FLETCHER32, SZIP, SCALE_OFFSET, LZF] = [1, 2, 3, 4, 6, 32000];
/** What libhdf5 undoes; LZF is undone here. n-bit (5) numbers, narrower than their storage, come back wrong. */
const FILTERS = [DEFLATE, SHUFFLE, FLETCHER32, SZIP, SCALE_OFFSET, LZF];
/** Bytes read at once where chunks are smaller. */
const BLOCK = 1 << 24;
/** Chunks of one volume, at most. */
const MOST_CHUNKS = 2 ** 20;

const integers: Readonly<Record<number, readonly [StoredType, StoredType]>> = {
  1: ["uint8", "int8"],
  2: ["uint16", "int16"],
  4: ["uint32", "int32"],
  8: ["uint64", "int64"],
};
const floats: Readonly<Record<number, StoredType>> = { 2: "float16", 4: "float32", 8: "float64" };

/** Where an HDF5 file may begin: at 0, or behind a block of the user's (MATLAB 7.3: 512 bytes). */
const STARTS = [0, 512, 1024, 2048, 4096, 8192];
const SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

/** Where HDF5 begins in a source; undefined if it is something else. */
async function startOf(source: Source): Promise<number | undefined> {
  for (const start of STARTS) {
    const head = await source.read(start, SIGNATURE.length);
    if (SIGNATURE.every((byte, i) => head[i] === byte)) return start;
  }
  return undefined;
}

/** True if a source is HDF5. */
export const isHdf5 = async (source: Source): Promise<boolean> => (await startOf(source)) !== undefined;

/**
 * A data set of an HDF5 file or a MATLAB file of version 7.3, through the optional package h5wasm: the one whose path
 * `dataset` gives ('entry/data'), or the only one that can be a volume. Axes are [nz][ny][nx] or [frame][nz][ny][nx]
 * (MATLAB stores its first axis last, so that x is its first here too). Affine and quantity are those that `writeHdf5` put
 * into its attribute `tomograd`. Other files have no directions: the warning `no-orientation`, spacing from the attribute `element_size_um` ([z, y, x], um) where there is one. Memory: the volume and a block, and
 * the whole file where its source has no synchronous reads.
 * @throws UNSUPPORTED_FORMAT (`missing-codec`, `unsupported-compression`, `unsupported-type`, `unsupported-layout`),
 *   INVALID_ARGUMENT (`several-arrays`), NOT_FOUND (`missing-dataset`), SHAPE_MISMATCH, CORRUPT_FILE, TOO_LARGE, ABORTED
 */
export async function hdf5Volume(source: Source, options: ReadVolumeOptions): Promise<VolumeFile> {
  const name = source.name ?? "the file";
  const allowed = allowedBytes(options, source.size);
  if (!source.readNow && source.size > allowed) throw tooLarge(source.size, allowed);
  using file = await openHdf5(source, (await startOf(source)) ?? 0);
  const path = await chosenPath(file, name, options.dataset);
  const metadata = file.metadata(path);
  const type = typeOf(metadata, name, path);
  const isMatlab = new TextDecoder("latin1").decode(await source.read(0, 10)) === "MATLAB 7.3";
  refuseUnreadable(file, path, metadata, name);
  const { size, frames, frame, warnings } = arrayShape(metadata.shape ?? [], options);
  const count = size[0] * size[1] * size[2];
  const chunk = (metadata.chunks ?? []).reduce((product, n) => product * n, metadata.size);
  const needed = Math.max(count * bytesPer[type], chunk);
  if (needed > allowed) throw tooLarge(needed, allowed);
  const collector = createValueCollector(count, type, { slope: 1, intercept: 0 }, allowed);
  readBlocks(file, path, { metadata, type, size, frame, name }, collector, options);
  const { values, warnings: further } = collector.finish();
  const own = parseMetadata(text(file, path, METADATA));
  const sized = elementSize(file, path);
  return {
    format: isMatlab ? "mat" : "hdf5",
    type: isMatlab && text(file, path, "MATLAB_class") === "logical" ? "bool" : type,
    frames,
    quantity: options.quantity ?? own?.quantity ?? "unknown",
    grid: { size, indexToWorld: own?.indexToWorld ?? sized ?? IDENTITY4 },
    values,
    warnings: [
      ...orientationDoubt(own, isMatlab ? "a MATLAB file" : "HDF5", sized !== undefined),
      ...warnings,
      ...further,
    ],
  };
}

async function chosenPath(file: Hdf5File, name: string, dataset: string | undefined): Promise<string> {
  const wanted = dataset?.replace(/^\/+|\/+$/g, "");
  // Links are not listed, but followed.
  if (wanted && file.has(wanted)) return wanted;
  const paths = file.dataSets().filter((path) => !path.startsWith("#"));
  const described = (index: number) => {
    const metadata = file.metadata(paths[index]);
    return { name: paths[index], shape: kindOf(metadata) ? (metadata.shape ?? []) : [] };
  };
  return paths[await chosenArray(name, paths, wanted, described)];
}

/** The numbers' type; undefined for text, compounds, references and the like. */
function kindOf({ type, size, signed, vlen, enum_type }: Metadata): StoredType | undefined {
  if (vlen) return undefined;
  if (type === 1) return floats[size];
  if (
    type === 8 &&
    size === 1 &&
    Object.keys(enum_type?.members ?? {})
      .sort()
      .join() === "FALSE,TRUE"
  )
    return "bool";
  return type === 0 || (type === 8 && enum_type?.type === 0) ? integers[size]?.[signed ? 1 : 0] : undefined;
}

function typeOf(metadata: Metadata, name: string, path: string): StoredType {
  const type = kindOf(metadata);
  if (type) return type;
  throw fault("UNSUPPORTED_FORMAT", `${name}: the data set '${path}' holds no real numbers of 1, 2, 4 or 8 bytes`, {
    defect: "unsupported-type",
    hint: "choose another with 'dataset'",
  });
}

/** Refuses what h5wasm would give wrong numbers for. */
function refuseUnreadable(file: Hdf5File, path: string, metadata: Metadata, name: string): void {
  if ((metadata.virtual_sources?.length ?? 0) > 0)
    throw fault("UNSUPPORTED_FORMAT", `${name}: '${path}' is virtual, its numbers lie in other files`, {
      defect: "unsupported-layout",
      hint: "copy them in",
    });
  const unusual = file.unusual(path);
  if (unusual)
    throw fault("UNSUPPORTED_FORMAT", `${name}: '${path}' holds ${unusual}`, {
      defect: "unsupported-type",
      hint: "save it as integers of 8, 16, 32 or 64 bits or as float32 or float64",
    });
  const filters = file.filters(path);
  const unknown = filters.find(({ id }) => !FILTERS.includes(id));
  const last = filters.filter(({ id }) => id !== FLETCHER32 && id !== SHUFFLE);
  if (unknown || (filters.some(({ id }) => id === LZF) && last.length > 1))
    throw fault(
      "UNSUPPORTED_FORMAT",
      `${name}: '${path}' is stored with the filters ${filters.map((one) => `${one.name || "?"} (${one.id})`).join(", ")}`,
      {
        defect: "unsupported-compression",
        filters: filters.map(({ id }) => id),
        hint: "write it with gzip, e.g. h5repack -f GZIP=4",
      },
    );
}

interface Wanted {
  readonly metadata: Metadata;
  readonly type: StoredType;
  readonly size: readonly number[];
  readonly frame: number;
  readonly name: string;
}

/** Reads one volume: by slabs of whole slices, or chunk by chunk where the chunks' filter is undone here. */
function readBlocks(
  file: Hdf5File,
  path: string,
  wanted: Wanted,
  collector: ValueCollector,
  options: ReadVolumeOptions,
): void {
  const { metadata, type, size, frame, name } = wanted;
  const [nx, ny, nz] = size;
  const axes = metadata.shape?.length ?? 0;
  const chunks = [...[1, 1, 1].slice(axes - 1), ...(metadata.chunks ?? [])];
  const chunkSize = metadata.chunks ? chunks.slice(-3) : [1, ny, nx];
  const filters = file.filters(path).map(({ id }) => id);
  const lzf = filters.includes(LZF);
  const slice = nx * ny * bytesPer[type];
  const depth = Math.ceil(Math.max(1, Math.min(nz, BLOCK / slice)) / chunkSize[0]) * chunkSize[0];
  const step = lzf ? chunkSize : [depth * slice > 4 * BLOCK ? 1 : depth, ny, nx];
  if (Math.ceil(nz / chunkSize[0]) * Math.ceil(ny / chunkSize[1]) * Math.ceil(nx / chunkSize[2]) > MOST_CHUNKS)
    throw fault("TOO_LARGE", `${name}: '${path}' has more than ${MOST_CHUNKS} chunks; save it in larger ones`, {
      defect: "too-large",
    });
  const last = (start: number, axis: number) => Math.min(step[axis], [nz, ny, nx][axis] - start);
  for (let z = 0; z < nz; z += step[0]) {
    throwIfAborted(options.signal);
    for (let y = 0; y < ny; y += step[1])
      for (let x = 0; x < nx; x += step[2]) {
        const count = [last(z, 0), last(y, 1), last(x, 2)];
        const numbers =
          file.block(path, [frame, z, y, x].slice(-axes), [1, ...count].slice(-axes), metadata.size, (bytes) => ({
            values: decode(bytes.slice() as Uint8Array<ArrayBuffer>, type, hostIsLittleEndian),
            layout: count,
            base: 0,
          })) ?? undone(file, path, wanted, filters, chunks, axes === 4 ? frame % chunks[0] : 0);
        put(collector, numbers, count, [z, y, x], size);
      }
    options.onProgress?.({ done: Math.min(z + step[0], nz), total: nz });
  }
}

/** The chunk that the library read last but could not inflate. @throws CORRUPT_FILE */
function undone(
  file: Hdf5File,
  path: string,
  { metadata, type, name }: Wanted,
  filters: readonly number[],
  chunks: readonly number[],
  frame: number,
): Block {
  const why = file.complaint();
  // The library says that a filter is missing only after it has checked the checksum, which was put on last.
  if (!filters.includes(LZF) || !/filter/i.test(why) || /checksum/i.test(why))
    throw fault(
      "CORRUPT_FILE",
      `${name}: a chunk of '${path}' is damaged`,
      { defect: /checksum/i.test(why) ? "checksum" : "corrupt-stream" },
      cause(why),
    );
  const stored = file.lastRead();
  const bytes = chunks.reduce((product, n) => product * n, metadata.size);
  const inflated = inflateLzf(filters.includes(FLETCHER32) ? stored.subarray(0, -4) : stored, bytes, name);
  const plain = filters.includes(SHUFFLE) ? unshuffle(inflated, metadata.size) : inflated;
  const layout = chunks.slice(-3);
  return {
    values: decode(plain, type, metadata.littleEndian),
    layout,
    base: frame * layout[0] * layout[1] * layout[2],
  };
}

/** Numbers [z][y][x] of a box of `layout`, from `base` on. */
interface Block {
  readonly values: Decoded;
  readonly layout: readonly number[];
  readonly base: number;
}

/** Puts the first `count` [z, y, x] numbers of a block where it belongs. */
function put(
  collector: ValueCollector,
  { values, layout, base }: Block,
  count: readonly number[],
  [z, y, x]: readonly number[],
  [nx, ny]: readonly number[],
): void {
  if (count[1] === ny && count[2] === nx && layout === count) {
    collector.put(values, nx * ny * z, 1, 0);
    return;
  }
  for (let k = 0; k < count[0]; k++)
    for (let j = 0; j < count[1]; j++) {
      const from = base + (k * layout[1] + j) * layout[2];
      collector.put(values.subarray(from, from + count[2]), x + nx * (y + j + ny * (z + k)), 1, 0);
    }
}

/** An attribute of text; empty if there is none. */
const text = (file: Hdf5File, path: string, attribute: string): string =>
  new TextDecoder("latin1").decode(file.attribute(path, attribute)?.bytes ?? new Uint8Array(0)).replace(/\0+$/, "");

/** The voxel's size by the attribute that Fiji and ilastik write: [z, y, x], um. */
function elementSize(file: Hdf5File, path: string): Matrix4 | undefined {
  const found = file.attribute(path, "element_size_um");
  const type = found && kindOf(found.metadata);
  if (!found || (type !== "float32" && type !== "float64")) return undefined;
  const um = [...decode(found.bytes.slice() as Uint8Array<ArrayBuffer>, type, hostIsLittleEndian)];
  if (um.length !== 3 || !um.every((length) => length > 0 && Number.isFinite(length))) return undefined;
  return spacingAffine(um.reverse().map((length) => length / 1000));
}
