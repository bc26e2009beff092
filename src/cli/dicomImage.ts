import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { isTomogradError, type TomogradError, throwIfAborted, type Warning } from "../core/errors.js";
import { openDicom } from "../io/dicom/openDicom.js";
import { oddLengths } from "../io/dicom/parseSlice.js";
import { describePixels } from "../io/dicom/pixelData.js";
import { isRadiograph, radiographFacts } from "../io/dicom/radiographFacts.js";
import { DICOM_HEAD, dicomKind } from "../io/dicom/sniff.js";
import {
  type GeometryFile,
  geometryContent,
  type RadiographFacts,
  radiographTrajectory,
  toSource,
} from "../io/index.js";

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
  /** What an X-ray image says of its geometry, and the views that follow from it. */
  readonly radiograph?: RadiographPart;
  readonly warnings: readonly Warning[];
}

/** The geometry of an X-ray image as `inspect --json` prints it. */
export interface RadiographPart extends RadiographFacts {
  /** Geometry file of the views about the isocenter that the image names, or about [0, 0, 0]. */
  readonly geometry?: GeometryFile;
  /** Why there are no views. */
  readonly noViews?: string;
}

/** Reads the stored values of one DICOM file, frame by frame; undefined if the path is anything else. */
export async function readStoredImage(path: string, signal?: AbortSignal): Promise<StoredImage | undefined> {
  const facts = await stat(path).catch(() => undefined);
  if (!facts?.isFile()) return undefined;
  const source = await toSource(path);
  if (!dicomKind(await source.read(0, DICOM_HEAD))) return undefined;
  const file = await openDicom(source);
  const pixels = describePixels(file);
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
  const known = isRadiograph(file.set) ? radiographFacts(file.set, file.name, pixels) : undefined;
  return {
    facts: { frames, rows, columns, storedType: type, sha256: hash.digest("hex") },
    range: low <= high ? [low, high] : null,
    ...(known && { radiograph: await radiographPart(known.facts) }),
    warnings: [...oddLengths(file.set, file.name), ...pixels.warnings, ...(known?.warnings ?? [])],
  };
}

async function radiographPart(facts: RadiographFacts): Promise<RadiographPart> {
  try {
    return { ...facts, geometry: await geometryContent(radiographTrajectory(facts)) };
  } catch (error) {
    if (!isTomogradError(error)) throw error;
    return { ...facts, noViews: error.message };
  }
}

/** The lines about an X-ray image for people. */
export function radiographLines({ geometry, noViews, ...facts }: RadiographPart): string[] {
  const { modality, pixelSize, pixelSizeFrom, pixelSizeAt, sdd, sid, anglesDeg, viewPosition, rtImage } = facts;
  const known = [
    pixelSize && `pixels of ${pixelSize.join(" x ")} mm at the ${pixelSizeAt} (${pixelSizeFrom})`,
    sdd !== undefined && `source to detector ${sdd} mm`,
    sid !== undefined && `source to isocenter ${sid} mm`,
    facts.magnification !== undefined && `magnification ${facts.magnification}`,
    viewPosition && `view ${viewPosition}`,
    rtImage?.gantryDeg !== undefined && `gantry ${rtImage.gantryDeg} degrees`,
    ...(facts.apertures ?? []).map(({ of, shape }) => `${shape.toLowerCase()} ${of}`),
    rtImage?.patientSupportDeg !== undefined && `couch ${rtImage.patientSupportDeg} degrees`,
  ];
  const angles = anglesDeg?.map((pair) => pair.join("/")) ?? [];
  const shown = angles.length > 8 ? [...angles.slice(0, 7), "...", angles[angles.length - 1]] : angles;
  return [
    `radiograph (${modality})${known.some(Boolean) ? `: ${known.filter(Boolean).join(", ")}` : ""}`,
    ...(shown.length > 0 ? [`primary/secondary angles in degrees (+ LAO / + CRAN): ${shown.join(", ")}`] : []),
    ...(facts.whiteIsZero ? ["MONOCHROME1: small stored values are shown bright"] : []),
    geometry ? `views: ${geometry.views.length}, --json prints them` : `no views: ${noViews}`,
  ];
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
