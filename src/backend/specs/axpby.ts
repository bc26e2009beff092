import { FEW_ROUNDINGS, flat, type KernelSpec, like, overShapes, uniform } from "./spec.js";

export const axpby: KernelSpec<"axpby"> = {
  kernel: "axpby",
  writes: ["y"],
  tolerance: FEW_ROUNDINGS,
  cases: [
    ...overShapes<"axpby">((shape) => ({
      a: 0.3,
      x: like(shape, uniform(1)),
      b: 1.7,
      y: like(shape, uniform(2)),
    })),
    {
      name: "scalars on the device",
      args: { a: flat(1, 0.75), x: flat(7, uniform(1)), b: flat(1, -2), y: flat(7, 3) },
    },
    { name: "b = 0 replaces", args: { a: -1, x: flat(7, uniform(1)), b: 0, y: flat(7, uniform(2)) } },
  ],
};
