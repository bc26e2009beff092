import { type ArraySpec, EXACT, type KernelSpec, uniform, volume } from "./spec.js";

const labels = (size: readonly [number, number, number]): ArraySpec => ({
  ...volume(size, uniform(3, 0, 4)),
  type: "u8",
});

export const selectLabel: KernelSpec<"selectLabel"> = {
  kernel: "selectLabel",
  writes: ["out"],
  tolerance: EXACT,
  cases: (
    [
      [1, 1, 1],
      [5, 3, 7],
      [9, 1, 6],
      [33, 31, 17],
    ] as const
  ).flatMap((size) =>
    [0, 2, 255].map((label) => ({
      name: `label ${label} of a ${size.join(" x ")} volume`,
      args: { out: volume(size, uniform(1)), x: volume(size, uniform(2)), labels: labels(size), label },
    })),
  ),
};
