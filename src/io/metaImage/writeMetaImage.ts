import { writeFileAtomically } from "#platform";
import type { Volume } from "../../volume/grid.js";
import { refuseBadAffine } from "../affine.js";
import { detachedName, detachedPath } from "../detached.js";
import { isUnoriented } from "../orientation.js";
import { checkWritable, joinPieces, littleEndianPieces } from "../valueBytes.js";

/** The bytes of a .mha file of a volume. @throws SHAPE_MISMATCH, NOT_FINITE, CORRUPT_FILE (`singular-affine`) */
export function encodeMetaImage(volume: Volume): Uint8Array<ArrayBuffer> {
  return joinPieces([header(volume, "LOCAL"), ...littleEndianPieces(volume.values)]);
}

/**
 * Writes .mha, or .mhd with a .raw beside it, not compressed; each file whole or not at all. Type, affine (spacing times
 * unit directions: every digit but the last; sheared ones too) and quantity are kept.
 * @throws WRITE_FAILED, SHAPE_MISMATCH, NOT_FINITE, CORRUPT_FILE (`singular-affine`)
 */
export async function writeMetaImage(path: string, volume: Volume): Promise<void> {
  const beside = detachedPath(path);
  if (!beside) {
    const head = header(volume, "LOCAL");
    return writeFileAtomically(path, chain(head, littleEndianPieces(volume.values)));
  }
  const head = header(volume, detachedName(beside));
  await writeFileAtomically(beside, littleEndianPieces(volume.values));
  await writeFileAtomically(path, head);
}

function* chain(head: Uint8Array, rest: Iterable<Uint8Array>): Generator<Uint8Array> {
  yield head;
  yield* rest;
}

/** Directions and offset in left, posterior, superior, the format's world; the directions of the axes one after another. */
function header(volume: Volume, dataFile: string): Uint8Array {
  checkWritable(volume);
  const { grid, values, quantity } = volume;
  const m = grid.indexToWorld;
  refuseBadAffine(m, "the volume", "affine");
  const column = (k: number) => [0 - m[k], 0 - m[4 + k], m[8 + k]];
  const spacing = [0, 1, 2].map((k) => Math.hypot(...column(k)));
  const lines = [
    "ObjectType = Image",
    "NDims = 3",
    `Comment = tomograd ${quantity}`,
    "BinaryData = True",
    "BinaryDataByteOrderMSB = False",
    "CompressedData = False",
    `TransformMatrix = ${[0, 1, 2].flatMap((k) => column(k).map((x) => x / spacing[k])).join(" ")}`,
    `Offset = ${column(3).join(" ")}`,
    "CenterOfRotation = 0 0 0",
    `ElementSpacing = ${spacing.join(" ")}`,
    `DimSize = ${grid.size.join(" ")}`,
    ...(isUnoriented(volume) ? ["AnatomicalOrientation = ???"] : []),
    `ElementType = ${typeName(values)}`,
    `ElementDataFile = ${dataFile}`,
  ];
  return new TextEncoder().encode(`${lines.join("\n")}\n`);
}

function typeName(values: Volume["values"]): string {
  if (values instanceof Uint8Array) return "MET_UCHAR";
  if (values instanceof Int16Array) return "MET_SHORT";
  return values instanceof Float32Array ? "MET_FLOAT" : "MET_DOUBLE";
}
