/**
 * Cubic B-spline interpolation of a volume onto a grid of another size whose corner voxels are those of the old one, as
 * `scipy.ndimage.zoom(order=3)` does it: prefilter and coefficients mirrored about the outer samples. `values`: x fastest.
 */
export function cubicZoom(values, size, target) {
  let current = Float64Array.from(values);
  const shape = [...size];
  for (let axis = 0; axis < 3; axis++) {
    current = zoomAxis(current, shape, axis, target[axis]);
    shape[axis] = target[axis];
  }
  return current;
}

function zoomAxis(values, size, axis, count) {
  const n = size[axis];
  const inner = size.slice(0, axis).reduce((a, b) => a * b, 1);
  const outer = size.slice(axis + 1).reduce((a, b) => a * b, 1);
  const out = new Float64Array(inner * count * outer);
  const taps = Array.from({ length: count }, (_, o) => tapsAt(count > 1 ? (o * (n - 1)) / (count - 1) : 0, n));
  const line = new Float64Array(n);
  for (let b = 0; b < outer; b++)
    for (let a = 0; a < inner; a++) {
      for (let i = 0; i < n; i++) line[i] = values[a + inner * (i + n * b)];
      toCoefficients(line);
      for (let o = 0; o < count; o++) {
        const { cells, weights } = taps[o];
        let sum = 0;
        for (let k = 0; k < 4; k++) sum += weights[k] * line[cells[k]];
        out[a + inner * (o + count * b)] = sum;
      }
    }
  return out;
}

/** The pole of the cubic B-spline's inverse filter. */
const POLE = Math.sqrt(3) - 2;

/** Samples to B-spline coefficients, mirrored about both ends (Unser, Aldroubi, Eden, IEEE Trans. PAMI 13(3), 1991). */
function toCoefficients(c) {
  const n = c.length;
  if (n < 2) return;
  for (let i = 0; i < n; i++) c[i] *= 6;
  let first = c[0] + POLE ** (n - 1) * c[n - 1];
  let power = POLE;
  let mirrored = POLE ** (n - 1) * POLE ** (n - 2);
  for (let i = 1; i < n - 1; i++) {
    first += (power + mirrored) * c[i];
    power *= POLE;
    mirrored /= POLE;
  }
  c[0] = first / (1 - POLE ** (2 * n - 2));
  for (let i = 1; i < n; i++) c[i] += POLE * c[i - 1];
  c[n - 1] = ((POLE * c[n - 2] + c[n - 1]) * POLE) / (POLE * POLE - 1);
  for (let i = n - 2; i >= 0; i--) c[i] = POLE * (c[i + 1] - c[i]);
}

/** The four coefficients that reach x, mirrored at the ends, and their weights. */
function tapsAt(x, n) {
  const cell = Math.floor(x);
  const f = x - cell;
  const g = 1 - f;
  const weights = [g ** 3 / 6, (4 - 6 * f * f + 3 * f ** 3) / 6, (4 - 6 * g * g + 3 * g ** 3) / 6, f ** 3 / 6];
  const mirror = (i) => {
    if (n === 1) return 0;
    const period = 2 * (n - 1);
    const m = ((i % period) + period) % period;
    return m < n ? m : period - m;
  };
  return { cells: [-1, 0, 1, 2].map((k) => mirror(cell + k)), weights };
}
