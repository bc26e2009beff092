/**
 * The tone of an X-ray: how its gray values follow from line integrals. Gain and offset do no harm to correlations of
 * gradients, but bends do: where a curve is steeper, the inner or the outer flank of every edge weighs more, which looks
 * like another magnification. Beam hardening, scatter and the curves of image processing all bend.
 */

import { solveDamped } from "./solveDamped.js";

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
/** Quantiles of the rendered image between which the curve bends; few pixels lie beyond, and a polynomial runs wild there. */
const RANGE = [0.02, 0.98] as const;
/** Least slope within the range, as a share of the mean slope: a curve that turns back is no tone. */
const LEAST_SLOPE = 0.05;

/**
 * The polynomial of degree 3 (2 or 1 where that would not rise throughout) that carries the rendered image best over to
 * the measured one, by least squares over the valid pixels, and once more without the 15 % that fit worst. Undefined
 * where the images do not allow a rising one.
 */
export function fitTone(
  moving: ArrayLike<number>,
  fixed: Float64Array,
  mask: Uint8Array | undefined,
): Tone | undefined {
  const n = fixed.length;
  const used = new Uint8Array(n).fill(1);
  if (mask) used.set(mask);
  const values = Float64Array.from(moving).filter((_, i) => used[i] === 1);
  const count = values.length;
  if (count === 0) return undefined;
  const center = values.reduce((sum, a) => sum + a, 0) / count;
  const scale = Math.sqrt(values.reduce((sum, a) => sum + (a - center) ** 2, 0) / count);
  values.sort();
  const [low, high] = RANGE.map((q) => values[Math.round(q * (count - 1))]);
  if (!(scale > 0 && high > low)) return undefined;
  for (let degree = DEGREE; degree >= 1; degree--) {
    const fit = (pixels: Uint8Array): Tone | undefined => {
      const coefficients = leastSquares(moving, fixed, pixels, center, scale, degree);
      return coefficients && { center, scale, coefficients, low, high };
    };
    const first = fit(used);
    if (!first) continue;
    const residual = Float64Array.from({ length: n }, (_, i) =>
      used[i] ? Math.abs(fixed[i] - polynomial(first, moving[i])) : 0,
    );
    const limit = residual.filter((_, i) => used[i]).sort()[Math.floor((1 - TRIM) * (count - 1))];
    const tone = fit(used.map((one, i) => (one && residual[i] <= limit ? 1 : 0)));
    if (tone && rises(tone)) return tone;
  }
  return undefined;
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
  for (let i = 0; i < moving.length; i++) {
    const within = Math.min(tone.high, Math.max(tone.low, moving[i]));
    const factor = slope(tone, within);
    moving[i] = polynomial(tone, within) + factor * (moving[i] - within);
    for (const column of columns) column[i] *= factor;
  }
}

/** Coefficients of the polynomial in z of the given degree, over the pixels marked 1; undefined if there are too few values. */
function leastSquares(
  moving: ArrayLike<number>,
  fixed: Float64Array,
  used: Uint8Array,
  center: number,
  scale: number,
  degree: number,
): number[] | undefined {
  const size = degree + 1;
  const moments = new Float64Array(2 * degree + 1);
  const right = new Float64Array(size);
  for (let i = 0; i < used.length; i++) {
    if (!used[i]) continue;
    const z = (moving[i] - center) / scale;
    for (let k = 0, power = 1; k <= 2 * degree; k++, power *= z) {
      moments[k] += power;
      if (k < size) right[k] += power * fixed[i];
    }
  }
  const matrix = Float64Array.from({ length: size ** 2 }, (_, i) => moments[Math.floor(i / size) + (i % size)]);
  const solution = solveDamped(matrix, right, 0, []);
  return solution && [...solution];
}
