import type { DeviceArray } from "../backend.js";
import type { Discretization, FreeRays, KernelArguments, KernelName, Model, Rays } from "../kernels.js";
import { projectionStrides, volumeStrides } from "./layout.js";
import type { Lowering } from "./lowerings.js";
import { type Phase, type ProgramContext, wasmArray } from "./program.js";
import { clearPaddingPhase, zeroPhase } from "./storagePhases.js";

/** Kernels that this file lowers to phases. */
export type ProjectorKernel = Extract<
  KernelName,
  | "project"
  | "projectAdjoint"
  | "projectLineJacobian"
  | "viewGradient"
  | "projectMaximum"
  | "projectRays"
  | "projectRaysAdjoint"
  | "projectRaysJacobian"
>;

/** Vectors of four rays in a task of a forward kernel, at most: a few milliseconds. */
const VECTORS_PER_TASK = 1024;
/** Columns of pixels in such a task, at most: images of 32 x 32 are then two tasks. */
const COLUMNS_PER_TASK = 16;
/**
 * Blocks of planes of an adjoint. More blocks balance the load, but each sets up all rays again (5 % of a one-thread run at
 * 256³, 256² pixels): two threads share the planes by halves, which cost the same by symmetry; more threads take turns.
 */
const blocksFor = (threads: number) => (threads <= 2 ? threads : 2 * threads);

/**
 * Blocks of planes that rays walk one after the other where there are more than 256: the cells that neighboring rays share
 * then stay in the caches (at 512³ a third less time, forward and adjoint). Each block sets up its rays again.
 */
const blocksOf = (planes: number) => (planes > 256 ? Math.ceil(planes / 128) : 1);

const MODELS: readonly Model[] = ["siddon", "joseph", "trilinear"];
const BEAMS = ["cone", "parallel", "free"];

/** What `assembly/job.ts` reads; the order of `toArguments` is that of `readJob`. */
interface Job {
  readonly image: number;
  readonly views: number;
  readonly rows: number;
  readonly columns: number;
  readonly table: number;
  readonly beam: "cone" | "parallel" | "free";
  readonly pixels: number;
  readonly listed: number;
  readonly metric: readonly number[];
  readonly settings: Discretization;
  readonly volume: DeviceArray;
  readonly jacobian?: number;
  readonly accumulate: boolean;
}

function toArguments(job: Job, blocks = 1, passAxis = 0): number[] {
  const { volume, settings } = job;
  const { pointer, shape } = wasmArray(volume);
  const size = shape.kind === "volume" ? shape.size : ([1, 1, 1] as const);
  const { sx, sy, offset } = volumeStrides(size);
  const { model, step = 0, interval, extent } = settings;
  return [
    job.image,
    job.views,
    job.rows,
    job.columns,
    projectionStrides(job).column,
    pointer + 4 * offset,
    ...size,
    4 * sx,
    4 * sy,
    job.table,
    BEAMS.indexOf(job.beam),
    extent === "segment" ? 1 : 0,
    job.pixels,
    job.listed,
    MODELS.indexOf(model),
    interval ? 0 : step,
    interval?.from ?? 0,
    interval?.to ?? 0,
    interval?.samples ?? 0,
    tasksOf(job).vectors,
    job.jacobian ?? 0,
    job.accumulate ? 1 : 0,
    blocks,
    passAxis,
    ...job.metric,
  ];
}

// ---- which rays ----------------------------------------------------------------------------------------------------

/** The rays of views that fill or read these projections. */
function viewRays(rays: Rays, image: DeviceArray) {
  const { shape, pointer } = wasmArray(image);
  const { views, rows, columns } = shape.kind === "projections" ? shape : { views: 0, rows: 0, columns: 0 };
  return {
    image: pointer,
    views,
    rows,
    columns,
    table: wasmArray(rays.views).pointer,
    beam: rays.beam,
    pixels: rays.pixels ? wasmArray(rays.pixels).pointer : 0,
    listed: rays.pixels?.length ?? 0,
    metric: [0, 0, 0, 0, 0, 0],
    settings: rays,
  };
}

/** Free rays are one view of a list of pixels. */
function freeRays(rays: FreeRays, values: DeviceArray | undefined) {
  return {
    image: values ? wasmArray(values).pointer : 0,
    views: 1,
    rows: 1,
    columns: 1,
    table: wasmArray(rays.rays).pointer,
    beam: "free" as const,
    pixels: 0,
    listed: rays.rays.length / 6,
    metric: rays.metric,
    settings: rays,
  };
}

// ---- phases --------------------------------------------------------------------------------------------------------

/** Tasks that a view is cut into for a forward kernel, and the vectors in each: whole columns, but of lists. */
function tasksOf(job: Job): { readonly count: number; readonly vectors: number } {
  if (job.beam === "free" || job.pixels > 0)
    return { count: Math.ceil(job.listed / 4 / VECTORS_PER_TASK), vectors: VECTORS_PER_TASK };
  const perColumn = Math.ceil(job.rows / 4);
  const columns = Math.min(COLUMNS_PER_TASK, Math.max(1, Math.floor(VECTORS_PER_TASK / perColumn)));
  return { count: Math.ceil(job.columns / columns), vectors: columns * perColumn };
}

function forwardPhase(entry: string, job: Job): Phase {
  const { shape } = wasmArray(job.volume);
  const blocked = entry === "project" && job.settings.model === "joseph" && !job.accumulate && shape.kind === "volume";
  const blocks = blocked ? blocksOf(Math.max(...shape.size)) : 1;
  return { entry, tasks: job.views * tasksOf(job).count, args: toArguments(job, blocks) };
}

/** Zeroes for the pixels that a list leaves out. */
function clearPhases(rays: Rays, arrays: readonly DeviceArray[]): Phase[] {
  return rays.pixels ? arrays.map((array) => zeroPhase(wasmArray(array))) : [];
}

/**
 * One phase for each dominant axis (trilinear: one in all), a task for every block of planes; then the padding, which
 * rays beside the volume have written to, is cleared.
 */
function adjointPhases(job: Job, { threads }: ProgramContext): Phase[] {
  const { shape } = wasmArray(job.volume);
  const size = shape.kind === "volume" ? shape.size : [1, 1, 1];
  const axes = job.settings.model === "trilinear" ? [0] : [0, 1, 2];
  const phases = axes.map((axis) => {
    const blocks = Math.min(size[axis], Math.max(blocksFor(threads), blocksOf(size[axis])));
    return { entry: "projectAdjoint", tasks: blocks, args: toArguments(job, blocks, axis) };
  });
  return [...phases, clearPaddingPhase(wasmArray(job.volume))];
}

/** An adjoint that does not accumulate zeroes all of its volume. */
const overwrites = ({ out, accumulate }: { out: DeviceArray; accumulate: boolean }) => (accumulate ? [] : [out]);

export const projectorLowerings: { readonly [K in ProjectorKernel]: Lowering<K> } = {
  project: {
    lower: (args) => [
      ...(args.accumulate ? [] : clearPhases(args, [args.out])),
      forwardPhase("project", { ...viewRays(args, args.out), volume: args.volume, accumulate: args.accumulate }),
    ],
  },
  projectAdjoint: {
    lower: (args, context) =>
      adjointPhases({ ...viewRays(args, args.image), volume: args.out, accumulate: args.accumulate }, context),
    overwrites,
  },
  projectLineJacobian: {
    lower: (args) => [
      ...clearPhases(args, [args.out, args.jacobian]),
      forwardPhase("projectJacobian", {
        ...viewRays(args, args.out),
        volume: args.volume,
        jacobian: wasmArray(args.jacobian).pointer,
        accumulate: false,
      }),
    ],
  },
  viewGradient: { lower: viewGradientPhases },
  projectMaximum: {
    lower: (args) => [
      ...clearPhases(args, [args.out]),
      forwardPhase("projectMaximum", { ...viewRays(args, args.out), volume: args.volume, accumulate: false }),
    ],
  },
  projectRays: {
    lower: (args) => [
      forwardPhase("project", { ...freeRays(args, args.out), volume: args.volume, accumulate: args.accumulate }),
    ],
  },
  projectRaysAdjoint: {
    lower: (args, context) =>
      adjointPhases({ ...freeRays(args, args.values), volume: args.out, accumulate: args.accumulate }, context),
    overwrites,
  },
  projectRaysJacobian: {
    lower: (args) => [
      forwardPhase("projectJacobian", {
        ...freeRays(args, undefined),
        volume: args.volume,
        jacobian: wasmArray(args.out).pointer,
        accumulate: false,
      }),
    ],
  },
};

/** Sums over columns of pixels, then over the columns of each view: the same order for any number of threads. */
function viewGradientPhases(args: KernelArguments["viewGradient"], context: ProgramContext): Phase[] {
  const { shape, pointer } = wasmArray(args.jacobian);
  const { views, rows, columns } = shape.kind === "projections" ? shape : { views: 0, rows: 0, columns: 0 };
  const stride = projectionStrides({ rows, columns });
  const count = views / 6;
  const cotangent = wasmArray(args.cotangent).pointer + 4 * args.firstView * stride.view;
  const partial = context.temporary(96 * count * columns);
  const numbers = [pointer, cotangent, partial, wasmArray(args.out).pointer, columns, rows, stride.column];
  return [
    { entry: "viewGradientColumns", tasks: count * columns, args: numbers },
    { entry: "viewGradientViews", tasks: count, args: numbers },
  ];
}
