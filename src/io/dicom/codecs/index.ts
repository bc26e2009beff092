/** Decoding of compressed frames, each codec loaded when its transfer syntax first comes. */
import { fault, invariant } from "../../../core/errors.js";
import { corruptStream, unsupportedStream } from "./jpegStream.js";
import type { JpegXlImage } from "./jpegXl.js";
import type { DecodedFrame } from "./wasmCodec.js";

/** What the data set says of the image that a frame must become. */
export type FrameShape = JpegXlImage;

/** Numbers [row][column][sample] as the stream holds them; bits beyond the stored ones, and the sign, are the caller's. */
export type FrameNumbers = Uint8Array | Uint16Array | Uint32Array;

type Family = "rle" | "jpeg" | "jpeg-ls" | "jpeg-2000" | "htj2k" | "jpeg-xl";

const families: Readonly<Record<string, Family>> = {
  "1.2.840.10008.1.2.5": "rle",
  "1.2.840.10008.1.2.4.50": "jpeg",
  "1.2.840.10008.1.2.4.51": "jpeg",
  "1.2.840.10008.1.2.4.53": "jpeg",
  "1.2.840.10008.1.2.4.55": "jpeg",
  "1.2.840.10008.1.2.4.57": "jpeg",
  "1.2.840.10008.1.2.4.70": "jpeg",
  "1.2.840.10008.1.2.4.80": "jpeg-ls",
  "1.2.840.10008.1.2.4.81": "jpeg-ls",
  "1.2.840.10008.1.2.4.90": "jpeg-2000",
  "1.2.840.10008.1.2.4.91": "jpeg-2000",
  "1.2.840.10008.1.2.4.201": "htj2k",
  "1.2.840.10008.1.2.4.202": "htj2k",
  "1.2.840.10008.1.2.4.203": "htj2k",
  "1.2.840.10008.1.2.4.110": "jpeg-xl",
  "1.2.840.10008.1.2.4.111": "jpeg-xl",
  "1.2.840.10008.1.2.4.112": "jpeg-xl",
};

/** Whether frames of a transfer syntax are compressed and can be decoded. */
export const isDecodable = (syntax: string): boolean => syntax in families;

/** Streams may claim sizes; images larger than this must have at least one byte for so many of theirs. */
const [FREE_BYTES, MOST_PER_BYTE] = [64 * 2 ** 20, 4096];

/**
 * Decodes one frame.
 * @throws CORRUPT_FILE (`corrupt-stream`, `inconsistent-header`, `decompression-bomb`), TRUNCATED_FILE,
 * UNSUPPORTED_FORMAT (`unsupported-transfer-syntax`, `missing-codec`)
 */
export async function decodeFrame(syntax: string, encoded: Uint8Array, shape: FrameShape): Promise<FrameNumbers> {
  const { rows, columns, samples, bitsAllocated } = shape;
  const needed = (rows * columns * samples * bitsAllocated) / 8;
  if (needed > FREE_BYTES && needed > MOST_PER_BYTE * encoded.length)
    throw fault("CORRUPT_FILE", `${encoded.length} compressed bytes claim to be an image of ${needed}`, {
      defect: "decompression-bomb",
    });
  switch (families[syntax]) {
    case "rle": {
      const { decodeRle } = await import("./rle.js");
      return numbersOf(decodeRle(encoded, rows * columns, samples, bitsAllocated / 8), bitsAllocated / 8);
    }
    case "jpeg":
      return decodeJpeg(encoded, shape);
    case "jpeg-ls": {
      const { readJpegFrame } = await import("./jpegStream.js");
      const frame = readJpegFrame(encoded);
      if (frame.marker !== 0xf7) throw corruptStream("another kind of JPEG where JPEG-LS must be");
      checkSize(shape, frame.rows, frame.columns, frame.components.length);
      return codecNumbers(await (await import("./jpegLs.js")).decodeJpegLs(encoded), shape);
    }
    case "jpeg-2000":
    case "htj2k": {
      const header = (await import("./jpeg2000Header.js")).readJpeg2000Header(encoded);
      checkSize(shape, header.rows, header.columns, header.components);
      if (header.precision > 16) throw unsupportedStream(`JPEG 2000 of ${header.precision} bits`);
      const decoded =
        families[syntax] === "htj2k"
          ? await (await import("./htj2k.js")).decodeHtj2k(header)
          : await (await import("./jpeg2000.js")).decodeJpeg2000(header);
      return codecNumbers(decoded, shape);
    }
    case "jpeg-xl": {
      const bytes = await (await import("./jpegXl.js")).decodeJpegXl(encoded, shape);
      if (bytes.length < needed) throw corruptStream("JPEG XL gave fewer pixels than the image has");
      return numbersOf(bytes.slice(0, needed), bitsAllocated / 8);
    }
    default:
      invariant(false, `no codec for ${syntax}`);
  }
}

/** All kinds of JPEG by their own frame header: files of one syntax hold streams of another now and then. */
async function decodeJpeg(encoded: Uint8Array, shape: FrameShape): Promise<FrameNumbers> {
  const { readJpegFrame } = await import("./jpegStream.js");
  const { marker, precision, rows, columns, components } = readJpegFrame(encoded);
  checkSize(shape, rows, columns, components.length);
  if (marker === 0xc3) return (await import("./jpegLossless.js")).decodeJpegLossless(encoded);
  if (marker > 0xc8) throw unsupportedStream("JPEG with arithmetic coding");
  if (marker > 0xc2) throw unsupportedStream("hierarchical JPEG");
  if (precision !== 8) return (await import("./jpegDct.js")).decodeJpegDct(encoded);
  const { decodeJpegTurbo } = await import("./jpegTurbo.js");
  return codecNumbers(await decodeJpegTurbo(encoded, components.length), shape);
}

function checkSize(shape: FrameShape, rows: number, columns: number, samples: number): void {
  if (rows !== shape.rows || columns !== shape.columns || samples !== shape.samples)
    throw fault(
      "CORRUPT_FILE",
      `the file says ${shape.rows} rows, ${shape.columns} columns, ${shape.samples} samples a pixel, its compressed stream ${rows}, ${columns}, ${samples}`,
      { defect: "inconsistent-header" },
    );
}

/** What a codec gave, checked, with the samples of a pixel side by side. */
function codecNumbers({ bytes, info, interleaveMode }: DecodedFrame, shape: FrameShape): FrameNumbers {
  checkSize(shape, info.height, info.width, info.componentCount);
  const width = info.bitsPerSample <= 8 ? 1 : 2;
  const count = shape.rows * shape.columns;
  if (bytes.length !== count * shape.samples * width) throw corruptStream("its codec gave another number of pixels");
  const numbers = numbersOf(bytes, width);
  return shape.samples > 1 && interleaveMode === 0 ? interleave(numbers, shape.samples) : numbers;
}

/** Planes one after the other to samples side by side. */
export function interleave<T extends FrameNumbers>(planes: T, samples: number): T {
  const out = planes.slice() as T;
  const count = planes.length / samples;
  for (let s = 0; s < samples; s++) for (let i = 0; i < count; i++) out[i * samples + s] = planes[s * count + i];
  return out;
}

function numbersOf(bytes: Uint8Array, width: number): FrameNumbers {
  const { buffer, byteOffset, length } = bytes;
  if (width === 1) return bytes;
  return width === 2
    ? new Uint16Array(buffer, byteOffset, length / 2)
    : new Uint32Array(buffer, byteOffset, length / 4);
}
