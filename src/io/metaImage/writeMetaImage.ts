import { writeFileAtomically, zlib } from "#platform";
import { refuseUnknownOptions } from "../../core/options.js";
import type { Volume } from "../../volume/grid.js";
import { refuseBadAffine } from "../affine.js";
import { detachedName, detachedPath } from "../detached.js";
import { isUnoriented } from "../orientation.js";
import { checkWritable, joinPieces, littleEndianPieces } from "../valueBytes.js";
import {
  chain,
  type EncodingOptions,
  encodedPieces,
  encodingOf,
  encodingOptionNames,
  type PieceStream,
  type VoxelEncoding,
} from "../voxelEncoding.js";
import { type TypeOption, type WrittenType, writtenType } from "../writtenType.js";

/** The bytes of a .mha file of a volume, not compressed. @throws SHAPE_MISMATCH, NOT_FINITE, CORRUPT_FILE (`singular-affine`) */
export function encodeMetaImage(volume: Volume, options: TypeOption = {}): Uint8Array<ArrayBuffer> {
  refuseUnknownOptions("encodeMetaImage", options, ["type"]);
  const type = writtenType(volume, options);
  return joinPieces([header(volume, type, "raw", "LOCAL")(), ...littleEndianPieces(volume.values, type)]);
}

/**
 * Writes .mha, or .mhd with the voxels beside it (.raw or .zraw), not compressed unless `encoding` says otherwise;
 * each file whole or not at all. Type, affine (spacing times unit directions: every digit but the last; sheared ones too)
 * and quantity are kept. Memory: of a compressed .mha the compressed bytes, whose number the header says.
 * @throws WRITE_FAILED, SHAPE_MISMATCH, NOT_FINITE, CORRUPT_FILE (`singular-affine`), INVALID_ARGUMENT
 */
export async function writeMetaImage(path: string, volume: Volume, options: EncodingOptions = {}): Promise<void> {
  refuseUnknownOptions("writeMetaImage", options, encodingOptionNames);
  const encoding = encodingOf(options, ["raw", "compressed"]);
  const type = writtenType(volume, options);
  const beside = detachedPath(path, encoding);
  // What cannot be written is refused here, before a file appears.
  const head = header(volume, type, encoding, beside ? detachedName(beside) : "LOCAL");
  const voxels = encodedPieces(volume, type, encoding, zlib, options.level);
  if (beside) {
    const size = { bytes: 0 };
    await writeFileAtomically(beside, measured(voxels, size));
    return writeFileAtomically(path, head(size.bytes));
  }
  if (encoding !== "compressed") return writeFileAtomically(path, chain(head(), voxels));
  const compressed: Uint8Array[] = [];
  for await (const piece of voxels) compressed.push(piece);
  const bytes = compressed.reduce((sum, { length }) => sum + length, 0);
  return writeFileAtomically(path, [head(bytes), ...compressed]);
}

async function* measured(pieces: PieceStream, size: { bytes: number }): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    size.bytes += piece.length;
    yield piece;
  }
}

/**
 * The header, once it is known how many bytes compressed voxels have: where they follow the header, other readers go by
 * that number. Directions and offset are in left, posterior, superior, the format's world, one axis after another.
 */
function header(
  volume: Volume,
  type: WrittenType,
  encoding: VoxelEncoding,
  dataFile: string,
): (bytes?: number) => Uint8Array {
  checkWritable(volume);
  const { grid, quantity } = volume;
  const m = grid.indexToWorld;
  refuseBadAffine(m, "the volume", "affine");
  const column = (k: number) => [0 - m[k], 0 - m[4 + k], m[8 + k]];
  const spacing = [0, 1, 2].map((k) => Math.hypot(...column(k)));
  const compressed = encoding === "compressed";
  const lines = (bytes: number) => [
    "ObjectType = Image",
    "NDims = 3",
    `Comment = tomograd ${quantity}`,
    "BinaryData = True",
    "BinaryDataByteOrderMSB = False",
    `CompressedData = ${compressed ? "True" : "False"}`,
    ...(compressed ? [`CompressedDataSize = ${bytes}`] : []),
    `TransformMatrix = ${[0, 1, 2].flatMap((k) => column(k).map((x) => x / spacing[k])).join(" ")}`,
    `Offset = ${column(3).join(" ")}`,
    "CenterOfRotation = 0 0 0",
    `ElementSpacing = ${spacing.join(" ")}`,
    `DimSize = ${grid.size.join(" ")}`,
    ...(isUnoriented(volume) ? ["AnatomicalOrientation = ???"] : []),
    `ElementType = ${typeNames[type]}`,
    `ElementDataFile = ${dataFile}`,
  ];
  return (bytes = 0) => new TextEncoder().encode(`${lines(bytes).join("\n")}\n`);
}

const typeNames: Readonly<Record<WrittenType, string>> = {
  uint8: "MET_UCHAR",
  int8: "MET_CHAR",
  uint16: "MET_USHORT",
  int16: "MET_SHORT",
  uint32: "MET_UINT",
  int32: "MET_INT",
  uint64: "MET_ULONG_LONG",
  int64: "MET_LONG_LONG",
  float32: "MET_FLOAT",
  float64: "MET_DOUBLE",
};
