/**
 * Sine, cosine and arctangent of the same bits in every JavaScript engine: sums, products, quotients and square roots
 * alone, which the language rounds exactly. It leaves the last bits of `Math.sin` and its like to the engine, and Node and
 * browsers differ in them; geometry files made of such numbers would be other bytes.
 */

/** pi/2 in parts of 33 bits: products with whole numbers below 2^20 are exact. */
const HALF_PI = [1.5707963267341256, 6.077100506303966e-11, 2.0222662487959506e-21] as const;
/** Radians: beyond it the parts do not do. */
const LARGEST = 1e6;

/**
 * 1 - z / (n (n - 1)) + z² / (n (n - 1) (n - 2) (n - 3)) - ..., what Taylor's series of sine and cosine have in common, z
 * the square of an angle of at most pi/4; the terms left out are below 1e-19.
 */
function tail(z: number, first: number): number {
  let sum = 1;
  for (let n = first + 14; n >= first; n -= 2) sum = 1 - (z / (n * (n - 1))) * sum;
  return sum;
}

// the sine of -0 is -0
const sineNear0 = (x: number): number => x && x - x * ((x * x) / 6) * tail(x * x, 5);
const cosineNear0 = (x: number): number => 1 - ((x * x) / 2) * tail(x * x, 4);

/** The sine of `x` radians and `quarters` quarter turns. */
function turned(x: number, quarters: number): number {
  const n = Math.round((x * 2) / Math.PI);
  const rest = n === 0 ? x : x - n * HALF_PI[0] - n * HALF_PI[1] - n * HALF_PI[2];
  const quadrant = (((n + quarters) % 4) + 4) % 4;
  const value = quadrant % 2 === 0 ? sineNear0(rest) : cosineNear0(rest);
  return quadrant < 2 ? value : -value;
}

/** Of an angle in radians; beyond a million the engine's own. */
export const sin = (x: number): number => (Math.abs(x) < LARGEST ? turned(x, 0) : Math.sin(x));
export const cos = (x: number): number => (Math.abs(x) < LARGEST ? turned(x, 1) : Math.cos(x));

/** Radians, within pi/2 of 0. */
export function atan(x: number): number {
  if (Math.abs(x) > 1) return Math.sign(x) * (Math.PI / 2) - atan(1 / x);
  // twice the arctangent of half the angle, which is at most pi/8
  const t = x / (1 + Math.sqrt(1 + x * x));
  let sum = 0;
  for (let n = 41; n >= 3; n -= 2) sum = 1 / n - t * t * sum;
  return 2 * (t - t * t * t * sum);
}
