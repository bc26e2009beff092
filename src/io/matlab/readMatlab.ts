import { fault, throwIfAborted } from "../../core/errors.js";
import { IDENTITY4 } from "../../core/linear.js";
import { arrayShape } from "../arrayShape.js";
import { chosenArray } from "../chosenArray.js";
import { bytesPer, decode } from "../numeric.js";
import { type OwnMetadata, orientationDoubt, parseMetadata } from "../orientation.js";
import type { Source } from "../source.js";
import { DEFAULT_MAX_BYTES, type ReadVolumeOptions, type VolumeFile } from "../types.js";
import { createValueCollector } from "../values.js";
import { METADATA, VOLUME } from "./elements.js";
import { listVariables, type Variable } from "./variables.js";
import { listVariables4, looksLikeMatlab4 } from "./version4.js";

/** Bytes decoded at once; a multiple of every number's width. */
const BLOCK = 1 << 20;
/** Metadata are not longer than this, bytes. */
const LONGEST_METADATA = 1 << 16;

/** True if the bytes start like a MAT file of version 4 or later. */
export const looksLikeMatlab = (head: Uint8Array): boolean => byteOrder(head) !== undefined || looksLikeMatlab4(head);

/** The byte order of a MAT file of version 5 or later. */
function byteOrder(head: Uint8Array): "little" | "big" | undefined {
  if (!new TextDecoder("latin1").decode(head.subarray(0, 7)).startsWith("MATLAB ")) return undefined;
  const mark = String.fromCharCode(...head.subarray(126, 128));
  return mark === "IM" ? "little" : mark === "MI" ? "big" : undefined;
}

/**
 * An array of a MATLAB file (versions 4 to 7): the variable that `dataset` names, also as `structure.field`, or the only
 * one of two to four axes. The first axis is x, the second y, the third z, the fourth the frames. Affine and quantity are
 * those that `matlabPieces` wrote; other files have the warning `no-orientation`. Memory: the volume, and the variable where it is compressed.
 * @throws UNSUPPORTED_FORMAT (`unsupported-version`; `unsupported-type`), INVALID_ARGUMENT
 *   (`several-arrays`), NOT_FOUND (`missing-dataset`), SHAPE_MISMATCH, TRUNCATED_FILE, CORRUPT_FILE, TOO_LARGE, ABORTED
 */
export async function matlabVolume(source: Source, options: ReadVolumeOptions): Promise<VolumeFile> {
  const name = source.name ?? "the file";
  const limit = options.maxBytes ?? DEFAULT_MAX_BYTES;
  const all = await variablesOf(source, limit, name);
  const own = await ownMetadata(all);
  const variables = own ? all.filter((variable) => variable.name !== METADATA) : all;
  const placed = own && (options.dataset ?? VOLUME) === VOLUME ? own : undefined;
  const chosen = await chosenArray(
    name,
    variables.map((variable) => variable.name),
    options.dataset,
    (index) => variables[index],
  );
  const numbers = await variables[chosen].open();
  const { type, stored } = numbers;
  const { size, frames, frame, warnings } = arrayShape([...variables[chosen].shape].reverse(), options);
  const count = size[0] * size[1] * size[2];
  const collector = createValueCollector(count, type, { slope: 1, intercept: 0 }, limit);
  const width = bytesPer[stored];
  const start = numbers.at + frame * count * width;
  for (let at = 0; at < count * width; at += BLOCK) {
    throwIfAborted(options.signal);
    const bytes = (await numbers.source.read(start + at, Math.min(BLOCK, count * width - at))).slice();
    collector.put(decode(bytes, stored, numbers.littleEndian), at / width, 1, 0);
    options.onProgress?.({ done: Math.min(at + BLOCK, count * width), total: count * width });
  }
  const { values, warnings: further } = collector.finish();
  return {
    format: "mat",
    type,
    frames,
    quantity: options.quantity ?? placed?.quantity ?? "unknown",
    grid: { size, indexToWorld: placed?.indexToWorld ?? IDENTITY4 },
    values,
    warnings: [...orientationDoubt(placed, "a MATLAB file"), ...warnings, ...further],
  };
}

/** What `matlabPieces` wrote beside the voxels. */
async function ownMetadata(variables: readonly Variable[]): Promise<OwnMetadata | undefined> {
  const variable = variables.find(({ name }) => name === METADATA);
  const [rows = 0, length = 0, ...others] = variable?.shape ?? [];
  if (!variable || rows !== 1 || others.length > 0 || length > LONGEST_METADATA) return undefined;
  const { source, at, stored } = await variable.open();
  return stored === "uint8" ? parseMetadata(new TextDecoder().decode(await source.read(at, length))) : undefined;
}

async function variablesOf(source: Source, limit: number, name: string) {
  const head = await source.read(0, 128);
  const order = byteOrder(head);
  if (order === undefined) return listVariables4(source);
  const version = new DataView(head.buffer, head.byteOffset).getUint16(124, order === "little");
  if (version === 0x100) return listVariables(source, order === "little", limit);
  throw fault(
    "UNSUPPORTED_FORMAT",
    `${name} is a MATLAB file of version 0x${version.toString(16)} without its HDF5 part`,
    { defect: "unsupported-version", hint: "save it with -v7" },
  );
}
