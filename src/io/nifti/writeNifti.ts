import { gzip, writeFileAtomically } from "#platform";
import { fault } from "../../core/errors.js";
import { cross, determinant3, dot, inverse3, linearPart, type Matrix4, type Vec3 } from "../../core/linear.js";
import { refuseUnknownOptions } from "../../core/options.js";
import type { Volume } from "../../volume/grid.js";
import { detachedPath } from "../detached.js";
import { bytesPer, naturalType } from "../numeric.js";
import { isUnoriented, metadataText } from "../orientation.js";
import { joinPieces, littleEndianPieces } from "../valueBytes.js";
import { type TypeOption, type WrittenType, writtenType } from "../writtenType.js";
import { COMMENT, LABEL_INTENT } from "./header.js";

/** What a NIfTI file holds. */
export interface NiftiContent {
  /** [nx, ny, nz] or [nx, ny, nz, nt]. */
  readonly size: readonly number[];
  readonly indexToWorld: Matrix4;
  readonly values: Volume["values"];
  /** Of the numbers in the file; it must hold all of `values`. @default that of `values` */
  readonly type?: WrittenType;
  /** Up to 79 characters of ASCII. */
  readonly description: string;
  /** A label map: readers of other software know it by the intent code. */
  readonly labels?: boolean;
  /** ASCII; kept as a comment (extension code 6) behind the header. */
  readonly metadata?: string;
  /** Nothing is known of directions: both codes are 0, and readers have the spacings alone. */
  readonly unoriented?: boolean;
}

/** Options of `writeNifti`. */
export interface WriteNiftiOptions extends TypeOption {
  /** gzip level, 1 (fast) to 9 (small), for a path that ends in .gz. @default 6 */
  readonly level?: number;
}

const HEADER = 352;

/**
 * The bytes of a NIfTI-1 file (.nii, little endian), piece by piece; the voxels are not copied.
 * The affine is kept as sform (float32), and as qform too if it has no shear; what float32
 * loses of a volume's affine stands in a comment behind the header. A volume as it was read with the warning
 * `no-orientation` has both codes 0.
 * @throws TOO_LARGE (`bad-dimension`) beyond 32767 voxels along an axis, SHAPE_MISMATCH, NOT_FINITE, INVALID_GEOMETRY
 *   (`singular-affine`) also if only its float32 form is singular
 */
export function* niftiPieces(content: NiftiContent): Generator<Uint8Array> {
  const { size, indexToWorld, values, type } = content;
  if (size.some((n) => n > 32767))
    throw fault("TOO_LARGE", `NIfTI-1 holds at most 32767 voxels along an axis, not ${size.join(" x ")}`, {
      defect: "bad-dimension",
    });
  if (size.reduce((a, b) => a * b, 1) !== values.length)
    throw fault("SHAPE_MISMATCH", `${values.length} values do not fill a grid of ${size.join(" x ")}`, {
      defect: "length",
    });
  if (!indexToWorld.every(Number.isFinite))
    throw fault("NOT_FINITE", `an affine must be finite: ${indexToWorld}`, { defect: "non-finite-affine" });
  // in float32, as the file holds it: tiny and huge numbers become 0 and infinite there
  inverse3(linearPart(indexToWorld).map(Math.fround));
  yield header(content);
  yield* littleEndianPieces(values, type);
}

/** What a volume's file says about itself; read back as its quantity, and as its affine where float32 rounds that. */
const volumeContent = (volume: Volume, options: TypeOption): NiftiContent => ({
  size: volume.grid.size,
  indexToWorld: volume.grid.indexToWorld,
  values: volume.values,
  type: writtenType(volume, options),
  description: `tomograd ${volume.quantity}`,
  labels: volume.quantity === "label",
  unoriented: isUnoriented(volume),
  ...((isUnoriented(volume) || volume.grid.indexToWorld.some((value) => Math.fround(value) !== value)) && {
    metadata: metadataText(volume),
  }),
});

/** The bytes of a .nii file of a volume. @throws as `niftiPieces` and `writtenType` */
export function encodeNifti(volume: Volume, options: TypeOption = {}): Uint8Array<ArrayBuffer> {
  refuseUnknownOptions("encodeNifti", options, ["type"]);
  return joinPieces(niftiPieces(volumeContent(volume, options)));
}

/**
 * Writes .nii, .nii.gz or .hdr with the voxels in an .img beside it, as the path ends; each file whole or not at all.
 * @throws WRITE_FAILED, and as `niftiPieces` and `writtenType`
 */
export async function writeNifti(path: string, volume: Volume, options: WriteNiftiOptions = {}): Promise<void> {
  refuseUnknownOptions("writeNifti", options, ["level", "type"]);
  const content = volumeContent(volume, options);
  const voxels = detachedPath(path);
  if (!voxels) return writeNiftiContent(path, content, options.level);
  const [head, ...pieces] = niftiPieces(content);
  const view = new DataView(head.buffer, head.byteOffset);
  // The voxels begin at byte 0 of the .img, and the magic word is that of a pair.
  view.setFloat32(108, 0, true);
  head.set([0x6e, 0x69, 0x31, 0], 344);
  await writeFileAtomically(voxels, pieces);
  await writeFileAtomically(path, [head]);
}

/** As `writeNifti` for any content. */
export async function writeNiftiContent(path: string, content: NiftiContent, level = 6): Promise<void> {
  const pieces = niftiPieces(content);
  await writeFileAtomically(path, /\.gz$/i.test(path) ? gzip(pieces, level) : pieces);
}

function header(content: NiftiContent): Uint8Array {
  const { size, indexToWorld: m, description, metadata, unoriented } = content;
  const type = content.type ?? naturalType(content.values);
  const extension = metadata === undefined ? 0 : 16 * Math.ceil((8 + metadata.length) / 16);
  const bytes = new Uint8Array(HEADER + extension);
  const view = new DataView(bytes.buffer);
  const reals = (at: number, numbers: readonly number[]) => {
    numbers.forEach((value, i) => void view.setFloat32(at + 4 * i, value, true));
  };
  const columns = [0, 1, 2].map((k): Vec3 => [m[k], m[4 + k], m[8 + k]]);
  const spacing = columns.map((column) => Math.hypot(...column));
  const rotation = rigidPart(columns, spacing);

  view.setInt32(0, 348, true);
  bytes[38] = 0x72;
  [size.length, ...size, 1, 1, 1, 1].slice(0, 8).forEach((n, i) => void view.setInt16(40 + 2 * i, n, true));
  if (content.labels) view.setInt16(68, LABEL_INTENT, true);
  view.setInt16(70, typeCodes[type as WrittenType], true);
  view.setInt16(72, 8 * bytesPer[type], true);
  reals(76, [rotation?.qfac ?? 1, ...spacing, 1, 1, 1, 1]);
  view.setFloat32(108, bytes.length, true);
  view.setFloat32(112, 1, true);
  bytes[123] = 2;
  bytes.set(new TextEncoder().encode(description).subarray(0, 79), 148);
  view.setInt16(252, rotation && !unoriented ? 1 : 0, true);
  view.setInt16(254, unoriented ? 0 : 1, true);
  reals(256, [...(rotation?.quaternion ?? [0, 0, 0]), m[3], m[7], m[11]]);
  reals(280, m.slice(0, 12));
  bytes.set([0x6e, 0x2b, 0x31, 0], 344);
  if (metadata !== undefined) {
    bytes[348] = 1;
    view.setInt32(HEADER, extension, true);
    view.setInt32(HEADER + 4, COMMENT, true);
    bytes.set(new TextEncoder().encode(metadata), HEADER + 8);
  }
  return bytes;
}

const typeCodes: Readonly<Record<WrittenType, number>> = {
  uint8: 2,
  int8: 256,
  uint16: 512,
  int16: 4,
  uint32: 768,
  int32: 8,
  uint64: 1280,
  int64: 1024,
  float32: 16,
  float64: 64,
};

/** Quaternion (b, c, d with a >= 0) and handedness of an affine without shear; undefined if it has one. */
function rigidPart(
  columns: readonly Vec3[],
  spacing: readonly number[],
): { quaternion: number[]; qfac: 1 | -1 } | undefined {
  const [x, y, z] = columns.map(
    (column, k): Vec3 => [column[0] / spacing[k], column[1] / spacing[k], column[2] / spacing[k]],
  );
  // 1e-6 radians: what float32 keeps of a direction.
  if ([dot(x, y), dot(y, z), dot(z, x)].some((cosine) => !(Math.abs(cosine) < 1e-6))) return undefined;
  const qfac = dot(cross(x, y), z) < 0 ? -1 : 1;
  const r = [x[0], y[0], qfac * z[0], x[1], y[1], qfac * z[1], x[2], y[2], qfac * z[2]];
  if (!(Math.abs(determinant3(r) - 1) < 1e-5)) return undefined;
  // The largest of the four squared components is at least 1/4; dividing by it loses nothing.
  const squares = [1 + r[0] + r[4] + r[8], 1 + r[0] - r[4] - r[8], 1 - r[0] + r[4] - r[8], 1 - r[0] - r[4] + r[8]];
  const largest = squares.indexOf(Math.max(...squares));
  const s = 2 * Math.sqrt(squares[largest]);
  const q = [
    [s / 4, (r[7] - r[5]) / s, (r[2] - r[6]) / s, (r[3] - r[1]) / s],
    [(r[7] - r[5]) / s, s / 4, (r[1] + r[3]) / s, (r[2] + r[6]) / s],
    [(r[2] - r[6]) / s, (r[1] + r[3]) / s, s / 4, (r[5] + r[7]) / s],
    [(r[3] - r[1]) / s, (r[2] + r[6]) / s, (r[5] + r[7]) / s, s / 4],
  ][largest];
  const sign = q[0] < 0 ? -1 : 1;
  return { quaternion: q.slice(1).map((value) => sign * value), qfac };
}
