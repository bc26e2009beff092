/** Perspective-n-point: a pose from landmarks that were found in one image. */
import { fault } from "../core/errors.js";
import { inverseAffine, type Matrix4, type Vec3 } from "../core/linear.js";
import { refuseUnknownOptions } from "../core/options.js";
import { createRandom, randomSubset } from "../core/random.js";
import { projectPoints } from "../geometry/points.js";
import { transformView } from "../geometry/sameView.js";
import type { ConeView, Detector, View } from "../geometry/view.js";
import { checkView } from "../geometry/viewGeometry.js";
import { type LandmarkPixel, landmarkShape, refuseFarPixels } from "./landmarks.js";
import { type PnpProblem, type PnpSolution, pnpProblem, refinePose } from "./pnpProblem.js";
import { startingPoses, turnsInAllDirections } from "./pnpStarts.js";

/** How robustly a pose is found. */
export interface LandmarkPoseOptions {
  /** Refuses pixels that lie far off it, and a pose that misses by more than a fifth of it. @default unchecked */
  readonly detector?: Detector;
  /**
   * Pixels: landmarks farther off are taken for mistakes and left out, the pose being that on which most agree (RANSAC
   * over sets of 4). @default all landmarks count
   */
  readonly outlierPixels?: number;
  /** Sets that are tried at most with `outlierPixels`. @default 100 */
  readonly trials?: number;
  /** Of the sets. @default 1 */
  readonly seed?: number;
}

/** A pose from landmarks. */
export interface LandmarkPose {
  /** 4x4 rigid, from the landmarks' frame to that of the view: the moved landmarks appear at their pixels. */
  readonly pose: Matrix4;
  /** The view moved into the landmarks' frame, where it sees them as they are. */
  readonly view: View;
  /** Pixels: root of the mean squared distance over the landmarks that count. */
  readonly error: number;
  /** Indices of the landmarks that count. */
  readonly inliers: readonly number[];
}

/** A pose has 6 numbers, and 3 points leave up to four poses. */
const LEAST = 4;
/** Coarse poses that are refined to the end: two of them may look alike. */
const FINALISTS = 4;
/** Wanted chance that one set of 4 is free of mistakes. */
const CONFIDENCE = 0.999;

/**
 * The pose in which a view sees landmarks at given pixels. First guesses by the direct linear transform (6 or more points),
 * the homography of a plane, or turns in all directions (4 or 5 points), each refined by Levenberg-Marquardt on the
 * distance in pixels; the best is returned. Exact pixels give the pose to 1e-8.
 * @param landmarks mm, in any frame, at least 4, not on one line
 * @param pixels where each appears
 * @param view cone; where it stands does not matter for the result's `view`, only its distances and pixels do
 * @throws INVALID_ARGUMENT: `too-few-landmarks`, `duplicate-landmarks`, `collinear-landmarks`, `out-of-range`
 * @throws SHAPE_MISMATCH (`length`), NOT_FINITE
 * @throws INVALID_GEOMETRY: `landmarks-off-detector`; `landmarks-behind-source` if no pose has all landmarks in front of
 *   the source; `landmarks-do-not-fit` where the best pose misses them (given a `detector`, or `outlierPixels`)
 */
export function poseFromLandmarks(
  landmarks: readonly Vec3[],
  pixels: readonly LandmarkPixel[],
  view: View,
  options: LandmarkPoseOptions = {},
): LandmarkPose {
  const { detector, outlierPixels } = options;
  const cone = checkInput(landmarks, pixels, view, options);
  const everything = pnpProblem(cone, landmarks, pixels);
  let inliers = landmarks.map((_, i) => i);
  let solution: PnpSolution | undefined;
  if (outlierPixels === undefined) solution = solve(everything, "fine");
  else {
    inliers = agreeing(everything, outlierPixels, options);
    solution = solve(subset(everything, inliers), "fine");
  }
  if (!solution)
    throw fault(
      "INVALID_GEOMETRY",
      "no pose that fits the landmarks has all of them in front of the source; are their pixels mirrored or in another order?",
      { defect: "landmarks-behind-source" },
    );
  const { pose, error } = solution;
  if (detector && error > Math.max(detector.rows, detector.columns) / 5) throw doNotFit(`${error.toFixed(1)} pixels`);
  return { pose, view: transformView(view, inverseAffine(pose)), error, inliers };
}

/** The best refined start; "coarse" does for telling mistakes from landmarks. */
function solve(problem: PnpProblem, precision: "coarse" | "fine"): PnpSolution | undefined {
  const shape = landmarkShape(problem.points, LEAST);
  const coarse = (starts: readonly Matrix4[]) =>
    starts.flatMap((start) => refinePose(problem, start, "coarse") ?? []).sort((a, b) => a.error - b.error);
  let solutions = coarse(startingPoses(problem, shape));
  if (solutions.length === 0) solutions = coarse(turnsInAllDirections(problem));
  if (precision === "coarse") return solutions[0];
  let best: PnpSolution | undefined;
  for (const { pose } of solutions.slice(0, FINALISTS)) {
    const found = refinePose(problem, pose, "fine");
    if (found && (!best || found.error < best.error)) best = found;
  }
  return best;
}

/** True of points that say nothing of a pose; of the whole set that was refused before. */
function isOnLine({ points }: PnpProblem): boolean {
  try {
    landmarkShape(points, LEAST);
    return false;
  } catch {
    return true;
  }
}

const subset = ({ view, points, pixels }: PnpProblem, indices: readonly number[]): PnpProblem =>
  pnpProblem(
    view,
    indices.map((i) => points[i]),
    indices.map((i) => pixels[i]),
  );

/**
 * The landmarks within `threshold` pixels of the pose of 4 of them on which most agree, and then of the pose of those.
 * Source: Fischler and Bolles, Commun. ACM 24(6), 1981.
 */
function agreeing(problem: PnpProblem, threshold: number, options: LandmarkPoseOptions): number[] {
  const { trials = 100, seed = 1 } = options;
  const n = problem.points.length;
  const random = createRandom(seed);
  const within = (pose: Matrix4) => {
    const seen = projectPoints(transformView(problem.view, inverseAffine(pose)), problem.points);
    const near = ({ column, row, depth }: (typeof seen)[number], i: number) =>
      depth > 0 && Math.hypot(column - problem.pixels[i].column, row - problem.pixels[i].row) <= threshold;
    return seen.flatMap((pixel, i) => (near(pixel, i) ? [i] : []));
  };
  let best: number[] = [];
  let needed = trials;
  for (let trial = 0; trial < needed; trial++) {
    const four = subset(problem, [...randomSubset(random, n, LEAST)]);
    const found = isOnLine(four) ? undefined : solve(four, "coarse");
    const inliers = found ? within(found.pose) : [];
    if (inliers.length <= best.length) continue;
    best = inliers;
    const clean = (best.length / n) ** LEAST;
    if (clean === 1) break;
    needed = Math.min(trials, Math.ceil(Math.log(1 - CONFIDENCE) / Math.log(1 - clean)));
  }
  // a set of 4 always fits itself more or less: one more must agree
  if (best.length <= LEAST && n > LEAST)
    throw doNotFit(`more than ${threshold} pixels, whichever ${LEAST} of the ${n} are trusted`);
  for (let round = 0; round < 5; round++) {
    const refined = solve(subset(problem, best), "coarse");
    const next = refined ? within(refined.pose) : best;
    if (next.length <= best.length) return best;
    best = next;
  }
  return best;
}

const doNotFit = (how: string) =>
  fault(
    "INVALID_GEOMETRY",
    `no pose brings the landmarks to their pixels: the best misses by ${how}; are both in the same order, the pixels not mirrored, the landmarks in mm, the view's distances right?`,
    { defect: "landmarks-do-not-fit" },
  );

function checkInput(
  landmarks: readonly Vec3[],
  pixels: readonly LandmarkPixel[],
  view: View,
  options: LandmarkPoseOptions,
): ConeView {
  refuseUnknownOptions("poseFromLandmarks", options, ["detector", "outlierPixels", "trials", "seed"]);
  const { detector, outlierPixels, trials = 100 } = options;
  checkView(view);
  if (view.beam !== "cone")
    throw fault("INVALID_GEOMETRY", "a pose from landmarks needs a cone view: parallel rays leave the depth open", {
      defect: "not-representable",
    });
  if (landmarks.length !== pixels.length)
    throw fault("SHAPE_MISMATCH", `${landmarks.length} landmarks need as many pixels, got ${pixels.length}`, {
      defect: "length",
    });
  const bad = pixels.findIndex(({ column, row }) => !Number.isFinite(column) || !Number.isFinite(row));
  if (bad >= 0)
    throw fault("NOT_FINITE", `pixels are finite columns and rows, but that of landmark ${bad} is not`, {
      defect: "not-finite",
      index: bad,
    });
  landmarkShape(landmarks, LEAST);
  if (pixels.every(({ column, row }) => column === pixels[0].column && row === pixels[0].row))
    throw fault("INVALID_ARGUMENT", "all landmarks are given at one pixel; name where each was found", {
      defect: "duplicate-landmarks",
    });
  if (detector) refuseFarPixels(pixels, detector, "the pixels of the landmarks lie", "are they in pixels, not mm?");
  if ((outlierPixels !== undefined && !(outlierPixels > 0)) || !(Number.isInteger(trials) && trials > 0))
    throw fault("INVALID_ARGUMENT", `outlierPixels must be above 0 and trials a positive integer`, {
      defect: "out-of-range",
      ...{ outlierPixels, trials },
    });
  return view;
}
