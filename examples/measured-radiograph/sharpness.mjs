/** How much an image must be smoothed before it can be compared with a rendering: found in the images, not in the truth. */

/** Cycles per pixel below which both images are as sharp as each other. */
const LOW = 1 / 60;
/** Power per octave by which the measured image exceeds the rendered one where it is sharper or noisier. */
const EXCESS = 2;

/** Power of every frequency along rows, of a windowed image without its row means. */
function spectrum({ rows, columns, values }) {
  const power = new Float64Array(Math.floor(columns / 2));
  const turn = Array.from({ length: columns }, (_, i) => (2 * Math.PI * i) / columns);
  const [cosine, sine] = [turn.map(Math.cos), turn.map(Math.sin)];
  for (let r = 0; r < rows; r++) {
    const row = values.subarray(r * columns, (r + 1) * columns);
    const mean = row.reduce((sum, value) => sum + value, 0) / columns;
    const windowed = row.map((value, c) => (value - mean) * Math.sin((Math.PI * (c + 0.5)) / columns) ** 2);
    for (let k = 1; k < power.length; k++) {
      let [a, b] = [0, 0];
      for (let c = 0; c < columns; c++) {
        a += windowed[c] * cosine[(k * c) % columns];
        b += windowed[c] * sine[(k * c) % columns];
      }
      power[k] += a * a + b * b;
    }
  }
  return power;
}

/**
 * Pixels: the sigma of a Gaussian that halves the amplitude of the frequency from which on the measured image has twice the
 * power of the rendered one, by how they compare below; 0 where it never has.
 */
export function comparableSigma(measured, rendered) {
  const [p, q] = [measured, rendered].map(spectrum);
  const ratio = (from, to) => {
    const sum = (power) => power.slice(from, to).reduce((total, value) => total + value, 0);
    return sum(p) / sum(q);
  };
  const low = Math.max(2, Math.ceil(LOW * measured.columns));
  const usual = ratio(1, low);
  for (let k = low; k < p.length; k++) {
    const width = Math.max(1, Math.round(k / 3));
    if (k + width < p.length && ratio(k - width, k + width + 1) > EXCESS * usual)
      return (Math.sqrt(Math.LN2 / 2) / Math.PI) * (measured.columns / k);
  }
  return 0;
}
