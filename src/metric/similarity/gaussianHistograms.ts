import type { PlaneComparison } from "./plane.js";

export interface GaussianHistogramOptions {
  readonly bins: number;
  readonly sigma: number;
  readonly epsilon: number;
  readonly normalize: boolean;
}

/** The comparison behind `mutualInformation` with the window `gaussian`. */
export function gaussianHistograms(
  fixedImages: readonly Float64Array[],
  n: number,
  { bins, sigma, epsilon, normalize }: GaussianHistogramOptions,
): PlaneComparison {
  const kernelA = new Float64Array(n * bins);
  const kernelF = new Float64Array(n * bins);
  const joint = new Float64Array(bins * bins);
  const ofA = new Float64Array(bins);
  const ofF = new Float64Array(bins);
  const toJoint = new Float64Array(bins * bins);
  const toA = new Float64Array(bins);

  const spread = (image: Float64Array, mask: Uint8Array | undefined, kernel: Float64Array, marginal: Float64Array) => {
    let count = 0;
    marginal.fill(0);
    for (let i = 0, at = 0; i < n; i++) {
      const counts = mask?.[i] !== 0;
      if (counts) count++;
      for (let b = 0; b < bins; b++, at++) {
        const x = (image[i] - b / (bins - 1)) / sigma;
        kernel[at] = counts ? Math.exp(-(x * x) / 2) : 0;
        marginal[b] += kernel[at];
      }
    }
    for (let b = 0; b < bins; b++) marginal[b] /= Math.max(1, count);
    return count;
  };

  return {
    compare(view, moving, mask, cotangent) {
      const count = spread(moving, mask, kernelA, ofA);
      spread(fixedImages[view], mask, kernelF, ofF);
      cotangent?.fill(0);
      if (count === 0) return 0;
      joint.fill(0);
      for (let i = 0; i < n; i++)
        if (mask?.[i] !== 0)
          for (let b = 0; b < bins; b++) addScaled(joint, b * bins, kernelF, i * bins, kernelA[i * bins + b], bins);
      const sumA = normalized(ofA, epsilon);
      normalized(ofF, epsilon);
      const sumJoint = normalized(joint, epsilon);
      const a = entropy(ofA, epsilon);
      const f = entropy(ofF, epsilon);
      const information = a + f - entropy(joint, epsilon);
      // All pixels far from every bin: there is nothing to tell.
      if (!(a + f > 0)) return 0;
      const value = normalize ? (2 * information) / (a + f) : information;
      if (!cotangent) return value;

      // Derivatives to the entropies of a and of the pair, then to the sums before normalization.
      const perJoint = normalize ? -2 / (a + f) : -1;
      const perA = normalize ? 2 / (a + f) - (2 * information) / (a + f) ** 2 : 1;
      entropySlope(ofA, epsilon, perA, sumA, toA);
      entropySlope(joint, epsilon, perJoint, sumJoint, toJoint);
      for (let i = 0; i < n; i++) {
        if (mask?.[i] === 0) continue;
        let total = 0;
        for (let b = 0, at = i * bins; b < bins; b++, at++) {
          const slope = -(moving[i] - b / (bins - 1)) / (sigma * sigma);
          const toKernel = toA[b] / count + product(toJoint, b * bins, kernelF, i * bins, bins);
          total += toKernel * kernelA[at] * slope;
        }
        cotangent[i] = total;
      }
      return value;
    },
  };
}

/** out[o + k] += factor x[s + k] */
function addScaled(out: Float64Array, o: number, x: Float64Array, s: number, factor: number, length: number): void {
  for (let k = 0; k < length; k++) out[o + k] += factor * x[s + k];
}

function product(x: Float64Array, s: number, y: Float64Array, t: number, length: number): number {
  let sum = 0;
  for (let k = 0; k < length; k++) sum += x[s + k] * y[t + k];
  return sum;
}

/** Divides by sum + epsilon, and gives that. */
function normalized(p: Float64Array, epsilon: number): number {
  let sum = epsilon;
  for (let k = 0; k < p.length; k++) sum += p[k];
  for (let k = 0; k < p.length; k++) p[k] /= sum;
  return sum;
}

/** -sum p log2(p + epsilon) */
function entropy(p: Float64Array, epsilon: number): number {
  let sum = 0;
  for (let k = 0; k < p.length; k++) sum -= p[k] * Math.log2(p[k] + epsilon);
  return sum;
}

/** out <- factor dH/dq for p = q / (sum q + epsilon), `total` that denominator. */
function entropySlope(p: Float64Array, epsilon: number, factor: number, total: number, out: Float64Array): void {
  let mean = 0;
  for (let k = 0; k < p.length; k++) {
    const slope = -factor * (Math.log2(p[k] + epsilon) + p[k] / ((p[k] + epsilon) * Math.LN2));
    out[k] = slope;
    mean += slope * p[k];
  }
  for (let k = 0; k < p.length; k++) out[k] = (out[k] - mean) / total;
}
