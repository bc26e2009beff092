import type { KernelArguments } from "../kernels.js";
import { NEAREST_DEPTH } from "../kernels.js";
import { imagesOf, numbersOf, sizeOf } from "./array.js";

export function backproject({ out, image, matrices, firstSlice, accumulate }: KernelArguments["backproject"]): void {
  const [volume, [nx, ny, nz], pixels] = [numbersOf(out), sizeOf(out), numbersOf(image)];
  const { views, rows, columns } = imagesOf(image);
  if (!accumulate) volume.fill(0);
  for (let view = 0; view < views; view++) {
    const m = numbersOf(matrices).subarray(12 * view, 12 * (view + 1));
    const first = view * rows * columns;
    const pixel = (column: number, row: number) =>
      column >= 0 && column < columns && row >= 0 && row < rows ? pixels[first + row * columns + column] : 0;
    for (let k = 0, voxel = 0; k < nz; k++)
      for (let j = 0; j < ny; j++)
        for (let i = 0; i < nx; i++, voxel++) {
          const at = (r: number) =>
            m[r] * (i + 0.5) + m[r + 1] * (j + 0.5) + m[r + 2] * (k + firstSlice + 0.5) + m[r + 3];
          const depth = at(8);
          if (!(depth > NEAREST_DEPTH)) continue;
          const [u, v] = [at(0) / depth, at(4) / depth];
          const [c, r] = [Math.floor(u), Math.floor(v)];
          const [fu, fv] = [u - c, v - r];
          const near = (1 - fv) * pixel(c, r) + fv * pixel(c, r + 1);
          const far = (1 - fv) * pixel(c + 1, r) + fv * pixel(c + 1, r + 1);
          volume[voxel] += ((1 - fu) * near + fu * far) / (depth * depth);
        }
  }
}
