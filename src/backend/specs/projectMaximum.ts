import { viewCases } from "./rayCases.js";
import { EXACT, type KernelSpec, uniform } from "./spec.js";

export const projectMaximum: KernelSpec<"projectMaximum"> = {
  kernel: "projectMaximum",
  writes: ["out"],
  tolerance: EXACT,
  cases: viewCases(
    (rays, volume, image, index) => ({ ...rays, out: image, volume: { ...volume, numbers: uniform(index, -1, 1) } }),
    { smoothOnly: true, models: ["siddon"] },
  ),
};
