import { fault, type Warning } from "../../core/errors.js";
import type { Quantity } from "../../volume/grid.js";
import { bytesPer, type StoredType } from "../numeric.js";
import { describedQuantity, isOwnMetadata } from "../orientation.js";
import type { VolumeFormat } from "../types.js";

/** The facts of a NIfTI or ANALYZE header that a volume needs, as stored: no affine is computed here. */
export interface NiftiHeader {
  readonly format: VolumeFormat;
  readonly littleEndian: boolean;
  /** The voxels lie in a second file. */
  readonly pair: boolean;
  readonly size: readonly [number, number, number];
  readonly frames: number;
  readonly type: StoredType;
  readonly voxelOffset: number;
  readonly slope: number;
  readonly intercept: number;
  readonly quantity: Quantity;
  readonly qformCode: number;
  readonly sformCode: number;
  /** pixdim[0..3]: qfac and the three spacings. */
  readonly pixdim: readonly number[];
  /** b, c, d. */
  readonly quaternion: readonly number[];
  readonly qoffset: readonly number[];
  /** 12 numbers, row-major. */
  readonly srow: readonly number[];
  /** mm per unit of length of the file. */
  readonly millimeters: number;
  /** The first comment (extension code 6) that tomograd wrote. */
  readonly metadata?: string;
  readonly warnings: Warning[];
}

/** Data type codes of NIfTI that tomograd reads. */
export const niftiTypes: Readonly<Record<number, StoredType>> = {
  2: "uint8",
  4: "int16",
  8: "int32",
  16: "float32",
  64: "float64",
  256: "int8",
  512: "uint16",
  768: "uint32",
  1024: "int64",
  1280: "uint64",
};

const refusedTypes: Readonly<Record<number, string>> = {
  1: "1-bit",
  32: "complex64",
  128: "RGB24",
  1536: "float128",
  1792: "complex128",
  2048: "complex256",
  2304: "RGBA32",
};

/** Bytes at the start of a file in which header and tomograd's comment lie. */
export const NIFTI_HEAD_BYTES = 2048;
/** What an extension holds whose code is this: plain text (nifti1_io.h). */
export const COMMENT = 6;

/** Where the fields lie and how wide they are: NIfTI-1 (and ANALYZE) against NIfTI-2. */
const layouts = {
  1: { dim: 40, type: 70, bitpix: 72, pixdim: 76, offset: 108, slope: 112, q: 252, quaternion: 256, srow: 280 },
  2: { dim: 16, type: 12, bitpix: 14, pixdim: 104, offset: 168, slope: 176, q: 344, quaternion: 352, srow: 400 },
} as const;
const UNITS = { 1: 123, 2: 500 } as const;
/** Millimeters of the codes of units: unknown, meter, millimeter, micron. */
const MILLIMETERS: readonly (number | undefined)[] = [1, 1000, 1, 1e-3];
const INTENT = { 1: 68, 2: 504 } as const;
/** NIFTI_INTENT_LABEL: each voxel is the index of a structure. */
export const LABEL_INTENT = 1002;
const DESCRIPTION = { 1: 148, 2: 240 } as const;

/** True if the bytes start like a NIfTI-1, NIfTI-2 or ANALYZE 7.5 header, in either byte order. */
export function looksLikeNifti(head: Uint8Array): boolean {
  if (head.length < 4) return false;
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  return [348, 540].some((size) => view.getInt32(0, true) === size || view.getInt32(0, false) === size);
}

/**
 * Reads a header. Source: the NIfTI-1 and NIfTI-2 data format definitions (nifti1.h, nifti2.h), NIMH.
 * @throws TRUNCATED_FILE (`truncated`), CORRUPT_FILE (`bad-magic`, `bad-dimension`, `bad-offset`, `bad-rescale`), UNSUPPORTED_FORMAT (`unsupported-type`)
 */
export function parseNiftiHeader(head: Uint8Array, name: string): NiftiHeader {
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  const sizeLittle = head.length >= 4 ? view.getInt32(0, true) : 0;
  const littleEndian = sizeLittle === 348 || sizeLittle === 540;
  const headerBytes = head.length >= 4 ? view.getInt32(0, littleEndian) : 348;
  if (head.length < headerBytes)
    throw fault(
      "TRUNCATED_FILE",
      `${name}: a NIfTI header has ${headerBytes} bytes, the file ${head.length}: it is cut short, or another kind of file`,
      {
        defect: "truncated",
        needed: headerBytes,
        found: head.length,
      },
    );
  const version = headerBytes === 540 ? 2 : 1;
  const magic = String.fromCharCode(...head.subarray(version === 2 ? 4 : 344, version === 2 ? 7 : 347));
  const analyze = version === 1 && /^\0/.test(magic);
  const single = magic === `n+${version}`;
  if (!single && magic !== `ni${version}` && !analyze)
    throw fault("CORRUPT_FILE", `${name}: the magic word must be n+${version} or ni${version}, not '${magic}'`, {
      defect: "bad-magic",
    });

  const at = layouts[version];
  const wide = version === 2;
  const integer = (offset: number) =>
    wide ? Number(view.getBigInt64(offset, littleEndian)) : view.getInt16(offset, littleEndian);
  const real = (offset: number) =>
    wide ? view.getFloat64(offset, littleEndian) : view.getFloat32(offset, littleEndian);
  const reals = (offset: number, count: number) =>
    Array.from({ length: count }, (_, i) => real(offset + i * (wide ? 8 : 4)));
  const code = (offset: number) => (wide ? view.getInt32(offset, littleEndian) : view.getInt16(offset, littleEndian));

  const dim = Array.from({ length: 8 }, (_, i) => integer(at.dim + i * (wide ? 8 : 2)));
  const sizes = Array.from({ length: 7 }, (_, i) => (i < dim[0] ? dim[i + 1] : 1));
  if (!(dim[0] >= 1 && dim[0] <= 7) || sizes.some((n) => !(n >= 1)) || !Number.isSafeInteger(product(sizes)))
    throw fault("CORRUPT_FILE", `${name}: impossible dimensions ${dim.join(" ")}`, { defect: "bad-dimension", dim });

  const warnings: Warning[] = [];
  const typeCode = view.getInt16(at.type, littleEndian);
  const type = niftiTypes[typeCode];
  if (!type)
    throw fault(
      "UNSUPPORTED_FORMAT",
      `${name}: voxels of type ${refusedTypes[typeCode] ?? `code ${typeCode}`} are not read`,
      { defect: "unsupported-type", typeCode },
    );
  const bitpix = view.getInt16(at.bitpix, littleEndian);
  if (bitpix !== 8 * bytesPer[type])
    warnings.push({ defect: "inconsistent-header", message: `bitpix is ${bitpix} for ${type}; the data type rules` });

  const offset = wide ? integer(at.offset) : real(at.offset);
  const least = single ? headerBytes + 4 : 0;
  const absent = offset === 0 && single;
  if (absent) warnings.push({ defect: "bad-offset", message: `vox_offset is 0; ${least} is taken` });
  else if (!Number.isSafeInteger(offset) || offset < least)
    throw fault("CORRUPT_FILE", `${name}: the voxels cannot start at byte ${offset}, inside the header`, {
      defect: "bad-offset",
    });

  const [slope, intercept] = analyze ? [1, 0] : reals(at.slope, 2);
  const scaled = Number.isFinite(slope) && slope !== 0;
  if (scaled && !Number.isFinite(intercept))
    throw fault("CORRUPT_FILE", `${name}: values of ${slope} * stored + ${intercept} are no numbers`, {
      defect: "bad-rescale",
    });
  const units = (wide ? view.getInt32(UNITS[2], littleEndian) : head[UNITS[1]]) & 7;
  // Code 0 is what many writers of mm leave.
  if (!analyze && MILLIMETERS[units] === undefined)
    warnings.push({ defect: "unknown-unit", message: `lengths in units of code ${units} are taken for mm` });
  const intent = wide ? view.getInt32(INTENT[2], littleEndian) : view.getInt16(INTENT[1], littleEndian);
  const description = String.fromCharCode(...head.subarray(DESCRIPTION[version], DESCRIPTION[version] + 80));
  return {
    format: analyze ? "analyze-7.5" : `nifti-${version}`,
    littleEndian,
    pair: !single,
    size: [sizes[0], sizes[1], sizes[2]],
    frames: product(sizes.slice(3)),
    type,
    voxelOffset: absent ? least : offset,
    slope: scaled ? slope : 1,
    intercept: scaled ? intercept : 0,
    quantity: describedQuantity(description) ?? (!analyze && intent === LABEL_INTENT ? "label" : "unknown"),
    qformCode: analyze ? 0 : code(at.q),
    sformCode: analyze ? 0 : code(at.q + (wide ? 4 : 2)),
    pixdim: reals(at.pixdim, 4),
    quaternion: reals(at.quaternion, 3),
    qoffset: reals(at.quaternion + 3 * (wide ? 8 : 4), 3),
    srow: reals(at.srow, 12),
    millimeters: (!analyze && MILLIMETERS[units]) || 1,
    metadata: ownComment(view, headerBytes, single ? offset : head.length, littleEndian),
    warnings,
  };
}

/** Walks the extensions between header and voxels: each has its length, a code, and its content. */
function ownComment(view: DataView, headerBytes: number, voxels: number, littleEndian: boolean): string | undefined {
  if (view.byteLength < headerBytes + 4 || view.getUint8(headerBytes) === 0) return undefined;
  const end = Math.min(view.byteLength, voxels);
  for (let at = headerBytes + 4; at + 8 <= end; ) {
    const length = view.getInt32(at, littleEndian);
    if (length < 16 || at + length > end) return undefined;
    const content = new Uint8Array(view.buffer, view.byteOffset + at + 8, length - 8);
    const text = String.fromCharCode(...content).replace(/\0.*$/s, "");
    if (view.getInt32(at + 4, littleEndian) === COMMENT && isOwnMetadata(text)) return text;
    at += length;
  }
  return undefined;
}

const product = (numbers: readonly number[]) => numbers.reduce((a, b) => a * b, 1);
