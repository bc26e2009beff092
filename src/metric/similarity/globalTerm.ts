import type { EpsilonParts } from "./epsilon.js";
import { addWindowCorrection } from "./gram.js";
import { type CorrelationTerm, type FeaturePair, windowScratch } from "./term.js";
import { trimmer } from "./trim.js";

/**
 * The correlation of whole images, S = cov(a, f) / (s_a s_f), s² = variance (1 + relative) + absolute, over the valid pixels
 * or, with `trim`, without the given share of those that fit worst (held fixed in the derivative).
 * dS/da_i = ((f_i - m_f) / (s_a s_f) - S (1 + relative) (a_i - m_a) / s_a²) / n.
 */
export function globalTerm(pixels: number, weight: number, epsilon: EpsilonParts, trim: number): CorrelationTerm {
  const { absolute } = epsilon;
  const scale = 1 + epsilon.relative;
  const trimWorst = trim > 0 ? trimmer(pixels, trim) : undefined;
  const scratch = windowScratch();
  const { moments } = scratch;
  // What the last comparison found: pixels (undefined: all), their number and mean of a.
  let kept: Uint8Array | undefined;
  let n = 0;
  let mean = 0;

  return {
    compare(pair, cotangent) {
      const { moving, fixed } = pair;
      moments.factor = 0;
      const aFull = pair.movingVariance * scale + absolute;
      const fFull = pair.fixedVariance * scale + absolute;
      if (pair.count === 0 || !(aFull > pair.movingFloor) || !(fFull > pair.fixedFloor)) return 0;
      kept = trimWorst ? trimWorst(pair, 1 / Math.sqrt(aFull), 1 / Math.sqrt(fFull)) : pair.valid;
      let sa = 0;
      let sf = 0;
      let saa = 0;
      let sff = 0;
      let saf = 0;
      n = trimWorst ? 0 : pair.count;
      for (let i = 0; i < pixels; i++) {
        if (trimWorst && kept) {
          if (kept[i] === 0) continue;
          n++;
        }
        const a = moving[i];
        const f = fixed[i];
        sa += a;
        sf += f;
        saa += a * a;
        sff += f * f;
        saf += a * f;
      }
      if (n === 0) return 0;
      mean = sa / n;
      const fixedMean = sf / n;
      const variance = Math.max(0, saa / n - mean * mean);
      const square = variance * scale + absolute;
      const fixedSquare = Math.max(0, sff / n - fixedMean * fixedMean) * scale + absolute;
      if (!(square > pair.movingFloor) || !(fixedSquare > pair.fixedFloor)) return 0;
      const cross = 1 / Math.sqrt(square * fixedSquare);
      const value = (saf / n - mean * fixedMean) * cross;
      moments.variance = variance;
      moments.square = square;
      moments.factor = weight / square;
      if (cotangent) {
        const forFixed = (weight * cross) / n;
        const forMoving = (weight * value * scale) / (n * square);
        const constant = mean * forMoving - fixedMean * forFixed;
        for (let i = 0; i < pixels; i++)
          if (kept?.[i] !== 0) cotangent[i] += forFixed * fixed[i] - forMoving * moving[i] + constant;
      }
      return weight * value;
    },
    addWeights(out) {
      if (moments.factor === 0) return;
      const share = moments.factor / n;
      if (!kept) for (let i = 0; i < pixels; i++) out[i] += share;
      else for (let i = 0; i < pixels; i++) out[i] += share * kept[i];
    },
    addCorrections({ moving }: FeaturePair, jacobian, hessian) {
      if (moments.factor === 0) return;
      const { values, lanes, parameters } = jacobian;
      scratch.resize(parameters);
      const { m, w, v } = scratch;
      for (let c = 0; c < parameters; c++) {
        let s = 0;
        let t = 0;
        for (let i = 0, at = c; i < pixels; i++, at += lanes)
          if (kept?.[i] !== 0) {
            s += values[at];
            t += values[at] * moving[i];
          }
        m[c] = s / n;
        w[c] = t / n - mean * m[c];
        v[c] = scale * w[c];
      }
      addWindowCorrection(m, w, v, moments, hessian);
    },
  };
}
