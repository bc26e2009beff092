/** Correlations by their definition: every window by itself, sums of all its pixels, nothing shared. */

export interface NaiveOptions {
  readonly rows: number;
  readonly columns: number;
  readonly patchSize?: number;
  readonly stride?: number;
  readonly absolute?: number;
  readonly relative?: number;
  readonly leastValid?: number;
  readonly sobel?: boolean;
  /** Only with `sobel`: pixels whose neighbors are outside do not count. */
  readonly excludeBorder?: boolean;
  readonly mask?: Uint8Array;
}

const SOBEL = [
  [1, 0, -1, 2, 0, -2, 1, 0, -1],
  [1, 2, 1, 0, 0, 0, -1, -2, -1],
];

/** The feature images and the pixels that count. */
function featuresOf(image: Float64Array, { rows, columns, sobel, excludeBorder, mask }: NaiveOptions) {
  const inside = (r: number, c: number) => r >= 0 && r < rows && c >= 0 && c < columns;
  const neighbors = [-1, 0, 1].flatMap((dr) => [-1, 0, 1].map((dc) => [dr, dc]));
  const each = <T>(f: (r: number, c: number) => T) =>
    Array.from({ length: rows * columns }, (_, i) => f(Math.floor(i / columns), i % columns));
  if (!sobel) return { images: [[...image]], valid: each((r, c) => !mask || mask[r * columns + c] === 1) };
  const images = SOBEL.map((kernel) =>
    each((r, c) =>
      neighbors.reduce(
        (sum, [dr, dc], t) => sum + (inside(r + dr, c + dc) ? kernel[t] * image[(r + dr) * columns + c + dc] : 0),
        0,
      ),
    ),
  );
  const valid = each((r, c) =>
    neighbors.every(([dr, dc]) =>
      inside(r + dr, c + dc) ? !mask || mask[(r + dr) * columns + c + dc] === 1 : !excludeBorder,
    ),
  );
  return { images, valid };
}

const mean = (x: readonly number[]) => x.reduce((s, v) => s + v, 0) / x.length;
const variance = (x: readonly number[]) => mean(x.map((v) => (v - mean(x)) ** 2));

/** Per feature and window the normalized image â and the pixels' number; windows that do not count are left out. */
function normalizedWindows(image: Float64Array, options: NaiveOptions): number[][][] {
  const { rows, columns, patchSize, stride = 1, absolute = 0, relative = 0, leastValid = 0.6 } = options;
  const { images, valid } = featuresOf(image, options);
  const [height, width] = patchSize === undefined ? [rows, columns] : [patchSize, patchSize];
  return images.map((feature) => {
    const whole = variance(feature.filter((_, i) => valid[i]));
    const windows: number[][] = [];
    for (let r = 0; r + height <= rows; r += stride)
      for (let c = 0; c + width <= columns; c += stride) {
        const pixels: number[] = [];
        for (let y = r; y < r + height; y++)
          for (let x = c; x < c + width; x++) if (valid[y * columns + x]) pixels.push(feature[y * columns + x]);
        if (pixels.length < leastValid * height * width) continue;
        const s = Math.sqrt(variance(pixels) + absolute + relative * whole);
        const m = mean(pixels);
        windows.push(pixels.map((v) => (v - m) / s));
      }
    return windows;
  });
}

/** Mean over features and windows of mean(â f̂). */
export function naiveCorrelation(moving: Float64Array, fixed: Float64Array, options: NaiveOptions): number {
  const a = normalizedWindows(moving, options);
  const f = normalizedWindows(fixed, options);
  return mean(a.map((windows, k) => mean(windows.map((window, q) => mean(window.map((x, i) => x * f[k][q][i]))))));
}

/** Mean over features and windows of mean(dâ/dc dâ/dd), the derivatives by central differences. */
export function naiveHessian(
  moving: Float64Array,
  jacobian: readonly Float64Array[],
  options: NaiveOptions,
  step = 1e-5,
): number[][] {
  const derivative = (image: Float64Array) => {
    const at = (h: number) =>
      normalizedWindows(
        moving.map((x, i) => x + h * image[i]),
        options,
      );
    const [plus, minus] = [at(step), at(-step)];
    return plus.map((windows, k) =>
      windows.map((window, q) => window.map((x, i) => (x - minus[k][q][i]) / (2 * step))),
    );
  };
  const all = jacobian.map(derivative);
  return all.map((one) =>
    all.map((other) =>
      mean(one.map((windows, k) => mean(windows.map((w, q) => mean(w.map((x, i) => x * other[k][q][i])))))),
    ),
  );
}
