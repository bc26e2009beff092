import { EXACT, type KernelSpec, like, overShapes, uniform } from "./spec.js";

export const copy: KernelSpec<"copy"> = {
  kernel: "copy",
  writes: ["out"],
  tolerance: EXACT,
  cases: overShapes((shape) => ({ out: like(shape, uniform(1)), x: like(shape, uniform(2, -1)) })),
};
