import type { Vec3 } from "../../core/linear.js";
import type { Discretization, FreeRays } from "../kernels.js";
import { numbersOf } from "./array.js";

/** Points origin + t direction, from <= t <= to, index coordinates. */
export interface Ray {
  readonly origin: Vec3;
  readonly direction: Vec3;
  readonly from: number;
  readonly to: number;
  /** mm per unit of t: sqrt(dᵀ G d). */
  readonly length: number;
  /** G d / length = derivative of `length` with respect to the direction. */
  readonly lengthSlope: Vec3;
}

/**
 * Takes one voxel of a ray: number (x fastest) and its weight in mm; the integral is the sum of weight times voxel.
 * If the walk was given `slope`, it holds the derivative of the weight with respect to origin (0-2) and direction (3-5).
 */
export type Visit = (voxel: number, weight: number) => void;

/** Visits what a ray meets of a volume of this size, in order. */
export type Walk = (ray: Ray, size: Vec3, options: Discretization, visit: Visit, slope?: Float64Array) => void;

function createRay(origin: Vec3, direction: Vec3, metric: ArrayLike<number>, from: number, to: number): Ray {
  const [x, y, z] = direction;
  const g: Vec3 = [
    metric[0] * x + metric[3] * y + metric[4] * z,
    metric[3] * x + metric[1] * y + metric[5] * z,
    metric[4] * x + metric[5] * y + metric[2] * z,
  ];
  const length = Math.sqrt(Math.max(0, x * g[0] + y * g[1] + z * g[2]));
  const scale = length > 0 ? 1 / length : 0;
  return { origin, direction, from, to, length, lengthSlope: [g[0] * scale, g[1] * scale, g[2] * scale] };
}

const vector = (table: Float64Array, at: number): Vec3 => [table[at], table[at + 1], table[at + 2]];

/** The ray through pixel (row, column) of a view of a table of 18 numbers a view. */
export function viewRay(
  table: Float64Array,
  view: number,
  row: number,
  column: number,
  options: Discretization & { readonly beam: "cone" | "parallel" },
): Ray {
  const at = 18 * view;
  const pixel = vector(table, at + 3).map((p, axis) => p + column * table[at + 6 + axis] + row * table[at + 9 + axis]);
  const end: Vec3 = [pixel[0], pixel[1], pixel[2]];
  const metric = table.subarray(at + 12, at + 18);
  if (options.beam === "parallel") return createRay(end, vector(table, at), metric, -Infinity, Infinity);
  return rayBetween(vector(table, at), end, metric, options);
}

/** Ray number `index` of a table of source and end. */
export function freeRay(args: FreeRays, index: number): Ray {
  const table = numbersOf(args.rays);
  return rayBetween(vector(table, 6 * index), vector(table, 6 * index + 3), args.metric, args);
}

function rayBetween(source: Vec3, end: Vec3, metric: ArrayLike<number>, { extent }: Discretization): Ray {
  const direction: Vec3 = [end[0] - source[0], end[1] - source[1], end[2] - source[2]];
  return extent === "line"
    ? createRay(source, direction, metric, -Infinity, Infinity)
    : createRay(source, direction, metric, 0, 1);
}

/** The part of the whole line inside the box [-margin, n + margin], as [from, to]; empty if from >= to. */
export function clipLine({ origin, direction }: Ray, size: Vec3, margin: number): readonly [number, number] {
  let [from, to] = [-Infinity, Infinity];
  for (let axis = 0; axis < 3; axis++) {
    const [low, high] = [-margin, size[axis] + margin];
    const [o, d] = [origin[axis], direction[axis]];
    if (d === 0) {
      if (o < low || o >= high) return [0, 0];
    } else {
      from = Math.max(from, (d > 0 ? low - o : high - o) / d);
      to = Math.min(to, (d > 0 ? high - o : low - o) / d);
    }
  }
  return [from, to];
}

/** Writes a derivative by origin and direction as one by the two points of the ray: source (or direction) and pixel. */
export function toPoints(
  slope: Float64Array,
  beam: "cone" | "parallel",
  out: Float64Array,
  at: number,
  stride: number,
): void {
  for (let axis = 0; axis < 3; axis++) {
    const [byOrigin, byDirection] = [slope[axis], slope[axis + 3]];
    // cone: origin = source, direction = pixel - source; parallel: origin = pixel
    out[at + axis * stride] = beam === "cone" ? byOrigin - byDirection : byDirection;
    out[at + (axis + 3) * stride] = beam === "cone" ? byDirection : byOrigin;
  }
}
