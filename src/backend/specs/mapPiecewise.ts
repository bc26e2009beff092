import { FEW_ROUNDINGS, flat, type KernelSpec, like, overShapes, table, uniform } from "./spec.js";

export const mapPiecewise: KernelSpec<"mapPiecewise"> = {
  kernel: "mapPiecewise",
  writes: ["x"],
  tolerance: FEW_ROUNDINGS,
  cases: [
    ...overShapes<"mapPiecewise">((shape) => ({
      x: like(shape, uniform(1, -2, 3)),
      knots: table([-1, 0.5, 0, 0, 1, 2, 2, 1]),
    })),
    {
      name: "one segment, knots, before and after",
      args: { x: flat(5, [-1, 0, 1, 2, 5]), knots: table([0, 1, 2, 5]) },
    },
  ],
};
