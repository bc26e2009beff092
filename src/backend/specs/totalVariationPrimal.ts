import { type KernelSpec, uniform, volume } from "./spec.js";

const SIZES = [
  [1, 1, 1],
  [5, 3, 7],
  [9, 1, 6],
  [2, 8, 1],
  [33, 31, 17],
] as const;

export const totalVariationPrimal: KernelSpec<"totalVariationPrimal"> = {
  kernel: "totalVariationPrimal",
  writes: ["x"],
  tolerance: { percentile99: 1e-6, worst: 3e-6, reason: "eight float32 operations on numbers of the size of 1" },
  cases: [
    ...SIZES.map((size) => ({
      name: `a ${size.join(" x ")} volume`,
      args: {
        x: volume(size, uniform(1)),
        curvature: volume(size, uniform(2, 0.5, 2)),
        qx: volume(size, uniform(3, -1)),
        qy: volume(size, uniform(4, -1)),
        qz: volume(size, uniform(5, -1)),
        ...{ weight: 0.3, lower: 0, upper: 0.8 },
      },
    })),
    {
      name: "a positive lower bound keeps the padding",
      args: {
        x: volume([3, 2, 5], uniform(1)),
        curvature: volume([3, 2, 5], uniform(2, 0.5, 2)),
        qx: volume([3, 2, 5], uniform(3, -1)),
        qy: volume([3, 2, 5], uniform(4, -1)),
        qz: volume([3, 2, 5], uniform(5, -1)),
        ...{ weight: 0.3, lower: 0.4, upper: Infinity },
      },
    },
  ],
};
