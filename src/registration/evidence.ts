/** What speaks for and against a registration, measured without the truth. */
import { dot, scale, subtract, transformPoint, type Vec3 } from "../core/linear.js";
import type { Detector } from "../geometry/view.js";
import { viewGeometry } from "../geometry/viewGeometry.js";
import { solveDamped } from "../optimizer/dampedSolve.js";
import { innerCorners } from "../volume/gridFrame.js";
import { type Layout, placed, stepped, unknownBlocks } from "./layout.js";
import { type Appraisal, type Comparison, createObjective, type ImageRegion } from "./objective.js";
import type { Stage } from "./recipe.js";

/** Numbers that the verdict rests on. */
export interface Evidence {
  /** mm: how far the corners of the inner half of the volume move, on average, when a ninth of the image is left out: the worst ninth. */
  readonly instability: number;
  /** mm: the same by the jackknife over all ninths, a standard error. */
  readonly deviation: number;
  /** mm: standard deviation of those corners that the curvature of the score promises for residuals without correlation. */
  readonly spread: number;
  /**
   * mm: of several X-rays, how far those corners move, on average and across the beam of an X-ray, when it is followed alone:
   * the worst X-ray. Large where X-rays do not stand to each other as told. Undefined from one X-ray.
   */
  readonly disagreement?: number;
  /** Of several X-rays, the lowest score of one as a share of the highest. Undefined from one X-ray. */
  readonly balance?: number;
  /** Smallest share of valid rays of any X-ray. */
  readonly share: number;
  /** Of many starts, how many came to this pose; undefined from one start. */
  readonly agreement?: { readonly same: number; readonly starts: number };
}

/** Tiles along a side of the image; each is left out once. */
const TILES = 3;
/** Share of the diagonal that is added to it, so that rounding does not decide whether a matrix is definite. */
const LEAST_DAMPING = 1e-6;
/** Step (rad or mm) of the differences that tell how corners move with an unknown. */
const PROBE = 1e-4;

/**
 * Gauss-Newton steps from the result without each of nine tiles of the images, against the step with all of them: what a
 * foreign object, or a part of the body that fits by chance, can have done to the pose.
 */
export async function gatherEvidence(
  comparison: Comparison,
  stage: Stage,
  layout: Layout,
  best: Appraisal,
): Promise<Evidence & { readonly evaluations: number }> {
  const { detector, bodies, views } = comparison.scene;
  const objective = createObjective(comparison, stage.similarity, true);
  const withoutTiles = Array.from({ length: TILES ** 2 }, (_, tile) =>
    withoutTile(detector, Math.floor(tile / TILES), tile % TILES),
  );
  const alone = views.length > 1 ? views.map((_, view): ImageRegion => ({ view })) : [];
  const [all, ...rest] = await objective.appraiseRegions(best.candidate, [{}, ...withoutTiles, ...alone]);
  const parts = rest.slice(0, withoutTiles.length);
  const corners = bodies.map(({ grid }) => innerCorners(grid));
  const blocks = unknownBlocks(layout);
  const step = (of: Appraisal) => solveStep(of.hessian, of.gradient, blocks);
  const placesAfter = (x: ArrayLike<number>) =>
    stepped({ ...layout, bound: { rotation: Math.PI, translation: Infinity } }, best.candidate, x).motions.flatMap(
      (motion, body) => corners[body].map((corner) => transformPoint(motion, corner)),
    );
  const full = step(all);
  const steps = parts.map(step);
  if (!full || steps.some((x) => !x))
    return {
      instability: Infinity,
      deviation: Infinity,
      spread: Infinity,
      share: best.share,
      evaluations: views.length,
    };
  const reference = placesAfter(full);
  const moved = steps.map((x) => meanDistance(placesAfter(x ?? full), reference));
  const squares = moved.reduce((sum, d) => sum + d ** 2, 0);
  const byView = rest.slice(parts.length);
  const scores = byView.map(({ score }) => score);
  const disagreements = byView.map((of, view) => {
    const x = step(withoutForeign(of));
    if (!x) return Infinity;
    const { normal } = viewGeometry(placed(layout, best.candidate, views, view, 0).view);
    return meanLength(placesAfter(x).map((place, i) => acrossBeam(subtract(place, reference[i]), normal)));
  });
  return {
    instability: Math.max(...moved),
    deviation: Math.sqrt((squares * (parts.length - 1)) / parts.length),
    spread: spreadOf(all, layout, placesAfter),
    ...(byView.length > 0 && {
      disagreement: Math.max(...disagreements),
      balance: Math.max(0, Math.min(...scores)) / Math.max(Number.MIN_VALUE, ...scores),
    }),
    share: best.share,
    evaluations: objective.evaluations,
  };
}

/** x with H x = g, H damped by a little of its diagonal, half own and half mean of the block, as the search does. */
function solveStep(hessian: Float64Array, gradient: Float64Array, blocks: ReturnType<typeof unknownBlocks>) {
  const p = gradient.length;
  const damping = new Float64Array(p);
  for (const { at } of blocks) {
    const mean = at.reduce((sum, i) => sum + hessian[p * i + i], 0) / at.length;
    for (const i of at) damping[i] = 0.5 * LEAST_DAMPING * (hessian[p * i + i] + mean);
  }
  return solveDamped(hessian, damping, gradient);
}

/** All pixels but those of the tile in a row and a column of tiles. */
function withoutTile({ rows, columns }: Detector, down: number, along: number): ImageRegion {
  const pixels = new Uint8Array(rows * columns).fill(1);
  const edge = (tile: number, side: number) => Math.ceil((tile * side) / TILES);
  for (let row = edge(down, rows); row < edge(down + 1, rows); row++)
    pixels.fill(0, row * columns + edge(along, columns), row * columns + edge(along + 1, columns));
  return { pixels };
}

/** Equations of one X-ray in which the intrinsics of others, which it knows nothing of, keep still. */
function withoutForeign(of: Appraisal): Appraisal {
  const p = of.gradient.length;
  const hessian = of.hessian.map((value, i) => (i % (p + 1) === 0 && value === 0 ? 1 : value));
  return { ...of, hessian };
}

/** Root mean square over the corners of their deviation, for the covariance 2 (1 - score) H⁻¹ / rays of the unknowns. */
function spreadOf(
  { hessian, gradient, score, rays }: Appraisal,
  layout: Layout,
  placesAfter: (step: Float64Array) => readonly Vec3[],
): number {
  const p = gradient.length;
  const blocks = unknownBlocks(layout);
  const unit = (i: number, size: number) => Float64Array.from({ length: p }, (_, k) => (k === i ? size : 0));
  const rest = placesAfter(new Float64Array(p)).flat();
  const motions = Array.from({ length: p }, (_, i) =>
    placesAfter(unit(i, PROBE)).flatMap((place, c) => place.map((value, axis) => (value - rest[3 * c + axis]) / PROBE)),
  );
  let variance = 0;
  for (let i = 0; i < p; i++) {
    const column = solveStep(hessian, unit(i, 1), blocks);
    if (!column) return Infinity;
    for (let j = 0; j < p; j++) variance += column[j] * motions[i].reduce((sum, v, k) => sum + v * motions[j][k], 0);
  }
  const corners = rest.length / 3;
  return Math.sqrt((Math.max(0, variance) * 2 * Math.max(0, 1 - score)) / rays / corners);
}

const acrossBeam = (shift: Vec3, normal: Vec3): Vec3 => subtract(shift, scale(normal, dot(shift, normal)));

const meanLength = (shifts: readonly Vec3[]): number =>
  shifts.reduce((sum, shift) => sum + Math.hypot(...shift), 0) / shifts.length;

const meanDistance = (a: readonly Vec3[], b: readonly Vec3[]): number =>
  meanLength(a.map((place, i) => subtract(place, b[i])));
