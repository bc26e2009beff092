import type { DeviceArray } from "../backend/backend.js";
import type { DeviceVolume, Projector } from "../projector/types.js";
import type { Projections } from "../volume/grid.js";
import type { Outcome } from "./iterate.js";
import type { Subset } from "./measurements.js";
import { type IterativeOptions, runMethod } from "./runMethod.js";
import { backprojectWeights, createTally, maximumOf, notSeen, workVolume } from "./sums.js";
import type { Run } from "./types.js";
import type { Workspace } from "./workspace.js";

/** What `mlem` may be told. */
export interface MlemOptions extends IterativeOptions {
  /** @default 50 */
  readonly iterations?: number;
  /** More than one: ordered subsets (OSEM), about as many times faster. @default 1 */
  readonly subsets?: number;
}

/** Smallest predicted line integral, so that a ratio stays finite. */
const SMALLEST = 1e-9;

/** Voxels whose Aᵀ w is at most this share of the largest graze the field of view and become 0. */
const GRAZING = 1e-3;

/** With subsets, this share of the largest Aᵀ w pulls voxels that a subset does not see to a factor of 1. */
const UNSEEN = 1e-6;

/**
 * Maximum likelihood by expectation maximization (MLEM; with subsets OSEM) for Poisson data: x <- x Aᵀ(w p / A x) / Aᵀ w.
 * Line integrals are treated as counts; those below 0 as 0. Starts at 1 in every voxel that is seen; a start must be
 * above 0 where the volume is to be.
 * `value` of the history: the Kullback-Leibler divergence sum w (A x - p + p ln(p / A x)), before the update, A x at least 1e-9.
 * Source: Shepp and Vardi, IEEE Trans. Med. Imaging 1(2), 1982; Hudson and Larkin, IEEE Trans. Med. Imaging 13(4), 1994.
 * @throws SHAPE_MISMATCH, NOT_FINITE, INVALID_ARGUMENT, INVALID_GEOMETRY (defect `volume-not-seen`), OUT_OF_MEMORY
 */
export function mlem(A: Projector, projections: Projections, options: MlemOptions = {}): Promise<Run> {
  return runMethod(
    { name: "mlem", own: [], without: { nonNegative: "its updates are factors >= 0" }, iterations: 50, prepare },
    A,
    projections,
    options,
  );
}

async function prepare(work: Workspace) {
  const { x, parts, tolerance } = work;
  const { backend } = work.A;
  const ratio = workVolume(work, "ratio");
  const next = tolerance > 0 ? workVolume(work, "next") : undefined;
  const [divergences, misfits] = [createTally(backend, work.own), createTally(backend, work.own)];
  const changes = createTally(backend, work.own);
  const norms = createTally(backend, work.own);
  const floor = await startWhereSeen(work, ratio);
  const inverseColumns = parts.map((part) => {
    backend.run("clamp", { x: part.target.array, lower: 0, upper: Infinity });
    const sums = workVolume(work, "inverse column sums");
    backend.run("fill", { out: sums.array, value: floor });
    backprojectWeights(work, part, sums, { accumulate: true });
    backend.run("reciprocalOrZero", { x: sums.array, threshold: 0 });
    // `ratio` holds 1 where a voxel is seen
    backend.run("multiply", { x: ratio.array, y: sums.array });
    return sums;
  });

  // beside the images, which subsets of equal size share
  const scratch = new Map<DeviceArray, DeviceArray>();
  for (const { array } of parts.map(({ image }) => image))
    if (!scratch.has(array)) scratch.set(array, work.own(backend.allocate(array.shape, "weighted image")));

  /** Notes what the image A x of a subset is away from its data. */
  const note = ({ image, target, rootWeights }: Subset) => {
    const weighted = scratch.get(image.array) as DeviceArray;
    backend.run("copy", { out: weighted, x: image.array });
    if (rootWeights) backend.run("multiply", { x: rootWeights.array, y: weighted });
    // of sqrt(w) A x and sqrt(w) p it is sqrt(w) times that of A x and p
    divergences.addDivergence(target.array, weighted, rootWeights?.array);
    backend.run("axpby", { a: -1, x: target.array, b: 1, y: weighted });
    misfits.addSquares(weighted);
  };

  const update = ({ A, image, target, rootWeights }: Subset, m: number) => {
    backend.run("reciprocalOrZero", { x: image.array, threshold: 0 });
    backend.run("multiply", { x: target.array, y: image.array });
    if (rootWeights) backend.run("multiply", { x: rootWeights.array, y: image.array });
    backend.run("fill", { out: ratio.array, value: floor });
    A.adjoint(image, { out: ratio, accumulate: true });
    backend.run("multiply", { x: inverseColumns[m].array, y: ratio.array });
    if (next) {
      backend.run("copy", { out: next.array, x: x.array });
      backend.run("multiply", { x: ratio.array, y: next.array });
      backend.run("axpby", { a: 1, x: next.array, b: -1, y: x.array });
      changes.addSquares(x.array);
      backend.run("copy", { out: x.array, x: next.array });
    } else backend.run("multiply", { x: ratio.array, y: x.array });
    work.constrain(x);
  };

  return {
    async step(): Promise<Outcome> {
      for (const [m, part] of parts.entries()) {
        part.A.apply(x, { out: part.image });
        backend.run("clamp", { x: part.image.array, lower: SMALLEST, upper: Infinity });
        note(part);
        update(part, m);
      }
      const likelihood = Promise.all([divergences.take(), misfits.take()]);
      const change = next && (await relativeChange());
      const [value, squares] = await likelihood;
      return { value, residual: work.rms(squares), ...(change !== undefined && { change }) };
    },
  };

  async function relativeChange(): Promise<number> {
    norms.addSquares(x.array);
    const [changed, norm] = await Promise.all([changes.take(), norms.take()]);
    return Math.sqrt((parts.length * changed) / (norm || 1));
  }
}

/**
 * Sets x to 1 (or leaves the start) where some subset sees it, to 0 elsewhere; fills `seen` with 1 and 0. Returns what is
 * added to the column sums of subsets.
 * @throws INVALID_GEOMETRY (defect `volume-not-seen`)
 */
async function startWhereSeen(work: Workspace, seen: DeviceVolume): Promise<number> {
  const { x, parts, started, resumed } = work;
  const { backend } = work.A;
  for (const [m, part] of parts.entries()) backprojectWeights(work, part, seen, { accumulate: m > 0 });
  const largest = await maximumOf(seen.array);
  if (!(largest > 0)) throw notSeen();
  backend.run("reciprocalOrZero", { x: seen.array, threshold: GRAZING * largest });
  backend.run("sign", { x: seen.array });
  if (!resumed && started) backend.run("multiply", { x: seen.array, y: x.array });
  if (!resumed && !started) backend.run("copy", { out: x.array, x: seen.array });
  return parts.length > 1 ? UNSEEN * largest : 0;
}
