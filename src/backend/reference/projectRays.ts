import type { FreeRays, KernelArguments } from "../kernels.js";
import { numbersOf, sizeOf } from "./array.js";
import { freeRay, type Ray, toPoints } from "./ray.js";
import { WALKS } from "./walk.js";

function forEachRay(rays: FreeRays, each: (ray: Ray, index: number) => void): void {
  for (let index = 0; index < rays.rays.length / 6; index++) each(freeRay(rays, index), index);
}

export function projectRays({ out, volume, accumulate, ...rays }: KernelArguments["projectRays"]): void {
  const [values, x, size, walk] = [numbersOf(out), numbersOf(volume), sizeOf(volume), WALKS[rays.model]];
  if (!accumulate) values.fill(0);
  forEachRay(rays, (ray, index) => {
    let sum = 0;
    walk(ray, size, rays, (voxel, weight) => {
      sum += weight * x[voxel];
    });
    values[index] += sum;
  });
}

export function projectRaysAdjoint({ out, values, accumulate, ...rays }: KernelArguments["projectRaysAdjoint"]): void {
  const [y, x, size, walk] = [numbersOf(values), numbersOf(out), sizeOf(out), WALKS[rays.model]];
  if (!accumulate) x.fill(0);
  forEachRay(rays, (ray, index) =>
    walk(ray, size, rays, (voxel, weight) => {
      x[voxel] += weight * y[index];
    }),
  );
}

export function projectRaysJacobian({ out, volume, ...rays }: KernelArguments["projectRaysJacobian"]): void {
  const [table, x, size, walk] = [numbersOf(out), numbersOf(volume), sizeOf(volume), WALKS[rays.model]];
  const slope = new Float64Array(6);
  forEachRay(rays, (ray, index) => {
    const total = new Float64Array(6);
    const add = (voxel: number) => {
      for (let c = 0; c < 6; c++) total[c] += slope[c] * x[voxel];
    };
    walk(ray, size, rays, add, slope);
    toPoints(total, "cone", table, 6 * index, 1);
  });
}
