import { fft } from "../../core/fft.js";
import type { KernelArguments } from "../kernels.js";
import { imagesOf, numbersOf } from "./array.js";

export function filterRows({ image, response }: KernelArguments["filterRows"]): void {
  const [values, { columns }, filter] = [numbersOf(image), imagesOf(image), numbersOf(response)];
  const length = 2 * (filter.length - 1);
  const [real, imaginary] = [new Float64Array(length), new Float64Array(length)];
  for (let row = 0; row < values.length; row += columns) {
    real.fill(0);
    imaginary.fill(0);
    real.set(values.subarray(row, row + columns));
    fft(real, imaginary);
    for (let k = 0; k < length; k++) {
      const scale = filter[Math.min(k, length - k)] / length;
      real[k] *= scale;
      imaginary[k] *= scale;
    }
    fft(real, imaginary, false);
    values.set(real.subarray(0, columns), row);
  }
}
