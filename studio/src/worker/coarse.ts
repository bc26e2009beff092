import type { Vec3 } from "tomograd";
import type { ConeView, Detector } from "tomograd/geometry";

const along = (start: Vec3, step: Vec3, count: number): Vec3 => [
  start[0] + count * step[0],
  start[1] + count * step[1],
  start[2] + count * step[2],
];
const times = ([x, y, z]: Vec3, factor: number): Vec3 => [x * factor, y * factor, z * factor];

/** The same detector area in fewer, larger pixels. `coarsening`: how many along each side become one. */
export function coarse(
  view: ConeView,
  detector: Detector,
  coarsening: number,
): { readonly view: ConeView; readonly detector: Detector } {
  if (coarsening <= 1) return { view, detector };
  const rows = Math.max(1, Math.round(detector.rows / coarsening));
  const columns = Math.max(1, Math.round(detector.columns / coarsening));
  const [across, down] = [detector.columns / columns, detector.rows / rows];
  // the first pixel's center moves by half of what the pixel gained
  const first = along(along(view.firstPixel, view.columnStep, (across - 1) / 2), view.rowStep, (down - 1) / 2);
  return {
    view: {
      ...view,
      firstPixel: first,
      columnStep: times(view.columnStep, across),
      rowStep: times(view.rowStep, down),
    },
    detector: {
      rows,
      columns,
      pixelSize: [detector.pixelSize[0] * across, detector.pixelSize[1] * down],
    },
  };
}

/** A stretch of a detector's rows as a detector of its own. */
export function band(
  view: ConeView,
  detector: Detector,
  firstRow: number,
  rows: number,
): { readonly view: ConeView; readonly detector: Detector } {
  return {
    view: { ...view, firstPixel: along(view.firstPixel, view.rowStep, firstRow) },
    detector: { ...detector, rows },
  };
}
