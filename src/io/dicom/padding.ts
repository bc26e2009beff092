import type { DataSet } from "dicom-parser";
import type { Warning } from "../../core/errors.js";
import { counted } from "../../core/words.js";
import type { Decoded } from "../numeric.js";
import type { Slice } from "./parseSlice.js";
import type { PixelData } from "./pixelData.js";

/** HU of air. */
const AIR = -1000;

/**
 * PixelPaddingValue and PixelPaddingRangeLimit, lower first. Their bits are those of the pixels: some writers call signed
 * ones unsigned.
 */
export function paddingOf(set: DataSet, { type }: PixelData): readonly [number, number] | undefined {
  const read = (tag: string) => (type.startsWith("int") ? set.int16(tag) : set.uint16(tag));
  if (!set.elements.x00280120?.length || type.startsWith("float")) return undefined;
  const value = read("x00280120");
  if (value === undefined) return undefined;
  const limit = set.elements.x00280121?.length ? (read("x00280121") ?? value) : value;
  return [Math.min(value, limit), Math.max(value, limit)];
}

/** Stored CT numbers with what the file declares to be padding, and nothing else, as air, -1000 HU; and how many were. */
export function withoutPadding(
  stored: Decoded,
  { padding, slope, intercept }: Pick<Slice, "padding" | "slope" | "intercept">,
): { values: Decoded; count: number } {
  if (!padding) return { values: stored, count: 0 };
  const [low, high] = padding;
  const air = (AIR - intercept) / slope;
  let count = 0;
  for (let i = 0; i < stored.length; i++) if (stored[i] >= low && stored[i] <= high) count++;
  if (count === 0) return { values: stored, count };
  const values = Number.isInteger(air) ? Int32Array.from(stored) : Float64Array.from(stored);
  for (let i = 0; i < values.length; i++) if (values[i] >= low && values[i] <= high) values[i] = air;
  return { values, count };
}

/** What became of padding. */
export const paddingWarning = (count: number): Warning => ({
  defect: "padding-values",
  message: `outside the field of view: ${counted(count, "voxel")} of padding became air (-1000 HU)`,
});
