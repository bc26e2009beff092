import { flat, type KernelSpec, like, overShapes, uniform, WIDE_SUM } from "./spec.js";

export const sum: KernelSpec<"sum"> = {
  kernel: "sum",
  writes: ["out"],
  tolerance: WIDE_SUM,
  cases: [
    ...overShapes<"sum">((shape) => ({ out: flat(1, 9), x: like(shape, uniform(1)) })),
    { name: "numbers of both signs", args: { out: flat(1), x: flat(6, [1, -2, 3, -4, 0.5, 8]) } },
  ],
};
