import type { KernelArguments, Scalar } from "../kernels.js";
import { integersOf, numbersOf } from "./array.js";

const scalarOf = (scalar: Scalar): number => (typeof scalar === "number" ? scalar : numbersOf(scalar)[0]);

export function fill({ out, value }: KernelArguments["fill"]): void {
  numbersOf(out).fill(value);
}

export function copy({ out, x }: KernelArguments["copy"]): void {
  numbersOf(out).set(numbersOf(x));
}

export function axpby(args: KernelArguments["axpby"]): void {
  const [a, b, x, y] = [scalarOf(args.a), scalarOf(args.b), numbersOf(args.x), numbersOf(args.y)];
  for (let i = 0; i < y.length; i++) y[i] = a * x[i] + b * y[i];
}

export function multiply(args: KernelArguments["multiply"]): void {
  const [x, y] = [numbersOf(args.x), numbersOf(args.y)];
  for (let i = 0; i < y.length; i++) y[i] *= x[i];
}

export function clamp({ lower, upper, ...args }: KernelArguments["clamp"]): void {
  const x = numbersOf(args.x);
  for (let i = 0; i < x.length; i++) x[i] = Math.min(Math.max(x[i], lower), upper);
}

export function reciprocalOrZero({ threshold, ...args }: KernelArguments["reciprocalOrZero"]): void {
  const x = numbersOf(args.x);
  for (let i = 0; i < x.length; i++) x[i] = x[i] > threshold ? 1 / x[i] : 0;
}

export function sign(args: KernelArguments["sign"]): void {
  const x = numbersOf(args.x);
  for (let i = 0; i < x.length; i++) x[i] = Math.sign(x[i]);
}

export function mapPiecewise(args: KernelArguments["mapPiecewise"]): void {
  const [x, knots] = [numbersOf(args.x), numbersOf(args.knots)];
  const last = knots.length / 2 - 2;
  for (let i = 0; i < x.length; i++) {
    let segment = 0;
    while (segment < last && x[i] >= knots[2 * segment + 2]) segment++;
    const [x0, y0, x1, y1] = knots.subarray(2 * segment, 2 * segment + 4);
    x[i] = x[i] <= knots[0] ? knots[1] : y0 + ((x[i] - x0) * (y1 - y0)) / (x1 - x0);
  }
}

export function selectLabel({ label, ...args }: KernelArguments["selectLabel"]): void {
  const [out, x, labels] = [numbersOf(args.out), numbersOf(args.x), integersOf(args.labels)];
  for (let i = 0; i < out.length; i++) out[i] = labels[i] === label ? x[i] : 0;
}
