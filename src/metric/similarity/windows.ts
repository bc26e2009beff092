import { fault } from "../../core/index.js";
import type { PlaneSize } from "./plane.js";

/**
 * Square windows of `window` pixels a side, `stride` pixels apart, that lie wholly in an image: [patchRow][patchColumn].
 * Sums over them go by blocks of g = gcd(window, stride) pixels a side, then by running sums over blocks.
 */
export interface WindowGrid {
  readonly patchRows: number;
  readonly patchColumns: number;
  readonly blockColumns: number;
  /** Pixels along a block. */
  readonly block: number;
  /** Rows and columns of pixels that blocks cover, from the first on. */
  readonly coveredRows: number;
  readonly coveredColumns: number;
  /** A work array with one number per block, [blockRow][blockColumn]. */
  blocks(): Float64Array;
  /** Per block: sumX <- sum of x, sumXY <- sum of x y. */
  blockMoments(x: Float64Array, y: Float64Array, sumX: Float64Array, sumXY: Float64Array): void;
  /** Per block: sum <- the number of ones. */
  blockCounts(valid: Uint8Array, sum: Float64Array): void;
  /** Per window: the sum of its blocks. */
  sumWindows(blocks: Float64Array, out: Float64Array): void;
  /** Per block: the sum over the windows that hold it; the transpose of `sumWindows`. */
  spread(windows: Float64Array, out: Float64Array): void;
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

/** @throws SHAPE_MISMATCH (defect `too-small`) if no window fits */
export function windowGrid({ rows, columns }: PlaneSize, window: number, stride: number): WindowGrid {
  if (rows < window || columns < window)
    throw fault("SHAPE_MISMATCH", `an image of ${rows} x ${columns} holds no whole window of ${window} x ${window}`, {
      defect: "too-small",
      rows,
      columns,
      window,
    });
  const block = gcd(window, stride);
  const width = window / block;
  const step = stride / block;
  const patchRows = Math.floor((rows - window) / stride) + 1;
  const patchColumns = Math.floor((columns - window) / stride) + 1;
  const blockRows = (patchRows - 1) * step + width;
  const blockColumns = (patchColumns - 1) * step + width;
  const alongRow = new Float64Array(blockColumns + 1);
  const downRows = new Float64Array((blockRows + 1) * patchColumns);
  const corners = new Float64Array((blockRows + 1) * (blockColumns + 1));

  return {
    patchRows,
    patchColumns,
    blockColumns,
    block,
    coveredRows: blockRows * block,
    coveredColumns: blockColumns * block,
    blocks: () => new Float64Array(blockRows * blockColumns),
    blockMoments(x, y, sumX, sumXY) {
      sumX.fill(0);
      sumXY.fill(0);
      for (let r = 0, start = 0; r < blockRows * block; r++, start += columns) {
        const first = Math.floor(r / block) * blockColumns;
        for (let b = 0, i = start; b < blockColumns; b++) {
          let [s, t] = [0, 0];
          for (const end = i + block; i < end; i++) {
            s += x[i];
            t += x[i] * y[i];
          }
          sumX[first + b] += s;
          sumXY[first + b] += t;
        }
      }
    },
    blockCounts(valid, sum) {
      sum.fill(0);
      for (let r = 0, start = 0; r < blockRows * block; r++, start += columns) {
        const first = Math.floor(r / block) * blockColumns;
        for (let b = 0, i = start; b < blockColumns; b++) {
          let count = 0;
          for (const end = i + block; i < end; i++) count += valid[i];
          sum[first + b] += count;
        }
      }
    },
    sumWindows(blocks, out) {
      // downRows[r] holds the sums of the rows before r, each already summed along the row.
      for (let r = 0; r < blockRows; r++) {
        for (let b = 0, i = r * blockColumns; b < blockColumns; b++, i++) alongRow[b + 1] = alongRow[b] + blocks[i];
        for (let q = 0, b = 0, i = r * patchColumns; q < patchColumns; q++, b += step, i++)
          downRows[i + patchColumns] = downRows[i] + (alongRow[b + width] - alongRow[b]);
      }
      for (let q = 0, i = 0; q < patchRows; q++) {
        const top = q * step * patchColumns;
        const bottom = top + width * patchColumns;
        for (let c = 0; c < patchColumns; c++, i++) out[i] = downRows[bottom + c] - downRows[top + c];
      }
    },
    spread(windows, out) {
      const line = blockColumns + 1;
      corners.fill(0);
      for (let q = 0, i = 0; q < patchRows; q++)
        for (let c = 0, at = q * step * line; c < patchColumns; c++, i++, at += step) {
          const value = windows[i];
          corners[at] += value;
          corners[at + width] -= value;
          corners[at + width * line] -= value;
          corners[at + width * line + width] += value;
        }
      for (let r = 0, i = 0; r < blockRows; r++) {
        let sum = 0;
        for (let b = 0, at = r * line; b < blockColumns; b++, i++, at++) {
          sum += corners[at];
          out[i] = r === 0 ? sum : sum + out[i - blockColumns];
        }
      }
    },
  };
}
