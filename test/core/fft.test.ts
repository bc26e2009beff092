import { expect, test } from "vitest";
import { fft, isPowerOfTwo, nextPowerOfTwo } from "../../src/core/fft.js";
import { createRandom } from "../../src/core/random.js";

test("the transform of 16 random numbers is the sum of its definition, to 1e-14", () => {
  const random = createRandom(1);
  const [re, im] = [0, 0].map(() => Float64Array.from({ length: 16 }, () => random.uniform() - 0.5));
  const [real, imaginary] = [re.slice(), im.slice()];
  fft(real, imaginary);
  for (let k = 0; k < 16; k++) {
    let [a, b] = [0, 0];
    for (let n = 0; n < 16; n++) {
      const angle = (Math.PI * ((k * n) % 16)) / 8;
      const [c, s] = [Math.cos(angle), -Math.sin(angle)];
      a += c * re[n] - s * im[n];
      b += c * im[n] + s * re[n];
    }
    expect(Math.abs(real[k] - a)).toBeLessThan(1e-14);
    expect(Math.abs(imaginary[k] - b)).toBeLessThan(1e-14);
  }
});

test("there and back is N times the input, for lengths 1 to 1024, to 1e-12", () => {
  for (let length = 1; length <= 1024; length *= 2) {
    const real = Float64Array.from({ length }, (_, i) => Math.sin(i * i));
    const imaginary = new Float64Array(length);
    const before = real.slice();
    fft(real, imaginary);
    fft(real, imaginary, false);
    for (let i = 0; i < length; i++) expect(Math.abs(real[i] / length - before[i])).toBeLessThan(1e-12);
  }
});

test("powers of two are known, other lengths refused", () => {
  expect([1, 2, 64].every(isPowerOfTwo)).toBe(true);
  expect([0, 3, 1.5, -2].some(isPowerOfTwo)).toBe(false);
  expect([1, 2, 3, 64, 65].map(nextPowerOfTwo)).toEqual([1, 2, 4, 64, 128]);
  expect(() => fft(new Float64Array(3), new Float64Array(3))).toThrow(/FFT of 3/);
});
