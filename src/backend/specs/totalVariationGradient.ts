import { type KernelSpec, uniform, volume } from "./spec.js";

const SIZES = [
  [1, 1, 1],
  [5, 3, 7],
  [9, 1, 6],
  [2, 8, 1],
  [33, 31, 17],
] as const;

export const totalVariationGradient: KernelSpec<"totalVariationGradient"> = {
  kernel: "totalVariationGradient",
  writes: ["out"],
  tolerance: { percentile99: 2e-6, worst: 1e-5, reason: "up to seven quotients of float32 differences over a root" },
  cases: SIZES.map((size) => ({
    name: `added to a ${size.join(" x ")} volume`,
    args: { out: volume(size, uniform(2)), x: volume(size, uniform(1)), delta: 0.05, weight: 0.7 },
  })),
};
