/** What a reconstruction will hold in memory and how long it takes, before it is begun. */
import { totalmem } from "node:os";
import { fault } from "../core/errors.js";
import { counted } from "../core/words.js";
import { type Projector, zeroProjections, zeros } from "../projector/index.js";
import type { Grid, Projections } from "../volume/grid.js";
import { voxelCount } from "../volume/index.js";
import { gib } from "./memory.js";
import type { CliMethod, DeviceNeed, RunShape } from "./methods.js";
import { spread } from "./spread.js";

export interface MemoryPlan {
  /** On the device: volumes and stacks. */
  readonly deviceBytes: number;
  /** Of the whole process at its peak: its start, the device (in this process), data, and the copy that is written. */
  readonly totalBytes: number;
  readonly need: DeviceNeed;
}

/** Process memory before the data are read, and what Node's own heap and compiled code grow by (seen: 90 to 120 MiB). */
const OWN_BYTES = process.memoryUsage().rss + 100 * 2 ** 20;

/**
 * What a run on `grid` holds at its peak. `written`: the grid of the file that comes out.
 */
export function planMemory(
  A: Projector,
  projections: Projections,
  method: CliMethod,
  run: Pick<RunShape, "subsets" | "masked" | "weighted"> & { readonly resumed?: boolean },
  written: Grid,
): MemoryPlan {
  const { backend, grid, detector, views } = A;
  const volume = backend.bytesFor({ kind: "volume", size: [grid.size[0], grid.size[1], grid.size[2]] });
  const { rows, columns } = detector;
  const stack = backend.bytesFor({ kind: "projections", views: views.length, rows, columns });
  const limitBytes = 4 * backend.limits.maxElements;
  const need = method.needs({ ...run, views: views.length, volumeBytes: volume, stackBytes: stack, limitBytes });
  const deviceBytes = need.volumes * volume + need.stacks * stack;
  const bytesPerNumber = backend.name === "reference" ? 8 : 4;
  // arrays of a checkpoint pass through memory one by one, and the last but one may not have been collected yet
  const passing = run.resumed ? bytesPerNumber * voxelCount(grid) : 0;
  const hostBytes = projections.values.byteLength + bytesPerNumber * voxelCount(written) + passing;
  return { deviceBytes, totalBytes: OWN_BYTES + deviceBytes + hostBytes, need };
}

/**
 * Refuses what neither the machine nor the backend's memory can hold.
 * @throws TOO_LARGE (defect `too-large`) with what would fit
 */
export function refuseUnplannable(A: Projector, plan: MemoryPlan): void {
  const machine = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
  const device = 4 * A.backend.limits.maxElements;
  const refuse = (what: string, bytes: number, limit: number) => {
    const factor = Math.cbrt(bytes / limit);
    throw fault(
      "TOO_LARGE",
      `this needs ${gib(bytes)} ${what} ${gib(limit)}: ${counted(plan.need.volumes, "volume")} of ${A.grid.size.join(" x ")} voxels. ` +
        `Cut the grid into slabs (--slabs ${Math.ceil(1.2 * factor ** 3)}), take a part of it (--region), voxels ${factor.toFixed(1)} times as large (--grid with --spacing), or a method that holds less (fdk, os-sqs)`,
      { defect: "too-large", bytes, available: limit },
    );
  };
  if (plan.deviceBytes > device)
    refuse(`in the memory of the backend ${A.backend.name}, which holds`, plan.deviceBytes, device);
  if (plan.totalBytes > machine) refuse("of memory, the machine has", plan.totalBytes, machine);
}

/** Views that the time of a backprojection is measured on. */
const TIMED_VIEWS = 3;

/** Seconds that a pass over all views takes (forward and adjoint, or filtering and backprojection), measured on a few. */
export async function timePass(A: Projector, projections: Projections, method: CliMethod): Promise<number> {
  const [each, views] = method.planeByPlane
    ? [await timeBackprojection(A, projections, method), TIMED_VIEWS]
    : [await timeForwardAndAdjoint(A), 1];
  return (each * A.views.length) / views;
}

async function timeForwardAndAdjoint(A: Projector): Promise<number> {
  using one = A.withViews(spread(A.views, 1));
  using volume = zeros(A.backend, A.grid, "unknown", "timed volume");
  using image = zeroProjections(A.backend, A.detector, one.views, "timed image");
  A.backend.run("fill", { out: volume.array, value: 1 });
  const run = async () => {
    one.apply(volume, { out: image });
    one.adjoint(image, { out: volume });
    await A.backend.idle();
  };
  // the first run compiles the kernels
  await run();
  return seconds(run);
}

async function timeBackprojection(A: Projector, projections: Projections, method: CliMethod): Promise<number> {
  if (A.views.length < TIMED_VIEWS) return 0;
  const views = spread(A.views, TIMED_VIEWS);
  using some = A.withViews(views);
  const pixels = A.detector.rows * A.detector.columns;
  const timed = { ...projections, views, values: projections.values.subarray(0, views.length * pixels) };
  const run = async () => {
    const { volume } = await method.run(some, timed, {});
    volume.dispose();
  };
  await run();
  return seconds(run);
}

async function seconds(action: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await action();
  return (performance.now() - started) / 1000;
}

/**
 * Seconds that a run takes, from its iterations so far. What comes before the second (uploads, sums, and the compilation of
 * a GPU's kernels) counts once; the others take as long as those from the second on. `now`: ms.
 */
export function estimator(now = () => performance.now()) {
  const started = now();
  let [first, firstDone] = [Number.NaN, started];
  return ({ iteration, iterations }: { readonly iteration: number; readonly iterations: number }) => {
    if (Number.isNaN(first)) [first, firstDone] = [iteration, now()];
    const done = iteration + 1 - first;
    const perStep = (done === 1 ? now() - started : (now() - firstDone) / (done - 1)) / 1000;
    const left = (iterations - iteration - 1) * perStep;
    return { done, of: iterations - first, left, total: (now() - started) / 1000 + left };
  };
}

/** "about 40 s", "about 12 min", "about 3 h" */
export function roughly(seconds: number): string {
  if (seconds < 100) return `about ${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 6000) return `about ${Math.round(seconds / 60)} min`;
  return `about ${Math.round(seconds / 3600)} h`;
}
