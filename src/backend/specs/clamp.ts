import { EXACT, flat, type KernelSpec, like, overShapes, uniform } from "./spec.js";

export const clamp: KernelSpec<"clamp"> = {
  kernel: "clamp",
  writes: ["x"],
  tolerance: EXACT,
  cases: [
    ...overShapes<"clamp">((shape) => ({ x: like(shape, uniform(1, -1)), lower: 0.25, upper: 0.5 })),
    { name: "no upper bound", args: { x: flat(7, uniform(1, -1)), lower: 0, upper: Infinity } },
    { name: "no lower bound", args: { x: flat(7, uniform(1, -1)), lower: -Infinity, upper: 0 } },
  ],
};
