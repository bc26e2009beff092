import { FEW_ROUNDINGS, flat, type KernelSpec, like, overShapes, uniform } from "./spec.js";

export const reciprocalOrZero: KernelSpec<"reciprocalOrZero"> = {
  kernel: "reciprocalOrZero",
  writes: ["x"],
  tolerance: FEW_ROUNDINGS,
  cases: [
    ...overShapes<"reciprocalOrZero">((shape) => ({ x: like(shape, uniform(1, -1, 2)), threshold: 0.125 })),
    { name: "at the threshold, at zero and below", args: { x: flat(5, [0.5, 0.25, 0, -1, 4]), threshold: 0.25 } },
  ],
};
