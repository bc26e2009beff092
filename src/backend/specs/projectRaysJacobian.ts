import { freeRayCases, JACOBIAN_TOLERANCE } from "./rayCases.js";
import { type KernelSpec, table } from "./spec.js";

export const projectRaysJacobian: KernelSpec<"projectRaysJacobian"> = {
  kernel: "projectRaysJacobian",
  writes: ["out"],
  tolerance: JACOBIAN_TOLERANCE,
  cases: freeRayCases((rays, volume, count) => ({ ...rays, out: table(new Array(6 * count).fill(9)), volume }), {
    smoothOnly: true,
  }),
};
