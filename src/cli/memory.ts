import { totalmem } from "node:os";
import { getHeapStatistics } from "node:v8";
import { fault } from "../core/errors.js";

/** Numbers that are in memory at once, host and backend together. */
export interface MemoryNeed {
  readonly voxels: number;
  /** Volumes of that size. */
  readonly volumes: number;
  readonly pixels: number;
  /** Stacks of that size. */
  readonly stacks: number;
  /** Of the backend: 8 on `reference`, else 4. */
  readonly bytesPerNumber: number;
}

/** "79 MiB", "2.51 GiB" */
export const gib = (bytes: number): string =>
  bytes < 2 ** 30 ? `${Math.round(bytes / 2 ** 20)} MiB` : `${(bytes / 2 ** 30).toPrecision(3)} GiB`;

/**
 * Refuses work that this machine (or its container) cannot hold, before it is begun.
 * @throws TOO_LARGE (defect `too-large`)
 */
export function refuseTooLarge(need: MemoryNeed): void {
  const volumes = need.voxels * need.volumes * need.bytesPerNumber;
  const stacks = need.pixels * need.stacks * need.bytesPerNumber;
  const available = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
  if (volumes + stacks <= available) return;
  const advice =
    volumes > stacks
      ? "take fewer or larger voxels (reconstruct: --grid with --spacing)"
      : "take fewer views (--views) or pixels (--size)";
  throw fault(
    "TOO_LARGE",
    `this needs about ${gib(volumes + stacks)} of memory, ${gib(volumes)} for volumes and ${gib(stacks)} for images; the machine has ${gib(available)}: ${advice}`,
    { defect: "too-large", bytes: volumes + stacks, available },
  );
}

/** bytes on the heap of a view with its vectors, and of its lines in the geometry file. */
const VIEW_BYTES = 2048;
/** A detector of more pixels has no index in 32 bits. */
const MOST_PIXELS = 2 ** 31;

/**
 * Refuses views that cannot be held before they are built, from their number and the detector's size alone.
 * @throws TOO_LARGE (defect `too-large`)
 */
export function refuseTooManyViews(views: number, [rows, columns]: readonly [number, number]): void {
  const heap = getHeapStatistics().heap_size_limit;
  if (views * VIEW_BYTES > heap)
    throw fault(
      "TOO_LARGE",
      `${views} views need about ${gib(views * VIEW_BYTES)} for their geometry alone, Node may use ${gib(heap)}: take fewer views (--views)`,
      { defect: "too-large", views },
    );
  if (rows * columns > MOST_PIXELS)
    throw fault(
      "TOO_LARGE",
      `a detector of ${rows} x ${columns} pixels is too large: take at most ${MOST_PIXELS} pixels (--size)`,
      { defect: "too-large", rows, columns },
    );
  refuseTooLarge({ voxels: 0, volumes: 0, pixels: views * rows * columns, stacks: 2, bytesPerNumber: 4 });
}

/** Samples along a ray beyond which a step is a slip of the pen. */
const MOST_SAMPLES = 1e5;

/**
 * Samples along the longest ray; refuses a step that would take forever.
 * @param diagonal mm, of the volume's box
 * @throws TOO_LARGE (defect `too-large`)
 */
export function samplesPerRay(step: number, diagonal: number): number {
  const samples = diagonal / step;
  if (samples <= MOST_SAMPLES) return samples;
  throw fault(
    "TOO_LARGE",
    `--step ${step} takes ${samples.toPrecision(3)} samples along a ray through ${diagonal.toFixed(0)} mm: take a step of ${(diagonal / MOST_SAMPLES).toPrecision(2)} mm or more`,
    { defect: "too-large", samples },
  );
}
