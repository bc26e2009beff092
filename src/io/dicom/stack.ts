import { fault, type Warning } from "../../core/errors.js";
import { add, cross, dot, type Matrix4, norm, scale, subtract, type Vec3 } from "../../core/linear.js";
import { counted } from "../../core/words.js";
import { bytesPer } from "../numeric.js";
import type { Slice } from "./parseSlice.js";

/** Slices in order and where they lie. */
export interface Stack {
  /** By ascending position along the normal (row direction x column direction, LPS). */
  readonly slices: readonly Slice[];
  /** Voxel (column, row, slice) to RAS mm. */
  readonly indexToWorld: Matrix4;
  readonly warnings: readonly Warning[];
}

/** Slices nearer than this are at one place, mm. */
export const SAME_PLACE = 1e-3;
/** How far distances between slices may differ, as a part of their median: rounding and table jitter. */
const EVEN = 0.01;
/** Sideways part of the step above which the grid is sheared, as a part of the step. */
const STRAIGHT = 0.01;

const refuse = (defect: string, message: string, detail: object = {}) =>
  fault("INVALID_GEOMETRY", message, { defect, ...detail });

/**
 * Orders the slices of a series and finds their affine; shear (gantry tilt, drift) is kept, never straightened.
 * @throws INVALID_GEOMETRY: `missing-tag`, `inconsistent-geometry`, `duplicate-slice`, `missing-slice`, `uneven-spacing`;
 * INVALID_ARGUMENT (`mixed-series`) if they are of two patients
 */
export async function stackSlices(series: readonly Slice[]): Promise<Stack> {
  return series.length === 1 ? singleSlice(series[0]) : severalSlices(series);
}

function singleSlice(slice: Slice): Stack {
  const warnings: Warning[] = [];
  for (const [known, keyword, tag] of [
    [slice.position, "ImagePositionPatient", "(0020,0032)"],
    [slice.orientation, "ImageOrientationPatient", "(0020,0037)"],
  ] as const)
    if (!known)
      warnings.push({
        defect: "missing-tag",
        message: `${keyword} ${tag} is missing; the place in the patient is unknown`,
      });
  const [row, column] = slice.orientation ?? [[1, 0, 0] as Vec3, [0, 1, 0] as Vec3];
  const step = scale(cross(row, column), thicknessOf(slice, warnings));
  return { slices: [slice], indexToWorld: rasAffine(slice, row, column, step, slice.position ?? [0, 0, 0]), warnings };
}

/**
 * mm: the thickness that stands for the distance of a slice without neighbors, 1 if the file does not say; with a warning.
 * @throws CORRUPT_FILE (`non-finite-affine`)
 */
export function thicknessOf({ name, thickness }: Slice, warnings: Warning[]): number {
  if (Number.isNaN(thickness))
    throw fault("CORRUPT_FILE", `${name}: SliceThickness (0018,0050) is not one finite number`, {
      defect: "non-finite-affine",
      file: name,
      tag: "(0018,0050)",
    });
  const known = thickness !== undefined && thickness > 0;
  warnings.push({
    defect: "single-slice",
    message: `one slice has no neighbor: ${known ? `SliceThickness ${thickness}` : "1"} mm is taken as its distance`,
  });
  return known ? thickness : 1;
}

async function severalSlices(given: readonly Slice[]): Promise<Stack> {
  checkOnePatient(given);
  const { series, warnings: aboutFrames } = sharedFrame(given);
  const first = series[0];
  checkPlaced(series);
  const [row, column] = first.orientation!;
  const normal = cross(row, column);
  const along = (slice: Slice) => dot(slice.position!, normal);
  const sorted = [...series].sort((a, b) => along(a) - along(b));
  const { slices, warnings: aboutDuplicates } = await dropDuplicates(sorted, along);
  const warnings = [...aboutFrames, ...aboutDuplicates];
  if (slices.length === 1) {
    const single = singleSlice(slices[0]);
    return { ...single, warnings: [...warnings, ...single.warnings] };
  }
  checkDistances(slices.map(along), slices);

  const origin = slices[0].position!;
  const step = scale(subtract(slices[slices.length - 1].position!, origin), 1 / (slices.length - 1));
  const distance = dot(step, normal);
  const strayed = slices.find(
    (slice, k) => norm(subtract(slice.position!, add(origin, scale(step, k)))) > 0.02 * distance,
  );
  if (strayed)
    throw refuse("inconsistent-geometry", `${strayed.name} lies beside the line through the first and the last slice`, {
      hint: "leave this file out if it is of another scan",
    });
  const sideways = norm(subtract(step, scale(normal, distance)));
  if (sideways > STRAIGHT * distance) warnings.push(shearWarning(step, normal));
  return { slices, indexToWorld: rasAffine(first, row, column, step, origin), warnings };
}

/**
 * Refuses slices that do not say where they lie, or that cannot be of one grid.
 * @throws INVALID_GEOMETRY: `missing-tag`, `inconsistent-geometry`
 */
export function checkPlaced(series: readonly Slice[]): void {
  const first = series[0];
  for (const slice of series) {
    if (!slice.position)
      throw refuse(
        "missing-tag",
        `${slice.name}: ImagePositionPatient (0020,0032) is missing, slices cannot be ordered`,
        { tag: "(0020,0032)", hint: WITH_PLACES },
      );
    if (!slice.orientation)
      throw refuse("missing-tag", `${slice.name}: ImageOrientationPatient (0020,0037) is missing`, {
        tag: "(0020,0037)",
        hint: WITH_PLACES,
      });
    const differs = difference(first, slice);
    if (differs)
      throw refuse("inconsistent-geometry", `${slice.name} and ${first.name} of one series differ in ${differs}`, {
        hint: "leave out the file that is not of this scan",
      });
  }
}

/** What a file needs so that its slice can be placed. */
const WITH_PLACES = "export it again with this tag, which converters and anonymizers may leave out";

const twoFrames = (a: Slice, b: Slice) =>
  a.frameOfReference && b.frameOfReference && a.frameOfReference !== b.frameOfReference;

/**
 * Slices that each name a frame of reference of their own come from programs that replace every identifier: no scanner
 * makes three images in three frames. Their places must then speak for themselves, and a warning says so.
 */
function sharedFrame(series: readonly Slice[]): { series: readonly Slice[]; warnings: Warning[] } {
  const frames = new Set(series.map(({ frameOfReference }) => frameOfReference).filter(Boolean));
  if (series.length < 3 || frames.size < series.length) return { series, warnings: [] };
  const message = `each of the ${series.length} slices names a FrameOfReferenceUID (0020,0052) of its own, as after anonymization; they are stacked by their places`;
  return {
    series: series.map((slice) => ({ ...slice, frameOfReference: undefined })),
    warnings: [{ defect: "inconsistent-geometry", message }],
  };
}

/**
 * Slices of two patients under one series, as a program that gives every scan the same identifiers leaves them. Names are
 * not shown.
 * @throws INVALID_ARGUMENT (`mixed-series`)
 */
function checkOnePatient(series: readonly Slice[]): void {
  for (const [i, tag] of ["PatientID (0010,0020)", "PatientName (0010,0010)"].entries()) {
    const named = series.filter(({ patient }) => patient[i]);
    const [first] = named;
    const other = named.find(({ patient }) => patient[i] !== first.patient[i]);
    if (other)
      throw fault(
        "INVALID_ARGUMENT",
        `${first.name} and ${other.name} are of one series but differ in ${tag}: two patients?`,
        { defect: "mixed-series", file: other.name, hint: "give the files of one" },
      );
  }
}

/** What must be equal in one series and is not. */
function difference(a: Slice, b: Slice): string | undefined {
  if (a.rows !== b.rows || a.columns !== b.columns)
    return `size: ${a.columns} x ${a.rows} and ${b.columns} x ${b.rows}`;
  if (a.orientation!.some((direction, i) => norm(subtract(direction, b.orientation![i])) > 1e-3)) return "orientation";
  if (a.pixelSpacing.some((spacing, i) => Math.abs(spacing - b.pixelSpacing[i]) > 1e-4 * spacing))
    return "pixel spacing";
  if (twoFrames(a, b)) return "FrameOfReferenceUID (0020,0052): their places cannot be compared";
  if (bytesPer[a.pixels.type] !== bytesPer[b.pixels.type]) return "bits a pixel";
  return undefined;
}

async function dropDuplicates(
  sorted: readonly Slice[],
  along: (slice: Slice) => number,
): Promise<{ slices: Slice[]; warnings: Warning[] }> {
  const slices: Slice[] = [];
  const dropped: string[] = [];
  for (const slice of sorted) {
    const previous = slices.at(-1);
    if (!previous || along(slice) - along(previous) > SAME_PLACE) slices.push(slice);
    else if (await sameImage(previous, slice)) dropped.push(slice.name);
    else
      throw refuse(
        "duplicate-slice",
        `${previous.name} and ${slice.name} are different images at one place: two acquisitions?`,
        { hint: "give the files of one of them" },
      );
  }
  const message = `left out because they repeat a slice: ${counted(dropped.length, "file")}: ${dropped.slice(0, 5).join(", ")}`;
  return { slices, warnings: dropped.length > 0 ? [{ defect: "duplicate-slice", message }] : [] };
}

async function sameImage(a: Slice, b: Slice): Promise<boolean> {
  if (a.slope !== b.slope || a.intercept !== b.intercept || a.pixels.type !== b.pixels.type) return false;
  if (norm(subtract(a.position!, b.position!)) > SAME_PLACE) return false;
  const [one, other] = [await a.pixels.readFrame(a.frame), await b.pixels.readFrame(b.frame)];
  return one.every((value, i) => value === other[i]);
}

function checkDistances(places: readonly number[], slices: readonly Slice[]): void {
  const gaps = places.slice(1).map((place, i) => place - places[i]);
  const median = [...gaps].sort((a, b) => a - b)[gaps.length >> 1];
  const uneven = gaps.flatMap((gap, i) => (Math.abs(gap - median) > Math.max(SAME_PLACE, EVEN * median) ? [i] : []));
  if (uneven.length === 0) return;
  const where = `between ${slices[uneven[0]].name} and ${slices[uneven[0] + 1].name} (${gaps[uneven[0]]} mm, elsewhere ${median} mm)`;
  const wholeGaps = uneven.every((i) => {
    const parts = gaps[i] / median;
    return Math.round(parts) >= 2 && Math.abs(parts - Math.round(parts)) <= EVEN * Math.round(parts);
  });
  if (wholeGaps && uneven.length <= Math.max(1, gaps.length / 4))
    throw refuse("missing-slice", `a slice is missing ${where}`, {
      gaps: uneven.length,
      hint: "add the file of that slice, or export the series again",
    });
  throw refuse("uneven-spacing", `the slices are unevenly spaced ${where}`, {
    median,
    hint: "resample them to one distance, or give a stretch that has one",
  });
}

/** A table that moves along the patient while the planes are tilted, or any other shear. */
function shearWarning(step: Vec3, normal: Vec3): Warning {
  const alongPatient = Math.abs(step[2]) >= (1 - 1e-4) * norm(step);
  const tilted = Math.abs(normal[2]) < 1 - 1e-6;
  const angle = (Math.acos(Math.min(1, Math.abs(dot(step, normal)) / norm(step))) * 180) / Math.PI;
  return alongPatient && tilted
    ? {
        defect: "gantry-tilt",
        message: `the gantry was tilted by ${angle.toFixed(1)} degrees; the sheared grid is kept`,
      }
    : {
        defect: "sheared-grid",
        message: `each slice is shifted sideways (${angle.toFixed(1)} degrees); the sheared grid is kept`,
      };
}

/** Columns i (along a row), j (down a column), k, and the origin; LPS to RAS turns the signs of x and y. */
export function rasAffine({ pixelSpacing }: Slice, row: Vec3, column: Vec3, step: Vec3, origin: Vec3): Matrix4 {
  const i = scale(row, pixelSpacing[1]);
  const j = scale(column, pixelSpacing[0]);
  const line = (axis: number, sign: number) => [i, j, step, origin].map((vector) => sign * vector[axis] || 0);
  return [...line(0, -1), ...line(1, -1), ...line(2, 1), 0, 0, 0, 1];
}
