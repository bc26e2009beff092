import { type EpsilonParts, FLAT } from "./epsilon.js";
import { addWeightedGram } from "./gram.js";
import type { PlaneSize } from "./plane.js";
import { type CorrelationTerm, dotLanes } from "./term.js";
import { windowGrid } from "./windows.js";

/** Windows of a local correlation. */
export interface LocalWindows {
  /** Pixels along a window, and between the first pixels of neighbors. */
  readonly window: number;
  readonly stride: number;
  /** Windows with a smaller share of valid pixels are left out. */
  readonly leastValid: number;
}

/**
 * The mean over windows p of S_p = cov_p(a, f) / (s_a s_f), s² = variance in the window + absolute + relative V, with V the
 * variance of the whole image. Flat windows have S_p = 0.
 * dS_p/da_i = ((f_i - m_f) / (s_a s_f) - S_p (a_i - m_a) / s_a²) / n_p - S_p relative a_i / (s_a² n), a less its mean.
 */
export function localTerm(
  size: PlaneSize,
  weight: number,
  { absolute, relative }: EpsilonParts,
  { window, stride, leastValid }: LocalWindows,
): CorrelationTerm {
  const grid = windowGrid(size, window, stride);
  const patches = grid.patchRows * grid.patchColumns;
  const full = window * window;
  const perPatch = () => new Float64Array(patches);
  const [counts, sumA, sumF, sumAA, sumFF, sumAF] = Array.from({ length: 6 }, perPatch);
  const [forFixed, forMoving, constant] = Array.from({ length: 3 }, perPatch);
  const [meanA, varianceA, squareA, factor, shares, forMean, forV] = Array.from({ length: 7 }, perPatch);
  const [blockX, blockXY, blockC] = Array.from({ length: 3 }, grid.blocks);
  // For each window and lane of the Jacobian images; blocks likewise.
  let means: Float64Array = new Float64Array(0);
  let covariances: Float64Array = means;
  let laneX: Float64Array = means;
  let laneXY: Float64Array = means;
  /** For each lane: half the derivative of what the whole image adds to s², and a weighted sum over windows. */
  let whole: Float64Array = means;
  let sumV: Float64Array = means;
  let used = 0;

  const windowMoments = (x: Float64Array, y: Float64Array, outX: Float64Array, outXY: Float64Array) => {
    grid.blockMoments(x, y, blockX, blockXY);
    grid.sumWindows(blockX, outX);
    grid.sumWindows(blockXY, outXY);
  };
  const countValid = (valid: Uint8Array | undefined) => {
    if (valid) {
      grid.blockCounts(valid, blockC);
      grid.sumWindows(blockC, counts);
    } else counts.fill(full);
    used = 0;
    for (let q = 0; q < patches; q++) {
      if (counts[q] > 0 && counts[q] >= leastValid * full) used++;
      else counts[q] = 0;
    }
  };
  /** Calls `visit` with the index of a block's first pixel in each row, for all rows that blocks cover. */
  const eachRowBlock = (visit: (pixel: number, block: number) => void) => {
    for (let r = 0; r < grid.coveredRows; r++) {
      const first = Math.floor(r / grid.block) * grid.blockColumns;
      for (let b = 0, i = r * size.columns; b < grid.blockColumns; b++, i += grid.block) visit(i, first + b);
    }
  };

  return {
    compare(pair, cotangent) {
      const { moving, fixed, movingVariance, fixedVariance } = pair;
      countValid(pair.valid);
      windowMoments(moving, moving, sumA, sumAA);
      windowMoments(fixed, fixed, sumF, sumFF);
      windowMoments(moving, fixed, sumA, sumAF);
      const movingFloor = Math.max(FLAT * movingVariance, pair.movingFloor);
      const fixedFloor = Math.max(FLAT * fixedVariance, pair.fixedFloor);
      const perWindow = used > 0 ? weight / used : 0;
      let value = 0;
      let whole = 0;
      for (let q = 0; q < patches; q++) {
        const n = counts[q];
        factor[q] = 0;
        forFixed[q] = 0;
        forMoving[q] = 0;
        constant[q] = 0;
        if (n === 0) continue;
        const ma = sumA[q] / n;
        const mf = sumF[q] / n;
        const variance = Math.max(0, sumAA[q] / n - ma * ma);
        const square = variance + absolute + relative * movingVariance;
        const fixedSquare = Math.max(0, sumFF[q] / n - mf * mf) + absolute + relative * fixedVariance;
        if (!(square > movingFloor) || !(fixedSquare > fixedFloor)) continue;
        const cross = 1 / Math.sqrt(square * fixedSquare);
        const s = (sumAF[q] / n - ma * mf) * cross;
        value += perWindow * s;
        whole += (perWindow * s * relative) / square;
        meanA[q] = ma;
        varianceA[q] = variance;
        squareA[q] = square;
        factor[q] = perWindow / square;
        forFixed[q] = (perWindow * cross) / n;
        forMoving[q] = (perWindow * s) / (n * square);
        constant[q] = ma * forMoving[q] - mf * forFixed[q];
      }
      if (!cotangent || used === 0) return value;
      grid.spread(forFixed, blockX);
      grid.spread(forMoving, blockXY);
      grid.spread(constant, blockC);
      eachRowBlock((pixel, b) => {
        const x = blockX[b];
        const y = blockXY[b];
        const z = blockC[b];
        for (let i = pixel; i < pixel + grid.block; i++) cotangent[i] += x * fixed[i] - y * moving[i] + z;
      });
      const share = whole / pair.count;
      if (share !== 0) for (let i = 0; i < cotangent.length; i++) cotangent[i] -= share * moving[i];
      return value;
    },
    addWeights(out) {
      for (let q = 0; q < patches; q++) shares[q] = factor[q] === 0 ? 0 : factor[q] / counts[q];
      grid.spread(shares, blockX);
      eachRowBlock((pixel, b) => {
        const share = blockX[b];
        for (let i = pixel; i < pixel + grid.block; i++) out[i] += share;
      });
    },
    addCorrections({ moving, count }, jacobian, hessian) {
      const { lanes, parameters: p } = jacobian;
      if (means.length !== patches * lanes) {
        whole = new Float64Array(lanes);
        sumV = new Float64Array(lanes);
        means = new Float64Array(patches * lanes);
        covariances = new Float64Array(patches * lanes);
        laneX = grid.blocks(lanes);
        laneXY = grid.blocks(lanes);
      }
      grid.blockLaneMoments(jacobian.values, lanes, moving, laneX, laneXY);
      grid.sumWindows(laneX, means, lanes);
      grid.sumWindows(laneXY, covariances, lanes);
      dotLanes(jacobian, moving, whole);
      for (let c = 0; c < p; c++) whole[c] *= relative / count;
      // With v = w + whole, the sum of `addWindowCorrection` over the windows is that of two Gram matrices and an outer product.
      sumV.fill(0);
      for (let q = 0; q < patches; q++) {
        forMean[q] = -factor[q];
        forV[q] = 0;
        if (factor[q] === 0) continue;
        const inverse = 1 / squareA[q];
        forV[q] = factor[q] * inverse * (varianceA[q] * inverse - 2);
        for (let c = 0, at = q * lanes; c < p; c++, at++) {
          means[at] /= counts[q];
          covariances[at] = covariances[at] / counts[q] - meanA[q] * means[at] + whole[c];
          sumV[c] += factor[q] * inverse * covariances[at];
        }
      }
      addWeightedGram(means, lanes, forMean, p, hessian);
      addWeightedGram(covariances, lanes, forV, p, hessian);
      for (let c = 0; c < p; c++)
        for (let d = 0; d < p; d++) hessian[c * p + d] += whole[c] * sumV[d] + sumV[c] * whole[d];
    },
  };
}
