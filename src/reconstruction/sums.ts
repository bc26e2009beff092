import type { Backend, DeviceArray } from "../backend/backend.js";
import { fault } from "../core/errors.js";
import { toHost, zeroProjections, zeros } from "../projector/arrays.js";
import type { DeviceProjections, DeviceVolume, Projector } from "../projector/types.js";
import { onesInside } from "./constraints.js";
import type { Outcome } from "./iterate.js";
import type { Subset } from "./measurements.js";
import type { Workspace } from "./workspace.js";

/** Rays and voxels whose sum is at most this share of the largest graze a corner; they take no part. */
const GRAZING = 1e-3;

/** A sum that grows on the device and is read once an iteration. */
export interface Tally {
  /** Adds the sum of x². */
  addSquares(x: DeviceArray): void;
  /** Adds the sum of w (y - x + x ln(x / y)); see the kernel. */
  addDivergence(x: DeviceArray, y: DeviceArray, weights?: DeviceArray): void;
  /** The sum so far; the next one starts at 0. */
  take(): Promise<number>;
}

/** @param own is told of what must be disposed */
export function createTally(backend: Backend, own: <T extends Disposable>(resource: T) => T): Tally {
  const part = own(backend.allocate({ kind: "flat", length: 1 }, "part of a sum"));
  const total = own(backend.allocate({ kind: "flat", length: 1 }, "sum"));
  const addPart = () => backend.run("axpby", { a: 1, x: part, b: 1, y: total });
  return {
    addSquares(x) {
      backend.run("sumSquares", { out: part, x });
      addPart();
    },
    addDivergence(x, y, weights) {
      backend.run("kullbackLeibler", { out: part, x, y, ...(weights && { weights }) });
      addPart();
    },
    take() {
      const value = backend.download(total);
      backend.run("fill", { out: total, value: 0 });
      return value.then(([sum]) => sum);
    },
  };
}

/** What an epoch finds, gathered on the device and read once at its end. */
export interface Ledger {
  /** Notes sqrt(w) (A x - p) of a subset. */
  noteMisfit(image: DeviceProjections): void;
  /** Notes that x changes by `factor * update` (before bounds, which can only shorten the step). */
  noteUpdate(update: DeviceVolume, factor: number): void;
  /** Half the sum of squares of what was noted, its root mean square, and the relative change of x. */
  close(): Promise<Outcome>;
}

/** The ledger of methods that go for least squares. */
export function createLedger(work: Workspace): Ledger {
  const { x, tolerance, parts } = work;
  const { backend } = work.A;
  const misfits = createTally(backend, work.own);
  const changes = createTally(backend, work.own);
  const norms = createTally(backend, work.own);
  let factor = 1;
  return {
    noteMisfit: ({ array }) => misfits.addSquares(array),
    noteUpdate({ array }, by) {
      factor = by;
      if (tolerance > 0) changes.addSquares(array);
    },
    async close() {
      const [squares, change] = await Promise.all([misfits.take(), tolerance > 0 ? relativeChange() : undefined]);
      return { value: squares / 2, residual: work.rms(squares), ...(change !== undefined && { change }) };
    },
  };

  /** Sum of the norms of all updates <= sqrt(number of updates * sum of their squares). */
  async function relativeChange(): Promise<number> {
    norms.addSquares(x.array);
    const [changed, all] = await Promise.all([changes.take(), norms.take()]);
    return (factor * Math.sqrt(parts.length * changed)) / Math.sqrt(all || 1);
  }
}

/** The sum of squares of an array; queued at the call. */
export async function squaresOf(x: DeviceArray): Promise<number> {
  using out = x.backend.allocate({ kind: "flat", length: 1 }, "sum of squares");
  x.backend.run("sumSquares", { out, x });
  return (await x.backend.download(out))[0];
}

/** Arrays of one number, by name; scalars of a solver that stay on the device. */
export function scalarsOf<Name extends string>(work: Workspace, names: readonly Name[]): Record<Name, DeviceArray> {
  const entries = names.map((name) => [name, work.own(work.A.backend.allocate({ kind: "flat", length: 1 }, name))]);
  return Object.fromEntries(entries) as Record<Name, DeviceArray>;
}

/** Largest value of an array; queued at the call. */
export async function maximumOf(x: DeviceArray): Promise<number> {
  using range = x.backend.allocate({ kind: "flat", length: 2 }, "extrema");
  x.backend.run("extrema", { out: range, x });
  return (await x.backend.download(range))[1];
}

/** How far each ray runs through the grid of `A`, mm: [view][row][column]. */
export async function lengthsOfRays(A: Projector): Promise<Float32Array | Float64Array> {
  using ones = onesInside(A, undefined);
  using image = A.apply(ones);
  return (await toHost(image)).values;
}

/**
 * sqrt(w) / r of the rays of each subset, r = A 1 inside the mask: the way of each ray through the volume, mm. 0 where r
 * is at most a thousandth of the largest: rays that graze a corner.
 * @throws INVALID_GEOMETRY (defect `volume-not-seen`) if no ray meets the volume
 */
export async function inverseRowSums(work: Workspace): Promise<readonly DeviceProjections[]> {
  const { A, mask, parts } = work;
  using ones = onesInside(A, mask);
  const sums = parts.map((part) =>
    part.A.apply(ones, { out: work.own(zeroProjections(A.backend, A.detector, part.A.views, "inverse row sums")) }),
  );
  const largest = Math.max(...(await Promise.all(sums.map(({ array }) => maximumOf(array)))));
  if (!(largest > 0)) throw notSeen();
  for (const [i, { array }] of sums.entries()) {
    A.backend.run("reciprocalOrZero", { x: array, threshold: GRAZING * largest });
    const { rootWeights } = parts[i];
    if (rootWeights) A.backend.run("multiply", { x: rootWeights.array, y: array });
  }
  return sums;
}

/**
 * 1 / c of a subset, c = Aᵀ w inside the mask, w = 1 if rays have no weights: mm a voxel. 0 where c is at most a
 * thousandth of the largest. Fills `out`.
 */
export async function inverseColumnSums(work: Workspace, part: Subset, out: DeviceVolume): Promise<void> {
  const { backend } = work.A;
  backprojectWeights(work, part, out);
  backend.run("reciprocalOrZero", { x: out.array, threshold: GRAZING * (await maximumOf(out.array)) });
}

/** out <- [out +] Aᵀ w of a subset, inside the mask. */
export function backprojectWeights(
  { A, mask }: Workspace,
  part: Subset,
  out: DeviceVolume,
  { accumulate = false } = {},
): void {
  const { image, rootWeights } = part;
  if (rootWeights) {
    A.backend.run("copy", { out: image.array, x: rootWeights.array });
    A.backend.run("multiply", { x: rootWeights.array, y: image.array });
  } else A.backend.run("fill", { out: image.array, value: 1 });
  part.A.adjoint(image, { out, accumulate });
  if (mask) A.backend.run("multiply", { x: mask.array, y: out.array });
}

/** A new volume of zeros on the operator's grid that the workspace disposes. */
export const workVolume = (work: Workspace, label: string): DeviceVolume =>
  work.own(zeros(work.A.backend, work.A.grid, work.x.quantity, label));

/** Refuses an operator no ray of which meets the volume. @throws INVALID_GEOMETRY (defect `volume-not-seen`) */
export async function checkSeen({ A, mask, parts }: Workspace): Promise<void> {
  using ones = onesInside(A, mask);
  for (const { A: part, image } of parts) {
    part.apply(ones, { out: image });
    if ((await maximumOf(image.array)) > 0) return;
  }
  throw notSeen();
}

export const notSeen = () =>
  fault(
    "INVALID_GEOMETRY",
    "no ray of any view meets the volume (inside its mask): check source, detector, grid and their units (mm)",
    { defect: "volume-not-seen" },
  );
