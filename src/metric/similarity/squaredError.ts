import { refuseUnknownOptions } from "../../core/index.js";
import { CONSTANT } from "./epsilon.js";
import { addWeightedGram, addWindowCorrection } from "./gram.js";
import { overViews, type PlaneComparison, planesOf } from "./plane.js";
import type { Similarity } from "./similarity.js";
import { dotLane, windowScratch } from "./term.js";

export interface SquaredErrorOptions {
  /**
   * Fit gain and offset of the moving image to the fixed one first (least squares, for every view by itself), so that only
   * what they cannot explain counts. @default false
   */
  readonly affineInvariant?: boolean;
}

/**
 * Mean of (a - f)² over the pixels that count; derivative 2 (a - f) / n, Gauss-Newton matrix 2 mean(J_c J_d).
 *
 * `affineInvariant`: mean of (s a + o - f)² with the best s and o; derivative 2 s (s a + o - f) / n (s and o do not count in
 * it, since the value is stationary in them), matrix 2 s² (cov(J_c, J_d) - cov(a, J_c) cov(a, J_d) / var(a)). A constant
 * moving image has s = 0: the value is the variance of the fixed image, the gradient 0.
 *
 * @throws INVALID_ARGUMENT (defect `unknown-option`)
 */
export function meanSquaredErrorSimilarity(options: SquaredErrorOptions = {}): Similarity {
  refuseUnknownOptions("meanSquaredErrorSimilarity", options, ["affineInvariant"]);
  const { affineInvariant = false } = options;
  return {
    name: affineInvariant ? "mean squared error after gain and offset" : "mean squared error",
    sense: "minimize",
    prepare(fixed) {
      const { views, rows, columns } = fixed;
      return overViews({ views, rows, columns }, comparison(planesOf(fixed), rows * columns, affineInvariant));
    },
  };
}

function comparison(fixed: readonly Float64Array[], n: number, affineInvariant: boolean): PlaneComparison {
  const residual = new Float64Array(n);
  const weight = new Float64Array(n);
  const centered = new Float64Array(n);
  const scratch = windowScratch();
  const { moments } = scratch;
  const fit = { count: 0, gain: 1, offset: 0, variance: 0, mean: 0 };

  return {
    compare(view, moving, mask, cotangent) {
      fitMoving(moving, fixed[view], mask, affineInvariant, fit);
      const { count, gain, offset } = fit;
      let sum = 0;
      for (let i = 0; i < n; i++) {
        const counts = mask?.[i] !== 0;
        const r = counts ? gain * moving[i] + offset - fixed[view][i] : 0;
        residual[i] = r;
        sum += r * r;
        weight[i] = counts ? (2 * gain * gain) / count : 0;
        centered[i] = counts ? moving[i] - fit.mean : 0;
      }
      if (cotangent) for (let i = 0; i < n; i++) cotangent[i] = count > 0 ? (2 * gain * residual[i]) / count : 0;
      return count > 0 ? sum / count : 0;
    },
    addHessian(jacobian, hessian) {
      const { values, lanes, parameters: p } = jacobian;
      if (fit.count === 0) return;
      addWeightedGram(values, lanes, weight, p, hessian);
      if (!affineInvariant || fit.gain === 0) return;
      scratch.resize(p);
      const { m, w } = scratch;
      for (let c = 0; c < p; c++) {
        m[c] = 0;
        for (let i = 0, at = c; i < n; i++, at += lanes) m[c] += weight[i] === 0 ? 0 : values[at] / fit.count;
        w[c] = dotLane(jacobian, c, centered) / fit.count;
      }
      moments.variance = fit.variance;
      moments.square = fit.variance;
      moments.factor = 2 * fit.gain * fit.gain;
      addWindowCorrection(m, w, w, moments, hessian);
    },
  };
}

interface Fit {
  count: number;
  gain: number;
  offset: number;
  /** Of the moving image. */
  variance: number;
  mean: number;
}

/** Gain and offset that bring the moving image nearest to the fixed one; 1 and 0 if they are not asked for. */
function fitMoving(a: Float64Array, f: Float64Array, mask: Uint8Array | undefined, affine: boolean, out: Fit): void {
  let count = 0;
  let sumA = 0;
  let sumF = 0;
  for (let i = 0; i < a.length; i++) {
    if (mask?.[i] === 0) continue;
    count++;
    sumA += a[i];
    sumF += f[i];
  }
  out.count = count;
  out.gain = 1;
  out.offset = 0;
  out.mean = 0;
  out.variance = 0;
  if (!affine || count === 0) return;
  out.mean = sumA / count;
  const meanF = sumF / count;
  let squares = 0;
  let products = 0;
  for (let i = 0; i < a.length; i++) {
    if (mask?.[i] === 0) continue;
    const x = a[i] - out.mean;
    squares += x * x;
    products += x * (f[i] - meanF);
  }
  out.variance = squares / count;
  out.gain = out.variance > CONSTANT * out.mean * out.mean ? products / squares : 0;
  out.offset = meanF - out.gain * out.mean;
}
