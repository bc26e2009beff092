import { flat, type KernelSpec, like, overShapes, uniform, WIDE_SUM } from "./spec.js";

export const sumSquares: KernelSpec<"sumSquares"> = {
  kernel: "sumSquares",
  writes: ["out"],
  tolerance: WIDE_SUM,
  cases: [
    ...overShapes<"sumSquares">((shape) => ({ out: flat(1, 9), x: like(shape, uniform(1)) })),
    { name: "numbers of both signs", args: { out: flat(1), x: flat(6, [1, -2, 3, -4, 0.5, 8]) } },
  ],
};
