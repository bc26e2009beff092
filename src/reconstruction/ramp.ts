/** The ramp filter of filtered backprojection and its windows. */
import { fft } from "../core/fft.js";

/** Windows over the ramp, from the sharpest to the smoothest. */
export const RAMP_FILTERS = ["ram-lak", "shepp-logan", "cosine", "hamming", "hann"] as const;

/** The name of a window; "ram-lak" is the ramp alone. */
export type RampFilter = (typeof RAMP_FILTERS)[number];

/** Window at x = f / cut, |x| <= 1/2, f in cycles per pixel. */
const WINDOWS: Readonly<Record<RampFilter, (x: number) => number>> = {
  "ram-lak": () => 1,
  "shepp-logan": (x) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x)),
  cosine: (x) => Math.cos(Math.PI * x),
  hamming: (x) => 0.54 + 0.46 * Math.cos(2 * Math.PI * x),
  hann: (x) => 0.5 + 0.5 * Math.cos(2 * Math.PI * x),
};

export interface RampOptions {
  readonly filter: RampFilter;
  /** Share of the band that passes, (0, 1]: the window reaches its end at cut / 2 cycles per pixel. */
  readonly cut: number;
  /** Length L of the transform, a power of two from 2 times the columns on. */
  readonly length: number;
  readonly columns: number;
  /** Radians from column to column of an equiangular fan; 0: columns equally spaced along a line. @default 0 */
  readonly columnAngle?: number;
}

/**
 * Response of the filter at frequencies k / L cycles per pixel, k = 0 .. L/2, for a pixel pitch of 1 (for a pitch d
 * divide by d): the transform of the band-limited ramp h[0] = 1/4, h[n] = -1/(pi n)² for odd n, 0 for even n, times the
 * window. A sampled |f| would lose the constant part. Equiangular fans: h[n] (n a / sin(n a))², a = `columnAngle`.
 * Source: Kak and Slaney, Principles of Computerized Tomographic Imaging, 1988, sections 3.3 and 3.4.
 */
export function rampResponse({ filter, cut, length, columns, columnAngle = 0 }: RampOptions): Float64Array {
  const [real, imaginary] = [new Float64Array(length), new Float64Array(length)];
  real[0] = 0.25;
  for (let n = 1; n < columns; n += 2) {
    const arc = columnAngle === 0 ? 1 : (n * columnAngle) / Math.sin(n * columnAngle);
    real[n] = real[length - n] = -((arc / (Math.PI * n)) ** 2);
  }
  fft(real, imaginary);
  return Float64Array.from({ length: length / 2 + 1 }, (_, k) => {
    const x = k / length / cut;
    return x > 0.5 ? 0 : real[k] * WINDOWS[filter](x);
  });
}
