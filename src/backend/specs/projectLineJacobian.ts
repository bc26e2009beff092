import { JACOBIAN_TOLERANCE, viewCases } from "./rayCases.js";
import { type ArraySpec, type KernelSpec, like } from "./spec.js";

/** Six images for each. */
export const sixTimes = ({ shape }: ArraySpec): ArraySpec =>
  like(shape.kind === "projections" ? { ...shape, views: 6 * shape.views } : shape, 7);

export const projectLineJacobian: KernelSpec<"projectLineJacobian"> = {
  kernel: "projectLineJacobian",
  writes: ["out", "jacobian"],
  tolerance: JACOBIAN_TOLERANCE,
  laws: { sameBitsAs: "project" },
  cases: viewCases((rays, volume, image) => ({ ...rays, out: image, jacobian: sixTimes(image), volume }), {
    smoothOnly: true,
  }),
};
