import type { PlaneComparison } from "./plane.js";

/** Bins at both ends that no pixel's center falls into, so that the four of a B-spline always exist. */
const FREE = 2;

/** The comparison behind `mutualInformation` with the window `mattes`. */
export function mattesHistograms(
  fixedImages: readonly Float64Array[],
  n: number,
  bins: number,
  movingRange: readonly [number, number] | undefined,
): PlaneComparison {
  const ends = { low: 0, high: 0, lowAt: -1, highAt: -1 };
  const fixedBin = new Int32Array(n);
  const joint = new Float64Array(bins * bins);
  const ofFixed = new Float64Array(bins);
  const ofMoving = new Float64Array(bins);
  const share = bins - 2 * FREE;

  return {
    compare(view, moving, mask, cotangent) {
      const fixed = fixedImages[view];
      cotangent?.fill(0);
      joint.fill(0);
      ofFixed.fill(0);
      ofMoving.fill(0);
      findEnds(fixed, mask, ends);
      if (ends.lowAt < 0 || ends.low === ends.high) return 0;
      for (let i = 0; i < n; i++) {
        const place = ((fixed[i] - ends.low) / (ends.high - ends.low)) * share;
        fixedBin[i] = FREE + Math.min(share - 1, Math.floor(place));
      }
      findEnds(moving, mask, ends);
      const [low, high] = movingRange ?? [ends.low, ends.high];
      if (low === high) return 0;
      const perUnit = (share - 1) / (high - low);

      // A pixel at `place` counts in the bins around it.
      let count = 0;
      for (let i = 0; i < n; i++) {
        if (mask?.[i] === 0) continue;
        count++;
        const place = FREE + Math.min(share - 1, Math.max(0, (moving[i] - low) * perUnit));
        const first = firstBin(place);
        for (let k = first; k < first + 4; k++) {
          const part = cubic(place - k);
          joint[fixedBin[i] * bins + k] += part;
          ofMoving[k] += part;
        }
        ofFixed[fixedBin[i]]++;
      }
      let value = 0;
      for (let l = 0; l < bins; l++)
        for (let k = 0; k < bins; k++) {
          const h = joint[l * bins + k];
          if (h > 0) value += (h / count) * Math.log((h * count) / (ofFixed[l] * ofMoving[k]));
        }
      if (!cotangent) return value;

      // dI/d(place) = sum_k b'(place - k) ln(h / h_m) / n: the marginal of the fixed image and all sums do not change.
      let toLow = 0;
      let toHigh = 0;
      for (let i = 0; i < n; i++) {
        if (mask?.[i] === 0) continue;
        const along = (moving[i] - low) * perUnit;
        if (along < 0 || along > share - 1) continue;
        const place = FREE + along;
        const first = firstBin(place);
        let slope = 0;
        for (let k = first; k < first + 4; k++) {
          const h = joint[fixedBin[i] * bins + k];
          if (h > 0) slope += cubicSlope(place - k) * Math.log(h / ofMoving[k]);
        }
        slope *= perUnit / count;
        cotangent[i] += slope;
        toLow -= slope * (1 - along / (share - 1));
        toHigh -= slope * (along / (share - 1));
      }
      if (!movingRange) {
        cotangent[ends.lowAt] += toLow;
        cotangent[ends.highAt] += toHigh;
      }
      return value;
    },
  };
}

/** First of the four bins within 2 of a place. */
const firstBin = (place: number): number => Math.floor(place) - 1;

/** Cubic B-spline, of integral 1, over [-2, 2]. */
function cubic(t: number): number {
  const x = Math.abs(t);
  if (x >= 2) return 0;
  return x < 1 ? 2 / 3 - x * x * (1 - x / 2) : (2 - x) ** 3 / 6;
}

/** Its derivative. */
function cubicSlope(t: number): number {
  const x = Math.abs(t);
  if (x >= 2) return 0;
  const slope = x < 1 ? x * (1.5 * x - 2) : -((2 - x) ** 2) / 2;
  return t < 0 ? -slope : slope;
}

/** Least and largest pixel that counts, and the first places where they stand; -1 if none counts. */
function findEnds(
  image: Float64Array,
  mask: Uint8Array | undefined,
  out: { low: number; high: number; lowAt: number; highAt: number },
): void {
  out.lowAt = -1;
  for (let i = 0; i < image.length; i++) {
    if (mask?.[i] === 0) continue;
    const x = image[i];
    if (out.lowAt < 0) {
      out.low = x;
      out.high = x;
      out.lowAt = i;
      out.highAt = i;
    } else if (x < out.low) {
      out.low = x;
      out.lowAt = i;
    } else if (x > out.high) {
      out.high = x;
      out.highAt = i;
    }
  }
}
