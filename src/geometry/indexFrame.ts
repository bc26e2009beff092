/**
 * Between the world (RAS mm) and index coordinates, the frame in which kernels trace rays: u = A⁻¹ X + h per axis, where
 * A is the grid's index-to-world affine. With h = 1/2 (exact) voxel i is the box [i, i + 1] and its center i + 1/2.
 */
import { fault } from "../core/errors.js";
import {
  add,
  apply3,
  applyTransposed3,
  inverse3,
  inverseAffine,
  linearPart,
  type Matrix4,
  transformPoint,
  type Vec3,
} from "../core/linear.js";
import type { View } from "./view.js";

/** Numbers per view of a view table: four vectors and the metric. */
export const NUMBERS_PER_VIEW = 18;
/** Numbers per view of a gradient with respect to views: four vectors. */
export const COTANGENTS_PER_VIEW = 12;

/** World point -> index coordinates. */
const pointMap = (indexToWorld: Matrix4, voxelShift: number) => {
  const inverse = inverseAffine(indexToWorld);
  const shift: Vec3 = [voxelShift, voxelShift, voxelShift];
  return (point: Vec3): Vec3 => add(transformPoint(inverse, point), shift);
};

/**
 * The metric of index coordinates, G = AᵀA in mm²: |A d|² = dᵀ G d is the squared length of the step d.
 * Result: Gxx, Gyy, Gzz, Gxy, Gxz, Gyz.
 */
export function metricOf(indexToWorld: Matrix4): [number, number, number, number, number, number] {
  const m = linearPart(indexToWorld);
  const entry = (a: number, b: number) => m[a] * m[b] + m[3 + a] * m[3 + b] + m[6 + a] * m[6 + b];
  return [entry(0, 0), entry(1, 1), entry(2, 2), entry(0, 1), entry(0, 2), entry(1, 2)];
}

/**
 * The table that kernels read (`Rays.views`): 18 numbers a view: source (cone) or direction (parallel), first pixel,
 * column step, row step in index coordinates, then the metric.
 * @param indexToWorld affine of voxel centers, RAS mm
 * @param voxelShift h in u = A⁻¹ X + h: 1/2 puts the center of voxel i at i + 1/2, 0 at i (the parity of some libraries)
 * @throws INVALID_GEOMETRY if cone and parallel views are mixed or the affine is singular
 */
export function viewTable(views: readonly View[], indexToWorld: Matrix4, voxelShift = 0.5): Float64Array {
  const toIndex = pointMap(indexToWorld, voxelShift);
  const inverse = inverse3(linearPart(indexToWorld));
  const metric = metricOf(indexToWorld);
  const table = new Float64Array(NUMBERS_PER_VIEW * views.length);
  views.forEach((view, n) => {
    if (view.beam !== views[0].beam)
      throw fault(
        "INVALID_GEOMETRY",
        `all views of one projector must share one beam: view 0 is ${views[0].beam}, view ${n} is ${view.beam}; use two projectors`,
        { defect: "mixed-beams", view: n },
      );
    const start = view.beam === "cone" ? toIndex(view.source) : apply3(inverse, view.direction);
    const row = [
      ...start,
      ...toIndex(view.firstPixel),
      ...apply3(inverse, view.columnStep),
      ...apply3(inverse, view.rowStep),
      ...metric,
    ];
    table.set(row, NUMBERS_PER_VIEW * n);
  });
  return table;
}

/**
 * The table that kernels read (`FreeRays.rays`): 6 numbers a ray, source and end in index coordinates.
 * @param rays 6 numbers a ray: source and end, RAS mm
 */
export function freeRayTable(rays: Float64Array, indexToWorld: Matrix4, voxelShift = 0.5): Float64Array {
  if (rays.length % 6 !== 0)
    throw fault("SHAPE_MISMATCH", `rays are 6 numbers each (source, end), got ${rays.length} numbers`, {
      length: rays.length,
    });
  const toIndex = pointMap(indexToWorld, voxelShift);
  const table = new Float64Array(rays.length);
  for (let i = 0; i < rays.length; i += 3) table.set(toIndex([rays[i], rays[i + 1], rays[i + 2]]), i);
  return table;
}

/**
 * Cotangents of vectors from index coordinates (unit per voxel) to world (unit per mm): A⁻ᵀ g for each 3 numbers.
 * Serves gradients of views (12 numbers a view) and of free rays (6 numbers a ray) alike.
 */
export function cotangentsToWorld(gradient: Float64Array, indexToWorld: Matrix4): Float64Array {
  if (gradient.length % 3 !== 0)
    throw fault("SHAPE_MISMATCH", `cotangents are vectors of 3 numbers, got ${gradient.length} numbers`, {
      length: gradient.length,
    });
  const inverse = inverse3(linearPart(indexToWorld));
  const world = new Float64Array(gradient.length);
  for (let i = 0; i < gradient.length; i += 3)
    world.set(applyTransposed3(inverse, [gradient[i], gradient[i + 1], gradient[i + 2]]), i);
  return world;
}

/**
 * Gradients of views from the kernels' index coordinates to world mm.
 * @param gradient 12 numbers a view (kernel `viewGradient`): source or direction, first pixel, column step, row step
 */
export function viewCotangentsToWorld(gradient: Float64Array, indexToWorld: Matrix4): Float64Array {
  if (gradient.length % COTANGENTS_PER_VIEW !== 0)
    throw fault("SHAPE_MISMATCH", `gradients of views are 12 numbers a view, got ${gradient.length} numbers`, {
      length: gradient.length,
    });
  return cotangentsToWorld(gradient, indexToWorld);
}
