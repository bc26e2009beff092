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
