import type { Random } from "./random.js";

/** Below this mean the distribution function is inverted step by step, above it candidates are rejected. */
const REJECTION_FROM = 10;

const LOG_FACTORIALS = Float64Array.from({ length: 16 }, (_, k) => {
  let product = 1;
  for (let i = 2; i <= k; i++) product *= i;
  return Math.log(product);
});

/** ln k! for integers k >= 0: Stirling's series, below 1e-13 from 16 on; exact products before. */
export function logFactorial(k: number): number {
  if (k < LOG_FACTORIALS.length) return LOG_FACTORIALS[k];
  const r = 1 / k;
  const series = r * (1 / 12 - r * r * (1 / 360 - r * r * (1 / 1260 - (r * r) / 1680)));
  return (k + 0.5) * Math.log(k) - k + 0.5 * Math.log(2 * Math.PI) + series;
}

/**
 * A Poisson number with the given mean >= 0 (0 gives 0). Exact for any mean up to about 1e12, where the logarithms of
 * the acceptance test lose their digits.
 * Source: below 10 inversion by sequential search; from 10 on PTRS, W. Hoermann, "The transformed rejection method for
 * generating Poisson random variables", Insurance: Mathematics and Economics 12, 1993.
 */
export function poisson(random: Random, mean: number): number {
  return mean < REJECTION_FROM ? bySearch(random, mean) : byRejection(random, mean);
}

function bySearch(random: Random, mean: number): number {
  let rest = random.uniform();
  let probability = Math.exp(-mean);
  let k = 0;
  // the uniform number has steps of 2^-32: what lies beyond the last of them is never reached
  while (rest >= probability && probability > 0) {
    rest -= probability;
    probability *= mean / ++k;
  }
  return k;
}

function byRejection(random: Random, mean: number): number {
  const b = 0.931 + 2.53 * Math.sqrt(mean);
  const a = -0.059 + 0.02483 * b;
  const logInverseAlpha = Math.log(1.1239 + 1.1328 / (b - 3.4));
  const squeeze = 0.9277 - 3.6224 / (b - 2);
  const logMean = Math.log(mean);
  for (;;) {
    const u = random.uniform() - 0.5;
    const v = random.uniform();
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= squeeze) return k;
    if (k < 0 || (us < 0.013 && v > us)) continue;
    if (Math.log(v) + logInverseAlpha - Math.log(a / (us * us) + b) <= k * logMean - mean - logFactorial(k)) return k;
  }
}
