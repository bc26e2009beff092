/** Runs a registration that is set up, and tells what came of it. */
import { invariant } from "../core/errors.js";
import { gatherEvidence } from "./evidence.js";
import { type Candidate, placed } from "./layout.js";
import type { Problem } from "./problem.js";
import { type RecipeInput, type RecipeResult, type Round, runMultiStart, runOneStart } from "./runRecipe.js";
import type { FoundPoses, Recipe, RegistrationOptions, RegistrationStep } from "./types.js";
import { GOOD_SCORE, judge } from "./verdict.js";
import type { XRay } from "./xray.js";

/** How often many starts are tried, from other poses each time, before a poor result is given. */
const MULTI_STARTS = 3;

/** What is common to all registrations, with one motion a body and its views. */
export async function runRegistration(
  problem: Problem,
  xrays: readonly XRay[],
  { recipe = "auto", signal, onIteration }: RegistrationOptions,
  started: number,
): Promise<FoundPoses> {
  const { layout } = problem;
  const views = xrays.map(({ view }) => view);
  const viewsOf = (candidate: Candidate) =>
    candidate.motions.map((_, body) => views.map((__, view) => placed(layout, candidate, views, view, body).view));
  const trace: RegistrationStep[] = [];
  let evaluations = 0;
  let stopAsked = false;
  const input = {
    ...problem,
    ...(signal && { signal }),
    count: (rendered: number) => {
      evaluations += rendered;
    },
    report: ({ candidate, ...round }: Round) => {
      const step = {
        ...{ ...round, iteration: trace.length, evaluations, seconds: (performance.now() - started) / 1000 },
        ...{ motions: candidate.motions, views: viewsOf(candidate) },
      };
      trace.push(step);
      if (!stopAsked) stopAsked = onIteration?.(step) === "stop";
      return stopAsked ? ("stop" as const) : undefined;
    },
  };
  const found = await attempt(recipe, input, () => stopAsked);
  const result = stopAsked ? { ...found, stopped: "callback" as const } : found;
  const { evidence, judgment } = await judged(problem, result, input.count);
  const { candidate, score, share } = result.best;
  return {
    motions: candidate.motions,
    views: viewsOf(candidate),
    intrinsics: candidate.intrinsics.map((values) => ({
      ...(layout.refine.includes("sdd") && { sdd: values[0] }),
      ...(layout.refine.includes("principalPoint") && {
        principalPoint: [values[values.length - 2], values[values.length - 1]] as const,
      }),
    })),
    ...{ score, share, evaluations, trace, stopped: result.stopped },
    ...{ ...judgment, evidence },
    seconds: (performance.now() - started) / 1000,
  };
}

/** Runs a recipe; with many starts again from other poses as long as nothing good was found. */
async function attempt(recipe: Recipe, input: RecipeInput, stopped: () => boolean): Promise<RecipeResult> {
  const runs = { auto: 1 + MULTI_STARTS, "one-start": 1, "multi-start": MULTI_STARTS }[recipe];
  let best: RecipeResult | undefined;
  for (let run = 0; run < runs; run++) {
    const one = recipe === "one-start" || (recipe === "auto" && run === 0);
    const found = await (one ? runOneStart(input) : runMultiStart({ ...input, seed: input.seed + 7919 * run }));
    if (!best || found.best.score > best.best.score) best = found;
    if (stopped() || best.best.score >= GOOD_SCORE) break;
  }
  invariant(best, "every recipe has at least one run");
  return best;
}

/** The verdict rests on the middle resolution: as telling as the finest, and a quarter of its time. */
async function judged({ comparisons, stages, layout }: Problem, result: RecipeResult, count: (n: number) => void) {
  const level = Math.max(0, comparisons.length - 2);
  const stage = stages[level][stages[level].length - 1];
  const { evaluations, ...gathered } = await gatherEvidence(comparisons[level], stage, layout, result.best);
  count(evaluations);
  const evidence = { ...gathered, ...(result.agreement && { agreement: result.agreement }) };
  return { evidence, judgment: judge(result, evidence) };
}
