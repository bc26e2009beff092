import { createRandom } from "../core/random.js";
import { zeroProjections } from "../projector/arrays.js";
import type { DeviceProjections, DeviceVolume } from "../projector/types.js";
import type { Projections } from "../volume/grid.js";
import { quantile, sampled } from "./curvature.js";
import { misfit, type Subset, uploadViews } from "./measurements.js";
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

/** Holds out a sixteenth of the rays, drawn one by one. What goes up is which; data and weights are on the device. */
export function splitRays(work: Workspace, seed: number): SplitRays {
  const { A, projections, weights, parts, own } = work;
  const { backend } = A;
  const random = createRandom(seed);
  const takePart = new Float32Array(projections.values.length);
  let heldWeight = 0;
  for (let i = 0; i < takePart.length; i++)
    if (random.uniform() < HELD_OUT) heldWeight += weights?.[i] ?? 1;
    else takePart[i] = 1;

  const upload = ({ views }: Subset) => own(uploadViews(A, takePart, views, "rays that take part"));
  const zerosAs = ({ views }: DeviceProjections, label: string) =>
    own(zeroProjections(backend, A.detector, views, label));
  const others = (rays: DeviceProjections) => {
    const rest = zerosAs(rays, "rays held out");
    backend.run("fill", { out: rest.array, value: 1 });
    backend.run("axpby", { a: -1, x: rays.array, b: 1, y: rest.array });
    return rest;
  };
  /** A subset in which only some of its rays count. `rays`: 1 and 0; becomes the square roots of its weights. */
  const only = (part: Subset, rays: DeviceProjections): Subset => {
    const target = zerosAs(rays, "target");
    backend.run("copy", { out: target.array, x: part.target.array });
    backend.run("multiply", { x: rays.array, y: target.array });
    if (part.rootWeights) backend.run("multiply", { x: part.rootWeights.array, y: rays.array });
    return { ...part, target, rootWeights: rays };
  };

  const drawn = parts.map(upload);
  const judges = parts.map((part, i) => only(part, others(drawn[i])));
  const splits = new Map([[parts.length, parts.map((part, i) => only(part, drawn[i]))]]);
  const tally = createTally(backend, own);
  return {
    kept(subsets) {
      const found = splits.get(subsets) ?? work.split(subsets).map((part) => only(part, upload(part)));
      splits.set(subsets, found);
      return found;
    },
    async heldOut(x) {
      for (const judge of judges) {
        misfit(judge, x);
        tally.addSquares(judge.image.array);
      }
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
