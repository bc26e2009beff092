import type { DeviceArray } from "../backend.js";
import type { KernelArguments } from "../kernels.js";
import { numbersOf } from "./array.js";

function reduce(out: DeviceArray, x: DeviceArray, term: (value: number, i: number) => number): void {
  const values = numbersOf(x);
  let total = 0;
  for (let i = 0; i < values.length; i++) total += term(values[i], i);
  numbersOf(out)[0] = total;
}

export const sum = ({ out, x }: KernelArguments["sum"]) => reduce(out, x, (value) => value);
export const sumAbsolute = ({ out, x }: KernelArguments["sumAbsolute"]) => reduce(out, x, Math.abs);
export const sumSquares = ({ out, x }: KernelArguments["sumSquares"]) => reduce(out, x, (value) => value * value);

export function dot({ out, x, y }: KernelArguments["dot"]): void {
  const other = numbersOf(y);
  reduce(out, x, (value, i) => value * other[i]);
}

export function dotDifferences({ out, x, y, z }: KernelArguments["dotDifferences"]): void {
  const [middle, last] = [numbersOf(y), numbersOf(z)];
  reduce(out, x, (value, i) => (value - middle[i]) * (middle[i] - last[i]));
}

export function kullbackLeibler({ out, x, y, weights }: KernelArguments["kullbackLeibler"]): void {
  const expected = numbersOf(y);
  const w = weights && numbersOf(weights);
  reduce(out, x, (p, i) => {
    const excess = expected[i] - p;
    return (w?.[i] ?? 1) * (p > 0 ? excess - p * Math.log1p(excess / p) : excess);
  });
}

export function extrema({ out, x }: KernelArguments["extrema"]): void {
  let [minimum, maximum] = [Infinity, -Infinity];
  for (const value of numbersOf(x)) {
    minimum = Math.min(minimum, value);
    maximum = Math.max(maximum, value);
  }
  numbersOf(out).set([minimum, maximum]);
}
