import type { KernelName } from "../../kernels.js";
import { finite, type Kernel, overParts } from "../kernel.js";
import { perElement } from "../shader.js";

export type OptimizerKernel = Extract<KernelName, "adamStep" | "sgdStep">;

/** `rate` and `correction` hold the corrections of the moments: rate / (1 - b1^step), 1 / (1 - b2^step). */
const ADAM = perElement({
  name: "adamStep",
  settings: {
    ...{ rate: "f32", correction: "f32", beta1: "f32", beta2: "f32" },
    ...{ rest1: "f32", rest2: "f32", epsilon: "f32", lower: "f32" },
  },
  buffers: {
    ...{ x: "write array<f32>", m: "write array<f32>", v: "write array<f32>", gradient: "read array<f32>" },
  },
  body: `
  let g = gradient[i];
  let m0 = m[i];
  let v0 = v[i];
  if (g == 0.0 && m0 == 0.0 && v0 == 0.0) { return; }
  let m1 = setting.beta1 * m0 + setting.rest1 * g;
  let v1 = setting.beta2 * v0 + setting.rest2 * g * g;
  m[i] = m1;
  v[i] = v1;
  x[i] = max(setting.lower, x[i] - setting.rate * m1 / (sqrt(v1 * setting.correction) + setting.epsilon));`,
});

const SGD = perElement({
  name: "sgdStep",
  settings: { rate: "f32", momentum: "f32", lower: "f32" },
  buffers: { x: "write array<f32>", velocity: "write array<f32>", gradient: "read array<f32>" },
  body: `
  let moved = setting.momentum * velocity[i] + gradient[i];
  velocity[i] = moved;
  x[i] = max(setting.lower, x[i] - setting.rate * moved);`,
});

export const optimizerKernels: { readonly [K in OptimizerKernel]: Kernel<K> } = {
  adamStep: ({ x, m, v, gradient, step, rate, beta1, beta2, epsilon, lower = -Infinity }, context) =>
    overParts(
      context,
      ADAM,
      { x, m, v, gradient },
      {
        rate: rate / (1 - beta1 ** step),
        correction: 1 / (1 - beta2 ** step),
        ...{ beta1, beta2, rest1: 1 - beta1, rest2: 1 - beta2, epsilon, lower: finite(lower) },
      },
    ),
  sgdStep: ({ x, velocity, gradient, rate, momentum, lower = -Infinity }, context) =>
    overParts(context, SGD, { x, velocity, gradient }, { rate, momentum, lower: finite(lower) }),
};
