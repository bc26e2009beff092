import { type KernelSpec, uniform, volume } from "./spec.js";

const SIZES = [
  [1, 1, 1],
  [5, 3, 7],
  [9, 1, 6],
  [2, 8, 1],
  [33, 31, 17],
] as const;

const SETTINGS = { scale: 2.5, delta: 0.05, weight: 0.7, lower: 0, upper: 0.8 } as const;

export const surrogateStep: KernelSpec<"surrogateStep"> = {
  kernel: "surrogateStep",
  writes: ["out"],
  tolerance: { percentile99: 2e-6, worst: 1e-5, reason: "up to seven quotients of float32 differences over a root" },
  cases: [
    ...SIZES.map((size) => ({
      name: `of a ${size.join(" x ")} volume`,
      args: {
        out: volume(size, uniform(2, -1)),
        at: volume(size, uniform(1)),
        curvature: volume(size, uniform(3, 1, 5)),
        ...SETTINGS,
      },
    })),
    {
      name: "without total variation: a scaled gradient step, unbounded",
      args: {
        out: volume([5, 3, 7], uniform(2, -1)),
        at: volume([5, 3, 7], uniform(1)),
        curvature: volume([5, 3, 7], uniform(3, 1, 5)),
        ...{ scale: 1, delta: 1, weight: 0, lower: -Infinity, upper: Infinity },
      },
    },
    {
      name: "infinite curvature holds a voxel",
      args: {
        out: volume([2, 1, 1], [3, 4]),
        at: volume([2, 1, 1], [0.25, 0.5]),
        curvature: volume([2, 1, 1], [Infinity, 2]),
        ...SETTINGS,
      },
    },
  ],
};
