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
  /** A work array with one number (or `lanes` numbers) per block, [blockRow][blockColumn]. */
  blocks(lanes?: number): Float64Array;
  /** Per block: sumX <- sum of x, sumXY <- sum of x y. */
  blockMoments(x: Float64Array, y: Float64Array, sumX: Float64Array, sumXY: Float64Array): void;
  /** The same for several images x, [pixel][lane], `lanes` a multiple of three; the sums lie as [block][lane]. */
  blockLaneMoments(x: Float64Array, lanes: number, y: Float64Array, sumX: Float64Array, sumXY: Float64Array): void;
  /** Per block: sum <- the number of ones. */
  blockCounts(valid: Uint8Array, sum: Float64Array): void;
  /** Per window (and lane, if there are several): the sum of its blocks. */
  sumWindows(blocks: Float64Array, out: Float64Array, lanes?: number): void;
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
  let alongRow = new Float64Array(blockColumns + 1);
  let downRows = new Float64Array((blockRows + 1) * patchColumns);
  const corners = new Float64Array((blockRows + 1) * (blockColumns + 1));

  return {
    patchRows,
    patchColumns,
    blockColumns,
    block,
    coveredRows: blockRows * block,
    coveredColumns: blockColumns * block,
    blocks: (lanes = 1) => new Float64Array(blockRows * blockColumns * lanes),
    blockMoments(x, y, sumX, sumXY) {
      sumX.fill(0);
      sumXY.fill(0);
      for (let r = 0, start = 0; r < blockRows * block; r++, start += columns) {
        const first = Math.floor(r / block) * blockColumns;
        for (let b = 0, i = start; b < blockColumns; b++) {
          let s = 0;
          let t = 0;
          for (const end = i + block; i < end; i++) {
            s += x[i];
            t += x[i] * y[i];
          }
          sumX[first + b] += s;
          sumXY[first + b] += t;
        }
      }
    },
    blockLaneMoments(x, lanes, y, sumX, sumXY) {
      sumX.fill(0);
      sumXY.fill(0);
      for (let r = 0, start = 0; r < blockRows * block; r++, start += columns) {
        const first = Math.floor(r / block) * blockColumns;
        for (let lane = 0; lane < lanes; lane += 3)
          rowMoments(x, lanes, lane, y, start, block, first, blockColumns, sumX, sumXY);
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
    sumWindows(blocks, out, lanes = 1) {
      const line = patchColumns * lanes;
      const row = blockColumns * lanes;
      if (alongRow.length < row + lanes) {
        alongRow = new Float64Array(row + lanes);
        downRows = new Float64Array((blockRows + 1) * line);
      }
      const sums = alongRow;
      const down = downRows;
      sums.fill(0, 0, lanes);
      down.fill(0, 0, line);
      // down[r] holds the sums of the rows before r, each already summed along the row.
      for (let r = 0; r < blockRows; r++) {
        for (let b = 0, i = r * row; b < row; b++, i++) sums[b + lanes] = sums[b] + blocks[i];
        for (let q = 0, i = r * line; q < patchColumns; q++)
          for (let b = q * step * lanes, end = b + lanes; b < end; b++, i++)
            down[i + line] = down[i] + (sums[b + width * lanes] - sums[b]);
      }
      for (let q = 0, i = 0; q < patchRows; q++) {
        const top = q * step * line;
        const bottom = top + width * line;
        for (let c = 0; c < line; c++, i++) out[i] = down[bottom + c] - down[top + c];
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

/** Adds one row of pixels to the sums of its blocks, for three lanes. */
function rowMoments(
  x: Float64Array,
  lanes: number,
  lane: number,
  y: Float64Array,
  start: number,
  block: number,
  firstBlock: number,
  blockColumns: number,
  sumX: Float64Array,
  sumXY: Float64Array,
): void {
  let i = start;
  let at = start * lanes + lane;
  let to = firstBlock * lanes + lane;
  for (let b = 0; b < blockColumns; b++, to += lanes) {
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let t0 = 0;
    let t1 = 0;
    let t2 = 0;
    for (const end = i + block; i < end; i++, at += lanes) {
      const a = y[i];
      const x0 = x[at];
      const x1 = x[at + 1];
      const x2 = x[at + 2];
      s0 += x0;
      s1 += x1;
      s2 += x2;
      t0 += a * x0;
      t1 += a * x1;
      t2 += a * x2;
    }
    sumX[to] += s0;
    sumX[to + 1] += s1;
    sumX[to + 2] += s2;
    sumXY[to] += t0;
    sumXY[to + 1] += t1;
    sumXY[to + 2] += t2;
  }
}
