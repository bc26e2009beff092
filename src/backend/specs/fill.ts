import { EXACT, type KernelSpec, like, overShapes, uniform } from "./spec.js";

export const fill: KernelSpec<"fill"> = {
  kernel: "fill",
  writes: ["out"],
  tolerance: EXACT,
  cases: overShapes((shape) => ({ out: like(shape, uniform(1)), value: 2.5 })),
};
