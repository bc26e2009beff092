import { type KernelSpec, projections, table, uniform } from "./spec.js";

/** Views, rows, columns, length of the transform. */
const STACKS = [
  [1, 1, 1, 2],
  [1, 1, 2, 2],
  [2, 3, 5, 8],
  [1, 9, 16, 16],
  [2, 4, 31, 64],
  [3, 13, 64, 128],
  [1, 6, 100, 1024],
] as const;

/** Any real numbers make a filter: here a ramp with ripples. */
export const response = (length: number) =>
  table(Array.from({ length: length / 2 + 1 }, (_, k) => (k / length) * (1 + 0.3 * Math.sin(k)) + 0.01));

export const filterRows: KernelSpec<"filterRows"> = {
  kernel: "filterRows",
  writes: ["image"],
  tolerance: {
    percentile99: 2e-6,
    worst: 2e-6,
    reason: "two float32 transforms: 2 log2(1024) = 20 additions on a path of 6e-8 each, errors add as a random walk",
  },
  cases: [
    ...STACKS.map(([views, rows, columns, length], index) => ({
      name: `${views} views of ${rows} x ${columns}, transforms of ${length}`,
      args: { image: projections(views, rows, columns, uniform(index, -1, 2)), response: response(length) },
    })),
    {
      name: "a response of ones changes nothing",
      args: { image: projections(2, 5, 7, uniform(9)), response: table([1, 1, 1, 1, 1, 1, 1, 1, 1]) },
    },
  ],
};
