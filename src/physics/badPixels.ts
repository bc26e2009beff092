/** Pixels that say nothing: found, and filled from their neighbors. */
import { fault } from "../core/index.js";
import { checkStack, type ImageStack, medianOf, robustDeviation } from "./countStack.js";

/** Half the side of the window of neighbors, pixels: 5 x 5. */
const REACH = 2;
/** Distance from the median of the neighbors in standard deviations of all such distances, beyond which a pixel is bad. */
const DEVIATIONS = 6;
/** And at least this share of the median itself: smaller differences are what flats and ring reduction are for. */
const SHARE = 0.1;
/** The window grows up to this half side, pixels, until a good neighbor is found. */
const LARGEST_REACH = 50;

/**
 * Marks pixels of one image [row][column] whose value lies more than 6 robust standard deviations and a tenth of the
 * level away from the median of the 5 x 5 pixels around, and those that are no number. `level`: what a tenth is taken of;
 * the median of the neighbors unless given. 1 = bad.
 */
export function findBadPixels(image: ArrayLike<number>, rows: number, columns: number, level?: number): Uint8Array {
  const medians = new Float64Array(rows * columns);
  const residuals = new Float64Array(rows * columns);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const at = row * columns + column;
      medians[at] = medianOf(window(image, rows, columns, row, column, REACH, (i) => Number.isFinite(image[i])));
      residuals[at] = image[at] - medians[at];
    }
  const deviation = robustDeviation(residuals);
  return Uint8Array.from(residuals, (residual, i) => {
    const size = Math.abs(residual);
    const allowed = Math.max(DEVIATIONS * deviation, SHARE * Math.abs(level ?? medians[i]));
    return size <= allowed ? 0 : 1;
  });
}

/**
 * Replaces the marked pixels (1) of a stack by the median of the good ones in the 5 x 5 pixels around, in the same view; a
 * larger window where there are none. In place.
 * @throws INVALID_ARGUMENT (defect `no-good-pixel`) for a view without good pixels nearby
 */
export function fillBadPixels(stack: ImageStack, bad: Uint8Array): void {
  checkStack("fillBadPixels", stack);
  const { views, rows, columns, values } = stack;
  const pixels = rows * columns;
  const filled: number[] = [];
  for (let view = 0; view < views; view++) {
    const image = values.subarray(view * pixels, (view + 1) * pixels);
    const marks = bad.subarray(view * pixels, (view + 1) * pixels);
    filled.length = 0;
    for (let i = 0; i < pixels; i++) if (marks[i]) filled.push(i, neighborMedian(image, marks, rows, columns, i, view));
    for (let k = 0; k < filled.length; k += 2) image[filled[k]] = filled[k + 1];
  }
}

function neighborMedian(
  image: ArrayLike<number>,
  bad: Uint8Array,
  rows: number,
  columns: number,
  at: number,
  view: number,
): number {
  const [row, column] = [Math.floor(at / columns), at % columns];
  for (let reach = REACH; reach <= LARGEST_REACH; reach = Math.max(reach + 1, Math.ceil(1.5 * reach))) {
    const good = window(image, rows, columns, row, column, reach, (i) => bad[i] === 0);
    if (good.length > 0) return medianOf(good);
  }
  throw fault("INVALID_ARGUMENT", `view ${view} has no good pixel near row ${row}, column ${column}: leave it out`, {
    defect: "no-good-pixel",
    view,
    row,
    column,
  });
}

function window(
  image: ArrayLike<number>,
  rows: number,
  columns: number,
  row: number,
  column: number,
  reach: number,
  counts: (i: number) => boolean,
): Float64Array {
  const found: number[] = [];
  for (let r = Math.max(0, row - reach); r <= Math.min(rows - 1, row + reach); r++)
    for (let c = Math.max(0, column - reach); c <= Math.min(columns - 1, column + reach); c++)
      if (counts(r * columns + c)) found.push(image[r * columns + c]);
  return Float64Array.from(found);
}
