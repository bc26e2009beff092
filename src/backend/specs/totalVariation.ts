import { flat, type KernelSpec, uniform, volume, WIDE_SUM } from "./spec.js";

const SIZES = [
  [1, 1, 1],
  [5, 3, 7],
  [9, 1, 6],
  [2, 8, 1],
  [33, 31, 17],
] as const;

export const totalVariation: KernelSpec<"totalVariation"> = {
  kernel: "totalVariation",
  writes: ["out"],
  tolerance: { ...WIDE_SUM, worst: 1e-5, percentile99: 1e-5, reason: `${WIDE_SUM.reason}; root - delta cancels` },
  cases: [
    ...SIZES.map((size) => ({
      name: `a ${size.join(" x ")} volume`,
      args: { out: flat(1, 9), x: volume(size, uniform(1)), delta: 0.01 },
    })),
    { name: "a constant volume has none", args: { out: flat(1, 9), x: volume([5, 3, 7], 3), delta: 0.25 } },
    { name: "nor without smoothing", args: { out: flat(1, 9), x: volume([5, 3, 7], 3), delta: 0 } },
  ],
};
