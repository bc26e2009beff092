import { fault } from "../../core/errors.js";
import type { DeviceArray } from "../backend.js";
import type { KernelArguments, Rays } from "../kernels.js";
import { imagesOf, integersOf, numbersOf, sizeOf } from "./array.js";
import { type Ray, toPoints, viewRay } from "./ray.js";
import { siddon } from "./siddon.js";
import { WALKS } from "./walk.js";

/** Calls `each` for every ray to be computed, with the number of its pixel in the stack. */
function forEachRay(rays: Rays, image: DeviceArray, each: (ray: Ray, pixel: number, view: number) => void): void {
  const { views, rows, columns } = imagesOf(image);
  const table = numbersOf(rays.views);
  const count = rows * columns;
  const pixels = rays.pixels ? integersOf(rays.pixels) : Uint32Array.from({ length: count }, (_, i) => i);
  const outside = pixels.find((pixel) => pixel >= count);
  if (outside !== undefined)
    throw fault("INVALID_ARGUMENT", `pixel ${outside} of a list is not in images of ${rows} x ${columns}`, { outside });
  for (let view = 0; view < views; view++)
    for (const pixel of pixels)
      each(viewRay(table, view, Math.floor(pixel / columns), pixel % columns, rays), view * count + pixel, view);
}

export function project({ out, volume, accumulate, ...rays }: KernelArguments["project"]): void {
  const [image, x, size, walk] = [numbersOf(out), numbersOf(volume), sizeOf(volume), WALKS[rays.model]];
  if (!accumulate) image.fill(0);
  forEachRay(rays, out, (ray, pixel) => {
    let sum = 0;
    walk(ray, size, rays, (voxel, weight) => {
      sum += weight * x[voxel];
    });
    image[pixel] += sum;
  });
}

export function projectAdjoint({ out, image, accumulate, ...rays }: KernelArguments["projectAdjoint"]): void {
  const [y, x, size, walk] = [numbersOf(image), numbersOf(out), sizeOf(out), WALKS[rays.model]];
  if (!accumulate) x.fill(0);
  forEachRay(rays, image, (ray, pixel) =>
    walk(ray, size, rays, (voxel, weight) => {
      x[voxel] += weight * y[pixel];
    }),
  );
}

export function projectLineJacobian({ out, jacobian, volume, ...rays }: KernelArguments["projectLineJacobian"]): void {
  const [image, slopes, x] = [numbersOf(out), numbersOf(jacobian), numbersOf(volume)];
  const [size, walk] = [sizeOf(volume), WALKS[rays.model]];
  const { rows, columns } = imagesOf(out);
  const count = rows * columns;
  const slope = new Float64Array(6);
  image.fill(0);
  slopes.fill(0);
  forEachRay(rays, out, (ray, pixel, view) => {
    const total = new Float64Array(6);
    let sum = 0;
    walk(
      ray,
      size,
      rays,
      (voxel, weight) => {
        sum += weight * x[voxel];
        for (let c = 0; c < 6; c++) total[c] += slope[c] * x[voxel];
      },
      slope,
    );
    image[pixel] = sum;
    toPoints(total, rays.beam, slopes, pixel + 5 * view * count, count);
  });
}

export function projectMaximum({ out, volume, ...rays }: KernelArguments["projectMaximum"]): void {
  const [image, x, size] = [numbersOf(out), numbersOf(volume), sizeOf(volume)];
  image.fill(0);
  forEachRay(rays, out, (ray, pixel) => {
    let maximum = -Infinity;
    siddon(ray, size, rays, (voxel, weight) => {
      if (weight > 0) maximum = Math.max(maximum, x[voxel]);
    });
    image[pixel] = maximum === -Infinity ? 0 : maximum;
  });
}
