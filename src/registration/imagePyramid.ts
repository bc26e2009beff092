/** Measured images at several resolutions, with views that fit each. */
import { add, scale } from "../core/linear.js";
import type { Detector, View } from "../geometry/view.js";

/** One X-ray at one resolution. */
export interface LevelImage {
  /** [row][column] */
  readonly values: Float64Array;
  readonly detector: Detector;
  readonly view: View;
}

/** Pixels along the longer side that the finest resolution comes nearest to. */
const FINEST = 128;
/** The longer side of the coarsest is at least this. */
const COARSEST = 24;
const LEVELS = 3;

/**
 * Coarsest first: the image by means of whole pixels to about 128 along its longer side, and then by means of 2 x 2, twice
 * where that leaves 24 pixels. Rows and columns that fill no block at the end are left out.
 */
export function imagePyramid(image: LevelImage): LevelImage[] {
  const longer = Math.max(image.detector.rows, image.detector.columns);
  const levels = [binned(image, Math.max(1, Math.round(longer / FINEST)))];
  while (levels.length < LEVELS) {
    const { rows, columns } = levels[0].detector;
    if (Math.max(rows, columns) / 2 < COARSEST || Math.min(rows, columns) < 2) break;
    levels.unshift(binned(levels[0], 2));
  }
  return levels;
}

/** Means of factor x factor pixels; the pixels grow, the view keeps its place in the world. */
export function binned({ values, detector, view }: LevelImage, factor: number): LevelImage {
  const rows = Math.floor(detector.rows / factor);
  const columns = Math.floor(detector.columns / factor);
  const out = new Float64Array(rows * columns);
  for (let r = 0; r < rows * factor; r++) {
    const start = Math.floor(r / factor) * columns;
    for (let c = 0; c < columns * factor; c++)
      out[start + Math.floor(c / factor)] += values[r * detector.columns + c] / factor ** 2;
  }
  const half = (factor - 1) / 2;
  return {
    values: out,
    detector: {
      ...detector,
      rows,
      columns,
      pixelSize: [detector.pixelSize[0] * factor, detector.pixelSize[1] * factor],
    },
    view: {
      ...view,
      firstPixel: add(view.firstPixel, add(scale(view.columnStep, half), scale(view.rowStep, half))),
      columnStep: scale(view.columnStep, factor),
      rowStep: scale(view.rowStep, factor),
    },
  };
}
