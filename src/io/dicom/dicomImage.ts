import { fault, type Warning } from "../../core/errors.js";
import { toGray } from "../color.js";
import type { ImageFile, ReadImageOptions } from "../picture/readImage.js";
import type { Source } from "../source.js";
import { DEFAULT_MAX_BYTES } from "../types.js";
import { tooLarge } from "../values.js";
import { openDicom } from "./openDicom.js";
import { oddLengths } from "./parseSlice.js";
import { describePixels } from "./pixelData.js";
import { isRadiograph, radiographFacts } from "./radiographFacts.js";

/**
 * One frame of any DICOM image as a picture: stored values, before rescale, MONOCHROME1 not turned over (with the warning
 * `white-is-zero`).
 * @throws UNSUPPORTED_FORMAT, TRUNCATED_FILE, CORRUPT_FILE, TOO_LARGE, INVALID_ARGUMENT if there is no such frame
 */
export async function dicomImage(source: Source, options: ReadImageOptions): Promise<ImageFile> {
  const file = await openDicom(source);
  const { name, set } = file;
  const pixels = describePixels(file);
  const { rows, columns, frames, samples, photometric, type } = pixels;
  const bytes = rows * columns * samples * (pixels.bitsAllocated === 1 ? 1 : pixels.bitsAllocated / 8);
  const maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
  if (bytes > maxBytes) throw tooLarge(bytes, maxBytes);
  const frame = options.page ?? 0;
  if (!Number.isInteger(frame) || frame < 0 || frame >= frames)
    throw fault("INVALID_ARGUMENT", `${name} has ${frames} frames; there is no number ${frame}`, {
      defect: "out-of-range",
    });
  const warnings: Warning[] = [...oddLengths(set, name), ...pixels.warnings];
  if (frames > 1 && options.page === undefined)
    warnings.push({ defect: "several-pages", message: `${name} has ${frames} frames; the first is read` });
  const geometry = isRadiograph(set) ? radiographFacts(set, name, pixels) : undefined;
  warnings.push(...(geometry?.warnings ?? []));
  if (photometric === "MONOCHROME1")
    warnings.push({
      defect: "white-is-zero",
      message: `${name} is MONOCHROME1 and shows small values bright; the stored values are kept`,
    });
  const stored = await pixels.readFrame(frame);
  const gray = samples > 1 && options.channels !== "stored";
  if (gray) warnings.push({ defect: "color", message: "color is read as its luminance" });
  const { pixelSize } = geometry?.facts ?? {};
  return {
    format: "dicom",
    rows,
    columns,
    type,
    channels: gray ? 1 : samples,
    values: gray ? toGray(stored, samples, !photometric.startsWith("YBR")) : stored,
    ...(pixelSize && { pixelSize }),
    warnings,
  };
}
