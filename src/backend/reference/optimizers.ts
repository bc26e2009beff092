import type { KernelArguments } from "../kernels.js";
import { numbersOf } from "./array.js";

export function adamStep(args: KernelArguments["adamStep"]): void {
  const { step, rate, beta1, beta2, epsilon, lower = -Infinity } = args;
  const [x, m, v, gradient] = [numbersOf(args.x), numbersOf(args.m), numbersOf(args.v), numbersOf(args.gradient)];
  const [correct1, correct2] = [1 - beta1 ** step, 1 - beta2 ** step];
  for (let i = 0; i < x.length; i++) {
    const g = gradient[i];
    if (g === 0 && m[i] === 0 && v[i] === 0) continue;
    m[i] = beta1 * m[i] + (1 - beta1) * g;
    v[i] = beta2 * v[i] + (1 - beta2) * g * g;
    x[i] = Math.max(lower, x[i] - (rate * m[i]) / correct1 / (Math.sqrt(v[i] / correct2) + epsilon));
  }
}

export function sgdStep(args: KernelArguments["sgdStep"]): void {
  const { rate, momentum, lower = -Infinity } = args;
  const [x, velocity, gradient] = [numbersOf(args.x), numbersOf(args.velocity), numbersOf(args.gradient)];
  for (let i = 0; i < x.length; i++) {
    velocity[i] = momentum * velocity[i] + gradient[i];
    x[i] = Math.max(lower, x[i] - rate * velocity[i]);
  }
}
