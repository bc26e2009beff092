import { flat, type KernelSpec, like, overShapes, uniform, WIDE_SUM } from "./spec.js";

export const kullbackLeibler: KernelSpec<"kullbackLeibler"> = {
  kernel: "kullbackLeibler",
  writes: ["out"],
  tolerance: { ...WIDE_SUM, reason: `${WIDE_SUM.reason}; no term cancels, each is rounded a dozen times at most` },
  cases: [
    ...overShapes<"kullbackLeibler">((shape) => ({
      out: flat(1, 9),
      x: like(shape, uniform(1)),
      y: like(shape, uniform(2, 0.01)),
    })),
    ...overShapes<"kullbackLeibler">((shape) => ({
      out: flat(1, 9),
      x: like(shape, uniform(1, 1, 3)),
      y: like(shape, uniform(2, 1, 3)),
      weights: like(shape, uniform(3)),
    })).map((each) => ({ ...each, name: `${each.name}, weighted` })),
    {
      name: "numbers that differ by a few units in the last place",
      args: { out: flat(1), x: flat(4, [1, 2, 0.5, 3]), y: flat(4, [1 + 2 ** -22, 2, 0.5 - 2 ** -24, 3 + 2 ** -20]) },
    },
    {
      name: "nothing found, next to nothing expected, neither, and factors of 2",
      args: { out: flat(1), x: flat(6, [0, 1, 0, 2, 4, 0]), y: flat(6, [1e-9, 1e-9, 3, 1, 8, 0]) },
    },
  ],
};
