import type { DataSet } from "dicom-parser";
import { fault, type Warning } from "../../core/errors.js";
import { type Decoded, decode, type StoredType } from "../numeric.js";
import { ofFile } from "../ofFile.js";
import type { Source } from "../source.js";
import { decodeFrame, interleave, isDecodable } from "./codecs/index.js";
import { type ExtendedOffsets, type FrameTable, findFrames } from "./encapsulated.js";
import { frameHeader } from "./frameGeometry.js";
import { BIG_ENDIAN, type DicomFile } from "./openDicom.js";

/** The image of a DICOM file: what its numbers are, and its frames one by one. */
export interface PixelData {
  readonly rows: number;
  readonly columns: number;
  readonly frames: number;
  /** Samples a pixel: 1, or 3 for color. */
  readonly samples: number;
  /** e.g. MONOCHROME1, MONOCHROME2, RGB, YBR_FULL; stored values are as it says, never converted. */
  readonly photometric: string;
  /** 1 for the packed bits of a segmentation; their stored type is uint8. */
  readonly bitsAllocated: number;
  readonly type: StoredType;
  readonly warnings: readonly Warning[];
  /**
   * The stored values of one frame, [row][column][sample]: bits above and below the stored ones cut off, the sign
   * extended from the highest stored bit; before rescale.
   * With `scratch` they may lie in its memory, where the next frame replaces them.
   * @throws TRUNCATED_FILE, CORRUPT_FILE, UNSUPPORTED_FORMAT, each with `defect`
   */
  readFrame(frame: number, scratch?: Scratch): Promise<Decoded>;
}

/** Memory for one frame that many reads share. */
export interface Scratch {
  bytes?: Uint8Array<ArrayBuffer>;
}

/** JPEG-LS knows no sign. The numbers of signed images are taken as they come, as dcmtk and gdcm do. */
const JPEG_LS = /\.4\.8[01]$/;

type Refusal = "CORRUPT_FILE" | "TRUNCATED_FILE" | "UNSUPPORTED_FORMAT";

/**
 * Describes the image of a file; reads no pixels.
 * @throws UNSUPPORTED_FORMAT (`not-an-image`, `unsupported-type`), CORRUPT_FILE (`missing-tag`, `inconsistent-header`),
 * TRUNCATED_FILE (`truncated`, `length-beyond-file`)
 */
export function describePixels({ source, name, syntax, set }: DicomFile): PixelData {
  const fail = (code: Refusal, defect: string, message: string, tag?: string) =>
    fault(code, `${name}: ${message}`, { defect, file: name, ...(tag && { tag }) });
  const missing = (tag: string, keyword: string) =>
    fail("CORRUPT_FILE", "missing-tag", `${keyword} ${tag} is missing`, tag);
  const { element, floating } = pixelElement(set);
  const rows = set.uint16("x00280010");
  const columns = set.uint16("x00280011");
  if (!element && !rows && !columns)
    throw fail("UNSUPPORTED_FORMAT", "not-an-image", "a DICOM file, but not an image: it has no rows, columns, pixels");
  if (!rows) throw missing("(0028,0010)", "Rows");
  if (!columns) throw missing("(0028,0011)", "Columns");
  if (!element) throw missing("(7FE0,0010)", "PixelData");

  const bitsAllocated = floating ?? set.uint16("x00280100") ?? 16;
  const bitsStored = floating ?? set.uint16("x00280101") ?? bitsAllocated;
  const highBit = floating ? floating - 1 : (set.uint16("x00280102") ?? bitsStored - 1);
  const signed = set.uint16("x00280103") === 1;
  const photometric = (set.string("x00280004") ?? "MONOCHROME2").trim();
  if (!floating && ![1, 8, 16, 32].includes(bitsAllocated))
    throw fail("UNSUPPORTED_FORMAT", "unsupported-type", `${bitsAllocated} bits allocated; 1, 8, 16 and 32 are read`);
  if (bitsStored < 1 || bitsStored > bitsAllocated || highBit >= bitsAllocated || highBit + 1 < bitsStored)
    throw fail(
      "CORRUPT_FILE",
      "inconsistent-header",
      `${bitsStored} bits stored up to bit ${highBit} do not fit in ${bitsAllocated}`,
    );
  const samples = set.uint16("x00280002") ?? 1;
  if (samples !== 1 && samples !== 3)
    throw fail("UNSUPPORTED_FORMAT", "unsupported-type", `${samples} samples a pixel; 1 and 3 are read`);
  if (photometric === "PALETTE COLOR")
    throw fail("UNSUPPORTED_FORMAT", "unsupported-type", "its numbers are places in a color palette, not intensities");
  const { numbers, text } = frameHeader(set, 0);
  const frames = numbers("x00280008", 1)?.[0] ?? 1;
  if (!(Number.isInteger(frames) && frames >= 1))
    throw fail("CORRUPT_FILE", "inconsistent-header", `NumberOfFrames is '${text("x00280008")}'`);

  const packed = bitsAllocated === 1;
  const subsampled = photometric.startsWith("YBR_FULL_422") && samples === 3;
  const frameValues = rows * columns * samples;
  /** Bits of one frame in uncompressed pixel data; 4:2:2 keeps half of the two color samples. */
  const frameBits = (subsampled ? rows * columns * 2 : frameValues) * bitsAllocated;
  const compressed = isDecodable(syntax);
  const { dataOffset } = element;
  const type: StoredType = floating ? `float${floating}` : packed ? "uint8" : storedType(bitsAllocated, signed);
  const warnings: Warning[] = [];
  if (signed && JPEG_LS.test(syntax) && bitsStored < bitsAllocated)
    warnings.push({
      defect: "ambiguous-sign",
      message: `${name}: JPEG-LS knows no sign; its signed numbers of ${bitsStored} bits are taken as they come, as other readers do`,
    });
  const shared = { rows, columns, frames, samples, photometric, bitsAllocated, type, warnings };
  const inRange = (frame: number) => {
    if (!Number.isInteger(frame) || frame < 0 || frame >= frames)
      throw fault("INVALID_ARGUMENT", `${name} has ${frames} frames; there is no number ${frame}`, {
        defect: "out-of-range",
      });
  };
  const trim = (values: Decoded) => trimBits(values, bitsStored, highBit, signed);

  if (compressed) {
    if (packed || floating)
      throw fail("UNSUPPORTED_FORMAT", "unsupported-type", "compressed bits or floats are not read");
    if (element.length !== 0xffffffff && !element.hadUndefinedLength)
      throw fail("CORRUPT_FILE", "inconsistent-header", "its pixels are not encapsulated, as its transfer syntax says");
    let table: Promise<FrameTable> | undefined;
    // Found now, so that the header need not be kept.
    const extended = extendedOffsets(set);
    return {
      ...shared,
      async readFrame(frame) {
        inRange(frame);
        table ??= findFrames(source, dataOffset, frames, extended, name);
        const stretches = (await table)[frame];
        const encoded = new Uint8Array(stretches.reduce((sum, { length }) => sum + length, 0));
        let at = 0;
        for (const { offset, length } of stretches) {
          encoded.set(await source.read(offset, length), at);
          at += length;
        }
        const shape = { rows, columns, samples, bitsAllocated, bitsStored, signed, photometric };
        const decoded = await decodeFrame(syntax, encoded, shape).catch((error: unknown) => {
          throw ofFile(error, name);
        });
        const values = ofType(decoded, type);
        return signed && JPEG_LS.test(syntax) ? values : trim(values);
      },
    };
  }

  const needed = Math.ceil((frameBits * frames) / 8);
  const found = source.size - dataOffset;
  const declared = element.length;
  if (declared > found && declared > needed + 1)
    throw fail("TRUNCATED_FILE", "length-beyond-file", `PixelData claim ${declared} bytes, ${found} are left`);
  if (Math.min(declared, found) < needed)
    throw fail(
      "TRUNCATED_FILE",
      "truncated",
      `the image needs ${needed} bytes of pixels, there are ${Math.min(declared, found)}`,
    );
  const planar = set.uint16("x00280006") === 1 && samples > 1;
  return {
    ...shared,
    async readFrame(frame, scratch) {
      inRange(frame);
      const first = frame * frameBits;
      const from = Math.floor(first / 8);
      const length = Math.ceil((first + frameBits) / 8) - from;
      const bytes = await readOwn(source, dataOffset + from, length, scratch);
      if (!bytes) throw fail("TRUNCATED_FILE", "truncated", "it became shorter while it was read");
      if (packed) return unpackBits(bytes, first % 8, frameValues);
      const values = decode(bytes, type, syntax !== BIG_ENDIAN);
      if (floating) return values;
      if (subsampled) return upsample(trim(values) as Uint8Array);
      return trim(planar ? interleave(values as Uint8Array, samples) : values);
    },
  };
}

/** Bytes that belong to the caller: copied, or read into memory of the caller's own; undefined if there are too few. */
async function readOwn(
  source: Source,
  offset: number,
  length: number,
  scratch: Scratch | undefined,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (!source.readInto) {
    const bytes = await source.read(offset, length);
    return bytes.length === length ? bytes.slice() : undefined;
  }
  const bytes = scratch?.bytes?.length === length ? scratch.bytes : new Uint8Array(length);
  if (scratch) scratch.bytes = bytes;
  return (await source.readInto(offset, bytes)) === length ? bytes : undefined;
}

function pixelElement(set: DataSet) {
  const { x7fe00008: single, x7fe00009: double, x7fe00010: integers } = set.elements;
  if (integers || (!single && !double)) return { element: integers };
  return single ? { element: single, floating: 32 as const } : { element: double, floating: 64 as const };
}

const storedType = (bits: number, signed: boolean) => `${signed ? "int" : "uint"}${bits as 8 | 16 | 32}` as const;

function extendedOffsets(set: DataSet): ExtendedOffsets | undefined {
  const numbers = (tag: string) => {
    const element = set.elements[tag];
    if (!element) return [];
    const view = new DataView(set.byteArray.buffer, set.byteArray.byteOffset + element.dataOffset, element.length);
    return Array.from({ length: element.length >> 3 }, (_, i) => Number(view.getBigUint64(8 * i, true)));
  };
  const [offsets, lengths] = [numbers("x7fe00001"), numbers("x7fe00002")];
  return offsets.length > 0 && offsets.length === lengths.length ? { offsets, lengths } : undefined;
}

/** Numbers of a codec, all of them unsigned, as numbers of the stored type; the bits stay. */
function ofType(numbers: Uint8Array | Uint16Array | Uint32Array, type: StoredType): Decoded {
  const make = { uint8: Uint8Array, int8: Int8Array, uint16: Uint16Array, int16: Int16Array, uint32: Uint32Array };
  const Stored = make[type as keyof typeof make] ?? Int32Array;
  return Stored.BYTES_PER_ELEMENT === numbers.BYTES_PER_ELEMENT
    ? new Stored(numbers.buffer as ArrayBuffer, numbers.byteOffset, numbers.length)
    : Stored.from(numbers);
}

/** Cuts off, in place, the bits beside the stored ones. */
function trimBits(values: Decoded, bitsStored: number, highBit: number, signed: boolean): Decoded {
  if (bitsStored === 8 * values.BYTES_PER_ELEMENT) return values;
  const left = 31 - highBit;
  const right = 32 - bitsStored;
  if (signed) for (let i = 0; i < values.length; i++) values[i] = (values[i] << left) >> right;
  else for (let i = 0; i < values.length; i++) values[i] = (values[i] << left) >>> right;
  return values;
}

/** Bits, the lowest of each byte first, as numbers 0 and 1. */
function unpackBits(bytes: Uint8Array, first: number, count: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(count);
  for (let i = 0; i < count; i++) out[i] = (bytes[(first + i) >> 3] >> ((first + i) & 7)) & 1;
  return out;
}

/** Y0 Y1 Cb Cr of two neighbors as Y Cb Cr of each (PS3.3, C.7.6.3.1.2). */
function upsample(packed: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array((packed.length / 2) * 3);
  for (let i = 0, o = 0; i + 3 < packed.length; i += 4, o += 6)
    out.set([packed[i], packed[i + 2], packed[i + 3], packed[i + 1], packed[i + 2], packed[i + 3]], o);
  return out;
}
