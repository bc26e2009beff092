import type { KernelArguments } from "../kernels.js";
import { imagesOf, numbersOf } from "./array.js";

export function viewGradient({ out, jacobian, cotangent, firstView }: KernelArguments["viewGradient"]): void {
  const [table, slopes, y] = [numbersOf(out), numbersOf(jacobian), numbersOf(cotangent)];
  const { views, rows, columns } = imagesOf(jacobian);
  const count = rows * columns;
  table.fill(0);
  for (let view = 0; view < views / 6; view++)
    for (let pixel = 0; pixel < count; pixel++) {
      const [row, column] = [Math.floor(pixel / columns), pixel % columns];
      for (let c = 0; c < 3; c++) {
        const at = 6 * view * count + c * count + pixel;
        const weight = y[(firstView + view) * count + pixel];
        const byPixel = weight * slopes[at + 3 * count];
        table[12 * view + c] += weight * slopes[at];
        table[12 * view + 3 + c] += byPixel;
        table[12 * view + 6 + c] += column * byPixel;
        table[12 * view + 9 + c] += row * byPixel;
      }
    }
}
