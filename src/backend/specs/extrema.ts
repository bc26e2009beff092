import { EXACT, flat, type KernelSpec, like, overShapes, uniform } from "./spec.js";

export const extrema: KernelSpec<"extrema"> = {
  kernel: "extrema",
  writes: ["out"],
  tolerance: EXACT,
  cases: [
    ...overShapes<"extrema">((shape) => ({ out: flat(2), x: like(shape, uniform(1, 1, 2)) })),
    ...overShapes<"extrema">((shape) => ({ out: flat(2), x: like(shape, uniform(2, -2, -1)) })).map((each) => ({
      ...each,
      name: `${each.name}, all negative`,
    })),
  ],
};
