import type { Backend, DeviceArray } from "../backend/backend.js";
import type { Discretization, FreeRays, Model } from "../backend/kernels.js";
import { fault } from "../core/errors.js";
import { applyTransposed3, inverse3, linearPart } from "../core/linear.js";
import { refuseUnknownOptions } from "../core/options.js";
import { disposeOnFailure } from "../core/owned.js";
import { freeRayTable, metricOf } from "../geometry/indexFrame.js";
import type { Grid } from "../volume/grid.js";
import { deviceVolume } from "./arrays.js";
import { checkDiscretization, checkGrid } from "./createProjector.js";
import type { DeviceVolume, LinearOperator } from "./types.js";

/** What a projector of single rays is made from. */
export interface RayProjectorOptions {
  readonly backend: Backend;
  readonly grid: Grid;
  /** [ray][6]: source and end, world mm. */
  readonly rays: Float64Array;
  /** @default "siddon" */
  readonly model?: Model;
  /** mm between the samples of `trilinear`; needed by it (unless `interval` is given). */
  readonly stepMm?: number;
  readonly interval?: Discretization["interval"];
  /** @default "segment" */
  readonly extent?: "segment" | "line";
  /** @default 0.5 */
  readonly voxelShift?: 0 | 0.5;
}

/** The operator of arbitrary rays on a grid; integrals are flat device arrays, one number a ray: read them by `backend.download`. */
export interface RayProjector extends LinearOperator<DeviceVolume, DeviceArray>, Disposable {
  /** [ray][6]: derivative of each ray's integral with respect to its source and end, world (per mm). */
  jacobian(x: DeviceVolume): Promise<Float64Array>;
  dispose(): void;
}

/**
 * Line integrals along arbitrary rays: equiangular fans, scan radiographs, sources that move within an exposure.
 * @throws INVALID_ARGUMENT, SHAPE_MISMATCH
 */
export function createRayProjector(options: RayProjectorOptions): RayProjector {
  refuseUnknownOptions("createRayProjector", options, [
    "backend",
    "grid",
    "rays",
    "model",
    "stepMm",
    "interval",
    "extent",
    "voxelShift",
  ]);
  const { backend, grid } = options;
  if (options.rays.length === 0 || options.rays.length % 6 !== 0)
    throw fault("SHAPE_MISMATCH", `rays must hold 6 numbers a ray, it holds ${options.rays.length} in all`);
  checkDiscretization(options);
  const bad = options.rays.findIndex((coordinate) => !Number.isFinite(coordinate));
  if (bad >= 0)
    throw fault(
      "NOT_FINITE",
      `rays must be finite: number ${bad % 6} of ray ${Math.floor(bad / 6)} is ${options.rays[bad]}`,
    );
  const count = options.rays.length / 6;
  const table = freeRayTable(options.rays, grid.indexToWorld, options.voxelShift ?? 0.5);
  const rays = backend.upload(table, { kind: "flat", length: table.length }, "rays", "f64");
  const free: FreeRays = {
    rays,
    metric: metricOf(grid.indexToWorld),
    model: options.model ?? "siddon",
    extent: options.extent ?? "segment",
    ...(options.interval && { interval: options.interval }),
    ...(options.stepMm !== undefined && { step: options.stepMm }),
  };
  const shape = { kind: "volume", size: [grid.size[0], grid.size[1], grid.size[2]] } as const;
  const dispose = () => rays.dispose();
  return {
    apply(x, { out, accumulate = false } = {}) {
      checkGrid(x, grid);
      return disposeOnFailure((own) => {
        const y = out ?? own(backend.allocate({ kind: "flat", length: count }, "ray integrals"));
        backend.run("projectRays", { ...free, volume: x.array, out: y, accumulate });
        return y;
      });
    },
    adjoint(y, { out, accumulate = false } = {}) {
      if (out) checkGrid(out, grid);
      return disposeOnFailure((own) => {
        const x = out ?? own(deviceVolume(backend.allocate(shape, "backprojection"), grid, "unknown"));
        backend.run("projectRaysAdjoint", { ...free, values: y, out: x.array, accumulate });
        return x;
      });
    },
    async jacobian(x) {
      checkGrid(x, grid);
      using out = backend.allocate({ kind: "flat", length: 6 * count }, "ray jacobian", "f64");
      backend.run("projectRaysJacobian", { ...free, volume: x.array, out });
      const inIndex = await backend.download(out);
      return toWorld(Float64Array.from(inIndex), inverse3(linearPart(grid.indexToWorld)));
    },
    dispose,
    [Symbol.dispose]: dispose,
  };
}

/** Cotangents of points: index coordinates u = A⁻¹ X + h, so dX = A⁻ᵀ du. */
function toWorld(points: Float64Array, inverse: number[]): Float64Array {
  for (let i = 0; i < points.length; i += 3)
    points.set(applyTransposed3(inverse, [points[i], points[i + 1], points[i + 2]]), i);
  return points;
}
