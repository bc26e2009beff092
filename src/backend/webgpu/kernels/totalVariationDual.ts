/** The proximal map of total variation on its dual: the volume that belongs to a dual, and a step of the dual. */
import type { DeviceArray } from "../../backend.js";
import type { KernelName } from "../../kernels.js";
import type { Part } from "../array.js";
import { finite, type Kernel, type KernelContext, partsOf } from "../kernel.js";
import { perElement } from "../shader.js";
import { CELL, CELL_SETTINGS, overCells, surrounded } from "./neighbors.js";

export type TotalVariationDualKernel = Extract<KernelName, "totalVariationDualStep" | "totalVariationPrimal">;

/** `ahead`: elements of `qz` before those of the part. */
const PRIMAL = perElement({
  name: "totalVariationPrimal",
  settings: { ...CELL_SETTINGS, weight: "f32", lower: "f32", upper: "f32", ahead: "u32" },
  buffers: {
    ...{ x: "write array<f32>", curvature: "read array<f32>" },
    ...{ qx: "read array<f32>", qy: "read array<f32>", qz: "read array<f32>" },
  },
  code: CELL,
  body: `
  let cell = cellOf(i);
  let z = setting.ahead + i;
  var adjoint = -qx[i] - qy[i] - qz[z];
  if (cell.x > 0u) { adjoint += qx[i - 1u]; }
  if (cell.y > 0u) { adjoint += qy[i - setting.nx]; }
  if (cell.z > 0u) { adjoint += qz[z - setting.nx * setting.ny]; }
  let bend = curvature[i];
  // WGSL may do without infinities
  let step = select(setting.weight * adjoint / bend, 0.0, bend >= 3.4028234e38);
  x[i] = min(max(x[i] - step, setting.lower), setting.upper);`,
});

/** The length is taken of numbers of at most 1: steps of infinite curvature have squares beyond float32. */
const DUAL = perElement({
  name: "totalVariationDualStep",
  settings: { ...CELL_SETTINGS, step: "f32", momentum: "f32" },
  buffers: {
    ...{ x: "read array<f32>", curvature: "read array<f32>" },
    ...{ qx: "write array<f32>", qy: "write array<f32>", qz: "write array<f32>" },
    ...{ rx: "write array<f32>", ry: "write array<f32>", rz: "write array<f32>" },
  },
  code: CELL,
  body: `
  // at a far face the next voxel is this one: no difference
  let next = select(vec3u(i), i + strides(), cellOf(i) + 1u < sizes());
  let difference = vec3f(x[next.x], x[next.y], x[next.z]) - x[i];
  let least = min(min(curvature[i], 1e30), min(curvature[next.x], min(curvature[next.y], curvature[next.z])));
  let moved = vec3f(rx[i], ry[i], rz[i]) + setting.step * least * difference;
  let most = max(max(abs(moved.x), abs(moved.y)), max(abs(moved.z), 1.0));
  let share = moved / most;
  let q = share / max(1.0 / most, sqrt(dot(share, share)));
  let r = q + setting.momentum * (q - vec3f(qx[i], qy[i], qz[i]));
  qx[i] = q.x;
  qy[i] = q.y;
  qz[i] = q.z;
  rx[i] = r.x;
  ry[i] = r.y;
  rz[i] = r.z;`,
});

interface Primal {
  readonly curvature: DeviceArray;
  readonly dual: readonly [qx: DeviceArray, qy: DeviceArray, qz: DeviceArray];
  readonly weight: number;
  readonly lower: number;
  readonly upper: number;
}

/** x <- min(max(x - weight gradᵀ q / curvature, lower), upper) for the parts `x` of a volume. */
function primal(context: KernelContext, x: readonly Part[], { curvature, dual, weight, ...bounds }: Primal): void {
  const [qx, qy, qz] = dual;
  const [lower, upper] = [finite(bounds.lower), finite(bounds.upper)];
  const around = surrounded(context, qz, { before: 1 });
  overCells(context, PRIMAL, curvature, (part) => {
    const { slot, ahead } = around(part);
    const [bend, first, second] = [curvature, qx, qy].map((array) => partsOf(array)[part].slot);
    return {
      settings: { weight, lower, upper, ahead },
      slots: { x: x[part].slot, curvature: bend, qx: first, qy: second, qz: slot },
    };
  });
}

export const totalVariationDualKernels: { readonly [K in TotalVariationDualKernel]: Kernel<K> } = {
  totalVariationDualStep: ({ y, curvature, qx, qy, qz, rx, ry, rz, step, momentum, ...numbers }, context) => {
    // all of x(r) before any r changes
    const x = partsOf(y).map((part) => ({ ...part, slot: context.temporary(4 * part.length) }));
    for (const [part, { slot, length }] of partsOf(y).entries()) context.copy(slot, 0, x[part].slot, 0, 4 * length);
    primal(context, x, { curvature, dual: [rx, ry, rz], ...numbers });
    const [aroundX, aroundCurvature] = [x, curvature].map((array) => surrounded(context, array, { after: 1 }));
    overCells(context, DUAL, y, (part) => {
      const own = Object.entries({ qx, qy, qz, rx, ry, rz }).map(([name, array]) => [name, partsOf(array)[part].slot]);
      return {
        settings: { step, momentum },
        slots: { ...Object.fromEntries(own), x: aroundX(part).slot, curvature: aroundCurvature(part).slot },
      };
    });
  },
  totalVariationPrimal: ({ x, curvature, qx, qy, qz, ...numbers }, context) =>
    primal(context, partsOf(x), { curvature, dual: [qx, qy, qz], ...numbers }),
};
