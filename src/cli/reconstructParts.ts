/** Runs a method on a whole grid, on a region of it, or slab by slab. */
import { setImmediate } from "node:timers/promises";
import type { Model } from "../backend/kernels.js";
import type { Vec3 } from "../core/linear.js";
import { createProjector, type Projector, toDevice, toHost } from "../projector/index.js";
import {
  coarserGrid,
  cutSlabs,
  type Iteration,
  type LiveCheckpoint,
  outsideOf,
  type Run,
  raysThrough,
  regionProjections,
  type Slab,
} from "../reconstruction/index.js";
import type { Grid, Projections, Volume } from "../volume/grid.js";
import { blockGrid, type CropOptions, crop, resample, voxelCount } from "../volume/index.js";
import { gib } from "./memory.js";
import type { CliMethod } from "./methods.js";
import { estimator, type MemoryPlan, planMemory, refuseUnplannable, roughly, timePass } from "./reconstructPlan.js";
import { onBackend, type Session } from "./session.js";

/** What is to be done. */
export interface Task {
  readonly session: Session;
  readonly method: CliMethod;
  readonly model: Model;
  readonly projections: Projections;
  /** The grid of the whole. */
  readonly grid: Grid;
  /** The part of it that is written. @default all */
  readonly region?: CropOptions;
  readonly slabs?: number;
  /** Options of the method, of library and plain data, without those below. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** On the grid that is written. */
  readonly start?: Volume;
  readonly mask?: Volume;
  readonly weights?: Float32Array | Float64Array;
  readonly onCheckpoint?: (state: LiveCheckpoint) => Promise<void>;
}

/** What came of it. */
export interface Result {
  readonly volume: Volume;
  /** Volumes whose sum is the object, for its images. */
  readonly pieces: readonly Volume[];
  /** The run, of a region or of the last slab. */
  readonly run: Run;
  readonly plan: MemoryPlan;
  readonly secondsPerPass: number;
}

/** Voxels of the coarse grid, in fine ones, that what lies outside a region is reconstructed on. */
const COARSE = 4;
/** Voxels around a part that iterative methods reconstruct and throw away: there the coarse grid shines through. */
const SEAM = 3;

/** The grid that is written. */
export const writtenGrid = ({ grid, region }: Pick<Task, "grid" | "region">): Grid =>
  region ? blockGrid(grid, region) : grid;

/** @throws TOO_LARGE before anything large is allocated, and what the method throws */
export async function reconstructParts(task: Task): Promise<Result> {
  const { method, grid, region } = task;
  if (task.slabs !== undefined)
    return reconstructSlabs(task, cutSlabs(grid, task.slabs, method.planeByPlane ? 0 : SEAM));
  if (!region) return reconstructOn(task, grid, task);
  if (method.planeByPlane) return reconstructOn(task, writtenGrid(task), task);
  const outside = await reconstructCoarsely(task);
  const block = withSeam(region, grid);
  const inBlock = (volume: Volume | undefined) =>
    volume && resample(volume, blockGrid(grid, block), { interpolation: "nearest" });
  const data = { ...task, start: inBlock(task.start), mask: inBlock(task.mask) };
  const result = await reconstructInside(task, outside, block, data);
  const start: Vec3 = [0, 1, 2].map((axis) => region.start[axis] - block.start[axis]) as unknown as Vec3;
  return { ...result, volume: crop(result.volume, { start, size: region.size }) };
}

/** A block with the seam around it, as far as the grid goes. */
function withSeam({ start, size }: CropOptions, grid: Grid): CropOptions {
  const from = start.map((i) => Math.max(0, i - SEAM));
  const to = start.map((i, axis) => Math.min(grid.size[axis], i + size[axis] + SEAM));
  return { start: from as unknown as Vec3, size: from.map((i, axis) => to[axis] - i) as unknown as Vec3 };
}

/** What belongs to one part of the grid. */
type PartData = Pick<Task, "start" | "mask" | "weights" | "projections">;

/** One run on one grid. */
async function reconstructOn(task: Task, grid: Grid, data: PartData): Promise<Result> {
  const { session, method, model, settings } = task;
  const { detector, views } = data.projections;
  const { start, mask, weights } = data;
  const options = {
    ...settings,
    ...(start && { start }),
    ...(mask && { mask }),
    ...(weights && { weights }),
    ...(task.onCheckpoint && { onCheckpoint: task.onCheckpoint }),
    signal: session.signal,
    onIteration: progressOf(session),
  };
  return onBackend(session, async (backend, keep) => {
    using A = createProjector({ backend, grid, detector, views, model });
    const plan = planMemory(A, data.projections, method, shapeOf(task, data, views.length), writtenGrid(task));
    refuseUnplannable(A, plan);
    const secondsPerPass = await announcePlan(task, A, plan, data.projections);
    const kept = method.takes.includes("checkpoint") ? keep(options) : options;
    const run = await method.run(A, data.projections, kept);
    using device = run.volume;
    const volume = await toHost(device);
    return { volume, pieces: [volume], run, plan, secondsPerPass };
  });
}

function shapeOf({ method, settings }: Task, { mask, weights }: PartData, views: number) {
  const subsets = (settings.subsets as number | undefined) ?? method.subsets?.(views) ?? 1;
  const resumed = settings.resume !== undefined;
  return { subsets, masked: mask !== undefined, weighted: weights !== undefined, resumed };
}

async function announcePlan(task: Task, A: Projector, plan: MemoryPlan, projections: Projections): Promise<number> {
  const { session, method, settings } = task;
  const perPass = await timePass(A, projections, method);
  const iterations = settings.iterations as number | undefined;
  const passes = method.planeByPlane ? 1 : (iterations ?? 0) + method.extraPasses;
  const total = iterations === undefined && !method.planeByPlane ? "" : `, all of it ${roughly(passes * perPass)}`;
  session.say(
    `memory: ${gib(plan.totalBytes)} at the peak, ${gib(plan.deviceBytes)} of it for ${plan.need.volumes} x ${A.grid.size.join(" x ")} voxels and the images; a pass over ${A.views.length} views takes ${roughly(perPass)}${total}`,
  );
  return perPass;
}

/** The whole object on voxels four times as large. */
async function reconstructCoarsely(task: Task): Promise<Volume> {
  const { session, grid, projections } = task;
  const coarse = coarserGrid(grid, COARSE);
  session.say(`what lies outside first, on ${coarse.size.join(" x ")} voxels`);
  const { resume: _, ...settings } = task.settings;
  const data = { projections, ...(task.weights && { weights: task.weights }) };
  const { volume } = await reconstructOn({ ...task, settings, region: undefined }, coarse, data);
  return volume;
}

/** A block of the grid, after what the rest of the object adds to the data is subtracted. */
async function reconstructInside(task: Task, outside: Volume, block: CropOptions, data: PartData): Promise<Result> {
  const { model, method } = task;
  const backend = await task.session.backend();
  const grid = blockGrid(task.grid, block);
  const { detector, views } = task.projections;
  const others = outsideOf(outside, grid);
  using coarse = createProjector({ backend, grid: outside.grid, detector, views, model });
  const projections = await regionProjections(coarse, others, task.projections);
  using inside = createProjector({ backend, grid, detector, views, model });
  const through = await raysThrough(inside);
  const { weights } = data;
  if (weights) for (let i = 0; i < through.length; i++) through[i] *= weights[i];
  const weighted = method.takes.includes("weights") ? { weights: through } : {};
  const result = await reconstructOn(task, grid, { ...data, projections, ...weighted });
  return { ...result, pieces: [...result.pieces, others] };
}

async function reconstructSlabs(task: Task, slabs: readonly Slab[]): Promise<Result> {
  const { session, grid, method } = task;
  const outside = method.planeByPlane ? undefined : await reconstructCoarsely(task);
  const [nx, ny] = grid.size;
  const whole = new Float32Array(voxelCount(grid));
  let last: Result | undefined;
  for (const [i, { block, first, offset, planes }] of slabs.entries()) {
    session.say(`slab ${i + 1} of ${slabs.length}, planes ${first} to ${first + planes - 1}`);
    const part = (volume: Volume | undefined) => volume && crop(volume, block);
    const data = { ...task, start: part(task.start), mask: part(task.mask) };
    last = outside
      ? await reconstructInside(task, outside, block, data)
      : await reconstructOn(task, blockGrid(grid, block), data);
    const plane = nx * ny;
    whole.set(last.volume.values.subarray(offset * plane, (offset + planes) * plane), first * plane);
    if (last.run.stopped === "aborted") break;
  }
  const result = last as Result;
  const volume: Volume = { quantity: result.volume.quantity, grid, values: whole };
  return { ...result, volume, pieces: [volume] };
}

/** The line that moves while a method runs. */
function progressOf(session: Session) {
  const estimate = estimator();
  return async (now: Partial<Iteration> & { readonly iteration: number; readonly iterations: number }) => {
    const { done, of, total, left } = estimate(now);
    if (done === 2 && now.value !== undefined) session.say(`${of} iterations take ${roughly(total)}`);
    const cost = now.value === undefined ? "" : `, cost ${now.value.toPrecision(3)}`;
    session.progress.update(
      (now.iteration + 1) / now.iterations,
      `${now.iteration + 1} of ${now.iterations}${cost}, ${Math.ceil(left)} s to go`,
    );
    // a backend that works at the call would never let Ctrl-C through
    await setImmediate();
  };
}

/** Images of an object given in pieces, in some views. */
export async function imagesOf(
  { session, model, projections }: Task,
  pieces: readonly Volume[],
  shown: readonly number[],
) {
  const backend = await session.backend();
  const { detector } = projections;
  const views = shown.map((view) => projections.views[view]);
  let sum: Projections | undefined;
  for (const piece of pieces) {
    using A = createProjector({ backend, grid: piece.grid, detector, views, model });
    using x = toDevice(backend, piece);
    using image = A.apply(x);
    const { values } = await toHost(image);
    if (!sum) sum = { detector, views, about: "reconstruction", values };
    else for (let i = 0; i < values.length; i++) sum.values[i] += values[i];
  }
  return sum as Projections;
}
