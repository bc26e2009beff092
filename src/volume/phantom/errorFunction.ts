/**
 * erf(x) = 2/sqrt(pi) integral of exp(-t²) from 0 to x, to 1e-15 absolute.
 * |x| < 3: the series 2/sqrt(pi) exp(-x²) sum of 2^n x^(2n+1) / (1·3·...·(2n+1)), whose terms all have one sign;
 * beyond: 1 - exp(-x²)/sqrt(pi) times the continued fraction 1/(x + (1/2)/(x + 1/(x + (3/2)/(x + ...)))).
 * Source: Abramowitz and Stegun, 7.1.6 and 7.1.14.
 */
export function erf(x: number): number {
  const a = Math.abs(x);
  if (a > 6) return Math.sign(x);
  if (a < 3) {
    let term = x;
    let sum = x;
    for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
      term *= (2 * x * x) / (2 * n + 1);
      sum += term;
    }
    return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
  }
  let tail = a;
  for (let n = 60; n > 0; n--) tail = a + n / 2 / tail;
  return Math.sign(x) * (1 - Math.exp(-x * x) / Math.sqrt(Math.PI) / tail);
}
