/** Rings: detector pixels that are a little off in every view. */
import { fault, refuseUnknownOptions } from "../core/index.js";
import { checkStack, type ImageStack, medianOf, robustDeviation } from "./countStack.js";

/** Options of `reduceRings`. */
export interface RingOptions {
  /**
   * `mean`: what the mean over views differs from a smooth curve is subtracted where it stands out; for single pixels that
   * are off by a constant. `sort`: the values of each pixel are sorted over the views and smoothed between pixels; also
   * for errors that grow with the signal, and for several pixels together.
   * @default "sort"
   */
  readonly method?: "mean" | "sort";
  /** Pixels of the running median along a row, odd; wider than the widest stripe times two. @default a thirtieth of the columns, 3 to 21 */
  readonly window?: number;
}

/** Stripes that stand out less than this many robust standard deviations are left alone by `mean`. */
const DEVIATIONS = 3;

const defaultWindow = (columns: number) => 2 * Math.min(10, Math.max(1, Math.round(columns / 60))) + 1;

/**
 * Line integrals without rings. A new array of the same type.
 * Source: `mean`: subtraction of the high-pass of the sinogram's mean (Raven, Rev. Sci. Instrum. 69, 1998), here against a
 * running median; `sort`: algorithm 3 of Vo, Atwood, Drakopoulos, Optics Express 26(22), 2018.
 * @throws INVALID_ARGUMENT (defects `bad-option`, `out-of-range`)
 */
export function reduceRings(stack: ImageStack, options: RingOptions = {}): ImageStack {
  refuseUnknownOptions("reduceRings", options, ["method", "window"]);
  checkStack("reduceRings", stack);
  const { method = "sort", window = defaultWindow(stack.columns) } = options;
  if (method !== "mean" && method !== "sort")
    throw fault("INVALID_ARGUMENT", `the method against rings is 'mean' or 'sort', got '${method}'`, {
      defect: "bad-option",
    });
  if (!(Number.isInteger(window) && window >= 3 && window % 2 === 1))
    throw fault("INVALID_ARGUMENT", `the window is an odd number of pixels from 3 on, got ${window}`, {
      defect: "out-of-range",
    });
  const values = stack.values.slice();
  for (let row = 0; row < stack.rows; row++)
    if (method === "mean") subtractMeanStripes({ ...stack, values }, row, window);
    else smoothSorted({ ...stack, values }, row, window);
  return { ...stack, values };
}

function subtractMeanStripes({ views, rows, columns, values }: ImageStack, row: number, window: number): void {
  const mean = new Float64Array(columns);
  for (let view = 0; view < views; view++)
    for (let c = 0; c < columns; c++) mean[c] += values[(view * rows + row) * columns + c] / views;
  const smooth = runningMedian(mean, window);
  const stripe = mean.map((value, c) => value - smooth[c]);
  const limit = DEVIATIONS * robustDeviation(stripe);
  for (let c = 0; c < columns; c++)
    if (Math.abs(stripe[c]) > limit)
      for (let view = 0; view < views; view++) values[(view * rows + row) * columns + c] -= stripe[c];
}

function smoothSorted({ views, rows, columns, values }: ImageStack, row: number, window: number): void {
  const at = (view: number, column: number) => (view * rows + row) * columns + column;
  const order = Array.from({ length: columns }, (_, c) => {
    const byValue = Uint32Array.from({ length: views }, (_, view) => view);
    return byValue.sort((a, b) => values[at(a, c)] - values[at(b, c)] || a - b);
  });
  const rank = new Float64Array(columns);
  const smoothed = new Float64Array(views * columns);
  for (let k = 0; k < views; k++) {
    for (let c = 0; c < columns; c++) rank[c] = values[at(order[c][k], c)];
    smoothed.set(runningMedian(rank, window), k * columns);
  }
  for (let c = 0; c < columns; c++)
    for (let k = 0; k < views; k++) values[at(order[c][k], c)] = smoothed[k * columns + c];
}

/** The median of the `window` values around each; the window shrinks evenly at the ends. */
function runningMedian(values: Float64Array, window: number): Float64Array {
  return values.map((_, i) => {
    const reach = Math.min((window - 1) / 2, i, values.length - 1 - i);
    return medianOf(values.slice(i - reach, i + reach + 1));
  });
}
