import type { DataSet } from "dicom-parser";
import { fault, type Warning } from "../../core/errors.js";
import { add, cross, dot, norm, scale, type Vec3 } from "../../core/linear.js";
import { counted } from "../../core/words.js";
import type { Quantity } from "../../volume/grid.js";
import { describedQuantity } from "../orientation.js";
import { decimals, frameHeader, hasFrameHeaders } from "./frameGeometry.js";
import { type ModalityTable, modalityTable } from "./modalityTable.js";
import type { DicomFile } from "./openDicom.js";
import { paddingOf } from "./padding.js";
import { describePixels, type PixelData } from "./pixelData.js";
import { isLocalizer, isProjection } from "./radiographFacts.js";
import { type Segment, segmentFinder } from "./segmentation.js";

/** To which series a file belongs. */
export interface SeriesFacts {
  readonly series: string;
  readonly seriesNumber?: number;
  readonly seriesDescription: string;
  readonly modality: string;
}

export const seriesFacts = (set: DataSet): SeriesFacts => ({
  series: set.string("x0020000e") ?? "",
  seriesNumber: set.intString("x00200011"),
  seriesDescription: set.string("x0008103e") ?? "",
  modality: set.string("x00080060") ?? "",
});

/** The facts of one DICOM image, or of one frame, that a volume needs. Vectors are LPS, as DICOM has them. */
export interface Slice extends SeriesFacts {
  readonly name: string;
  readonly pixels: PixelData;
  /** Which of the frames of `pixels`. */
  readonly frame: number;
  readonly rows: number;
  readonly columns: number;
  readonly slope: number;
  readonly intercept: number;
  /** RescaleSlope or RescaleIntercept, where one is missing and nothing else says what stored values mean. */
  readonly missingRescale?: string;
  /** Unit of the rescaled values, as HU; undefined if the file does not say. */
  readonly rescaleType?: string;
  /** Stored values from the first to the second are padding: outside the field of view. */
  readonly padding?: readonly [number, number];
  /** What stored values mean, in place of slope and intercept. */
  readonly table?: ModalityTable;
  /** mm: between rows (down a column), between columns (along a row). */
  readonly pixelSpacing: readonly [number, number];
  /** Center of the first pixel, mm; undefined if the file does not say. */
  readonly position?: Vec3;
  /** FrameOfReferenceUID: places count in one frame alone. */
  readonly frameOfReference?: string;
  /** PatientID and PatientName, empty if the file does not say: whose slice it is, never shown. */
  readonly patient: readonly [id: string, name: string];
  /** Unit vectors along a row and down a column; undefined if the file does not say. */
  readonly orientation?: readonly [Vec3, Vec3];
  /** mm */
  readonly thickness?: number;
  /** mm from slice to slice, where a header says it. */
  readonly sliceSpacing?: number;
  /** Of a segmentation: what is segmented here. */
  readonly segment?: Segment;
  readonly localizer: boolean;
  /** Of slices that tomograd wrote. */
  readonly quantity?: Quantity;
  readonly warnings: readonly Warning[];
}

const DOSE_GRID_SCALING = "x3004000e";
const GRID_FRAME_OFFSETS = "x3004000c";
const MODALITY_TABLES = "x00283000";

/**
 * The slices of one file; their pixels stay there. One slice, or one for each frame of a multi-frame image whose
 * frames have places: by functional groups (enhanced CT and MR), or by the frame offsets of a dose grid.
 * @throws UNSUPPORTED_FORMAT, TRUNCATED_FILE, CORRUPT_FILE, each with `defect` and, for one tag, `tag`
 */
export function slicesOf(file: DicomFile): Slice[] {
  const { name, set } = file;
  const pixels = describePixels(file);
  if (isProjection(set))
    throw fault(
      "UNSUPPORTED_FORMAT",
      `${name} is an X-ray image (${set.string("x00080060")}), not a slice of a volume`,
      { defect: "not-a-volume", file: name, hint: "readRadiograph and readImage read it" },
    );
  if (pixels.samples !== 1)
    throw fault("UNSUPPORTED_FORMAT", `${name}: ${pixels.samples} samples a pixel: a color image is no volume`, {
      defect: "unsupported-type",
      file: name,
      hint: "open the series in gray from which it was made",
    });
  const offsets = set.elements[GRID_FRAME_OFFSETS] ? frameOffsets(set, pixels.frames) : undefined;
  if (pixels.frames > 1 && !hasFrameHeaders(set) && !offsets)
    throw fault(
      "UNSUPPORTED_FORMAT",
      `${name}: nothing says where its ${pixels.frames} frames lie, they make no volume`,
      { defect: "unsupported-type", file: name, hint: "export it with the places of its frames, or one file a slice" },
    );
  // What the frames share is found once.
  const first = describeFrame(file, pixels, 0);
  const segment = segmentFinder(set, name);
  return Array.from({ length: pixels.frames }, (_, frame) => {
    const slice = frame === 0 ? first : { ...describeFrame(file, pixels, frame), table: first.table, warnings: [] };
    if (offsets) return shifted(slice, offsets[frame]);
    return segment ? { ...slice, segment: segment(frame) } : slice;
  });
}

function describeFrame({ name, set }: DicomFile, pixels: PixelData, frame: number): Slice {
  const fail = (defect: string, message: string) =>
    fault("CORRUPT_FILE", `${name}: ${message}`, { defect, file: name });
  const { numbers, text } = frameHeader(set, frame);
  const finite = (tag: string, count: number, keyword: string, defect = "non-finite-affine") => {
    const values = numbers(tag, count);
    if (values && !values.every(Number.isFinite))
      throw fail(defect, `${keyword} is not ${counted(count, "finite number")}: '${text(tag)}'`);
    return values;
  };
  const rescale = {
    RescaleSlope: finite("x00281053", 1, "RescaleSlope", "bad-rescale")?.[0],
    RescaleIntercept: finite("x00281052", 1, "RescaleIntercept", "bad-rescale")?.[0],
  };
  const doseScale = finite(DOSE_GRID_SCALING, 1, "DoseGridScaling", "bad-rescale")?.[0];
  const slope = rescale.RescaleSlope ?? doseScale ?? 1;
  if (slope === 0) throw fail("bad-rescale", "a rescale slope of 0 wipes the image");
  const tables = set.elements[MODALITY_TABLES];
  const tableUnit = tables?.items?.[0]?.dataSet?.string("x00283004")?.trim();
  const otherwise = doseScale !== undefined || tables !== undefined;
  const spacing = finite("x00280030", 2, "PixelSpacing");
  if (!spacing)
    throw fault("CORRUPT_FILE", `${name}: PixelSpacing (0028,0030) is missing`, {
      defect: "missing-tag",
      file: name,
      tag: "(0028,0030)",
      modality: set.string("x00080060") ?? "",
    });
  if (!(spacing[0] > 0 && spacing[1] > 0))
    throw fail("zero-spacing", `PixelSpacing must be positive, it is ${spacing.join(", ")}`);
  const position = finite("x00200032", 3, "ImagePositionPatient");
  const cosines = finite("x00200037", 6, "ImageOrientationPatient");
  return {
    name,
    pixels,
    frame,
    rows: pixels.rows,
    columns: pixels.columns,
    slope,
    intercept: rescale.RescaleIntercept ?? 0,
    missingRescale: otherwise ? undefined : Object.entries(rescale).find(([, value]) => value === undefined)?.[0],
    rescaleType: tableUnit || text("x00281054"),
    table: frame === 0 ? modalityTable(set, name) : undefined,
    padding: paddingOf(set, pixels),
    pixelSpacing: [spacing[0], spacing[1]],
    position: position && [position[0], position[1], position[2]],
    frameOfReference: set.string("x00200052") || undefined,
    patient: [
      (set.string("x00100020") ?? "").trim(),
      // Components at the end may be left out: PS3.5, 6.2.1.2.
      (set.string("x00100010") ?? "").replace(/[\^= ]+$/, "").trim(),
    ],
    orientation: cosines && directions(cosines, name),
    thickness: numbers("x00180050", 1)?.[0],
    sliceSpacing: numbers("x00180088", 1)?.[0],
    localizer: isLocalizer(set),
    quantity: describedQuantity(set.string("x00082111") ?? ""),
    ...seriesFacts(set),
    warnings: [...oddLengths(set, name), ...pixels.warnings],
  };
}

/** mm along the normal from the first frame, one for each frame; undefined if there are not so many. */
function frameOffsets(set: DataSet, frames: number): number[] | undefined {
  const offsets = decimals(set, GRID_FRAME_OFFSETS);
  if (offsets.length !== frames) return undefined;
  return offsets.every(Number.isFinite) ? offsets.map((offset) => offset - offsets[0]) : undefined;
}

function shifted(slice: Slice, offset: number): Slice {
  const { position, orientation } = slice;
  if (!position || !orientation) return slice;
  return { ...slice, position: add(position, scale(cross(orientation[0], orientation[1]), offset)) };
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

export function oddLengths(set: DataSet, name: string): Warning[] {
  const odd = Object.values(set.elements).filter(({ length }) => length % 2 === 1 && length !== 0xffffffff);
  return odd.length === 0
    ? []
    : [
        {
          defect: "odd-length",
          message: `${name}: element ${odd[0].tag.slice(1)} has an odd length of ${odd[0].length}`,
        },
      ];
}
