import { gzip, writeFileAtomically } from "#platform";
import { refuseUnknownOptions } from "../../core/options.js";
import type { Volume } from "../../volume/grid.js";
import { detachedName, detachedPath } from "../detached.js";
import { isUnoriented } from "../orientation.js";
import { checkWritable, joinPieces, littleEndianPieces } from "../valueBytes.js";
import { QUANTITY_KEY } from "./header.js";

/** Options of `writeNrrd`. */
export interface WriteNrrdOptions {
  /** gzip level, 1 (fast) to 9 (small). @default 6 */
  readonly level?: number;
}

/** The bytes of a .nrrd file of a volume, not compressed. @throws SHAPE_MISMATCH, NOT_FINITE */
export function encodeNrrd(volume: Volume): Uint8Array<ArrayBuffer> {
  return joinPieces([header(volume, "raw"), ...littleEndianPieces(volume.values)]);
}

/**
 * Writes .nrrd, or .nhdr with a .raw.gz beside it, gzip inside; each file whole or not at all. Type, affine (every digit,
 * sheared ones too; space left-posterior-superior, as others write; none for a volume as it was read with the warning
 * `no-orientation`) and quantity are kept.
 * @throws WRITE_FAILED, SHAPE_MISMATCH, NOT_FINITE
 */
export async function writeNrrd(path: string, volume: Volume, options: WriteNrrdOptions = {}): Promise<void> {
  refuseUnknownOptions("writeNrrd", options, ["level"]);
  checkWritable(volume);
  const voxels = gzip(littleEndianPieces(volume.values), options.level);
  const beside = detachedPath(path);
  if (!beside) return writeFileAtomically(path, chain(header(volume, "gzip"), voxels));
  await writeFileAtomically(beside, voxels);
  await writeFileAtomically(path, header(volume, "gzip", detachedName(beside)));
}

async function* chain(head: Uint8Array, rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield head;
  yield* rest;
}

function header(volume: Volume, encoding: "raw" | "gzip", dataFile?: string): Uint8Array {
  checkWritable(volume);
  const { grid, values, quantity } = volume;
  const m = grid.indexToWorld;
  /** A column of the affine in the space left-posterior-superior, or as it stands where the space is not known. */
  const sign = isUnoriented(volume) ? 1 : -1;
  const vector = (column: number) => `(${0 + sign * m[column]},${0 + sign * m[4 + column]},${m[8 + column]})`;
  const lines = [
    "NRRD0005",
    "# Written by tomograd",
    `type: ${typeName(values)}`,
    "dimension: 3",
    isUnoriented(volume) ? "space dimension: 3" : "space: left-posterior-superior",
    `sizes: ${grid.size.join(" ")}`,
    `space directions: ${[0, 1, 2].map(vector).join(" ")}`,
    "kinds: domain domain domain",
    "endian: little",
    `encoding: ${encoding}`,
    'space units: "mm" "mm" "mm"',
    `space origin: ${vector(3)}`,
    `${QUANTITY_KEY}:=${quantity}`,
    ...(dataFile === undefined ? [] : [`data file: ${dataFile}`]),
  ];
  return new TextEncoder().encode(`${lines.join("\n")}\n${dataFile === undefined ? "\n" : ""}`);
}

function typeName(values: Volume["values"]): string {
  if (values instanceof Uint8Array) return "uint8";
  if (values instanceof Int16Array) return "int16";
  return values instanceof Float32Array ? "float" : "double";
}
