import { RAY_TOLERANCE, viewCases } from "./rayCases.js";
import { type KernelSpec, uniform } from "./spec.js";

export const project: KernelSpec<"project"> = {
  kernel: "project",
  writes: ["out"],
  tolerance: RAY_TOLERANCE,
  cases: viewCases((rays, volume, image, index) => ({
    ...rays,
    out: { ...image, numbers: uniform(index, 1, 2) },
    volume,
    accumulate: index % 2 === 1,
  })),
};
