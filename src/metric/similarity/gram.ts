/**
 * out[c][d] += sum_i weight[i] x_c[i] x_d[i] for the symmetric p x p matrix of p images.
 * Pairs of images are taken two by two, so that each number read serves two products. An odd p meets a last image of zeros.
 */
export function addWeightedGram(
  images: readonly Float64Array[],
  weight: Float64Array,
  zeros: Float64Array,
  out: Float64Array,
): void {
  const p = images.length;
  for (let c = 0; c < p; c += 2)
    for (let d = c; d < p; d += 2) {
      const c1 = images[c + 1] ?? zeros;
      const d1 = images[d + 1] ?? zeros;
      addBlock(images[c], c1, images[d], d1, weight);
      put(out, p, c, d, sums[0]);
      put(out, p, c, d + 1, sums[1]);
      if (d > c) put(out, p, c + 1, d, sums[2]);
      put(out, p, c + 1, d + 1, sums[3]);
    }
}

const sums = new Float64Array(4);

function addBlock(c0: Float64Array, c1: Float64Array, d0: Float64Array, d1: Float64Array, weight: Float64Array): void {
  let [s00, s01, s10, s11] = [0, 0, 0, 0];
  for (let i = 0; i < weight.length; i++) {
    const w = weight[i];
    const x0 = w * c0[i];
    const x1 = w * c1[i];
    const y0 = d0[i];
    const y1 = d1[i];
    s00 += x0 * y0;
    s01 += x0 * y1;
    s10 += x1 * y0;
    s11 += x1 * y1;
  }
  sums[0] = s00;
  sums[1] = s01;
  sums[2] = s10;
  sums[3] = s11;
}

/** Adds to an element and to its mirror image; outside of the matrix nothing. */
function put(out: Float64Array, p: number, c: number, d: number, value: number): void {
  if (c >= p || d >= p) return;
  out[c * p + d] += value;
  if (c !== d) out[d * p + c] += value;
}

/** What a window needs for the derivative of its normalized image â = (a - mean) / s, s² = variance + epsilon. */
export interface WindowMoments {
  /** Variance of a in the window, and s². */
  readonly variance: number;
  readonly square: number;
  /** Factor of the whole window's part. */
  readonly factor: number;
}

/**
 * Adds what a window's mean and scale take from its Gram matrix: with m_c the mean of J_c, w_c = cov(a, J_c) and
 * v_c = half the derivative of s² to parameter c,
 * out[c][d] += factor (-m_c m_d - (w_c v_d + v_c w_d) / s² + variance v_c v_d / s⁴).
 * With factor mean(J_c J_d) this makes factor s² mean(dâ/dc dâ/dd), which is positive semidefinite.
 */
export function addWindowCorrection(
  m: Float64Array,
  w: Float64Array,
  v: Float64Array,
  { variance, square, factor }: WindowMoments,
  out: Float64Array,
): void {
  const p = m.length;
  const inverse = 1 / square;
  const second = variance * inverse * inverse;
  for (let c = 0; c < p; c++)
    for (let d = 0; d < p; d++)
      out[c * p + d] += factor * (second * v[c] * v[d] - m[c] * m[d] - inverse * (w[c] * v[d] + v[c] * w[d]));
}
