import { flat, type KernelSpec, projections, uniform } from "./spec.js";

const STACKS = [
  [1, 1, 2],
  [1, 5, 7],
  [3, 6, 5],
  [2, 33, 31],
  [2, 70, 65],
] as const;

export const normalizedCrossCorrelation: KernelSpec<"normalizedCrossCorrelation"> = {
  kernel: "normalizedCrossCorrelation",
  writes: ["value", "cotangent"],
  tolerance: {
    percentile99: 1e-5,
    worst: 2e-5,
    reason: "sums of n terms wider than float32; differences from the mean lose a digit where it is large",
  },
  cases: [
    ...STACKS.map(([views, rows, columns]) => ({
      name: `${views} views of ${rows} x ${columns}`,
      args: {
        value: flat(views, 9),
        cotangent: projections(views, rows, columns, uniform(3)),
        predicted: projections(views, rows, columns, uniform(1)),
        target: projections(views, rows, columns, uniform(2)),
        epsilon: 1e-5,
      },
    })),
    {
      name: "a flat image correlates with nothing",
      args: {
        value: flat(1, 9),
        cotangent: projections(1, 4, 5),
        predicted: projections(1, 4, 5, 0.5),
        target: projections(1, 4, 5, uniform(2)),
        epsilon: 1e-5,
      },
    },
  ],
};
