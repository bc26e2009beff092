/**
 * The tone of an X-ray: how its gray values follow from line integrals. Gain and offset do no harm to correlations of
 * gradients, but bends do: where a curve is steeper, the inner or the outer flank of every edge weighs more, which looks
 * like another magnification. Beam hardening, scatter and the curves of image processing all bend.
 */

import { solveDamped } from "../optimizer/dampedSolve.js";

/** z = (a - center) / scale; tone(a) = sum of coefficients[k] z^k from `low` to `high`, straight on beyond. */
export interface Tone {
  readonly low: number;
  readonly high: number;
  readonly center: number;
  readonly scale: number;
  readonly coefficients: readonly number[];
}

const DEGREE = 3;
/** Share of the pixels that fit worst, left out of the second fit. */
const TRIM = 0.15;
/** Pixels that four coefficients are found from: more change them by less than the images differ. */
const SAMPLES = 4096;
/** Quantiles of the rendered image between which the curve bends; few pixels lie beyond, and a polynomial runs wild there. */
const RANGE = [0.02, 0.98] as const;
/** Least slope within the range, as a share of the mean slope: a curve that turns back is no tone. */
const LEAST_SLOPE = 0.05;

/**
 * The polynomial of degree 3 (2 or 1 where that would not rise throughout) that carries the rendered image best over to
 * the measured one, by least squares over the valid pixels (a sample of them in large images), and once more without the
 * 15 % that fit worst. Undefined where the images do not allow a rising one.
 */
export function fitTone(
  moving: ArrayLike<number>,
  fixed: Float64Array,
  mask: Uint8Array | undefined,
): Tone | undefined {
  const { x, y } = sampled(moving, fixed, mask);
  const count = x.length;
  if (count === 0) return undefined;
  const center = x.reduce((sum, a) => sum + a, 0) / count;
  const scale = Math.sqrt(x.reduce((sum, a) => sum + (a - center) ** 2, 0) / count);
  const sorted = x.slice().sort();
  const [low, high] = RANGE.map((q) => sorted[Math.round(q * (count - 1))]);
  if (!(scale > 0 && high > low)) return undefined;
  for (let degree = DEGREE; degree >= 1; degree--) {
    const fit = (used?: Uint8Array): Tone | undefined => {
      const coefficients = leastSquares(x, y, used, center, scale, degree);
      return coefficients && { center, scale, coefficients, low, high };
    };
    const first = fit();
    if (!first) continue;
    const residual = y.map((value, i) => Math.abs(value - polynomial(first, x[i])));
    const limit = residual.slice().sort()[Math.floor((1 - TRIM) * (count - 1))];
    const tone = fit(new Uint8Array(residual.map((r) => (r <= limit ? 1 : 0))));
    if (tone && rises(tone)) return tone;
  }
  return undefined;
}

/** Rendered and measured values at the same valid pixels: all, or every so many of them, to about `SAMPLES`. */
function sampled(moving: ArrayLike<number>, fixed: Float64Array, mask: Uint8Array | undefined) {
  // An odd number of pixels apart, so that the samples do not line up in the columns of most images.
  const apart = 2 * Math.floor(fixed.length / SAMPLES / 2) + 1;
  const x = new Float64Array(Math.ceil(fixed.length / apart));
  const y = new Float64Array(x.length);
  let count = 0;
  for (let i = 0; i < fixed.length; i += apart) {
    if (mask?.[i] === 0) continue;
    x[count] = moving[i];
    y[count++] = fixed[i];
  }
  return { x: x.subarray(0, count), y: y.subarray(0, count) };
}

const polynomial = ({ center, scale, coefficients }: Tone, a: number): number => {
  const z = (a - center) / scale;
  let sum = 0;
  for (let k = coefficients.length - 1; k >= 0; k--) sum = sum * z + coefficients[k];
  return sum;
};

const slope = ({ center, scale, coefficients }: Tone, a: number): number => {
  const z = (a - center) / scale;
  let sum = 0;
  for (let k = coefficients.length - 1; k > 0; k--) sum = sum * z + k * coefficients[k];
  return sum / scale;
};

function rises(tone: Tone): boolean {
  const { low, high } = tone;
  const mean = (polynomial(tone, high) - polynomial(tone, low)) / (high - low);
  for (let i = 0; i <= 32; i++) if (!(slope(tone, low + ((high - low) * i) / 32) > LEAST_SLOPE * mean)) return false;
  return mean > 0;
}

/** Replaces a rendered image by its tone, and its derivatives accordingly. */
export function applyTone(tone: Tone, moving: Float64Array, columns: readonly Float64Array[]): void {
  const factors = new Float64Array(moving.length);
  for (let i = 0; i < moving.length; i++) {
    const within = Math.min(tone.high, Math.max(tone.low, moving[i]));
    factors[i] = slope(tone, within);
    moving[i] = polynomial(tone, within) + factors[i] * (moving[i] - within);
  }
  for (const column of columns) for (let i = 0; i < factors.length; i++) column[i] *= factors[i];
}

/** Coefficients of the polynomial in z of the given degree, over the values marked 1 (all); undefined if there are too few. */
function leastSquares(
  x: Float64Array,
  y: Float64Array,
  used: Uint8Array | undefined,
  center: number,
  scale: number,
  degree: number,
): number[] | undefined {
  const size = degree + 1;
  const moments = new Float64Array(2 * degree + 1);
  const right = new Float64Array(size);
  for (let i = 0; i < x.length; i++) {
    if (used?.[i] === 0) continue;
    const z = (x[i] - center) / scale;
    for (let k = 0, power = 1; k <= 2 * degree; k++, power *= z) {
      moments[k] += power;
      if (k < size) right[k] += power * y[i];
    }
  }
  const matrix = Float64Array.from({ length: size ** 2 }, (_, i) => moments[Math.floor(i / size) + (i % size)]);
  const solution = solveDamped(matrix, undefined, right);
  return solution && [...solution];
}
