import { invariant } from "./errors.js";

/** True for 1, 2, 4, 8, ... */
export const isPowerOfTwo = (n: number): boolean => Number.isInteger(n) && n >= 1 && Number.isInteger(Math.log2(n));

/** The smallest power of two that is not below `n`. */
export const nextPowerOfTwo = (n: number): number => 2 ** Math.ceil(Math.log2(n));

/**
 * Discrete Fourier transform in place, float64: X_k = sum_n x_n exp(∓2 pi i k n / N), minus for `forward`, plus for
 * the inverse, neither scaled. N is a power of two. Radix 2, decimation in time (Cooley and Tukey 1965).
 */
export function fft(real: Float64Array, imaginary: Float64Array, forward = true): void {
  const length = real.length;
  invariant(isPowerOfTwo(length) && imaginary.length === length, `an FFT of ${length} numbers`);
  for (let i = 0, j = 0; i < length; i++) {
    if (i < j) {
      [real[i], real[j]] = [real[j], real[i]];
      [imaginary[i], imaginary[j]] = [imaginary[j], imaginary[i]];
    }
    let bit = length >> 1;
    for (; bit > 0 && j & bit; bit >>= 1) j ^= bit;
    j |= bit;
  }
  for (let half = 1; half < length; half *= 2)
    for (let k = 0; k < half; k++) {
      const angle = ((forward ? -1 : 1) * Math.PI * k) / half;
      const [c, s] = [Math.cos(angle), Math.sin(angle)];
      for (let a = k; a < length; a += 2 * half) {
        const b = a + half;
        const re = c * real[b] - s * imaginary[b];
        const im = c * imaginary[b] + s * real[b];
        real[b] = real[a] - re;
        imaginary[b] = imaginary[a] - im;
        real[a] += re;
        imaginary[a] += im;
      }
    }
}
