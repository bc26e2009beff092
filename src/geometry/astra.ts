/**
 * Views as the 12 numbers of the ASTRA toolbox: geometries `cone_vec` (source, detector center, u, v) and
 * `parallel3d_vec` (ray direction, detector center, u, v); u leads from column to column, v from row to row. World mm.
 * In the plane z = 0 the same as 6 numbers, x and y of the first three: `fanflat_vec` and `parallel_vec`.
 * Source: astra-toolbox.com, documentation of 2D and 3D geometries.
 */
import { fault } from "../core/errors.js";
import { add, scale, type Vec3 } from "../core/linear.js";
import { notRepresentable } from "./sameView.js";
import type { Detector, View } from "./view.js";
import { checkView } from "./viewGeometry.js";

/** From the center of pixel (0, 0) to the center of the detector. */
const toCenter = (detector: Detector, columnStep: Vec3, rowStep: Vec3) =>
  add(scale(columnStep, (detector.columns - 1) / 2), scale(rowStep, (detector.rows - 1) / 2));

/** 12 numbers: source or direction, detector center, column step, row step. */
export function viewToAstra(view: View, detector: Detector): number[] {
  checkView(view);
  const start = view.beam === "cone" ? view.source : view.direction;
  const center = add(view.firstPixel, toCenter(detector, view.columnStep, view.rowStep));
  return [...start, ...center, ...view.columnStep, ...view.rowStep];
}

/** The view of 12 numbers, or of 6: one row of pixels at z = 0, as high as `detector` says, rows upwards. @throws SHAPE_MISMATCH, INVALID_GEOMETRY */
export function astraToView(beam: View["beam"], numbers: readonly number[], detector: Detector): View {
  if (numbers.length !== 12 && numbers.length !== 6)
    throw fault("SHAPE_MISMATCH", `a ${beam} view is 12 numbers, or 6 in the plane, got ${numbers.length}`, {
      length: numbers.length,
    });
  if (numbers.length === 6 && detector.rows !== 1)
    throw fault("SHAPE_MISMATCH", `6 numbers describe one row of pixels, the detector has ${detector.rows} rows`, {
      defect: "inconsistent-geometry",
    });
  const flat = numbers.length === 6;
  const vector = (i: number): Vec3 =>
    flat ? [numbers[2 * i], numbers[2 * i + 1], 0] : [numbers[3 * i], numbers[3 * i + 1], numbers[3 * i + 2]];
  const [start, center, columnStep] = [vector(0), vector(1), vector(2)];
  const rowStep: Vec3 = flat ? [0, 0, detector.pixelSize[1]] : vector(3);
  const rest = { firstPixel: add(center, scale(toCenter(detector, columnStep, rowStep), -1)), columnStep, rowStep };
  const view: View = beam === "cone" ? { beam, source: start, ...rest } : { beam, direction: start, ...rest };
  checkView(view);
  return view;
}

/**
 * 6 numbers of a view in the plane z = 0: source or direction, detector center, column step.
 * @throws INVALID_GEOMETRY (`not-representable`) for more than one row of pixels, or a view that is not in that plane
 */
export function viewToAstraFan(view: View, detector: Detector): number[] {
  const numbers = viewToAstra(view, detector);
  const outside = Math.max(Math.abs(numbers[2]), Math.abs(numbers[5]), Math.abs(numbers[8]));
  if (detector.rows !== 1) throw notRepresentable("A fan", `its detector has ${detector.rows} rows`);
  if (outside > 1e-9 * Math.hypot(...view.firstPixel)) throw notRepresentable("A fan", "it is not in the plane z = 0");
  return [0, 1, 3, 4, 6, 7].map((i) => numbers[i]);
}
