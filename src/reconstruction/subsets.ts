import { fault } from "../core/errors.js";
import { cross, dot, norm, normalize, subtract, type Vec3 } from "../core/linear.js";
import type { Trajectory } from "../geometry/view.js";
import { centralRay } from "./fieldOfView.js";

/** The numbers 0 .. count - 1 in bit-reversed order (for 8: 0 4 2 6 1 5 3 7), so that neighbors in time are far apart. */
export function bitReversedOrder(count: number): number[] {
  const bits = Math.ceil(Math.log2(Math.max(1, count)));
  const order: number[] = [];
  for (let i = 0; i < 2 ** bits; i++) {
    let reversed = 0;
    for (let bit = 0; bit < bits; bit++) if (i & (1 << bit)) reversed |= 1 << (bits - 1 - bit);
    if (reversed < count) order.push(reversed);
  }
  return order;
}

/**
 * Views of each subset: subset m holds views m, m + count, m + 2 count, ... Every view is in exactly one subset.
 * @throws INVALID_ARGUMENT if there are more subsets than views
 */
export function orderedSubsets(views: number, count: number): number[][] {
  if (!Number.isInteger(count) || count < 1 || count > views)
    throw fault(
      "INVALID_ARGUMENT",
      `subsets must be an integer from 1 to the number of views (${views}), not ${count}`,
      {
        field: "subsets",
      },
    );
  return Array.from({ length: count }, (_, m) => {
    const subset: number[] = [];
    for (let view = m; view < views; view += count) subset.push(view);
    return subset;
  });
}

/**
 * The views of each subset in the order of their visits. Where the views go round steadily: `orderedSubsets` in
 * bit-reversed order. Free trajectories: the views at a stride near the golden section, cut into subsets one after the
 * other, so that those of a subset and of neighboring subsets lie apart.
 * @throws INVALID_ARGUMENT if there are more subsets than views
 */
export function subsetsInOrder(trajectory: Trajectory, count: number): number[][] {
  const views = trajectory.views.length;
  const subsets = orderedSubsets(views, count);
  if (count === 1 || goesRound(trajectory)) return bitReversedOrder(count).map((m) => subsets[m]);
  const order = goldenOrder(views);
  return subsets.map((_, m) => order.slice(Math.floor((m * views) / count), Math.floor(((m + 1) * views) / count)));
}

/** The numbers 0 .. count - 1 at a stride of 0.618 count (or the next number above without a common factor). */
export function goldenOrder(count: number): number[] {
  let stride = Math.max(1, Math.floor(0.618 * count));
  while (commonFactor(stride, count) > 1) stride++;
  return Array.from({ length: count }, (_, k) => (k * stride) % count);
}

const commonFactor = (a: number, b: number): number => (b === 0 ? a : commonFactor(b, a % b));

type Rays = Pick<Trajectory, "views" | "detector">;

/** True if the views go round steadily and do not move along the axis by more than 1/1000 of their distance from detectors. */
export function onOneCircle(trajectory: Rays): boolean {
  const { views } = trajectory;
  const turns = turnsOf(trajectory);
  if (turns.length < 2 || !goesRound(trajectory)) return false;
  const axis = normalize(turns[0]);
  const places = views.map((view) => dot(axis, view.beam === "cone" ? view.source : view.firstPixel));
  const [first] = views;
  const reach = first.beam === "cone" ? norm(subtract(first.firstPixel, first.source)) : norm(first.rowStep);
  return Math.max(...places) - Math.min(...places) <= 1e-3 * reach;
}

/** Vector products of the central rays of neighbors. */
function turnsOf(trajectory: Rays): Vec3[] {
  const directions = trajectory.views.map((view) => centralRay(view, trajectory).direction);
  return directions.slice(1).map((direction, i) => cross(directions[i], direction));
}

/** True if the central rays turn about one axis, always the same way, no step more than 3 times the mean one. */
function goesRound(trajectory: Rays): boolean {
  const turns = turnsOf(trajectory);
  if (turns.length < 2) return true;
  const mean = turns.reduce((sum, turn) => sum + norm(turn), 0) / turns.length;
  return turns.every((turn) => dot(turn, turns[0]) > 0.99 * norm(turn) * norm(turns[0]) && norm(turn) <= 3 * mean);
}
