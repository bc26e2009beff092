import { fault, refuseUnknownOptions } from "../../core/index.js";
import { checkLengths, type Samples } from "./mse.js";
import { checkPositive, largest } from "./psnr.js";
import type { Ssim3dOptions } from "./ssim.js";

/** Voxels along an edge of the window. */
const EDGE = 7;
const COUNT = EDGE ** 3;

/**
 * SSIM of two volumes with a uniform window of 7 x 7 x 7 voxels, sample (n - 1) variances, over the voxels whose whole
 * window lies inside; C1 = (0.01 range)², C2 = (0.03 range)². What scikit-image's `structural_similarity` gives by default
 * for a 3D array with this `data_range`. Values x fastest; float64.
 * Source: Wang et al. 2004 (see `ssim2d`). Not comparable with `ssim3d`, which averages slices.
 * @throws SHAPE_MISMATCH (also for an axis under 7 voxels: defect `too-small`), INVALID_ARGUMENT for a bad range
 */
export function ssimWindow3d(x: Samples, truth: Samples, options: Ssim3dOptions): number {
  refuseUnknownOptions("ssimWindow3d", options, ["size", "range"]);
  const { size, range = largest(truth) } = options;
  const [nx, ny, nz] = size;
  checkLengths(x, truth, nx * ny * nz);
  checkPositive("the range", range);
  if (Math.min(nx, ny, nz) < EDGE)
    throw fault("SHAPE_MISMATCH", `a volume of ${nx} x ${ny} x ${nz} holds no whole window of 7 x 7 x 7`, {
      defect: "too-small",
      size: [...size],
    });
  const c1 = (0.01 * range) ** 2;
  const c2 = (0.03 * range) ** 2;
  const scale = COUNT / (COUNT - 1);
  // Window sums within each of the last 7 planes, for x, truth, x², truth², x truth.
  const ring = Array.from({ length: EDGE }, () => planeSums(nx, ny));
  const total = new Float64Array(5);
  let sum = 0;
  for (let k = 0; k < nz; k++) {
    ring[k % EDGE].update(x, truth, k * nx * ny);
    if (k < EDGE - 1) continue;
    for (let j = 0; j <= ny - EDGE; j++)
      for (let i = 0, p = j * nx; i <= nx - EDGE; i++, p++) {
        total.fill(0);
        for (const { fields } of ring) for (let f = 0; f < 5; f++) total[f] += fields[f][p];
        const mx = total[0] / COUNT;
        const mt = total[1] / COUNT;
        const spread = scale * (total[2] / COUNT - mx * mx + total[3] / COUNT - mt * mt);
        const covariance = scale * (total[4] / COUNT - mx * mt);
        sum += ((2 * mx * mt + c1) * (2 * covariance + c2)) / ((mx * mx + mt * mt + c1) * (spread + c2));
      }
  }
  return sum / ((nx - EDGE + 1) * (ny - EDGE + 1) * (nz - EDGE + 1));
}

/** Sums over the 7 x 7 voxels from (i, j) up, at i + nx j, of the five fields of one plane. */
function planeSums(nx: number, ny: number) {
  const fields = Array.from({ length: 5 }, () => new Float64Array(nx * ny));
  const rows = new Float64Array(nx * ny);
  const products: ((a: number, b: number) => number)[] = [
    (a) => a,
    (_, b) => b,
    (a) => a * a,
    (_, b) => b * b,
    (a, b) => a * b,
  ];
  return {
    fields,
    update(x: Samples, truth: Samples, start: number): void {
      products.forEach((product, f) => {
        const out = fields[f];
        for (let p = 0; p < nx * ny; p++) out[p] = product(x[start + p], truth[start + p]);
        slide(out, rows, 1, nx * ny);
        slide(rows, out, nx, nx * ny);
      });
    },
  };
}

/** out[p] <- sum of 7 values from p up, `stride` apart, as far as they lie in the plane. */
function slide(from: Float64Array, out: Float64Array, stride: number, length: number): void {
  const [s2, s3, s4, s5, s6] = [2, 3, 4, 5, 6].map((n) => n * stride);
  for (let p = 0; p < length - s6; p++)
    out[p] = from[p] + from[p + stride] + from[p + s2] + from[p + s3] + from[p + s4] + from[p + s5] + from[p + s6];
}
