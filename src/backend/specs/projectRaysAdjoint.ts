import { freeRayCases, RAY_TOLERANCE } from "./rayCases.js";
import { flat, type KernelSpec, uniform } from "./spec.js";

export const projectRaysAdjoint: KernelSpec<"projectRaysAdjoint"> = {
  kernel: "projectRaysAdjoint",
  writes: ["out"],
  tolerance: RAY_TOLERANCE,
  laws: { transposeOf: "projectRays" },
  cases: freeRayCases((rays, volume, count, index) => ({
    ...rays,
    out: { ...volume, numbers: uniform(index, 1, 2) },
    values: flat(count, uniform(index + 50)),
    accumulate: index % 2 === 1,
  })),
};
