import { fault } from "../../core/errors.js";
import { type JpegFrame, looksLikeJpeg, nextSegment, readJpegFrame } from "../dicom/codecs/jpegStream.js";
import { ofFile } from "../ofFile.js";
import { bytesSource, readWhole, type Source } from "../source.js";
import { readDirectories, tags } from "../tiff/directory.js";
import { tooLarge } from "../values.js";
import { orientationWarnings, pixelSizeOf, type Raster } from "./raster.js";

export { looksLikeJpeg };

/** A block of 64 pixels takes at least a bit. */
const MOST_PIXELS_PER_BYTE = 512;

/**
 * Decodes a JPEG: Huffman-coded, sequential or progressive; gray of 8 or 12 bits (`uint16`), color of 8 (YCbCr or RGB).
 * @throws UNSUPPORTED_FORMAT (`unsupported-compression`: arithmetic, lossless, hierarchical; `unsupported-type`: color of
 *   12 bits; `unsupported-color`: CMYK), TRUNCATED_FILE, CORRUPT_FILE, TOO_LARGE
 */
export const decodeJpeg = (source: Source, maxBytes: number): Promise<Raster> =>
  decoded(source, maxBytes).catch((error: unknown) => {
    throw ofFile(error, source.name);
  });

async function decoded(source: Source, maxBytes: number): Promise<Raster> {
  const name = source.name ?? "the JPEG";
  const bytes = await readWhole(source);
  const frame = readJpegFrame(bytes);
  refuseOthers(frame, name);
  const { columns, rows, precision } = frame;
  const samples = frame.components.length;
  const pixels = columns * rows;
  if (pixels === 0)
    throw fault("CORRUPT_FILE", `${name}: a picture of ${columns} x ${rows} pixels`, { defect: "bad-dimension" });
  if (pixels > MOST_PIXELS_PER_BYTE * bytes.length)
    throw fault("TRUNCATED_FILE", `${name}: ${bytes.length} bytes cannot hold ${columns} x ${rows} pixels`, {
      defect: "truncated",
      found: bytes.length,
    });
  if (pixels * samples > maxBytes) throw tooLarge(pixels * samples, maxBytes);
  const { density, orientation } = await readTags(bytes);
  const picture = { columns, rows, samples, ...pixelSizeOf(...density), warnings: orientationWarnings(orientation) };
  if (samples === 3) return { ...picture, type: "uint8", values: await decodeColor(bytes, pixels, name) };
  const { decodeJpegDct } = await import("../dicom/codecs/jpegDct.js");
  const gray = decodeJpegDct(bytes);
  return precision === 8
    ? { ...picture, type: "uint8", values: Uint8Array.from(gray) }
    : { ...picture, type: "uint16", values: gray };
}

function refuseOthers({ marker, precision, components }: JpegFrame, name: string): void {
  const refused = (what: string, defect: string) =>
    fault("UNSUPPORTED_FORMAT", `${name} is a JPEG with ${what}, which is not read`, {
      defect,
      hint: "save it as PNG",
    });
  if (marker > 0xc2)
    throw refused(marker >= 0xc9 ? "arithmetic coding" : "lossless or hierarchical coding", "unsupported-compression");
  if (components.length !== 1 && components.length !== 3)
    throw refused(`${components.length} components`, "unsupported-color");
  if (precision !== 8 && (components.length !== 1 || precision !== 12))
    throw refused(`${components.length} components of ${precision} bits`, "unsupported-type");
}

/** 8-bit color, which jpeg-js decodes; it must not see 12 bits, which it cuts to 8. */
async function decodeColor(bytes: Uint8Array, pixels: number, name: string): Promise<Uint8Array> {
  const { default: jpeg } = await import("jpeg-js");
  try {
    const { data } = jpeg.decode(bytes, {
      useTArray: true,
      formatAsRGBA: false,
      tolerantDecoding: false,
      maxResolutionInMP: Math.ceil(pixels / 1e6) + 1,
      // Coefficients, lines and pixels of three components, and what is kept between; the size was checked.
      maxMemoryUsageInMB: Math.ceil((64 * pixels) / 2 ** 20) + 64,
    });
    return data;
  } catch (error) {
    throw fault("CORRUPT_FILE", `${name}: the JPEG stream is damaged`, { defect: "corrupt-stream" }, error);
  }
}

/** Pixels per millimeter by JFIF, and the orientation by EXIF. */
async function readTags(bytes: Uint8Array): Promise<{ density: [number, number]; orientation: number }> {
  let density: [number, number] = [0, 0];
  let orientation = 1;
  for (let at = 2; ; ) {
    const { marker, start, end } = nextSegment(bytes, at);
    const view = new DataView(bytes.buffer, bytes.byteOffset + start, end - start);
    const word = String.fromCharCode(...bytes.subarray(start, Math.min(end, start + 6)));
    if (marker === 0xe0 && word.startsWith("JFIF\0") && view.byteLength >= 12) {
      const perMillimeter = view.getUint8(7) === 1 ? 1 / 25.4 : view.getUint8(7) === 2 ? 1 / 10 : 0;
      density = [view.getUint16(8) * perMillimeter, view.getUint16(10) * perMillimeter];
    }
    if (marker === 0xe1 && word === "Exif\0\0") orientation = await exifOrientation(bytes.subarray(start + 6, end));
    if (marker === 0xda || marker === 0xd9) return { density, orientation };
    at = end;
  }
}

/** The Orientation tag of EXIF, which is a TIFF directory; damaged EXIF says nothing. */
async function exifOrientation(bytes: Uint8Array): Promise<number> {
  try {
    const { directories } = await readDirectories(bytesSource(bytes));
    return (await directories[0].numbers(tags.orientation))[0] ?? 1;
  } catch {
    return 1;
  }
}
