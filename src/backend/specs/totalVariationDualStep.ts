import { type KernelSpec, uniform, volume } from "./spec.js";

/** The largest has more planes than slabs of several threads, so that some have two. */
const SIZES = [
  [1, 1, 1],
  [5, 3, 7],
  [9, 1, 6],
  [2, 8, 1],
  [33, 31, 17],
  [70, 5, 6],
] as const;

const numbers = { weight: 0.7, step: 0.3, momentum: 0.4, lower: 0, upper: 0.9 } as const;

export const totalVariationDualStep: KernelSpec<"totalVariationDualStep"> = {
  kernel: "totalVariationDualStep",
  writes: ["qx", "qy", "qz", "rx", "ry", "rz"],
  tolerance: { percentile99: 1e-6, worst: 3e-6, reason: "some twenty float32 operations on numbers of the size of 1" },
  cases: SIZES.map((size) => ({
    name: `a ${size.join(" x ")} volume`,
    args: {
      y: volume(size, uniform(1)),
      curvature: volume(size, uniform(2, 0.5, 2)),
      qx: volume(size, uniform(3, -0.5, 0.5)),
      qy: volume(size, uniform(4, -0.5, 0.5)),
      qz: volume(size, uniform(5, -0.5, 0.5)),
      rx: volume(size, uniform(6, -1)),
      ry: volume(size, uniform(7, -1)),
      rz: volume(size, uniform(8, -1)),
      ...numbers,
    },
  })),
};
