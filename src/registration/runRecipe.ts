/** Runs the stages of a registration from one start or from many. */
import { ncc } from "../metric/index.js";
import type { Candidate, Layout } from "./layout.js";
import { type SearchEnd, searchInLockStep } from "./lockStep.js";
import { distinct, spreadCandidates } from "./multiStart.js";
import { type Appraisal, type Comparison, createObjective } from "./objective.js";
import { type Stage, TRIM } from "./recipe.js";
import type { RegistrationStep, SearchBox } from "./types.js";

/** What a recipe tells after a round. */
export interface Round extends Pick<RegistrationStep, "similarity" | "rows" | "columns" | "starts" | "score"> {
  /** The best start. */
  readonly candidate: Candidate;
}

/** Everything that both recipes need. */
export interface RecipeInput {
  /** Coarsest first. */
  readonly comparisons: readonly Comparison[];
  readonly stages: readonly (readonly Stage[])[];
  readonly layout: Layout;
  readonly start: Candidate;
  readonly box: SearchBox;
  readonly seed: number;
  readonly signal?: AbortSignal;
  /** Told after every round. */
  readonly report: (round: Round) => "stop" | undefined;
  /** Told how many X-rays were rendered. */
  readonly count: (evaluations: number) => void;
}

/** What a recipe found. */
export interface RecipeResult {
  readonly best: Appraisal;
  readonly stopped: SearchEnd;
  /** Of many starts: how many came to the best pose. */
  readonly agreement?: { readonly same: number; readonly starts: number };
}

/** Poses of the box that are scored, searched from, and followed to the middle resolution. */
const SCORED = 128;
const SEARCHED = 16;
const FOLLOWED = 4;
/** Share of the best score below which a pose is not followed to the next stage; wrong poses are far below. */
const NEAR = 0.7;

export async function runOneStart(input: RecipeInput): Promise<RecipeResult> {
  let at: readonly Candidate[] = [input.start];
  let last: Awaited<ReturnType<typeof runStage>> = [];
  for (let level = 0; level < input.stages.length; level++)
    for (const stage of input.stages[level]) {
      last = await runStage(input, level, stage, at);
      at = last.map(({ best }) => best.candidate);
    }
  return last[0];
}

export async function runMultiStart(input: RecipeInput): Promise<RecipeResult> {
  const { layout, start, box, seed, comparisons, stages } = input;
  const spread = spreadCandidates(start, layout.centers, box, SCORED, seed);
  const scoring = createObjective(comparisons[0], ncc({ trim: TRIM }));
  const scored = await scoring.appraise(spread, "none");
  input.count(scoring.evaluations);
  scored.sort((a, b) => b.score - a.score);
  let starts = [start, ...scored.slice(0, SEARCHED - 1).map(({ candidate }) => candidate)];
  let counts = starts.map(() => 1);
  let last: Awaited<ReturnType<typeof runStage>> = [];
  for (let level = 0; level < stages.length; level++) {
    for (const [index, stage] of stages[level].entries()) {
      last = await runStage(input, level, stage, starts);
      const results = last.map(({ best }) => best);
      const found = distinct(results, layout.centers, counts);
      // The first stage's correlation of whole images does not tell poses apart well enough to drop any.
      const least = level > 0 || index > 0 ? NEAR * found[0].result.score : -1;
      const near = found.filter(({ result }) => result.score >= least);
      starts = near.map(({ result }) => result.candidate);
      counts = near.map(({ count }) => count);
    }
    const followed = level === 0 ? FOLLOWED : 1;
    starts = starts.slice(0, followed);
    counts = counts.slice(0, followed);
  }
  const best = last.reduce((a, b) => (b.best.score > a.best.score ? b : a));
  return { ...best, agreement: { same: counts[0], starts: SEARCHED } };
}

async function runStage(input: RecipeInput, level: number, stage: Stage, starts: readonly Candidate[]) {
  const comparison = input.comparisons[level];
  const objective = createObjective(comparison, stage.similarity, stage.toned);
  const { rows, columns } = comparison.scene.detector;
  let counted = 0;
  const onRound = (searches: readonly { readonly best: Appraisal }[]) => {
    input.count(objective.evaluations - counted);
    counted = objective.evaluations;
    const { best } = searches.reduce((a, b) => (b.best.score > a.best.score ? b : a));
    return input.report({
      ...{ similarity: stage.similarity.name, rows, columns, starts: searches.length },
      ...{ score: best.score, candidate: best.candidate },
    });
  };
  const options = { onRound, ...(input.signal && { signal: input.signal }) };
  return searchInLockStep(objective, input.layout, starts, stage.limits, options);
}
