import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { isTomogradError, type TomogradError, throwIfAborted } from "../core/errors.js";
import { openDicom } from "../io/dicom/openDicom.js";
import { describePixels } from "../io/dicom/pixelData.js";
import { dicomKind } from "../io/dicom/sniff.js";
import { toSource } from "../io/index.js";

/** The image of one DICOM file as it is stored, whether or not it makes a volume. */
export interface StoredImage {
  readonly facts: {
    readonly frames: number;
    readonly rows: number;
    readonly columns: number;
    readonly storedType: string;
    /** Of the stored values [frame][row][column][sample], little endian, before rescale. */
    readonly sha256: string;
  };
  /** Smallest and largest finite stored value; null if there is none. */
  readonly range: readonly [number, number] | null;
}

/** Reads the stored values of one DICOM file, frame by frame; undefined if the path is anything else. */
export async function readStoredImage(path: string, signal?: AbortSignal): Promise<StoredImage | undefined> {
  const facts = await stat(path).catch(() => undefined);
  if (!facts?.isFile()) return undefined;
  const source = await toSource(path);
  if (!dicomKind(await source.read(0, 132))) return undefined;
  const pixels = describePixels(await openDicom(source));
  const hash = createHash("sha256");
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let frame = 0; frame < pixels.frames; frame++) {
    throwIfAborted(signal);
    const values = await pixels.readFrame(frame);
    hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    for (const value of values) {
      if (!Number.isFinite(value)) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  const { frames, rows, columns, type } = pixels;
  return {
    facts: { frames, rows, columns, storedType: type, sha256: hash.digest("hex") },
    range: low <= high ? [low, high] : null,
  };
}

/** Kinds of images that are slices of a body; without a pixel spacing they are damaged, others merely no volumes. */
const SLICES = ["CT", "MR", "PT"];

/** Whether a refusal says that an image is sound, but not (a slice of) a volume. */
export function isNoVolume(error: unknown): error is TomogradError {
  if (!isTomogradError(error)) return false;
  if (error.code === "UNSUPPORTED_FORMAT") return true;
  const { defect, tag, modality } = error.detail;
  return defect === "missing-tag" && tag === "(0028,0030)" && !SLICES.includes(String(modality));
}
