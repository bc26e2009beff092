/** Whether a registration can be relied on, without knowing the truth. */
import type { RecipeResult } from "./runRecipe.js";
import type { Judgment } from "./types.js";

/** Local gradient correlation at the finest level below which more starts are worth their time. */
export const DOUBTFUL_SCORE = 0.42;

export function judge({ best, stopped }: RecipeResult): Judgment {
  const reasons: string[] = [];
  let verdict: Judgment["verdict"] = "certain";
  const doubt = (reason: string) => {
    verdict = "doubtful";
    reasons.push(reason);
  };
  if (stopped === "callback") doubt("the search was ended before it was finished");
  if (stopped === "flat") doubt("the images have no contrast that depends on the pose");
  if (best.score < DOUBTFUL_SCORE)
    doubt(`local gradient correlation is ${best.score.toFixed(3)}, below ${DOUBTFUL_SCORE}`);
  else reasons.push(`local gradient correlation is ${best.score.toFixed(3)}`);
  return { verdict, reasons };
}
