import { EXACT, flat, type KernelSpec, like, overShapes, uniform } from "./spec.js";

export const sign: KernelSpec<"sign"> = {
  kernel: "sign",
  writes: ["x"],
  tolerance: EXACT,
  cases: [
    ...overShapes<"sign">((shape) => ({ x: like(shape, uniform(1, -1)) })),
    { name: "zeros and tiny numbers", args: { x: flat(5, [0, 1e-30, -1e-30, 5, -7]) } },
  ],
};
