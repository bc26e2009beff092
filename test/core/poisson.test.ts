import { expect, test } from "vitest";
import { createRandom, logFactorial, poisson } from "../../src/core/index.js";

const DRAWS = 40000;
const draw = (mean: number, seed: number) => {
  const random = createRandom(seed);
  return Float64Array.from({ length: DRAWS }, () => poisson(random, mean));
};

test("ln k! equals the sum of logarithms to 1e-13 relative, across the change to Stirling's series", () => {
  let sum = 0;
  for (let k = 1; k <= 200; k++) {
    sum += Math.log(k);
    expect(Math.abs(logFactorial(k) - sum)).toBeLessThanOrEqual(1e-13 * Math.max(1, sum));
  }
});

test("mean and variance of Poisson numbers are the mean, from 0.1 to 1e6", () => {
  for (const mean of [0.1, 1, 5, 9.99, 10, 30, 1000, 1e6]) {
    const numbers = draw(mean, 3);
    const average = numbers.reduce((sum, n) => sum + n, 0) / DRAWS;
    const variance = numbers.reduce((sum, n) => sum + (n - average) ** 2, 0) / (DRAWS - 1);
    // five standard errors: of the mean sqrt(m / n), of the variance sqrt((m + 2 m²) / n)
    expect(Math.abs(average - mean)).toBeLessThan(5 * Math.sqrt(mean / DRAWS));
    expect(Math.abs(variance - mean)).toBeLessThan(5 * Math.sqrt((mean + 2 * mean ** 2) / DRAWS));
  }
});

test("each number comes as often as its probability says: chi-square of 40000 draws, means 0.5 to 60", () => {
  for (const mean of [0.5, 4, 10, 12, 60]) {
    const found = new Map<number, number>();
    for (const n of draw(mean, 11)) found.set(n, (found.get(n) ?? 0) + 1);
    let chiSquare = 0;
    let cells = 0;
    for (let k = 0; k < 200; k++) {
      const expected = DRAWS * Math.exp(k * Math.log(mean) - mean - logFactorial(k));
      if (expected < 10) continue;
      chiSquare += ((found.get(k) ?? 0) - expected) ** 2 / expected;
      cells++;
    }
    // five standard deviations of chi-square above its mean
    expect(chiSquare).toBeLessThan(cells + 5 * Math.sqrt(2 * cells));
  }
});

test("a mean of 0 gives 0, and equal seeds give equal numbers", () => {
  expect(poisson(createRandom(1), 0)).toBe(0);
  expect(draw(25, 7).subarray(0, 50)).toEqual(draw(25, 7).subarray(0, 50));
});
