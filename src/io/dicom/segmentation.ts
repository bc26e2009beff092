import type { DataSet } from "dicom-parser";
import { fault, throwIfAborted, type Warning } from "../../core/errors.js";
import { add, cross, dot, norm, scale, subtract, type Vec3 } from "../../core/linear.js";
import { counted } from "../../core/words.js";
import type { Grid, Volume } from "../../volume/grid.js";
import { DEFAULT_MAX_BYTES, type ReadVolumeOptions } from "../types.js";
import { tooLarge } from "../values.js";
import { frameHeader } from "./frameGeometry.js";
import type { Slice } from "./parseSlice.js";
import type { Scratch } from "./pixelData.js";
import { checkPlaced, rasAffine, SAME_PLACE, thicknessOf } from "./stack.js";

/** What one frame of a segmentation says: one segment, or the numbers of all of them. */
export interface Segment {
  /** SegmentNumber; undefined where the pixels hold the numbers (LABELMAP). */
  readonly number?: number;
  readonly label: string;
  /** Of fractional segmentations: the pixel value that means 1. */
  readonly maximum?: number;
}

const SEGMENTATION = /^1\.2\.840\.10008\.5\.1\.4\.1\.1\.66\.[47]$/;

/** How to find the segment of a frame; undefined if the data set is no segmentation. @throws CORRUPT_FILE (`missing-tag`) */
export function segmentFinder(set: DataSet, name: string): ((frame: number) => Segment) | undefined {
  if (set.string("x00080060")?.trim() !== "SEG" && !SEGMENTATION.test(set.string("x00080016")?.trim() ?? ""))
    return undefined;
  const kind = set.string("x00620001")?.trim();
  if (kind === "LABELMAP") return () => ({ label: "" });
  const items = (set.elements.x00620002?.items ?? []).flatMap(({ dataSet }) => dataSet ?? []);
  const labels = new Map(items.map((item) => [item.uint16("x00620004"), item.string("x00620005")?.trim() ?? ""]));
  const maximum = kind === "FRACTIONAL" ? (set.uint16("x0062000e") ?? 255) : undefined;
  return (frame) => {
    const number =
      frameHeader(set, frame).integer("x0062000b") ?? (labels.size === 1 ? [...labels.keys()][0] : undefined);
    if (!number)
      throw fault("CORRUPT_FILE", `${name}: ReferencedSegmentNumber (0062,000B) of frame ${frame} is missing`, {
        defect: "missing-tag",
        tag: "(0062,000B)",
        file: name,
      });
    return { number, label: labels.get(number) ?? "", ...(maximum !== undefined && { maximum }) };
  };
}

/** Slices between the first and the last, empty ones included; far fewer are segmented. */
const MOST_SLICES = 4096;
/** How far a frame may lie from its slice, as a part of the spacing. */
const OFF = 0.01;

/**
 * The frames of a segmentation as a label map: voxels of segment n become n, all others 0. Frames lie in any order; slices
 * in which nothing is segmented may be left out. `dataset` chooses one segment by its number or label.
 * Of fractional segments, what is at least one half counts, with the warning `fractional-segments`.
 * @throws INVALID_ARGUMENT (`overlapping-segments`), NOT_FOUND (`missing-dataset`), INVALID_GEOMETRY, TOO_LARGE, ABORTED
 */
export async function labelMap(
  slices: readonly Slice[],
  options: ReadVolumeOptions,
): Promise<{ grid: Grid; values: Volume["values"]; warnings: Warning[] }> {
  checkPlaced(slices);
  // The grid is that of all segments, whichever is read.
  const { grid, indexOf, warnings } = sparseGrid(slices);
  const chosen = chooseSegment(slices, options.dataset);
  const [columns, rows, depth] = grid.size;
  const highest = Math.max(
    ...chosen.map(({ segment, pixels }) => segment?.number ?? (pixels.bitsAllocated > 8 ? 65535 : 255)),
  );
  const bytes = columns * rows * depth * (highest < 256 ? 1 : highest < 32768 ? 2 : 4);
  const maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
  if (bytes > maxBytes) throw tooLarge(bytes, maxBytes);
  const Labels = highest < 256 ? Uint8Array : highest < 32768 ? Int16Array : Float32Array;
  const values = new Labels(columns * rows * depth);
  const scratch: Scratch = {};
  for (const [done, slice] of chosen.entries()) {
    throwIfAborted(options.signal);
    const { number, maximum = 1 } = slice.segment!;
    const stored = await slice.pixels.readFrame(slice.frame, scratch);
    const at = indexOf(slice) * rows * columns;
    for (let i = 0; i < stored.length; i++) {
      if (number === undefined ? stored[i] === 0 : 2 * stored[i] < maximum || stored[i] === 0) continue;
      const label = number ?? stored[i];
      const other = values[at + i];
      if (other !== 0 && other !== label) throw overlapping(slices, other, label);
      values[at + i] = label;
    }
    options.onProgress?.({ done: done + 1, total: chosen.length });
  }
  if (chosen.some(({ segment }) => segment?.maximum !== undefined))
    warnings.push({
      defect: "fractional-segments",
      message: `${chosen[0].name} holds fractions of segments; a voxel of at least one half belongs to the segment`,
    });
  return { grid, values, warnings };
}

const nameOf = ({ number, label }: Segment) => `${number}${label ? ` (${label})` : ""}`;

const listOf = (slices: readonly Slice[]) =>
  [...new Set(slices.flatMap(({ segment }) => (segment?.number ? nameOf(segment) : [])))].join(", ");

function chooseSegment(slices: readonly Slice[], wanted: string | undefined): readonly Slice[] {
  if (wanted === undefined) return slices;
  const chosen = slices.filter(({ segment }) => String(segment!.number) === wanted || segment!.label === wanted);
  if (chosen.length > 0) return chosen;
  throw fault("NOT_FOUND", `there is no segment '${wanted}'; there are ${listOf(slices)}`, {
    defect: "missing-dataset",
  });
}

function overlapping(slices: readonly Slice[], one: number, other: number) {
  const named = (number: number) => {
    const found = slices.find(({ segment }) => segment!.number === number);
    return found ? nameOf(found.segment!) : String(number);
  };
  return fault(
    "INVALID_ARGUMENT",
    `${slices[0].name}: segments ${named(one)} and ${named(other)} overlap, a label map holds one number a voxel; choose one with 'dataset': ${listOf(slices)}`,
    { defect: "overlapping-segments" },
  );
}

/** The grid of frames that lie at whole multiples of one distance, with the slice of each frame. */
function sparseGrid(slices: readonly Slice[]): { grid: Grid; indexOf: (slice: Slice) => number; warnings: Warning[] } {
  const [row, column] = slices[0].orientation!;
  const normal = cross(row, column);
  const along = (slice: Slice) => dot(slice.position!, normal);
  const sorted = [...slices].sort((a, b) => along(a) - along(b));
  const [first, last] = [sorted[0], sorted[sorted.length - 1]];
  const warnings: Warning[] = [];
  const spacing = spacingOf(sorted.map(along), first, warnings);
  const indexOf = (slice: Slice) => Math.round((along(slice) - along(first)) / spacing);
  const depth = indexOf(last) + 1;
  if (!(depth <= MOST_SLICES))
    throw fault("INVALID_GEOMETRY", `${first.name}: its ${counted(slices.length, "frame")} lie ${depth} slices apart`, {
      defect: "uneven-spacing",
    });
  const step: Vec3 =
    depth > 1 ? scale(subtract(last.position!, first.position!), 1 / (depth - 1)) : scale(normal, spacing);
  for (const slice of sorted) {
    const wanted = add(first.position!, scale(step, indexOf(slice)));
    if (norm(subtract(slice.position!, wanted)) > Math.max(SAME_PLACE, OFF * spacing))
      throw fault(
        "INVALID_GEOMETRY",
        `${slice.name}: frame ${slice.frame} does not lie on a grid of slices every ${spacing} mm`,
        { defect: "uneven-spacing", frame: slice.frame },
      );
  }
  const indexToWorld = rasAffine(first, row, column, step, first.position!);
  return { grid: { size: [first.columns, first.rows, depth], indexToWorld }, indexOf, warnings };
}

/** What the header says, else the smallest distance between frames; of a single place the thickness. */
function spacingOf(places: readonly number[], slice: Slice, warnings: Warning[]): number {
  const { sliceSpacing } = slice;
  if (Number.isNaN(sliceSpacing))
    throw fault("CORRUPT_FILE", `${slice.name}: SpacingBetweenSlices (0018,0088) is not one finite number`, {
      defect: "non-finite-affine",
      file: slice.name,
      tag: "(0018,0088)",
    });
  const gaps = places
    .slice(1)
    .map((place, i) => place - places[i])
    .filter((gap) => gap > SAME_PLACE);
  const smallest = Math.min(...gaps);
  if (sliceSpacing !== undefined && sliceSpacing > 0 && !(smallest < (1 - OFF) * sliceSpacing)) return sliceSpacing;
  if (gaps.length > 0) return smallest;
  return thicknessOf(slice, warnings);
}
