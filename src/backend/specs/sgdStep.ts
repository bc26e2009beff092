import { FEW_ROUNDINGS, type KernelSpec, like, overShapes, uniform } from "./spec.js";

export const sgdStep: KernelSpec<"sgdStep"> = {
  kernel: "sgdStep",
  writes: ["x", "velocity"],
  tolerance: FEW_ROUNDINGS,
  cases: [undefined, 0].flatMap((lower) =>
    overShapes<"sgdStep">((shape) => ({
      x: like(shape, uniform(1)),
      velocity: like(shape, uniform(2, -1)),
      gradient: like(shape, uniform(3, -1)),
      rate: 0.3,
      momentum: 0.5,
      lower,
    })).map(({ name, args }) => ({ name: lower === undefined ? name : `${name}, not below ${lower}`, args })),
  ),
};
