/** Whether a registration can be relied on, without knowing the truth. */
import type { Evidence } from "./evidence.js";
import type { RecipeResult } from "./runRecipe.js";
import type { Judgment } from "./types.js";

/**
 * Below this correlation of gradients at the finest level, more starts are worth their time. Measured on CTs of chest and
 * pelvis under strong model error, cut short or not: right poses have 0.46 and more, poses 10 mm off and more up to 0.37.
 */
export const GOOD_SCORE = 0.42;
/** mm: right poses on a CT that holds the whole body deviate by up to 1.3, on short ones mostly by less than 3. */
const MOST_DEVIATION = 3;
/** mm: right poses have up to 1. */
const MOST_SPREAD = 2;
/**
 * mm across the beam: X-rays whose relative pose is right differ by up to 0.4 (24 cases of chest and pelvis under strong
 * model error), those that are 5 mm or 3 degrees off by 0.5 to 2.6.
 */
const MOST_DISAGREEMENT = 0.6;
/** Right poses have 0.8 and more; where one X-ray of two is 11 to 30 degrees off, most have 0.1 to 0.6. */
const LEAST_BALANCE = 0.5;
const LEAST_SHARE = 0.2;

const APART = "check their relative pose, or register each by itself";

/** Every test that a result fails is a reason to doubt it; without any, the numbers that it passed with are told. */
export function judge({ best, stopped }: RecipeResult, evidence: Evidence): Judgment {
  const { deviation, spread, share, disagreement, balance } = evidence;
  const tests: readonly (readonly [boolean, string])[] = [
    [stopped === "callback", "the search was ended before it was finished"],
    [stopped === "flat", "the images have no contrast that depends on the pose"],
    [
      !(best.score >= GOOD_SCORE),
      `the correlation of gradients is ${best.score.toFixed(3)}; right poses have ${GOOD_SCORE} and more: check pixel spacing, distances, what large values mean and where the search begins`,
    ],
    [
      !(deviation <= MOST_DEVIATION),
      deviation === Infinity
        ? "the rest of the image does not hold the pose where a part is left out"
        : `leaving out parts of the image moves the result by ${deviation.toFixed(1)} mm (jackknife); ${MOST_DEVIATION} is the most to rely on: begin nearer, or mask what the CT does not show`,
    ],
    [
      !(spread <= MOST_SPREAD),
      spread === Infinity
        ? "the images do not hold the pose: the score is flat in some direction"
        : `the images hold the pose only to ${spread.toFixed(1)} mm by the curvature of the score; ${MOST_SPREAD} is the most to rely on: add an X-ray from another side`,
    ],
    [
      balance !== undefined && !(balance >= LEAST_BALANCE),
      `one X-ray fits only ${Math.round(100 * (balance ?? 0))} % as well as another; ${100 * LEAST_BALANCE} % is the least where X-rays stand to each other as told: ${APART}`,
    ],
    [
      disagreement !== undefined && !(disagreement <= MOST_DISAGREEMENT),
      disagreement === Infinity
        ? `an X-ray by itself does not hold the pose: ${APART}`
        : `an X-ray by itself would move the result by ${disagreement?.toFixed(1)} mm across its beam; ${MOST_DISAGREEMENT} is the most where X-rays stand to each other as told: ${APART}`,
    ],
    [
      share < LEAST_SHARE,
      `only ${Math.round(100 * share)} % of the rays lie within the volume; ${100 * LEAST_SHARE} % is the least to rely on: take a CT that holds more of what the X-ray shows`,
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
      ...(disagreement === undefined
        ? []
        : [`the X-rays agree with each other to ${disagreement.toFixed(1)} mm across their beams`]),
      ...(evidence.agreement
        ? [`${evidence.agreement.same} of ${evidence.agreement.starts} starts came to this pose`]
        : []),
    ],
  };
}
