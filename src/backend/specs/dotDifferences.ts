import { flat, type KernelSpec, like, overShapes, uniform, WIDE_SUM } from "./spec.js";

export const dotDifferences: KernelSpec<"dotDifferences"> = {
  kernel: "dotDifferences",
  writes: ["out"],
  tolerance: { ...WIDE_SUM, worst: 1e-5, percentile99: 1e-5, reason: `${WIDE_SUM.reason}; terms of both signs cancel` },
  cases: [
    ...overShapes<"dotDifferences">((shape) => ({
      out: flat(1, 9),
      x: like(shape, uniform(1, 2, 3)),
      y: like(shape, uniform(2, 1, 2)),
      z: like(shape, uniform(3)),
    })),
    {
      name: "a step that turns back",
      args: { out: flat(1), x: flat(3, [1, 2, 3]), y: flat(3, [2, 2, 1]), z: flat(3, [1, 5, 3]) },
    },
  ],
};
