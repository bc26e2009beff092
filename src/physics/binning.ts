/** Neighboring pixels put together, in counts. */
import { add, fault, scale } from "../core/index.js";
import type { Detector, Trajectory } from "../geometry/view.js";
import { checkStack, type ImageStack } from "./countStack.js";

/** Pixels put together: [along a column (rows), along a row (columns)]. */
export type BinFactors = readonly [rows: number, columns: number];

/**
 * The mean of blocks of pixels; rows and columns at the end that fill no block are left out. Counts, transmissions and
 * weights are binned so; line integrals are not, because the logarithm of a mean is not the mean of logarithms.
 * @throws INVALID_ARGUMENT (defect `out-of-range`)
 */
export function binImages(stack: ImageStack, factors: BinFactors): ImageStack {
  checkStack("binImages", stack);
  const { views, rows, columns, values } = stack;
  checkFactors(factors, rows, columns);
  const [byRow, byColumn] = factors;
  const [binnedRows, binnedColumns] = [Math.floor(rows / byRow), Math.floor(columns / byColumn)];
  const length = views * binnedRows * binnedColumns;
  const out = values instanceof Float64Array ? new Float64Array(length) : new Float32Array(length);
  const share = 1 / (byRow * byColumn);
  let o = 0;
  for (let view = 0; view < views; view++)
    for (let row = 0; row < binnedRows; row++)
      for (let column = 0; column < binnedColumns; column++) {
        let sum = 0;
        for (let r = row * byRow; r < (row + 1) * byRow; r++)
          for (let c = column * byColumn; c < (column + 1) * byColumn; c++)
            sum += values[(view * rows + r) * columns + c];
        out[o++] = sum * share;
      }
  return { views, rows: binnedRows, columns: binnedColumns, values: out };
}

/** The views as the binned detector sees them: larger pixels, the first one's center in the middle of its block. */
export function binTrajectory(trajectory: Trajectory, factors: BinFactors): Trajectory {
  const { detector, views, about } = trajectory;
  checkFactors(factors, detector.rows, detector.columns);
  const [byRow, byColumn] = factors;
  const binned: Detector = {
    rows: Math.floor(detector.rows / byRow),
    columns: Math.floor(detector.columns / byColumn),
    pixelSize: [detector.pixelSize[0] * byColumn, detector.pixelSize[1] * byRow],
  };
  return {
    about: byRow === 1 && byColumn === 1 ? about : `${about}, pixels binned ${byRow} x ${byColumn}`,
    detector: binned,
    views: views.map((view) => ({
      ...view,
      firstPixel: add(
        view.firstPixel,
        add(scale(view.columnStep, (byColumn - 1) / 2), scale(view.rowStep, (byRow - 1) / 2)),
      ),
      columnStep: scale(view.columnStep, byColumn),
      rowStep: scale(view.rowStep, byRow),
    })),
  };
}

function checkFactors(factors: BinFactors, rows: number, columns: number): void {
  const [byRow, byColumn] = factors;
  const fits = (factor: number, n: number) => Number.isInteger(factor) && factor >= 1 && factor <= n;
  if (!fits(byRow, rows) || !fits(byColumn, columns))
    throw fault("INVALID_ARGUMENT", `blocks of 1 to ${rows} x ${columns} pixels can be binned, not ${factors}`, {
      defect: "out-of-range",
    });
}
