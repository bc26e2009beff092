/**
 * Views as the 12 numbers of the ASTRA toolbox: geometries `cone_vec` (source, detector center, u, v) and
 * `parallel3d_vec` (ray direction, detector center, u, v); u leads from column to column, v from row to row. World mm.
 * Source: astra-toolbox.com, documentation of 3D geometries.
 */
import { fault } from "../core/errors.js";
import { add, scale, type Vec3 } from "../core/linear.js";
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

/** The view of 12 numbers. @throws SHAPE_MISMATCH, INVALID_GEOMETRY */
export function astraToView(beam: View["beam"], numbers: readonly number[], detector: Detector): View {
  if (numbers.length !== 12)
    throw fault("SHAPE_MISMATCH", `a ${beam} view is 12 numbers, got ${numbers.length}`, { length: numbers.length });
  const vector = (i: number): Vec3 => [numbers[i], numbers[i + 1], numbers[i + 2]];
  const [start, center, columnStep, rowStep] = [vector(0), vector(3), vector(6), vector(9)];
  const rest = { firstPixel: add(center, scale(toCenter(detector, columnStep, rowStep), -1)), columnStep, rowStep };
  const view: View = beam === "cone" ? { beam, source: start, ...rest } : { beam, direction: start, ...rest };
  checkView(view);
  return view;
}
