import { CONSTANT } from "./epsilon.js";
import { clearInvalid, type ValidPixels } from "./validPixels.js";

/** An image less the mean of the pixels that count, 0 at the others. */
export interface Centered {
  readonly image: Float64Array;
  /** Population variance of the pixels that count. */
  variance: number;
  /** A variance up to this is rounding: the image is constant. */
  floor: number;
}

/** Centers `target.image` in place and finds its variance. Sums go in four chains. */
export function center(target: Centered, pixels: ValidPixels): void {
  const { image } = target;
  const count = image.length - pixels.invalidCount;
  clearInvalid(image, pixels);
  const mean = count > 0 ? sumOf(image) / count : 0;
  for (let i = 0; i < image.length; i++) image[i] -= mean;
  clearInvalid(image, pixels);
  target.variance = count > 0 ? sumOfSquares(image) / count : 0;
  target.floor = CONSTANT * (mean * mean);
}

/** A centered copy of an image. */
export function centeredCopy(image: Float64Array, pixels: ValidPixels): Centered {
  const copy: Centered = { image: image.slice(), variance: 0, floor: 0 };
  center(copy, pixels);
  return copy;
}

function sumOf(x: Float64Array): number {
  const whole = x.length - (x.length % 4);
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  for (let i = 0; i < whole; i += 4) {
    s0 += x[i];
    s1 += x[i + 1];
    s2 += x[i + 2];
    s3 += x[i + 3];
  }
  for (let i = whole; i < x.length; i++) s0 += x[i];
  return s0 + s1 + (s2 + s3);
}

function sumOfSquares(x: Float64Array): number {
  const whole = x.length - (x.length % 4);
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  for (let i = 0; i < whole; i += 4) {
    s0 += x[i] * x[i];
    s1 += x[i + 1] * x[i + 1];
    s2 += x[i + 2] * x[i + 2];
    s3 += x[i + 3] * x[i + 3];
  }
  for (let i = whole; i < x.length; i++) s0 += x[i] * x[i];
  return s0 + s1 + (s2 + s3);
}
