import { FEW_ROUNDINGS, type KernelSpec, like, overShapes, uniform } from "./spec.js";

export const multiply: KernelSpec<"multiply"> = {
  kernel: "multiply",
  writes: ["y"],
  tolerance: FEW_ROUNDINGS,
  cases: overShapes((shape) => ({ x: like(shape, uniform(1, -1)), y: like(shape, uniform(2)) })),
};
