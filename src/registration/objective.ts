/** How well candidates explain the X-rays, with the Gauss-Newton equations of that. */
import { invariant } from "../core/errors.js";
import type { NormalEquations, PreparedSimilarity, Similarity } from "../metric/index.js";
import { type Candidate, placed, unknowns, unknownsOfView } from "./layout.js";
import { cutFaceMask } from "./rayMask.js";
import { render, type Scene } from "./renderer.js";
import { applyTone, fitTone, type Tone } from "./tone.js";

/** A scene and the measured images that it is compared with. */
export interface Comparison {
  readonly scene: Scene;
  /** Per X-ray, [row][column]. */
  readonly fixed: readonly Float64Array[];
  /** Per X-ray, [row][column]: 1 where a pixel counts; undefined: all do. */
  readonly counted: readonly (Uint8Array | undefined)[];
  /** Axis of the grid of the first body whose two faces cut through the patient; undefined: all rays count. */
  readonly cutAxis: 0 | 1 | 2 | undefined;
}

/** What one candidate is worth. */
export interface Appraisal {
  readonly candidate: Candidate;
  /** Mean over the X-rays of the similarity, times min(1, share / 0.4): large is good. */
  readonly score: number;
  /** Smallest share of valid rays of any X-ray. */
  readonly share: number;
  /** Valid rays of all X-rays that count. */
  readonly rays: number;
  /** d(score)/d(unknown) and the Gauss-Newton matrix (row by row); empty as far as they were not asked for. */
  readonly gradient: Float64Array;
  readonly hessian: Float64Array;
}

/** Below this share of valid rays the score falls in proportion: no escape into a small overlap. */
const FULL_SHARE = 0.4;

/** A part of the measured images. */
export interface ImageRegion {
  /** [row][column], 1 at the pixels that count in every X-ray; undefined: all. */
  readonly pixels?: Uint8Array;
  /** The only X-ray that counts; undefined: all. */
  readonly view?: number;
}

/** What is found besides the score. */
export type Derivatives = "none" | "gradient" | "equations";

/** Appraises candidates by one similarity. */
export interface Objective {
  appraise(candidates: readonly Candidate[], derivatives: Derivatives): Promise<Appraisal[]>;
  /** One candidate with derivatives, by each of some regions. */
  appraiseRegions(candidate: Candidate, regions: readonly ImageRegion[]): Promise<Appraisal[]>;
  /** Renderings of one X-ray so far. */
  readonly evaluations: number;
}

/**
 * What compared images last, by kind. Engines drop compiled code with the last function that runs it: without these, every
 * registration would have its loops compiled anew, which took a third of its time.
 */
const lastOfKind = new Map<string, readonly PreparedSimilarity[]>();

/**
 * `toned`: rendered images are carried over to the gray values of the measured ones first (see `fitTone`).
 * `similarity` must be one to be maximized that has normal equations.
 */
export function createObjective(comparison: Comparison, similarity: Similarity, toned = false): Objective {
  const { scene, fixed, counted, cutAxis } = comparison;
  const { layout, detector, views } = scene;
  const { rows, columns } = detector;
  const n = rows * columns;
  const p = unknowns(layout);
  const prepared: readonly PreparedSimilarity[] = fixed.map((values) =>
    similarity.prepare({ values, views: 1, rows, columns }),
  );
  const indices = views.map((_, view) => unknownsOfView(layout, view));
  const local = indices.map(({ length }) => ({
    jacobian: Array.from({ length }, () => new Float64Array(n)),
    gradient: [new Float64Array(length)],
    hessian: [new Float64Array(length * length)],
  }));
  const mask = new Uint8Array(n);
  const image = new Float64Array(n);
  const cotangent = new Float64Array(n);
  // Found at the first candidate and held, so that all candidates are compared alike.
  let tones: readonly (Tone | undefined)[] | undefined;
  let evaluations = 0;

  /** Fills the mask; gives the valid rays of those that count, and their share, whatever the region. */
  const maskOf = (candidate: Candidate, view: number, pixels?: Uint8Array) => {
    let valid = n;
    if (cutAxis === undefined) mask.fill(1);
    else {
      const at = placed(layout, candidate, views, view, 0).view;
      valid = cutFaceMask(at, scene.bodies[0].grid, cutAxis, detector, mask);
    }
    let all = n;
    const own = counted[view];
    if (own) {
      [valid, all] = [0, 0];
      for (let i = 0; i < n; i++) {
        all += own[i];
        mask[i] &= own[i];
        valid += mask[i];
      }
    }
    if (pixels) for (let i = 0; i < n; i++) mask[i] &= pixels[i];
    return { valid, share: all > 0 ? valid / all : 0 };
  };
  const renderAll = async (candidates: readonly Candidate[], derivatives: Derivatives) => {
    const rendered = await render(scene, candidates, derivatives !== "none");
    evaluations += candidates.length * views.length;
    const pixelsOf = (c: number, view: number) => {
      const at = (c * views.length + view) * n;
      return rendered.images.subarray(at, at + n);
    };
    if (toned)
      tones ??= views.map((_, view) => {
        maskOf(candidates[0], view);
        return fitTone(pixelsOf(0, view), fixed[view], mask);
      });
    return { rendered, pixelsOf };
  };
  type AllRendered = Awaited<ReturnType<typeof renderAll>>;

  const appraiseOne = (
    { rendered, pixelsOf }: AllRendered,
    candidate: Candidate,
    c: number,
    derivatives: Derivatives,
    { pixels, view: only }: ImageRegion = {},
  ): Appraisal => {
    const gradient = new Float64Array(derivatives === "none" ? 0 : p);
    const hessian = new Float64Array(derivatives === "equations" ? p * p : 0);
    let score = 0;
    let smallest = 1;
    let rays = 0;
    for (let view = 0; view < views.length; view++) {
      if (only !== undefined && view !== only) continue;
      const { valid, share } = maskOf(candidate, view, pixels);
      const own = local[view];
      if (derivatives !== "none") rendered.columns(c, view, own.jacobian);
      image.set(pixelsOf(c, view));
      const tone = tones?.[view];
      if (tone) applyTone(tone, image, derivatives === "none" ? [] : own.jacobian);
      const moving = { values: image, views: 1, rows, columns };
      const options = cutAxis === undefined && !counted[view] && !pixels ? {} : { mask };
      const weight = Math.min(1, share / FULL_SHARE) / (only === undefined ? views.length : 1);
      smallest = Math.min(smallest, share);
      rays += valid;
      if (derivatives === "none") {
        score += weight * prepared[view].evaluate(moving, options)[0];
        continue;
      }
      if (derivatives === "gradient") {
        score += weight * prepared[view].evaluate(moving, { ...options, cotangent })[0];
        own.jacobian.forEach((column, i) => {
          gradient[indices[view][i]] += weight * dot(column, cotangent);
        });
        continue;
      }
      own.gradient[0].fill(0);
      own.hessian[0].fill(0);
      score += weight * equations(prepared[view])(moving, own.jacobian, own, options)[0];
      scatter(indices[view], own, weight, gradient, hessian);
    }
    return { candidate, score, share: smallest, rays, gradient, hessian };
  };

  return {
    get evaluations() {
      return evaluations;
    },
    async appraise(candidates, derivatives) {
      const all = await renderAll(candidates, derivatives);
      const appraisals = candidates.map((candidate, c) => appraiseOne(all, candidate, c, derivatives));
      lastOfKind.set(similarity.name, prepared);
      return appraisals;
    },
    async appraiseRegions(candidate, regions) {
      const all = await renderAll([candidate], "equations");
      return regions.map((region) => appraiseOne(all, candidate, 0, "equations", region));
    },
  };
}

function equations(prepared: PreparedSimilarity) {
  invariant(prepared.normalEquations, "registration needs a similarity with normal equations");
  return prepared.normalEquations;
}

function dot(x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] * y[i];
  return sum;
}

/** Adds the equations of one X-ray, in the unknowns that it depends on, to those of all. */
function scatter(
  indices: readonly number[],
  own: NormalEquations,
  weight: number,
  gradient: Float64Array,
  hessian: Float64Array,
): void {
  const p = gradient.length;
  const q = indices.length;
  for (let i = 0; i < q; i++) {
    gradient[indices[i]] += weight * own.gradient[0][i];
    for (let j = 0; j < q; j++) hessian[p * indices[i] + indices[j]] += weight * own.hessian[0][q * i + j];
  }
}
