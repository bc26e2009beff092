/** Whether a registration can be relied on, without knowing the truth. */
import type { Evidence } from "./evidence.js";
import type { RecipeResult } from "./runRecipe.js";
import type { Judgment } from "./types.js";

/**
 * Below this correlation of gradients at the finest level, more starts are worth their time. Measured on CTs of chest and
 * pelvis under strong model error: right poses have 0.46 and more, wrong ones up to 0.2.
 */
export const GOOD_SCORE = 0.35;
/** mm: right poses on a CT that holds the whole body deviate by up to 1.3, on short ones mostly by less than 3. */
const MOST_DEVIATION = 3;
/** mm: right poses have up to 1. */
const MOST_SPREAD = 2;
const LEAST_SHARE = 0.2;

/** Every test that a result fails is a reason to doubt it; without any, the numbers that it passed with are told. */
export function judge({ best, stopped }: RecipeResult, evidence: Evidence): Judgment {
  const { deviation, spread, share } = evidence;
  const tests: readonly (readonly [boolean, string])[] = [
    [stopped === "callback", "the search was ended before it was finished"],
    [stopped === "flat", "the images have no contrast that depends on the pose"],
    [
      !(best.score >= GOOD_SCORE),
      `the correlation of gradients is ${best.score.toFixed(3)}; right poses have ${GOOD_SCORE} and more`,
    ],
    [
      !(deviation <= MOST_DEVIATION),
      `leaving out parts of the image moves the result by ${deviation.toFixed(1)} mm (jackknife); ${MOST_DEVIATION} is the most to rely on`,
    ],
    [
      !(spread <= MOST_SPREAD),
      `the images hold the pose only to ${spread.toFixed(1)} mm by the curvature of the score; ${MOST_SPREAD} is the most to rely on`,
    ],
    [
      share < LEAST_SHARE,
      `only ${Math.round(100 * share)} % of the rays lie within the volume; ${100 * LEAST_SHARE} % is the least to rely on`,
    ],
  ];
  const doubts = tests.filter(([failed]) => failed).map(([, reason]) => reason);
  if (doubts.length > 0) return { verdict: "doubtful", reasons: doubts };
  return {
    verdict: "certain",
    reasons: [
      `the correlation of gradients is ${best.score.toFixed(3)}`,
      `leaving out parts of the image moves the result by ${deviation.toFixed(1)} mm (jackknife)`,
      `the curvature of the score holds the pose to ${spread.toFixed(1)} mm`,
      `${Math.round(100 * share)} % of the rays lie within the volume`,
      ...(evidence.agreement
        ? [`${evidence.agreement.same} of ${evidence.agreement.starts} starts came to this pose`]
        : []),
    ],
  };
}
