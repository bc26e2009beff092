/** The stages of a registration: which similarity at which resolution, and when a stage ends. */
import { gradientNcc, localGradientNcc, ncc, type Similarity } from "../metric/index.js";
import type { SearchLimits } from "./lockStep.js";

/** One stage. */
export interface Stage {
  readonly similarity: Similarity;
  readonly limits: SearchLimits;
  /** Whether rendered images take the tone of the measured ones, as found where the stage begins. */
  readonly toned?: boolean;
}

/** Share of the pixels that fit worst, left out by the similarities of whole images. */
export const TRIM = 0.12;
/**
 * Windows that settle the pose: small ones, so that a foreign object spoils few and that rays of other depths share none;
 * measured on CTs shorter than the X-ray they halve the errors of windows of 16 pixels.
 */
const WINDOWS = { patchSize: 8, stride: 4, epsilon: { ofVariance: 0.003 } } as const;
/**
 * Steps (rad, mm) that end a stage, by level from the finest on. Coarse ones leave to the next what it finds faster: half as
 * many renderings as with a tenth of these, and the same poses.
 */
const ENDS: readonly Omit<SearchLimits, "evaluations">[] = [
  { rotation: 2e-4, length: 0.02, near: 5 },
  { rotation: 2e-3, length: 0.2, near: 10 },
  { rotation: 5e-3, length: 0.5, near: 10 },
];
/** Smaller images hold too few windows. */
const FEWEST_FOR_WINDOWS = 24;

/**
 * Stages of each resolution, coarsest first: correlation of whole images has the widest basin and begins; correlation of
 * gradients in windows settles the pose, since gain, offset, scatter and foreign objects do not move its optimum.
 */
export function stagesOf(levels: number, smallestSide: readonly number[]): Stage[][] {
  const whole = gradientNcc({ trim: TRIM });
  return Array.from({ length: levels }, (_, level) => {
    const toFinest = levels - 1 - level;
    const ends = ENDS[toFinest];
    const stages: Stage[] = [];
    if (level === 0) stages.push({ similarity: ncc({ trim: TRIM }), limits: { evaluations: 40, ...ends } });
    if (level <= 1) stages.push({ similarity: whole, limits: { evaluations: 15, ...ends } });
    if ((level > 0 || toFinest === 0) && smallestSide[level] >= FEWEST_FOR_WINDOWS)
      stages.push({
        similarity: localGradientNcc(WINDOWS),
        limits: { evaluations: 15, ...ends, oneMatrix: toFinest === 0 },
        toned: true,
      });
    return stages;
  });
}
