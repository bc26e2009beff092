/** Edges of an image: where its smoothed brightness changes most, one pixel wide. */

/** Where an image has its strongest edges. */
export interface EdgeOptions {
  /** Pixels, standard deviation of the Gaussian that smooths first. @default 1 */
  readonly sigma?: number;
  /** Share of the pixels taken for edges before they are thinned: those of the largest gradient. @default 0.15 */
  readonly share?: number;
}

/** A share of the largest gradient below which nothing is an edge, however few edges there are. */
const FAINT = 1e-3;

/**
 * 1 on edges, 0 elsewhere, [row][column]: Sobel gradient of the smoothed image, kept where it is the largest along its
 * own direction (of four) and among the `share` largest. The border of one pixel holds none. Source: Canny, IEEE PAMI
 * 8(6), 1986, with a share of the pixels in place of his thresholds. NaN counts as 0.
 */
export function findEdges(
  { rows, columns, values }: { readonly rows: number; readonly columns: number; readonly values: ArrayLike<number> },
  { sigma = 1, share = 0.15 }: EdgeOptions = {},
): Uint8Array {
  const smooth = smoothed(values, rows, columns, sigma);
  const n = rows * columns;
  const gx = new Float64Array(n);
  const gy = new Float64Array(n);
  const size = new Float64Array(n);
  for (let r = 1; r < rows - 1; r++)
    for (let c = 1; c < columns - 1; c++) {
      const i = r * columns + c;
      const [a, b, d] = [smooth[i - columns - 1], smooth[i - columns], smooth[i - columns + 1]];
      const [e, f] = [smooth[i - 1], smooth[i + 1]];
      const [g, h, k] = [smooth[i + columns - 1], smooth[i + columns], smooth[i + columns + 1]];
      gx[i] = d + 2 * f + k - a - 2 * e - g;
      gy[i] = g + 2 * h + k - a - 2 * b - d;
      size[i] = Math.hypot(gx[i], gy[i]);
    }
  const sorted = size.slice().sort();
  const least = Math.max(sorted[Math.max(0, Math.floor((1 - share) * n) - 1)], FAINT * sorted[n - 1]);
  const edges = new Uint8Array(n);
  for (let r = 1; r < rows - 1; r++)
    for (let c = 1; c < columns - 1; c++) {
      const i = r * columns + c;
      if (!(size[i] > least)) continue;
      const ahead = neighbor(gx[i], gy[i], columns);
      // Of two equal neighbors only the later one is kept, so that an edge between pixels is one pixel wide.
      if (size[i] > size[i + ahead] && size[i] >= size[i - ahead]) edges[i] = 1;
    }
  return edges;
}

/** Offset of the neighbor that a gradient points to: one of the eight. */
function neighbor(x: number, y: number, columns: number): number {
  const steep = Math.tan(Math.PI / 8);
  const across = Math.abs(x) > steep * Math.abs(y) ? Math.sign(x) : 0;
  const down = Math.abs(y) > steep * Math.abs(x) ? Math.sign(y) : 0;
  return down * columns + across;
}

/** Gaussian along rows and columns, the border repeated. */
function smoothed(values: ArrayLike<number>, rows: number, columns: number, sigma: number): Float64Array {
  const out = Float64Array.from(values, (value) => (Number.isFinite(value) ? value : 0));
  const radius = Math.ceil(3 * sigma);
  if (radius === 0) return out;
  const weights = Array.from({ length: 2 * radius + 1 }, (_, k) => Math.exp(-(((k - radius) / sigma) ** 2) / 2));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const along = (lines: number, count: number, lineStride: number, stride: number) => {
    const line = new Float64Array(count);
    for (let l = 0; l < lines; l++) {
      for (let i = 0; i < count; i++) line[i] = out[l * lineStride + i * stride];
      for (let i = 0; i < count; i++) {
        let sum = 0;
        for (let k = -radius; k <= radius; k++)
          sum += weights[k + radius] * line[Math.min(count - 1, Math.max(0, i + k))];
        out[l * lineStride + i * stride] = sum / total;
      }
    }
  };
  along(rows, columns, columns, 1);
  along(columns, rows, 1, columns);
  return out;
}
