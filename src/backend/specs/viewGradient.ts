import { type KernelSpec, projections, table, uniform, WIDE_SUM } from "./spec.js";

/** Views of the jacobian, rows, columns; views of the cotangent and the first of them that counts. */
const STACKS = [
  [1, 1, 1, 1, 0],
  [2, 3, 5, 2, 0],
  [2, 5, 6, 5, 3],
  [3, 33, 31, 4, 1],
  [2, 70, 65, 3, 1],
] as const;

export const viewGradient: KernelSpec<"viewGradient"> = {
  kernel: "viewGradient",
  writes: ["out"],
  tolerance: WIDE_SUM,
  cases: STACKS.map(([views, rows, columns, all, firstView]) => ({
    name: `${views} views of ${rows} x ${columns} from view ${firstView} of ${all}`,
    args: {
      out: table(new Array(12 * views).fill(9)),
      jacobian: projections(6 * views, rows, columns, uniform(1, -1, 2)),
      cotangent: projections(all, rows, columns, uniform(2)),
      firstView,
    },
  })),
};
