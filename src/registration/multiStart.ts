/** Poses spread over a search box, and which of many results are the same. */
import { multiply4, transformPoint, type Vec3 } from "../core/linear.js";
import { createRandom } from "../core/random.js";
import { haltonPoint } from "./halton.js";
import type { Candidate } from "./layout.js";
import { eulerMotion } from "./motion.js";
import type { Appraisal } from "./objective.js";
import type { SearchBox } from "./types.js";

/** `count` candidates: every body's motion of `start` moved by Euler angles and shifts of the box. */
export function spreadCandidates(
  start: Candidate,
  centers: readonly Vec3[],
  { rotationDeg: a, translation: b }: SearchBox,
  count: number,
  seed: number,
): Candidate[] {
  const random = createRandom(seed);
  const shift = Array.from({ length: 6 }, () => random.uniform());
  return Array.from({ length: count }, (_, index) => {
    const [e1, e2, e3, x, y, z] = haltonPoint(index, shift).map((value) => 2 * value - 1);
    return {
      ...start,
      motions: start.motions.map((motion, body) =>
        multiply4(eulerMotion([a * e1, a * e2, a * e3], [b * x, b * y, b * z], centers[body]), motion),
      ),
    };
  });
}

/** rad and mm below which two results of a coarse search are one: well within the basin of any finer one. */
const SAME = { rotation: 0.05, translation: 10 } as const;

/**
 * True if two candidates place every body alike: the angle between their rotations, and the distance between the places
 * that they give to the center.
 */
export const samePlace = (a: Candidate, b: Candidate, centers: readonly Vec3[]): boolean =>
  a.motions.every((motion, body) => {
    const other = b.motions[body];
    const [p, q] = [transformPoint(motion, centers[body]), transformPoint(other, centers[body])];
    if (Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]) >= SAME.translation) return false;
    let trace = 0;
    for (const row of [0, 4, 8]) for (let i = row; i < row + 3; i++) trace += motion[i] * other[i];
    return trace > 1 + 2 * Math.cos(SAME.rotation);
  });

/** Best first, each with the number of results at the same place; of those the best stands for all. */
export function distinct<T extends Appraisal>(
  results: readonly T[],
  centers: readonly Vec3[],
  weights: readonly number[] = results.map(() => 1),
): { readonly result: T; readonly count: number }[] {
  const order = results.map((_, i) => i).sort((i, j) => results[j].score - results[i].score || i - j);
  const found: { result: T; count: number }[] = [];
  for (const i of order) {
    const same = found.find(({ result }) => samePlace(result.candidate, results[i].candidate, centers));
    if (same) same.count += weights[i];
    else found.push({ result: results[i], count: weights[i] });
  }
  return found;
}
