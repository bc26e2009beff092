import type { DeviceArray } from "../backend.js";
import type { KernelArguments } from "../kernels.js";
import { numbersOf, sizeOf } from "./array.js";

/** Calls `each` with a voxel, the forward differences there (zero at the far faces) and sqrt(|grad|² + delta²). */
function forEachGradient(
  volume: DeviceArray,
  delta: number,
  each: (voxel: number, dx: number, dy: number, dz: number, root: number) => void,
): void {
  const [x, [nx, ny, nz]] = [numbersOf(volume), sizeOf(volume)];
  for (let k = 0, voxel = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, voxel++) {
        const dx = i + 1 < nx ? x[voxel + 1] - x[voxel] : 0;
        const dy = j + 1 < ny ? x[voxel + nx] - x[voxel] : 0;
        const dz = k + 1 < nz ? x[voxel + nx * ny] - x[voxel] : 0;
        each(voxel, dx, dy, dz, Math.sqrt(dx * dx + dy * dy + dz * dz + delta * delta));
      }
}

export function totalVariation({ out, x, delta }: KernelArguments["totalVariation"]): void {
  let total = 0;
  forEachGradient(x, delta, (_voxel, _dx, _dy, _dz, root) => {
    total += root - delta;
  });
  numbersOf(out)[0] = total;
}

export function totalVariationGradient({ out, x, delta, weight }: KernelArguments["totalVariationGradient"]): void {
  const [gradient, [nx, ny]] = [numbersOf(out), sizeOf(x)];
  forEachGradient(x, delta, (voxel, dx, dy, dz, root) => {
    const scale = weight / root;
    gradient[voxel] -= scale * (dx + dy + dz);
    // a difference that is zero adds nothing, also where there is no neighbor
    if (dx !== 0) gradient[voxel + 1] += scale * dx;
    if (dy !== 0) gradient[voxel + nx] += scale * dy;
    if (dz !== 0) gradient[voxel + nx * ny] += scale * dz;
  });
}

export function surrogateStep(args: KernelArguments["surrogateStep"]): void {
  const { at, scale, delta, weight, lower, upper } = args;
  const [out, x, curvature] = [args.out, at, args.curvature].map(numbersOf);
  const [nx, ny, nz] = sizeOf(at);
  const slope = new Float64Array(x.length);
  const bend = new Float64Array(x.length);
  forEachGradient(at, delta, (voxel, dx, dy, dz, root) => {
    const w = 1 / root;
    const add = (inside: boolean, neighbor: number, difference: number) => {
      if (!inside) return;
      slope[voxel] -= w * difference;
      bend[voxel] += 2 * w;
      slope[neighbor] += w * difference;
      bend[neighbor] += 2 * w;
    };
    add((voxel % nx) + 1 < nx, voxel + 1, dx);
    add((Math.floor(voxel / nx) % ny) + 1 < ny, voxel + nx, dy);
    add(Math.floor(voxel / (nx * ny)) + 1 < nz, voxel + nx * ny, dz);
  });
  for (let i = 0; i < x.length; i++) {
    const moved = x[i] - (scale * out[i] + weight * slope[i]) / (curvature[i] + weight * bend[i]);
    out[i] = Math.min(Math.max(moved, lower), upper);
  }
}
