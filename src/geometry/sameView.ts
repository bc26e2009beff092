/** The same exposure told in other words: in another frame, or with its rows or columns counted from the other end. */
import { fault } from "../core/errors.js";
import {
  add,
  inverseAffine,
  type Matrix4,
  norm,
  scale,
  transformPoint,
  transformVector,
  type Vec3,
} from "../core/linear.js";
import type { Detector, View } from "./view.js";
import { viewGeometry } from "./viewGeometry.js";

/** The view in another frame; `toFrame`: 4x4 affine from the view's frame (mm) to the other. */
export function transformView(view: View, toFrame: Matrix4): View {
  const rest = {
    firstPixel: transformPoint(toFrame, view.firstPixel),
    columnStep: transformVector(toFrame, view.columnStep),
    rowStep: transformVector(toFrame, view.rowStep),
  };
  return view.beam === "cone"
    ? { beam: "cone", source: transformPoint(toFrame, view.source), ...rest }
    : { beam: "parallel", direction: transformVector(toFrame, view.direction), ...rest };
}

/** The inverse of `transformView`. */
export const transformViewBack = (view: View, toFrame: Matrix4): View => transformView(view, inverseAffine(toFrame));

/** The view of the image whose row r is row (rows - 1 - r) of this view's. */
export const reverseRows = (view: View, { rows }: Detector): View => ({
  ...view,
  firstPixel: add(view.firstPixel, scale(view.rowStep, rows - 1)),
  rowStep: reversed(view.rowStep),
});

/** The view of the image whose column c is column (columns - 1 - c) of this view's. */
export const reverseColumns = (view: View, { columns }: Detector): View => ({
  ...view,
  firstPixel: add(view.firstPixel, scale(view.columnStep, columns - 1)),
  columnStep: reversed(view.columnStep),
});

const reversed = (v: Vec3): Vec3 => [0 - v[0], 0 - v[1], 0 - v[2]];

/** A rectangular detector as other programs describe it. */
export interface DetectorFrame {
  /** Unit vectors along a row (from column to column) and along a column (from row to row). */
  readonly u: Vec3;
  readonly v: Vec3;
  /** World mm: the middle of the detector's area. */
  readonly center: Vec3;
}

/** How far steps may be from a right angle, as a cosine. */
const SKEW = 1e-9;

/**
 * The axes and the middle of a view's detector.
 * @throws INVALID_GEOMETRY (`not-representable`) if its rows and columns are not at right angles, which `program` cannot say
 */
export function detectorFrame(view: View, detector: Detector, program: string): DetectorFrame {
  const { skew } = viewGeometry(view);
  if (Math.abs(skew) > SKEW) throw notRepresentable(program, `rows and columns of pixels meet at a cosine of ${skew}`);
  const { columnStep, rowStep, firstPixel } = view;
  const toCenter = add(scale(columnStep, (detector.columns - 1) / 2), scale(rowStep, (detector.rows - 1) / 2));
  return {
    u: scale(columnStep, 1 / norm(columnStep)),
    v: scale(rowStep, 1 / norm(rowStep)),
    center: add(firstPixel, toCenter),
  };
}

/** Refuses a view that another program's parameters cannot describe. */
export const notRepresentable = (program: string, why: string, detail: object = {}) =>
  fault("INVALID_GEOMETRY", `${program} cannot describe this view: ${why}`, { defect: "not-representable", ...detail });

/**
 * Refuses a detector that is seen from the side that another program's rotations cannot describe.
 * @param wanted -1: columns to the right and rows up, or left and down, as seen from the source; 1: right and down
 * @throws INVALID_GEOMETRY (`mirrored-view`)
 */
export function refuseMirrored(view: View, program: string, wanted: 1 | -1): void {
  if (viewGeometry(view).handedness === wanted) return;
  throw fault(
    "INVALID_GEOMETRY",
    `${program} sees the detector mirrored: reverse the rows or the columns of the images, and the view by reverseRows or reverseColumns`,
    { defect: "mirrored-view" },
  );
}

/** Affine from a frame whose axes are the columns of `axes` (RAS) and whose origin is `isocenter` (mm). */
export const frameToWorld = (axes: readonly number[], isocenter: Vec3): number[] => [
  ...axes.slice(0, 3),
  isocenter[0],
  ...axes.slice(3, 6),
  isocenter[1],
  ...axes.slice(6, 9),
  isocenter[2],
  0,
  0,
  0,
  1,
];
