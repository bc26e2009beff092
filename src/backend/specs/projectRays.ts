import { freeRayCases, RAY_TOLERANCE } from "./rayCases.js";
import { flat, type KernelSpec, uniform } from "./spec.js";

export const projectRays: KernelSpec<"projectRays"> = {
  kernel: "projectRays",
  writes: ["out"],
  tolerance: RAY_TOLERANCE,
  cases: freeRayCases((rays, volume, count, index) => ({
    ...rays,
    out: flat(count, uniform(index, 1, 2)),
    volume,
    accumulate: index % 2 === 1,
  })),
};
