import { fault, type Warning } from "../../core/errors.js";
import { refuseUnknownOptions } from "../../core/options.js";
import { toGray } from "../color.js";
import { DICOM_HEAD, dicomKind } from "../dicom/sniff.js";
import type { Image } from "../image.js";
import type { Decoded, StoredType } from "../numeric.js";
import { type Input, type Source, toSource } from "../source.js";
import { looksLikeTiff } from "../tiff/directory.js";
import { DEFAULT_MAX_BYTES } from "../types.js";
import { looksLikeJpeg } from "./jpeg.js";
import { looksLikePng } from "./png.js";
import type { Raster } from "./raster.js";

/** A picture as it came out of a file: [row][column], or [row][column][channel]. */
export interface ImageFile extends Image {
  readonly format: "png" | "jpeg" | "tiff" | "dicom";
  /** The samples' type in the file (palettes and less than 8 bits: uint8). */
  readonly type: StoredType;
  readonly values: Decoded;
  /** Numbers of each pixel; 1 unless `channels` was asked for. */
  readonly channels: number;
  /** [along a row, along a column], mm, where the file says so; a screen's 72 or 96 pixels an inch do not count. */
  readonly pixelSize?: readonly [number, number];
  readonly warnings: readonly Warning[];
}

/** Options of `readImage`. */
export interface ReadImageOptions {
  /** "gray": color becomes its luminance, alpha is left out, both with the warning `color`; "stored": all channels. @default "gray" */
  readonly channels?: "gray" | "stored";
  /** TIFF with several pages, DICOM with several frames: which one, from 0. @default 0, with a warning if there are more */
  readonly page?: number;
  /** Refuse pictures that need more memory, bytes. @default 8 GiB */
  readonly maxBytes?: number;
}

/**
 * Reads a picture, recognizing the format by its content: PNG (1 to 16 bits), JPEG (8 bits, and 12 of gray), TIFF, DICOM
 * (whose geometry `readRadiograph` reads).
 * Values are the stored ones: no gamma, no scaling, white-is-zero not inverted.
 * @throws UNSUPPORTED_FORMAT (`bad-magic` for anything else), and what the decoders throw
 */
export async function readImage(input: Input, options: ReadImageOptions = {}): Promise<ImageFile> {
  refuseUnknownOptions("readImage", options, ["channels", "page", "maxBytes"]);
  const source = await toSource(input);
  const head = await source.read(0, DICOM_HEAD);
  const format = pictureFormat(head);
  if (!format && dicomKind(head)) return (await import("../dicom/dicomImage.js")).dicomImage(source, options);
  if (!format)
    throw fault("UNSUPPORTED_FORMAT", `${source.name ?? "the input"} is none of PNG, JPEG, TIFF and DICOM`, {
      defect: "bad-magic",
      hint: "is it the right file? Its content decides, not its name; convert other pictures, e.g. to PNG",
    });
  const raster = await decodeRaster(source, format, options);
  const { columns, rows, type, samples, pixelSize } = raster;
  const kept = { format, rows, columns, type, ...(pixelSize && { pixelSize }) };
  if (options.channels === "stored")
    return { ...kept, channels: samples, values: raster.values, warnings: raster.warnings };
  const { values, warnings } = grayOf(raster);
  return { ...kept, channels: 1, values, warnings };
}

/** Formats that hold pictures and nothing else. */
export type PictureFormat = Exclude<ImageFile["format"], "dicom">;

/** What a file of pictures is, by its first 8 bytes. */
export function pictureFormat(head: Uint8Array): PictureFormat | undefined {
  if (looksLikePng(head)) return "png";
  if (looksLikeTiff(head)) return "tiff";
  return looksLikeJpeg(head) ? "jpeg" : undefined;
}

/** One number a pixel, with what was lost. */
export function grayOf({ values, samples, warnings }: Raster): { values: Decoded; warnings: Warning[] } {
  if (samples === 1) return { values, warnings: [...warnings] };
  const message = samples === 2 ? "alpha is left out" : "color is read as its luminance";
  return {
    values: toGray(values, samples, samples >= 3),
    warnings: [...warnings, { defect: "color", message }],
  };
}

/** Decodes a picture of a known format. @throws what the decoders throw */
export async function decodeRaster(
  source: Source,
  format: PictureFormat,
  { page, maxBytes = DEFAULT_MAX_BYTES }: Pick<ReadImageOptions, "page" | "maxBytes">,
): Promise<Raster> {
  if (format === "png") return (await import("./png.js")).decodePng(source, maxBytes);
  if (format === "jpeg") return (await import("./jpeg.js")).decodeJpeg(source, maxBytes);
  return (await import("../tiff/tiffRaster.js")).tiffRaster(source, page, maxBytes);
}
