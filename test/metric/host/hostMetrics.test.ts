import { describe, expect, test } from "vitest";
import { createRandom, type Vec3 } from "../../../src/core/index.js";
import { mse, psnr, ssim2d, ssim3d, ssimWindow3d } from "../../../src/metric/host/index.js";

const uniform = (length: number, seed: number) => {
  const random = createRandom(seed);
  return Float64Array.from({ length }, () => random.uniform());
};

/** SSIM of two windows of weighted samples; `sample` scales population to sample variances. */
function windowSsim(a: number[], b: number[], w: number[], range: number, sample = 1): number {
  const mean = (f: (i: number) => number) => w.reduce((sum, wi, i) => sum + wi * f(i), 0);
  const ma = mean((i) => a[i]);
  const mb = mean((i) => b[i]);
  const va = sample * (mean((i) => a[i] * a[i]) - ma * ma);
  const vb = sample * (mean((i) => b[i] * b[i]) - mb * mb);
  const ab = sample * (mean((i) => a[i] * b[i]) - ma * mb);
  const c1 = (0.01 * range) ** 2;
  const c2 = (0.03 * range) ** 2;
  return ((2 * ma * mb + c1) * (2 * ab + c2)) / ((ma * ma + mb * mb + c1) * (va + vb + c2));
}

/** The definition with all 121 taps at every pixel. */
function bruteSsim2d(a: Float64Array, b: Float64Array, rows: number, columns: number, range: number, margin: number) {
  const taps: { r: number; c: number; w: number }[] = [];
  for (let r = -5; r <= 5; r++)
    for (let c = -5; c <= 5; c++) taps.push({ r, c, w: Math.exp(-(r * r + c * c) / (2 * 1.5 ** 2)) });
  const weight = taps.reduce((sum, { w }) => sum + w, 0);
  const weights = taps.map(({ w }) => w / weight);
  const values: number[] = [];
  for (let r = margin; r < rows - margin; r++)
    for (let c = margin; c < columns - margin; c++) {
      const pick = (image: Float64Array) =>
        taps.map((t) => {
          const inside = r + t.r >= 0 && r + t.r < rows && c + t.c >= 0 && c + t.c < columns;
          return inside ? image[(r + t.r) * columns + c + t.c] : 0;
        });
      values.push(windowSsim(pick(a), pick(b), weights, range));
    }
  return values.reduce((sum, v) => sum + v, 0) / values.length;
}

describe("mse and psnr", () => {
  test("an error of 0.1 everywhere is 0.01, 20 dB under a peak of 1 and 26.02 dB under 2", () => {
    const truth = Float64Array.of(0, 0.5, 1);
    const x = truth.map((v) => v + 0.1);
    expect(mse(x, truth)).toBeCloseTo(0.01, 15);
    expect(psnr(x, truth)).toBeCloseTo(20, 12);
    expect(psnr(x, truth, { peak: 2 })).toBeCloseTo(20 + 20 * Math.log10(2), 12);
  });

  test("equal arrays are infinitely alike", () => {
    expect(psnr(Float32Array.of(1, 2), Float32Array.of(1, 2))).toBe(Number.POSITIVE_INFINITY);
  });

  test("refuses unlike lengths, nothing at all and a truth without a positive value", () => {
    expect(() => mse(new Float32Array(3), new Float32Array(4))).toThrow("got 3 and 4");
    expect(() => mse(new Float32Array(0), new Float32Array(0))).toThrow("not 0");
    expect(() => psnr(Float32Array.of(1), Float32Array.of(0))).toThrow("above 0");
  });
});

describe("ssim2d", () => {
  const rows = 17;
  const columns = 14;
  const a = uniform(rows * columns, 1);
  const b = uniform(rows * columns, 2);

  test.each([
    ["zero", 0],
    ["valid", 5],
  ] as const)("border %s equals the definition with 121 taps to 1e-12", (border, margin) => {
    const fast = ssim2d(a, b, { rows, columns, range: 0.7, border });
    expect(Math.abs(fast - bruteSsim2d(a, b, rows, columns, 0.7, margin))).toBeLessThan(1e-12);
  });

  test("an image and itself: 1", () => {
    expect(ssim2d(a, a, { rows, columns })).toBeCloseTo(1, 14);
  });

  test("two constants m and n: (2 m n + C1) / (m² + n² + C1) away from the border", () => {
    const [m, n] = [0.4, 0.9];
    const constant = (v: number) => new Float64Array(225).fill(v);
    const exact = (2 * m * n + 1e-4) / (m * m + n * n + 1e-4);
    const options = { rows: 15, columns: 15, range: 1, border: "valid" } as const;
    expect(ssim2d(constant(m), constant(n), options)).toBeCloseTo(exact, 12);
  });

  test("scaling both images and the range changes nothing", () => {
    const scaled = (v: Float64Array) => v.map((s) => 1000 * s);
    const one = ssim2d(a, b, { rows, columns, range: 1 });
    expect(ssim2d(scaled(a), scaled(b), { rows, columns, range: 1000 })).toBeCloseTo(one, 12);
  });

  test("refuses 10 x 20 pixels with valid borders and a wrong length", () => {
    const image = uniform(200, 1);
    expect(() => ssim2d(image, image, { rows: 10, columns: 20, border: "valid" })).toThrow(
      "no whole window of 11 x 11",
    );
    expect(() => ssim2d(image, image, { rows: 10, columns: 21 })).toThrow("same number of values");
  });
});

describe("ssim3d", () => {
  const size: Vec3 = [9, 8, 7];
  const a = uniform(504, 3);
  const b = uniform(504, 4).map((v, i) => (Math.floor(i / 72) === 2 || i % 9 === 4 ? 0 : v));

  test("is the mean over axes of the means over slices with signal, to 1e-12", () => {
    const slice = (v: Float64Array, axis: number, s: number) =>
      v.filter((_, i) => [i % 9, Math.floor(i / 9) % 8, Math.floor(i / 72)][axis] === s);
    const axes = [0, 1, 2].map((axis) => {
      const [columns, rows] = size.filter((_, other) => other !== axis);
      const scores: number[] = [];
      for (let s = 0; s < size[axis]; s++) {
        const truth = slice(b, axis, s);
        if (truth.some((v) => v > 0)) scores.push(bruteSsim2d(slice(a, axis, s), truth, rows, columns, 1, 0));
      }
      return { count: scores.length, mean: scores.reduce((sum, v) => sum + v, 0) / scores.length };
    });
    expect(axes.map(({ count }) => count)).toEqual([8, 8, 6]);
    const exact = axes.reduce((sum, { mean }) => sum + mean, 0) / 3;
    expect(Math.abs(ssim3d(a, b, { size, range: 1 }) - exact)).toBeLessThan(1e-12);
  });

  test("refuses a truth of zeros: no slice counts", () => {
    expect(() => ssim3d(a, new Float64Array(504), { size, range: 1 })).toThrow("largest value of the truth");
  });
});

describe("ssimWindow3d", () => {
  test("equals the definition with 343 samples a window to 1e-12", () => {
    const size: Vec3 = [9, 8, 10];
    const a = uniform(720, 5);
    const b = uniform(720, 6);
    const weights = new Array<number>(343).fill(1 / 343);
    let sum = 0;
    let windows = 0;
    for (let k = 0; k <= 3; k++)
      for (let j = 0; j <= 1; j++)
        for (let i = 0; i <= 2; i++) {
          const at = Array.from(
            weights,
            (_, n) => i + (n % 7) + 9 * (j + (Math.floor(n / 7) % 7) + 8 * (k + Math.floor(n / 49))),
          );
          const pick = (v: Float64Array) => at.map((p) => v[p]);
          sum += windowSsim(pick(a), pick(b), weights, 2, 343 / 342);
          windows++;
        }
    expect(Math.abs(ssimWindow3d(a, b, { size, range: 2 }) - sum / windows)).toBeLessThan(1e-12);
  });

  test("refuses a volume 6 voxels thin", () => {
    const thin = uniform(7 * 7 * 6, 1);
    expect(() => ssimWindow3d(thin, thin, { size: [7, 7, 6] })).toThrow("no whole window of 7 x 7 x 7");
  });
});
