import type { DataSet } from "dicom-parser";
import { fault, isTomogradError, type TomogradError, type Warning } from "../../core/errors.js";
import { cross, dot, norm, scale, type Vec3 } from "../../core/linear.js";
import type { Source } from "../source.js";
import { dicomKind } from "./sniff.js";

/** The facts of one DICOM image that a volume needs. Vectors are LPS, as DICOM has them. */
export interface Slice {
  readonly source: Source;
  readonly name: string;
  readonly littleEndian: boolean;
  /** Where PixelData begin in the file, bytes. */
  readonly pixelOffset: number;
  readonly rows: number;
  readonly columns: number;
  readonly bitsAllocated: 8 | 16 | 32;
  readonly bitsStored: number;
  readonly highBit: number;
  readonly signed: boolean;
  readonly slope: number;
  readonly intercept: number;
  /** mm: between rows (down a column), between columns (along a row). */
  readonly pixelSpacing: readonly [number, number];
  /** Center of the first pixel, mm; undefined if the file does not say. */
  readonly position?: Vec3;
  /** Unit vectors along a row and down a column; undefined if the file does not say. */
  readonly orientation?: readonly [Vec3, Vec3];
  /** mm */
  readonly thickness?: number;
  readonly localizer: boolean;
  readonly modality: string;
  readonly series: string;
  readonly seriesNumber?: number;
  readonly seriesDescription: string;
  readonly warnings: readonly Warning[];
}

const IMPLICIT = "1.2.840.10008.1.2";
const EXPLICIT = "1.2.840.10008.1.2.1";
const BIG_ENDIAN = "1.2.840.10008.1.2.2";
const readSyntaxes: readonly string[] = [IMPLICIT, EXPLICIT, BIG_ENDIAN];

const compressedSyntaxes: Readonly<Record<string, string>> = {
  "1.2.840.10008.1.2.1.99": "deflated",
  "1.2.840.10008.1.2.5": "RLE",
  "1.2.840.10008.1.2.4.50": "JPEG baseline",
  "1.2.840.10008.1.2.4.51": "JPEG extended",
  "1.2.840.10008.1.2.4.57": "JPEG lossless",
  "1.2.840.10008.1.2.4.70": "JPEG lossless, first-order prediction",
  "1.2.840.10008.1.2.4.80": "JPEG-LS lossless",
  "1.2.840.10008.1.2.4.81": "JPEG-LS near-lossless",
  "1.2.840.10008.1.2.4.90": "JPEG 2000 lossless",
  "1.2.840.10008.1.2.4.91": "JPEG 2000",
  "1.2.840.10008.1.2.4.201": "HTJ2K lossless",
  "1.2.840.10008.1.2.4.202": "HTJ2K lossless, RPCL",
  "1.2.840.10008.1.2.4.203": "HTJ2K",
};

/** Most headers fit; what does not is read whole. */
const HEAD_BYTES = 1 << 16;

/**
 * Reads the header of one image; the pixels stay in the file. Reads 64 KiB, or the whole file if the header is longer.
 * @throws UNSUPPORTED_FORMAT, TRUNCATED_FILE, CORRUPT_FILE, each with `defect` and, for one tag, `tag`
 */
export async function parseSlice(source: Source, path?: string): Promise<Slice> {
  const name = path ?? source.name ?? "the file";
  if (source.size === 0) throw fault("CORRUPT_FILE", `${name} is empty`, { defect: "empty-file", file: name });
  const bytes = await source.read(0, Math.min(HEAD_BYTES, source.size));
  try {
    return describe(await parse(bytes, name), source, name);
  } catch (error) {
    if (bytes.length === source.size) throw error;
    return describe(await parse(await source.read(0, source.size), name), source, name);
  }
}

async function parse(bytes: Uint8Array, name: string): Promise<DataSet> {
  const { default: dicomParser } = await import("dicom-parser");
  const kind = dicomKind(bytes);
  if (!kind)
    throw fault("UNSUPPORTED_FORMAT", `${name} is not a DICOM file: neither DICM at byte 128 nor a bare data set`, {
      defect: "bad-magic",
      file: name,
    });
  try {
    if (kind === "part10") {
      // Before anything is inflated or parsed further.
      const stated = dicomParser.readPart10Header(bytes).string("x00020010");
      if (stated && !readSyntaxes.includes(stated)) throw unsupportedSyntax(stated, name);
    }
    const bare = kind === "implicit" ? IMPLICIT : EXPLICIT;
    return dicomParser.parseDicom(bytes, {
      untilTag: "x7fe00010",
      ...(kind !== "part10" && { TransferSyntaxUID: bare }),
    });
  } catch (thrown) {
    throw isTomogradError(thrown) ? thrown : parseFault(thrown, name);
  }
}

function parseFault(thrown: unknown, name: string): TomogradError {
  const cause = (thrown as { exception?: unknown }).exception ?? thrown;
  if (cause instanceof RangeError)
    return fault("CORRUPT_FILE", `${name}: its sequences are nested too deep`, {
      defect: "nesting-too-deep",
      file: name,
    });
  const text = cause instanceof Error ? cause.message : String(cause);
  return fault("TRUNCATED_FILE", `${name} ends inside its header, or its header is damaged (${text})`, {
    defect: "truncated",
    file: name,
  });
}

const unsupportedSyntax = (syntax: string, name: string) =>
  fault(
    "UNSUPPORTED_FORMAT",
    `${name}: transfer syntax ${syntax} (${compressedSyntaxes[syntax] ?? "unknown"}) is not read; convert it to uncompressed, e.g. with dcmdjpeg or gdcmconv --raw`,
    { defect: "unsupported-transfer-syntax", transferSyntax: syntax, file: name },
  );

function describe(set: DataSet, source: Source, name: string): Slice {
  const fail = (
    code: "CORRUPT_FILE" | "TRUNCATED_FILE" | "UNSUPPORTED_FORMAT",
    defect: string,
    message: string,
    tag?: string,
  ) => fault(code, `${name}: ${message}`, { defect, file: name, ...(tag && { tag }) });
  const missing = (tag: string, keyword: string) =>
    fail("CORRUPT_FILE", "missing-tag", `${keyword} ${tag} is missing`, tag);
  const syntax = set.string("x00020010") ?? IMPLICIT;
  const pixels = set.elements.x7fe00010;
  const rows = set.uint16("x00280010");
  const columns = set.uint16("x00280011");
  if (!pixels && !rows && !columns)
    throw fail("UNSUPPORTED_FORMAT", "not-an-image", "a DICOM file, but not an image: it has no rows, columns, pixels");
  if (!rows) throw missing("(0028,0010)", "Rows");
  if (!columns) throw missing("(0028,0011)", "Columns");
  if (!pixels) throw missing("(7FE0,0010)", "PixelData");

  const bitsAllocated = set.uint16("x00280100") ?? 16;
  const bitsStored = set.uint16("x00280101") ?? bitsAllocated;
  const highBit = set.uint16("x00280102") ?? bitsStored - 1;
  if (bitsAllocated !== 8 && bitsAllocated !== 16 && bitsAllocated !== 32)
    throw fail("UNSUPPORTED_FORMAT", "unsupported-type", `${bitsAllocated} bits allocated; 8, 16 and 32 are read`);
  if (bitsStored < 1 || bitsStored > bitsAllocated || highBit >= bitsAllocated || highBit + 1 < bitsStored)
    throw fail(
      "CORRUPT_FILE",
      "inconsistent-header",
      `${bitsStored} bits stored up to bit ${highBit} do not fit in ${bitsAllocated}`,
    );
  const samples = set.uint16("x00280002") ?? 1;
  if (samples !== 1) throw fail("UNSUPPORTED_FORMAT", "unsupported-type", `${samples} samples a pixel: a color image`);
  if (set.elements.x00283000)
    throw fail("UNSUPPORTED_FORMAT", "unsupported-type", "a modality lookup table (0028,3000) is not read");

  const frames = set.intString("x00280008") ?? 1;
  const needed = (rows * columns * frames * bitsAllocated) / 8;
  const found = source.size - pixels.dataOffset;
  const declared = pixels.length;
  if (declared > found && declared > needed + 1)
    throw fail("TRUNCATED_FILE", "length-beyond-file", `PixelData claim ${declared} bytes, ${found} are left`);
  if (Math.min(declared, found) < needed)
    throw fail(
      "TRUNCATED_FILE",
      "truncated",
      `the image needs ${needed} bytes of pixels, there are ${Math.min(declared, found)}`,
    );
  if (frames > 1)
    throw fail("UNSUPPORTED_FORMAT", "unsupported-type", `${frames} frames in one file; single-frame images are read`);

  const numbers = (tag: string, count: number) => {
    const values = Array.from({ length: count }, (_, i) => set.floatString(tag, i) ?? Number.NaN);
    return set.elements[tag]?.length ? values : undefined;
  };
  const finite = (values: readonly number[] | undefined, what: string) => {
    if (values && !values.every(Number.isFinite))
      throw fail("CORRUPT_FILE", "non-finite-affine", `${what} is not all numbers: ${values.join(", ")}`);
    return values;
  };
  const slope = numbers("x00281053", 1)?.[0] ?? 1;
  const intercept = numbers("x00281052", 1)?.[0] ?? 0;
  if (!Number.isFinite(slope) || !Number.isFinite(intercept) || slope === 0)
    throw fail("CORRUPT_FILE", "bad-rescale", `rescale slope ${slope} and intercept ${intercept} wipe the image`);
  const spacing = finite(numbers("x00280030", 2), "PixelSpacing");
  if (!spacing) throw missing("(0028,0030)", "PixelSpacing");
  if (!(spacing[0] > 0 && spacing[1] > 0))
    throw fail("CORRUPT_FILE", "zero-spacing", `PixelSpacing must be positive, it is ${spacing.join(", ")}`);
  const position = finite(numbers("x00200032", 3), "ImagePositionPatient");
  const cosines = finite(numbers("x00200037", 6), "ImageOrientationPatient");

  return {
    source,
    name,
    littleEndian: syntax !== BIG_ENDIAN,
    pixelOffset: pixels.dataOffset,
    rows,
    columns,
    bitsAllocated,
    bitsStored,
    highBit,
    signed: set.uint16("x00280103") === 1,
    slope,
    intercept,
    pixelSpacing: [spacing[0], spacing[1]],
    position: position && [position[0], position[1], position[2]],
    orientation: cosines && directions(cosines, name),
    thickness: numbers("x00180050", 1)?.[0],
    localizer: /LOCALIZER/i.test(set.string("x00080008") ?? ""),
    modality: set.string("x00080060") ?? "",
    series: set.string("x0020000e") ?? "",
    seriesNumber: set.intString("x00200011"),
    seriesDescription: set.string("x0008103e") ?? "",
    warnings: oddLengths(set, name),
  };
}

/** Unit vectors along a row and down a column. */
function directions(cosines: readonly number[], name: string): readonly [Vec3, Vec3] {
  const row: Vec3 = [cosines[0], cosines[1], cosines[2]];
  const column: Vec3 = [cosines[3], cosines[4], cosines[5]];
  const bad = (defect: string, why: string) =>
    fault("CORRUPT_FILE", `${name}: ImageOrientationPatient ${cosines.join(", ")}: ${why}`, { defect, file: name });
  if (!(norm(cross(row, column)) > 1e-6)) throw bad("singular-affine", "the two directions span no plane");
  // Direction cosines are written with 4 digits or more.
  const tolerance = 1e-3;
  if (Math.abs(dot(row, column)) > tolerance) throw bad("inconsistent-geometry", "rows and columns are not orthogonal");
  if (Math.abs(norm(row) - 1) > tolerance || Math.abs(norm(column) - 1) > tolerance)
    throw bad("inconsistent-geometry", "the directions are not of length 1");
  return [scale(row, 1 / norm(row)), scale(column, 1 / norm(column))];
}

function oddLengths(set: DataSet, name: string): Warning[] {
  const odd = Object.values(set.elements).filter(
    ({ tag, length }) => length % 2 === 1 && length !== 0xffffffff && tag !== "x7fe00010",
  );
  return odd.length === 0
    ? []
    : [
        {
          defect: "odd-length",
          message: `${name}: element ${odd[0].tag.slice(1)} has an odd length of ${odd[0].length}`,
        },
      ];
}
