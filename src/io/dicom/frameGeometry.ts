import type { DataSet } from "dicom-parser";

/** Where the numbers of one frame stand: its own functional groups, those shared by all frames, or the data set itself. */
export interface FrameHeader {
  /**
   * The `count` numbers of a decimal-string element; undefined if it is not there or empty. What is no number is NaN, and
   * all are if there are more or fewer than `count`.
   */
  numbers(tag: string, count: number): number[] | undefined;
  /** An element as it is written; undefined if it is not there or empty. */
  text(tag: string): string | undefined;
  /** The whole number of a two-byte element; undefined if it is not there. */
  integer(tag: string): number | undefined;
}

const SHARED_GROUPS = "x52009229";
const FRAME_GROUPS = "x52009230";
/** The functional group that holds an element (PS3.3, C.7.6.16.2). */
const groupOf: Readonly<Record<string, string>> = {
  x00280030: "x00289110", // PixelSpacing: Pixel Measures
  x00180050: "x00289110", // SliceThickness: Pixel Measures
  x00180088: "x00289110", // SpacingBetweenSlices: Pixel Measures
  x00200032: "x00209113", // ImagePositionPatient: Plane Position
  x00200037: "x00209116", // ImageOrientationPatient: Plane Orientation
  x00281052: "x00289145", // RescaleIntercept: Pixel Value Transformation
  x00281053: "x00289145", // RescaleSlope: Pixel Value Transformation
  x00281054: "x00289145", // RescaleType: Pixel Value Transformation
  x0062000b: "x0062000a", // ReferencedSegmentNumber: Segment Identification
  x00181110: "x00189476", // DistanceSourceToDetector: X-Ray Geometry
  x00181164: "x00289443", // ImagerPixelSpacing: Frame Pixel Data Properties
  x00181510: "x00189405", // PositionerPrimaryAngle: Positioner Position
  x00181511: "x00189405", // PositionerSecondaryAngle: Positioner Position
};

/** A decimal string, PS3.5 6.2; a comma, a unit or anything else beside it makes it none. */
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/** All numbers of a decimal-string element, NaN for what is none; one NaN if it is not there. */
export const decimals = (set: DataSet, tag: string): number[] =>
  (set.string(tag) ?? "").split("\\").map((part) => {
    const word = part.trim();
    return DECIMAL.test(word) ? Number(word) : Number.NaN;
  });

/** Whether the frames of an image have headers of their own. */
export const hasFrameHeaders = (set: DataSet): boolean => FRAME_GROUPS in set.elements;

/** The header of one frame of a data set. */
export function frameHeader(set: DataSet, frame: number): FrameHeader {
  const item = (within: DataSet | undefined, tag: string, index: number) =>
    within?.elements[tag]?.items?.[index]?.dataSet;
  const own = item(set, FRAME_GROUPS, frame);
  const shared = item(set, SHARED_GROUPS, 0);
  const placeOf = (tag: string) => {
    const group = groupOf[tag];
    return [item(own, group, 0), item(shared, group, 0), set].find((place) => place?.elements[tag]?.length);
  };
  return {
    numbers(tag, count) {
      const place = placeOf(tag);
      const found = place && decimals(place, tag);
      return found && found.length !== count ? new Array<number>(count).fill(Number.NaN) : found;
    },
    text: (tag) => placeOf(tag)?.string(tag)?.trim() || undefined,
    integer: (tag) => placeOf(tag)?.uint16(tag),
  };
}
