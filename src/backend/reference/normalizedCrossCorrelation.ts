import type { KernelArguments } from "../kernels.js";
import { imagesOf, numbersOf } from "./array.js";

/**
 * NCC = mean of â f̂ with â = (a - mean a)/sqrt(var a + eps), f̂ alike; population variances.
 * Derivative: dNCC/da_i = (f̂_i - NCC' â_i)/(n s_a), NCC' = mean of â f̂ = NCC and s_a = sqrt(var a + eps); since f̂ and
 * â have mean 0 the mean of a contributes nothing.
 */
export function normalizedCrossCorrelation(args: KernelArguments["normalizedCrossCorrelation"]): void {
  const { views, rows, columns } = imagesOf(args.predicted);
  const n = rows * columns;
  for (let view = 0; view < views; view++) {
    const part = (array: typeof args.predicted) => numbersOf(array).subarray(view * n, (view + 1) * n);
    const [a, aRoot] = standardize(part(args.predicted), args.epsilon);
    const [f] = standardize(part(args.target), args.epsilon);
    let value = 0;
    for (let i = 0; i < n; i++) value += (a[i] * f[i]) / n;
    numbersOf(args.value)[view] = value;
    const cotangent = part(args.cotangent);
    for (let i = 0; i < n; i++) cotangent[i] = (f[i] - value * a[i]) / (n * aRoot);
  }
}

/** (x - mean)/sqrt(variance + epsilon), and that root. */
function standardize(x: Float64Array, epsilon: number): readonly [Float64Array, number] {
  const mean = x.reduce((total, value) => total + value, 0) / x.length;
  const variance = x.reduce((total, value) => total + (value - mean) ** 2, 0) / x.length;
  const root = Math.sqrt(variance + epsilon);
  return [x.map((value) => (value - mean) / root), root];
}
