import { gzip, writeFileAtomically } from "#platform";
import { refuseUnknownOptions } from "../../core/options.js";
import type { Volume } from "../../volume/grid.js";
import { detachedName, detachedPath } from "../detached.js";
import { isUnoriented } from "../orientation.js";
import { checkWritable, joinPieces, littleEndianPieces } from "../valueBytes.js";
import {
  chain,
  type EncodingOptions,
  encodedPieces,
  encodingOf,
  encodingOptionNames,
  type VoxelEncoding,
} from "../voxelEncoding.js";
import { type TypeOption, type WrittenType, writtenType } from "../writtenType.js";
import { QUANTITY_KEY } from "./header.js";

/** The words of the format for encodings. */
const words = { raw: "raw", compressed: "gzip", text: "ascii" } as const;

/** The bytes of a .nrrd file of a volume, not compressed. @throws SHAPE_MISMATCH, NOT_FINITE */
export function encodeNrrd(volume: Volume, options: TypeOption = {}): Uint8Array<ArrayBuffer> {
  refuseUnknownOptions("encodeNrrd", options, ["type"]);
  const type = writtenType(volume, options);
  return joinPieces([header(volume, type, "raw"), ...littleEndianPieces(volume.values, type)]);
}

/**
 * Writes .nrrd, or .nhdr with the voxels beside it (.raw.gz, .raw or .txt), with gzip inside unless `encoding` says
 * otherwise (bzip2 is read, not written); each file whole or not at all. Type, affine (every digit, sheared ones too; space left-posterior-superior, as
 * others write; none for a volume as it was read with the warning `no-orientation`) and quantity are kept.
 * @throws WRITE_FAILED, SHAPE_MISMATCH, NOT_FINITE, INVALID_ARGUMENT
 */
export async function writeNrrd(path: string, volume: Volume, options: EncodingOptions = {}): Promise<void> {
  refuseUnknownOptions("writeNrrd", options, encodingOptionNames);
  checkWritable(volume);
  const encoding = encodingOf(options, ["compressed", "raw", "text"]);
  const type = writtenType(volume, options);
  const voxels = encodedPieces(volume, type, encoding, gzip, options.level);
  const beside = detachedPath(path, encoding);
  if (!beside) return writeFileAtomically(path, chain(header(volume, type, encoding), voxels));
  await writeFileAtomically(beside, voxels);
  await writeFileAtomically(path, header(volume, type, encoding, detachedName(beside)));
}

function header(volume: Volume, type: WrittenType, encoding: VoxelEncoding, dataFile?: string): Uint8Array {
  checkWritable(volume);
  const { grid, quantity } = volume;
  const m = grid.indexToWorld;
  /** A column of the affine in the space left-posterior-superior, or as it stands where the space is not known. */
  const sign = isUnoriented(volume) ? 1 : -1;
  const vector = (column: number) => `(${0 + sign * m[column]},${0 + sign * m[4 + column]},${m[8 + column]})`;
  const lines = [
    "NRRD0005",
    "# Written by tomograd",
    `type: ${typeName(type)}`,
    "dimension: 3",
    isUnoriented(volume) ? "space dimension: 3" : "space: left-posterior-superior",
    `sizes: ${grid.size.join(" ")}`,
    `space directions: ${[0, 1, 2].map(vector).join(" ")}`,
    "kinds: domain domain domain",
    "endian: little",
    `encoding: ${words[encoding]}`,
    'space units: "mm" "mm" "mm"',
    `space origin: ${vector(3)}`,
    `${QUANTITY_KEY}:=${quantity}`,
    ...(dataFile === undefined ? [] : [`data file: ${dataFile}`]),
  ];
  return new TextEncoder().encode(`${lines.join("\n")}\n${dataFile === undefined ? "\n" : ""}`);
}

const typeName = (type: WrittenType): string => (type === "float32" ? "float" : type === "float64" ? "double" : type);
