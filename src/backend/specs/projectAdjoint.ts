import { RAY_TOLERANCE, viewCases } from "./rayCases.js";
import { type KernelSpec, uniform } from "./spec.js";

export const projectAdjoint: KernelSpec<"projectAdjoint"> = {
  kernel: "projectAdjoint",
  writes: ["out"],
  tolerance: RAY_TOLERANCE,
  laws: { transposeOf: "project" },
  cases: viewCases((rays, volume, image, index) => ({
    ...rays,
    out: { ...volume, numbers: uniform(index, 1, 2) },
    image,
    accumulate: index % 2 === 1,
  })),
};
