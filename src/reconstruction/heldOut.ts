import { createRandom } from "../core/random.js";
import type { DeviceVolume } from "../projector/types.js";
import type { Projections } from "../volume/grid.js";
import { quantile, sampled } from "./curvature.js";
import { createSubsets, misfit, type Subset } from "./measurements.js";
import { subsetsInOrder } from "./subsets.js";
import { createTally } from "./sums.js";
import type { Workspace } from "./workspace.js";

/** Share of the rays that take no part and judge. */
export const HELD_OUT = 1 / 16;

/** The rays of a run in two parts, those that take part and those that judge. */
export interface SplitRays {
  /** Subsets in which the rays held out weigh nothing. */
  kept(subsets: number): readonly Subset[];
  /** Weighted root mean square of A x - p over the rays held out. */
  heldOut(x: DeviceVolume): Promise<number>;
}

/** Holds out a sixteenth of the rays, drawn one by one; `weights` as in `IterativeOptions`. */
export function splitRays(work: Workspace, seed: number, weights: Float32Array | Float64Array | undefined): SplitRays {
  const { A, projections, own } = work;
  const random = createRandom(seed);
  const kept = new Float32Array(projections.values.length);
  const held = new Float32Array(projections.values.length);
  let heldWeight = 0;
  for (let i = 0; i < kept.length; i++) {
    const weight = weights?.[i] ?? 1;
    if (random.uniform() < HELD_OUT) {
      held[i] = weight;
      heldWeight += weight;
    } else kept[i] = weight;
  }
  const createKept = createSubsets(A, projections, own, kept);
  const parts = new Map<number, readonly Subset[]>();
  const judge = createSubsets(A, projections, own, held)(A.views.map((_, view) => view));
  const tally = createTally(A.backend, own);
  return {
    kept(subsets) {
      const found = parts.get(subsets) ?? subsetsInOrder(projections, subsets).map(createKept);
      parts.set(subsets, found);
      return found;
    },
    async heldOut(x) {
      misfit(judge, x);
      tally.addSquares(judge.image.array);
      return Math.sqrt((await tally.take()) / heldWeight);
    },
  };
}

/**
 * Standard deviation of the noise from neighboring pixels of a column: 1.4826 median |difference| / sqrt 2. Edges and
 * texture hardly move the median (7 to 12 % low on textured scans). Rays of weight 0 do not count.
 */
export function neighborNoise(
  { values, detector, views }: Projections,
  weights: ArrayLike<number> | undefined,
): number {
  const { rows, columns } = detector;
  if (rows < 2) return 0;
  const differences = new Float32Array(views.length * (rows - 1) * columns);
  let at = 0;
  for (let view = 0; view < views.length; view++)
    for (let row = 1; row < rows; row++)
      for (let i = (view * rows + row) * columns, end = i + columns; i < end; i++)
        if (weights?.[i] !== 0 && weights?.[i - columns] !== 0)
          differences[at++] = Math.abs(values[i] - values[i - columns]);
  return at === 0 ? 0 : (1.4826 * quantile(sampled(differences.subarray(0, at)), 0.5)) / Math.SQRT2;
}
