/**
 * Levenberg-Marquardt for many starts in lock step: every round renders one candidate of each start in one call, so that
 * what a call costs by itself is paid once.
 */
import { createBreather } from "../core/breathe.js";
import { throwIfAborted } from "../core/errors.js";
import { type LmOptions, type LmState, lmState } from "../optimizer/index.js";
import { type Candidate, type Layout, stepped, unknownBlocks } from "./layout.js";
import { samePlace } from "./multiStart.js";
import type { Appraisal, Objective } from "./objective.js";

/** When a search ends, and how far one step goes. */
export interface SearchLimits {
  /** Appraisals of each start, the first included. */
  readonly evaluations: number;
  /** A step below both (rad and mm) ends the search: it is taken without a look at what it brings. */
  readonly rotation: number;
  readonly length: number;
  /** So does a step of less than this many times both that does not raise the score: near its top. */
  readonly near: number;
  /** The Gauss-Newton matrix of the start serves throughout: near the top it hardly changes, and takes most of an appraisal. */
  readonly oneMatrix?: boolean;
}

/** Why a search ended. */
export type SearchEnd = "converged" | "evaluations" | "flat" | "callback";

/** Where a start came to; starts that met have one result between them. */
export interface SearchResult {
  readonly best: Appraisal;
  readonly stopped: SearchEnd;
}

const LARGEST_STEP = { rotation: 0.15, length: 20 } as const;
/** Factor of the damping after a step that did not raise the score. */
const FAILURE = 10;

interface Search {
  best: Appraisal;
  readonly state: LmState;
  evaluations: number;
  stopped: SearchEnd | undefined;
  /** The better search that this one met; it stands for both from then on. */
  into: Search | undefined;
}

/** Called after every round with the appraisals so far; "stop" ends all searches where they are. */
export type OnRound = (searches: readonly { readonly best: Appraisal }[]) => "stop" | undefined;

export async function searchInLockStep(
  objective: Objective,
  layout: Layout,
  starts: readonly Candidate[],
  limits: SearchLimits,
  { signal, onRound }: { readonly signal?: AbortSignal; readonly onRound?: OnRound } = {},
): Promise<SearchResult[]> {
  throwIfAborted(signal);
  const breathe = createBreather();
  const options = {
    failure: FAILURE,
    near: limits.near,
    blocks: unknownBlocks(layout).map(({ kind, at }) => ({
      ...{ parameters: at, limit: LARGEST_STEP[kind], tolerance: limits[kind] },
    })),
  };
  const searches = (await objective.appraise(starts, "equations")).map((best) => begin(best, options));
  for (;;) {
    await breathe();
    throwIfAborted(signal);
    if (onRound?.(searches) === "stop") for (const search of searches) search.stopped ??= "callback";
    const tried = searches.flatMap((search) => {
      const next = propose(search, layout, limits);
      return next ? [{ search, next }] : [];
    });
    if (tried.length === 0) break;
    const appraisals = await objective.appraise(
      tried.map(({ next }) => next),
      limits.oneMatrix ? "gradient" : "equations",
    );
    tried.forEach(({ search }, i) => {
      judge(search, limits.oneMatrix ? { ...appraisals[i], hessian: search.best.hessian } : appraisals[i]);
    });
    mergeSame(searches, layout);
  }
  return searches.map((search) => {
    let end = search;
    while (end.into) end = end.into;
    return { best: end.best, stopped: end.stopped ?? "converged" };
  });
}

/** Scores are to be large, what Levenberg-Marquardt minimizes is their negative. */
const equationsOf = ({ score, gradient, hessian }: Appraisal) => ({
  value: -score,
  gradient: gradient.map((value) => -value),
  matrix: hessian,
});

const begin = (best: Appraisal, options: LmOptions): Search => ({
  ...{ best, state: lmState(equationsOf(best), options), evaluations: 1, into: undefined },
  // No unknown changes the images.
  stopped: best.hessian.every((value) => value === 0) ? "flat" : undefined,
});

/** The next candidate of a search, or undefined if it is over: a last small step is taken unseen. */
function propose(search: Search, layout: Layout, limits: SearchLimits): Candidate | undefined {
  if (search.stopped || search.into) return undefined;
  if (search.evaluations >= limits.evaluations) search.stopped = "evaluations";
  const step = search.state.propose();
  if (search.state.stopped) search.stopped ??= "converged";
  if (search.stopped) return undefined;
  const candidate = stepped(layout, search.best.candidate, step);
  if (!isSmall(step, layout, limits)) return candidate;
  search.best = { ...search.best, candidate };
  search.stopped = "converged";
  return undefined;
}

const isSmall = (step: Float64Array, layout: Layout, limits: SearchLimits): boolean =>
  unknownBlocks(layout).every(({ kind, at }) => Math.hypot(...at.map((i) => step[i])) <= limits[kind]);

function judge(search: Search, tried: Appraisal): void {
  search.evaluations++;
  if (search.state.accept(equationsOf(tried))) search.best = tried;
  if (search.state.stopped) search.stopped = "converged";
}

/** Ends searches that are where a better one is. */
function mergeSame(searches: readonly Search[], { centers }: Layout): void {
  for (const search of searches) {
    if (search.stopped || search.into) continue;
    const { score, candidate } = search.best;
    search.into = searches.find(
      (other) => other !== search && other.best.score > score && samePlace(other.best.candidate, candidate, centers),
    );
  }
}
