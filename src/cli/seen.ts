import type { Warning } from "../core/errors.js";
import { type Projector, toDevice, toHost } from "../projector/index.js";
import { voxelCount } from "../volume/index.js";

/** Smallest and largest number. */
export function extremes(values: ArrayLike<number>): [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    low = Math.min(low, values[i]);
    high = Math.max(high, values[i]);
  }
  return [low, high];
}

/** Says why line integrals of this range are of no use, if they are: nothing is met, all is zero, or some are negative. */
export async function judgeRange(
  A: Projector,
  [low, high]: readonly [number, number],
  warn: (warning: Warning) => void,
): Promise<void> {
  if (low < 0)
    warn({
      defect: "negative-integrals",
      message: `line integrals go down to ${low.toPrecision(4)}: were HU not converted? --quantity hounsfield and --attenuation say how`,
    });
  if (low !== 0 || high !== 0) return;
  if (await meetsGrid(A)) warn({ defect: "nothing-to-see", message: "the rays meet the volume, but only zeros in it" });
  else warn({ defect: "volume-not-seen", message: "no ray meets the volume: check pose, distances and detector" });
}

/** Whether any ray has a length inside the volume's box. */
async function meetsGrid(A: Projector): Promise<boolean> {
  const values = new Float32Array(voxelCount(A.grid)).fill(1);
  using ones = toDevice(A.backend, { quantity: "unknown", grid: A.grid, values });
  using lengths = A.apply(ones);
  return extremes((await toHost(lengths)).values)[1] > 0;
}
