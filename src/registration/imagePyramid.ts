/** Measured images at several resolutions, with views that fit each. */
import { add, scale } from "../core/linear.js";
import type { Detector, View } from "../geometry/view.js";

/** One X-ray at one resolution. */
export interface LevelImage {
  /** [row][column] */
  readonly values: Float64Array;
  /** [row][column]: 1 where a pixel counts; undefined: all do. */
  readonly mask: Uint8Array | undefined;
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

/** The rectangle that holds every pixel that counts: no resolution is spent on what lies beside it. */
export function trimmed(image: LevelImage): LevelImage {
  const { values, mask, detector, view } = image;
  if (!mask) return image;
  const { rows: allRows, columns: allColumns } = detector;
  const indices = (count: number) => Array.from({ length: count }, (_, i) => i);
  const rowsUsed = indices(allRows).filter((r) => mask.subarray(r * allColumns, (r + 1) * allColumns).includes(1));
  const columnsUsed = indices(allColumns).filter((c) => rowsUsed.some((r) => mask[r * allColumns + c] === 1));
  const [top, left] = [rowsUsed[0], columnsUsed[0]];
  const rows = rowsUsed[rowsUsed.length - 1] - top + 1;
  const columns = columnsUsed[columnsUsed.length - 1] - left + 1;
  const from = (i: number) => (top + Math.floor(i / columns)) * allColumns + left + (i % columns);
  return {
    values: Float64Array.from({ length: rows * columns }, (_, i) => values[from(i)]),
    mask: Uint8Array.from({ length: rows * columns }, (_, i) => mask[from(i)]),
    detector: { ...detector, rows, columns },
    view: {
      ...view,
      firstPixel: add(view.firstPixel, add(scale(view.columnStep, left), scale(view.rowStep, top))),
    },
  };
}

/**
 * Means of factor x factor pixels, of those that count; where fewer than half do, the mean does not. The pixels grow, the
 * view keeps its place in the world.
 */
export function binned({ values, mask, detector, view }: LevelImage, factor: number): LevelImage {
  const rows = Math.floor(detector.rows / factor);
  const columns = Math.floor(detector.columns / factor);
  const out = new Float64Array(rows * columns);
  const counted = new Float64Array(out.length);
  for (let r = 0; r < rows * factor; r++) {
    const start = Math.floor(r / factor) * columns;
    for (let c = 0; c < columns * factor; c++) {
      const from = r * detector.columns + c;
      if (mask?.[from] === 0) continue;
      const to = start + Math.floor(c / factor);
      out[to] += values[from];
      counted[to]++;
    }
  }
  for (let i = 0; i < out.length; i++) out[i] /= counted[i];
  return {
    values: out,
    mask: mask && Uint8Array.from(counted, (count) => (2 * count >= factor ** 2 ? 1 : 0)),
    detector: {
      ...detector,
      rows,
      columns,
      pixelSize: [detector.pixelSize[0] * factor, detector.pixelSize[1] * factor],
    },
    view: binnedView(view, factor),
  };
}

/** The same place in the world, seen by pixels of factor x factor. */
export function binnedView(view: View, factor: number): View {
  const half = (factor - 1) / 2;
  return {
    ...view,
    firstPixel: add(view.firstPixel, add(scale(view.columnStep, half), scale(view.rowStep, half))),
    columnStep: scale(view.columnStep, factor),
    rowStep: scale(view.rowStep, factor),
  };
}

/**
 * The image with rows and columns added at its end, as many as a larger detector has; they do not count. Pixels that do not
 * count take the value of the nearest in their row that does, or of the nearest row that has one: no edges where nothing is known.
 */
export function extended({ values, mask, detector, view }: LevelImage, rows: number, columns: number): LevelImage {
  if (!mask && rows === detector.rows && columns === detector.columns) return { values, mask, detector, view };
  const out = new Float64Array(rows * columns).fill(Number.NaN);
  const counts = new Uint8Array(rows * columns);
  for (let r = 0; r < detector.rows; r++)
    for (let c = 0; c < detector.columns; c++) {
      const from = r * detector.columns + c;
      if (mask?.[from] === 0) continue;
      out[r * columns + c] = values[from];
      counts[r * columns + c] = 1;
    }
  if (!counts.includes(1)) out.fill(0);
  for (let r = 0; r < rows; r++) fillFromNearest(out, r * columns, 1, columns);
  for (let c = 0; c < columns; c++) fillFromNearest(out, c, columns, rows);
  return { values: out, mask: counts, detector: { ...detector, rows, columns }, view };
}

/** Replaces NaN along a line of an array by the nearest number on it, if there is one. */
function fillFromNearest(values: Float64Array, first: number, stride: number, count: number): void {
  const known = Array.from({ length: count }, (_, i) => i).filter((i) => !Number.isNaN(values[first + i * stride]));
  if (known.length === 0) return;
  let next = 0;
  for (let i = 0; i < count; i++) {
    while (next + 1 < known.length && Math.abs(known[next + 1] - i) < Math.abs(known[next] - i)) next++;
    values[first + i * stride] = values[first + known[next] * stride];
  }
}
