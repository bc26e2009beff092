import { fault } from "../core/errors.js";
import type { DeviceVolume } from "../projector/types.js";
import { onesInside } from "./constraints.js";
import type { Subset } from "./measurements.js";
import { onOneCircle } from "./subsets.js";
import { notSeen, workVolume } from "./sums.js";
import type { Workspace } from "./workspace.js";

/** The diagonal that bounds AᵀWA from above, and what methods scale by. */
export interface Curvature {
  /** D of each voxel; infinite outside the mask, so that steps g / D leave those voxels alone. */
  readonly volume: DeviceVolume;
  /** Median over the voxels that rays meet; mm². */
  readonly median: number;
}

/** Share of the median below which D is not trusted: voxels that few rays see would move too far. */
const FLOOR = 0.1;

/** Views of a circle whose curvature, scaled, stands for that of all of them: it varies slowly from view to view. */
const ENOUGH = 64;

/**
 * The first subsets with enough views between them, where one can stand for another: unweighted views on a circle. More
 * would cost a pass over the data and change D by 0.5 % in the mean (curvature.test.ts).
 */
function representative(work: Workspace, parts: readonly Subset[]): readonly Subset[] {
  if (parts[0].rootWeights || !onOneCircle(work.A)) return parts;
  let views = 0;
  const last = parts.findIndex((part) => {
    views += part.views.length;
    return views >= ENOUGH;
  });
  return last < 0 ? parts : parts.slice(0, last + 1);
}

const viewCount = (parts: readonly Subset[]) => parts.reduce((sum, { views }) => sum + views.length, 0);

/**
 * D = AᵀWA 1 (Erdogan and Fessler, Phys. Med. Biol. 44, 1999), 1 inside the mask only, at least a tenth of its median.
 * `parts` together hold every ray. One subset: exact, so that it bounds AᵀWA.
 * @throws INVALID_GEOMETRY (defect `volume-not-seen`)
 */
export async function curvatureOf(work: Workspace, parts: readonly Subset[]): Promise<Curvature> {
  const { backend } = work.A;
  const volume = workVolume(work, "curvature");
  const seen = representative(work, parts);
  {
    using ones = onesInside(work.A, work.mask);
    for (const [i, { A, image, rootWeights }] of seen.entries()) {
      A.apply(ones, { out: image });
      for (let times = 0; rootWeights && times < 2; times++)
        backend.run("multiply", { x: rootWeights.array, y: image.array });
      A.adjoint(image, { out: volume, accumulate: i > 0 });
    }
    if (seen.length < parts.length) {
      const scale = viewCount(parts) / viewCount(seen);
      backend.run("axpby", { a: 0, x: ones.array, b: scale, y: volume.array });
    }
    if (work.mask) backend.run("multiply", { x: work.mask.array, y: volume.array });
  }
  const sample = sampled(await backend.download(volume.array)).filter((value) => value > 0);
  if (sample.length === 0) throw notSeen();
  const median = quantile(sample, 0.5);
  backend.run("clamp", { x: volume.array, lower: FLOOR * median, upper: Infinity });
  if (work.mask) {
    // 1 / mask: 1 inside, infinite outside
    using inverse = onesInside(work.A, work.mask);
    backend.run("reciprocalOrZero", { x: inverse.array, threshold: -1 });
    backend.run("multiply", { x: inverse.array, y: volume.array });
  }
  return { volume, median };
}

/** Most numbers that a quantile is taken of. */
const SAMPLE = 1 << 20;

/** At most a million of the values, evenly spread. */
export function sampled(values: ArrayLike<number>): Float64Array {
  const stride = Math.ceil(values.length / SAMPLE);
  return Float64Array.from({ length: Math.ceil(values.length / stride) }, (_, i) => values[i * stride]);
}

/** The value that a share of the sample does not exceed. Sorts the sample. */
export function quantile(sample: Float64Array, share: number): number {
  sample.sort();
  return sample[Math.floor(share * (sample.length - 1))];
}

/** 99.9 % quantile of a volume: its range, in its unit. @throws INVALID_ARGUMENT (defect `no-signal`) */
export async function rangeOf({ array }: DeviceVolume): Promise<number> {
  const range = quantile(sampled(await array.backend.download(array)), 0.999);
  if (range > 0) return range;
  throw fault(
    "INVALID_ARGUMENT",
    "the projections hold no positive line integrals, so there is nothing to reconstruct; are they intensities?",
    { defect: "no-signal" },
  );
}
