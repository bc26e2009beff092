/**
 * Levenberg-Marquardt for many starts in lock step: every round renders one candidate of each start in one call, so that
 * what a call costs by itself is paid once.
 *
 * (H + lambda D) x = g with the gradient g and the Gauss-Newton matrix H of a score to be maximized; D is half the
 * diagonal of H and half its mean over the block (rotations, lengths) that an unknown belongs to. lambda falls to a fifth
 * when a step raises the score, and rises tenfold when it does not.
 */
import { createBreather } from "../core/breathe.js";
import { throwIfAborted } from "../core/errors.js";
import { type Candidate, type Layout, stepped, unknownBlocks } from "./layout.js";
import { samePlace } from "./multiStart.js";
import type { Appraisal, Objective } from "./objective.js";
import { solveDamped } from "./solveDamped.js";

/** When a search ends, and how far one step goes. */
export interface SearchLimits {
  /** Appraisals of each start, the first included. */
  readonly evaluations: number;
  /** A step below both (rad and mm) ends the search. */
  readonly rotation: number;
  readonly length: number;
  /** So does a step of less than this many times both that does not raise the score: near its top. */
  readonly near: number;
}

/** Why a search ended. */
export type SearchEnd = "converged" | "evaluations" | "flat" | "callback";

/** Where a start came to; starts that met have one result between them. */
export interface SearchResult {
  readonly best: Appraisal;
  readonly stopped: SearchEnd;
}

const LARGEST_STEP = { rotation: 0.15, length: 20 } as const;
const DAMPING = { first: 1e-2, success: 0.2, failure: 10, largest: 1e8 } as const;

interface Search {
  best: Appraisal;
  damping: number;
  evaluations: number;
  stopped: SearchEnd | undefined;
  /** The better search that this one met; it stands for both from then on. */
  into: Search | undefined;
  /** Size of the step that is being tried. */
  /** The step being tried, in steps that end the search. */
  tried: number;
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
  const searches = (await objective.appraise(starts, true)).map(
    (best): Search => ({
      best,
      damping: DAMPING.first,
      evaluations: 1,
      stopped: undefined,
      into: undefined,
      tried: Infinity,
    }),
  );
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
      true,
    );
    tried.forEach(({ search }, i) => {
      judge(search, appraisals[i], limits);
    });
    mergeSame(searches, layout);
  }
  return searches.map((search) => {
    let end = search;
    while (end.into) end = end.into;
    return { best: end.best, stopped: end.stopped ?? "converged" };
  });
}

/** The next candidate of a search, or undefined if it is over. */
function propose(search: Search, layout: Layout, limits: SearchLimits): Candidate | undefined {
  if (search.stopped || search.into) return undefined;
  const stop = (why: SearchEnd) => {
    search.stopped = why;
    return undefined;
  };
  if (search.evaluations >= limits.evaluations) return stop("evaluations");
  const blocks = unknownBlocks(layout);
  const step = solveDamped(search.best.hessian, search.best.gradient, search.damping, blocks);
  if (!step) return stop("flat");
  let scale = 1;
  let largest = 0;
  for (const { kind, at } of blocks) {
    const size = Math.hypot(...at.map((i) => step[i]));
    scale = Math.min(scale, LARGEST_STEP[kind] / size);
    largest = Math.max(largest, size / (kind === "rotation" ? limits.rotation : limits.length));
  }
  search.tried = largest;
  return stepped(
    layout,
    search.best.candidate,
    step.map((value) => value * scale),
  );
}

function judge(search: Search, tried: Appraisal, { near }: SearchLimits): void {
  search.evaluations++;
  const better = tried.score > search.best.score;
  if (better) search.best = tried;
  search.damping *= better ? DAMPING.success : DAMPING.failure;
  if (search.tried < (better ? 1 : near) || search.damping > DAMPING.largest) search.stopped = "converged";
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
