import type { DeviceArray } from "../backend.js";
import type { KernelArguments } from "../kernels.js";
import { numbersOf, sizeOf } from "./array.js";

/** min(max(y - weight gradᵀ q / curvature, lower), upper), written to `out` (which may be y). */
function primal(
  out: Float64Array,
  y: Float64Array,
  curvature: Float64Array,
  dual: readonly DeviceArray[],
  { weight, lower, upper }: { weight: number; lower: number; upper: number },
): void {
  const [qx, qy, qz] = dual.map(numbersOf);
  const [nx, ny, nz] = sizeOf(dual[0]);
  for (let k = 0, voxel = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, voxel++) {
        const adjoint =
          (i > 0 ? qx[voxel - 1] : 0) -
          qx[voxel] +
          (j > 0 ? qy[voxel - nx] : 0) -
          qy[voxel] +
          (k > 0 ? qz[voxel - nx * ny] : 0) -
          qz[voxel];
        out[voxel] = Math.min(Math.max(y[voxel] - (weight * adjoint) / curvature[voxel], lower), upper);
      }
}

export function totalVariationPrimal(args: KernelArguments["totalVariationPrimal"]): void {
  const x = numbersOf(args.x);
  primal(x, x, numbersOf(args.curvature), [args.qx, args.qy, args.qz], args);
}

/** In place of infinity, so that a step along no difference is 0. */
const MOST_CURVATURE = 1e30;

export function totalVariationDualStep(args: KernelArguments["totalVariationDualStep"]): void {
  const { step, momentum } = args;
  const D = numbersOf(args.curvature);
  const ahead = [args.rx, args.ry, args.rz];
  const [nx, ny, nz] = sizeOf(args.y);
  const x = new Float64Array(args.y.length);
  primal(x, numbersOf(args.y), numbersOf(args.curvature), ahead, args);
  const q = [args.qx, args.qy, args.qz].map(numbersOf);
  const r = ahead.map(numbersOf);
  for (let k = 0, voxel = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, voxel++) {
        const gradient = [
          i + 1 < nx ? x[voxel + 1] - x[voxel] : 0,
          j + 1 < ny ? x[voxel + nx] - x[voxel] : 0,
          k + 1 < nz ? x[voxel + nx * ny] - x[voxel] : 0,
        ];
        const local = Math.min(
          D[voxel],
          i + 1 < nx ? D[voxel + 1] : Infinity,
          j + 1 < ny ? D[voxel + nx] : Infinity,
          k + 1 < nz ? D[voxel + nx * ny] : Infinity,
          MOST_CURVATURE,
        );
        const moved = gradient.map((difference, axis) => r[axis][voxel] + step * local * difference);
        const length = Math.max(1, Math.hypot(...moved));
        for (let axis = 0; axis < 3; axis++) {
          const next = moved[axis] / length;
          r[axis][voxel] = next + momentum * (next - q[axis][voxel]);
          q[axis][voxel] = next;
        }
      }
}
