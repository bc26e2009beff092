/** Images are taken in groups of three, so that their nine sums stay in registers; p is rounded up to whole groups. */
export const lanesFor = (p: number): number => 3 * Math.ceil(p / 3);

/**
 * out[c][d] += sum_i weight[i] x_c[i] x_d[i] for the symmetric p x p matrix of p images, which lie as [pixel][lane] with
 * `lanes` >= p a multiple of three (the lanes from p on count for nothing).
 */
export function addWeightedGram(
  images: Float64Array,
  lanes: number,
  weight: Float64Array,
  p: number,
  out: Float64Array,
): void {
  for (let c = 0; c < lanes; c += 3) {
    sumGroup(images, lanes, c, weight);
    for (let k = 0; k < 3; k++) for (let l = k; l < 3; l++) put(out, p, c + k, c + l, sums[3 * k + l]);
    for (let d = c + 3; d < lanes; d += 3) {
      sumGroups(images, lanes, c, d, weight);
      for (let k = 0; k < 3; k++) for (let l = 0; l < 3; l++) put(out, p, c + k, d + l, sums[3 * k + l]);
    }
  }
}

const sums = new Float64Array(9);

/** The six sums of three lanes with themselves. */
function sumGroup(images: Float64Array, lanes: number, c: number, weight: Float64Array): void {
  let s00 = 0;
  let s01 = 0;
  let s02 = 0;
  let s11 = 0;
  let s12 = 0;
  let s22 = 0;
  for (let i = 0, at = c; i < weight.length; i++, at += lanes) {
    const w = weight[i];
    const x = images[at];
    const y = images[at + 1];
    const z = images[at + 2];
    const wx = w * x;
    const wy = w * y;
    s00 += wx * x;
    s01 += wx * y;
    s02 += wx * z;
    s11 += wy * y;
    s12 += wy * z;
    s22 += w * z * z;
  }
  sums[0] = s00;
  sums[1] = s01;
  sums[2] = s02;
  sums[4] = s11;
  sums[5] = s12;
  sums[8] = s22;
}

/** The nine sums of three lanes from c on with three from d on. */
function sumGroups(images: Float64Array, lanes: number, c: number, d: number, weight: Float64Array): void {
  let s00 = 0;
  let s01 = 0;
  let s02 = 0;
  let s10 = 0;
  let s11 = 0;
  let s12 = 0;
  let s20 = 0;
  let s21 = 0;
  let s22 = 0;
  for (let i = 0, at = c, bt = d; i < weight.length; i++, at += lanes, bt += lanes) {
    const w = weight[i];
    const x = w * images[at];
    const y = w * images[at + 1];
    const z = w * images[at + 2];
    const u = images[bt];
    s00 += x * u;
    s10 += y * u;
    s20 += z * u;
    const v = images[bt + 1];
    s01 += x * v;
    s11 += y * v;
    s21 += z * v;
    const t = images[bt + 2];
    s02 += x * t;
    s12 += y * t;
    s22 += z * t;
  }
  sums[0] = s00;
  sums[1] = s01;
  sums[2] = s02;
  sums[3] = s10;
  sums[4] = s11;
  sums[5] = s12;
  sums[6] = s20;
  sums[7] = s21;
  sums[8] = s22;
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
