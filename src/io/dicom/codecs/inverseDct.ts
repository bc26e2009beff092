/** cos((2x + 1) u pi / 16) c(u) / 2 at [8 x + u]; c(0) = 1 / sqrt(2), else 1 (ITU T.81, A.3.3). */
const basis = Float64Array.from({ length: 64 }, (_, i) => {
  const [x, u] = [i >> 3, i & 7];
  return (Math.cos(((2 * x + 1) * u * Math.PI) / 16) * (u === 0 ? Math.SQRT1_2 : 1)) / 2;
});

const rowsDone = new Float64Array(64);

/**
 * The 8 x 8 samples of a block of dequantized coefficients [v][u], in float64, written as [y][x] into `out`.
 * The exact transform: rounded, its results differ from no accurate integer transform by more than 1.
 */
export function inverseDct(coefficients: Float64Array, out: Float64Array): void {
  for (let v = 0; v < 8; v++) {
    const row = 8 * v;
    for (let x = 0; x < 8; x++) {
      let sum = 0;
      for (let u = 0; u < 8; u++) sum += basis[8 * x + u] * coefficients[row + u];
      rowsDone[row + x] = sum;
    }
  }
  for (let y = 0; y < 8; y++)
    for (let x = 0; x < 8; x++) {
      let sum = 0;
      for (let v = 0; v < 8; v++) sum += basis[8 * y + v] * rowsDone[8 * v + x];
      out[8 * y + x] = sum;
    }
}
