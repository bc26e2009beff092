import { flat, type KernelSpec, like, overShapes, uniform } from "./spec.js";

const SETTINGS = { rate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;

export const adamStep: KernelSpec<"adamStep"> = {
  kernel: "adamStep",
  writes: ["x", "m", "v"],
  tolerance: { percentile99: 2e-6, worst: 5e-6, reason: "a quotient and a root of float32 moments" },
  cases: [
    ...overShapes<"adamStep">((shape) => ({
      x: like(shape, uniform(1)),
      m: like(shape, uniform(2, -1)),
      v: like(shape, uniform(3, 0.1)),
      gradient: like(shape, uniform(4, -1)),
      step: 7,
      ...SETTINGS,
    })),
    {
      name: "the first step moves by the rate, untouched voxels stay",
      args: { x: flat(4, 1), m: flat(4), v: flat(4), gradient: flat(4, [0, 0.5, -2, 0]), step: 1, ...SETTINGS },
    },
    {
      name: "not below the bound, but untouched voxels may be",
      args: {
        x: flat(4, [0.001, 0.5, -3, 0]),
        m: flat(4),
        v: flat(4),
        gradient: flat(4, [1, -1, 0, 2]),
        step: 1,
        lower: 0,
        ...SETTINGS,
      },
    },
  ],
};
