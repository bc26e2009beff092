/**
 * Sine, cosine and arctangent of the same bits in every JavaScript engine. The language leaves the last bit of `Math.sin`
 * and its like to the engine, and Node and browsers differ in it; geometry files made of such numbers would be other bytes.
 * Polynomials and reduction are those of FreeBSD's msun (fdlibm): less than one unit in the last place from the true value.
 */

/** pi/2 in parts of 33 bits: products with whole numbers below 2^20 are exact. */
const HALF_PI = [1.5707963267341256, 6.077100506303966e-11, 2.0222662487959506e-21] as const;
/** Beyond it the parts do not do. */
const LARGEST = 1e6;

const SINE = -0.16666666666666632;
const SINE_OF_HIGHER_ORDER = [
  8.33333333332249e-3, -1.984126982985795e-4, 2.7557313707070068e-6, -2.5050760253406863e-8, 1.58969099521155e-10,
] as const;
const COSINE = [
  0.0416666666666666, -1.388888888887411e-3, 2.480158728947673e-5, -2.7557314351390663e-7, 2.087572321298175e-9,
  -1.1359647557788195e-11,
] as const;
const ARCTANGENT = [
  0.3333333333333293, -0.19999999999876483, 0.14285714272503466, -0.11111110405462356, 0.09090887133436507,
  -0.0769187620504483, 0.06661073137387531, -0.058335701337905735, 0.049768779946159324, -0.036531572744216916,
  0.016285820115365782,
] as const;
/** Arctangents of 1/2, 1, 3/2 and infinity, and what float64 leaves out of them. */
const KNOWN = [
  [0.4636476090008061, 2.2698777452961687e-17],
  [0.7853981633974483, 3.061616997868383e-17],
  [0.982793723247329, 1.3903311031230998e-17],
  [1.5707963267948966, 6.123233995736766e-17],
] as const;

const polynomial = (coefficients: readonly number[], x: number): number =>
  coefficients.reduceRight((sum, coefficient) => coefficient + x * sum, 0);

/** Sine and cosine of x + tail, |x| up to pi/4. */
function sineNear0(x: number, tail: number): number {
  const z = x * x;
  const v = z * x;
  const r = polynomial(SINE_OF_HIGHER_ORDER, z);
  return x - (z * (0.5 * tail - v * r) - tail - v * SINE);
}

function cosineNear0(x: number, tail: number): number {
  const z = x * x;
  const half = 0.5 * z;
  const w = 1 - half;
  return w + (1 - w - half + (z * (z * polynomial(COSINE, z)) - x * tail));
}

/** The sine of `x` and `quarters` quarter turns; radians. */
function turned(x: number, quarters: number): number {
  const n = Math.round((x * 2) / Math.PI);
  if (n === 0) return quarters === 0 ? sineNear0(x, 0) : cosineNear0(x, 0);
  const first = x - n * HALF_PI[0];
  const part = n * HALF_PI[1];
  const second = first - part;
  const rest = n * HALF_PI[2] - (first - second - part);
  const y = second - rest;
  const tail = second - y - rest;
  const quadrant = (((n + quarters) % 4) + 4) % 4;
  const value = quadrant % 2 === 0 ? sineNear0(y, tail) : cosineNear0(y, tail);
  return quadrant < 2 ? value : -value;
}

/** Of an angle in radians; beyond a million the engine's own. */
export const sin = (x: number): number => (Math.abs(x) < LARGEST ? turned(x, 0) : Math.sin(x));
export const cos = (x: number): number => (Math.abs(x) < LARGEST ? turned(x, 1) : Math.cos(x));

/** Radians, within pi/2 of 0. */
export function atan(x: number): number {
  const size = Math.abs(x);
  // NaN too
  if (!(size < 2 ** 66)) return x > 0 ? KNOWN[3][0] : x < 0 ? -KNOWN[3][0] : x;
  const [at, t] = nearest(size);
  const z = t * t;
  const series = t * z * polynomial(ARCTANGENT, z);
  const known = KNOWN[at];
  const value = known ? known[0] - (series - known[1] - t) : t - series;
  return x < 0 ? -value : value;
}

/** Which known arctangent to begin from (-1: none), and the tangent of the angle from there. */
function nearest(x: number): readonly [number, number] {
  if (x < 7 / 16) return [-1, x];
  if (x < 11 / 16) return [0, (2 * x - 1) / (2 + x)];
  if (x < 19 / 16) return [1, (x - 1) / (x + 1)];
  if (x < 39 / 16) return [2, (x - 1.5) / (1 + 1.5 * x)];
  return [3, -1 / x];
}
