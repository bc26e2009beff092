import { flat, type KernelSpec, like, overShapes, uniform, WIDE_SUM } from "./spec.js";

export const dot: KernelSpec<"dot"> = {
  kernel: "dot",
  writes: ["out"],
  tolerance: WIDE_SUM,
  cases: overShapes((shape) => ({ out: flat(1, 9), x: like(shape, uniform(1)), y: like(shape, uniform(2)) })),
};
