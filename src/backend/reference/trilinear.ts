import type { Vec3 } from "../../core/linear.js";
import type { Discretization } from "../kernels.js";
import type { Ray, Visit, Walk } from "./ray.js";
import { clipLine } from "./ray.js";

/**
 * Samples of the trilinearly interpolated volume (zero outside) along the ray: every `step` mm, counted from the origin
 * of the ray, in the middle of its step; or `samples` points of a given interval.
 */
export const trilinear: Walk = (ray, size, options, visit, slope) => {
  if (ray.length === 0) return;
  if (options.interval) walkInterval(ray, size, options.interval, visit, slope);
  else walkSteps(ray, size, options.step ?? Number.NaN, visit, slope);
};

/** The place of a sample is o + s e with s in mm and the unit vector e = d / L: dx/dd = s (1/L - d (G d / L)ᵀ / L²). */
function walkSteps(ray: Ray, size: Vec3, step: number, visit: Visit, slope?: Float64Array): void {
  const { length, lengthSlope } = ray;
  const [from, to] = clipLine(ray, size, 1);
  if (!(from < to)) return;
  const [start, end] = [ray.from * length, ray.to * length];
  const last = Math.floor(Math.min(to * length, end + step) / step);
  for (let m = Math.floor(Math.max(from * length, start - step) / step); m <= last; m++) {
    const weight = Math.min((m + 1) * step, end) - Math.max(m * step, start);
    if (!(weight > 0)) continue;
    const t = ((m + 0.5) * step) / length;
    const endMoves = end > m * step && end < (m + 1) * step;
    visitCell(ray, size, t, (voxel, value, gradient) => {
      if (slope) {
        const along = gradient[0] * ray.direction[0] + gradient[1] * ray.direction[1] + gradient[2] * ray.direction[2];
        for (let c = 0; c < 3; c++) {
          slope[c] = weight * gradient[c];
          slope[3 + c] = weight * t * (gradient[c] - (along * lengthSlope[c]) / length);
          if (endMoves) slope[3 + c] += value * lengthSlope[c];
        }
      }
      visit(voxel, weight * value);
    });
  }
}

function walkInterval(
  ray: Ray,
  size: Vec3,
  { from, to, samples }: NonNullable<Discretization["interval"]>,
  visit: Visit,
  slope?: Float64Array,
): void {
  const part = (to - from) / (samples - 1);
  for (let m = 0; m < samples; m++) {
    const t = from + part * m;
    visitCell(ray, size, t, (voxel, value, gradient) => {
      if (slope)
        for (let c = 0; c < 3; c++) {
          slope[c] = part * ray.length * gradient[c];
          slope[3 + c] = part * (ray.length * t * gradient[c] + value * ray.lengthSlope[c]);
        }
      visit(voxel, part * ray.length * value);
    });
  }
}

const gradient = new Float64Array(3);

/** The eight (or fewer) voxels around a point with their interpolation weights and the gradients of these. */
function visitCell(
  { origin, direction }: Ray,
  size: Vec3,
  t: number,
  visit: (voxel: number, value: number, gradient: Float64Array) => void,
): void {
  const x = origin[0] + t * direction[0] - 0.5;
  const y = origin[1] + t * direction[1] - 0.5;
  const z = origin[2] + t * direction[2] - 0.5;
  const [i0, j0, k0] = [Math.floor(x), Math.floor(y), Math.floor(z)];
  for (let k = Math.max(k0, 0); k <= Math.min(k0 + 1, size[2] - 1); k++)
    for (let j = Math.max(j0, 0); j <= Math.min(j0 + 1, size[1] - 1); j++)
      for (let i = Math.max(i0, 0); i <= Math.min(i0 + 1, size[0] - 1); i++) {
        const a = 1 - Math.abs(x - i);
        const b = 1 - Math.abs(y - j);
        const c = 1 - Math.abs(z - k);
        gradient[0] = (i > i0 ? 1 : -1) * b * c;
        gradient[1] = (j > j0 ? 1 : -1) * a * c;
        gradient[2] = (k > k0 ? 1 : -1) * a * b;
        visit(i + size[0] * (j + size[1] * k), a * b * c, gradient);
      }
}
