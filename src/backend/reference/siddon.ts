import type { Walk } from "./ray.js";
import { clipLine } from "./ray.js";

/**
 * Siddon: the weight of a voxel is the length of the ray inside it, L (t' - t) between two crossings of faces.
 * Every crossing t = (face - o)/d is computed from its face, and the voxel between two is looked up at their middle:
 * floor, so that a ray in a face belongs to the upper voxel.
 * Derivatives: dt/do = -1/d, dt/dd = -t/d for a crossing; the ends t = 0 and t = 1 do not move.
 * Source: Siddon, Med. Phys. 12(2), 1985.
 */
export const siddon: Walk = (ray, size, _options, visit, slope) => {
  const { origin, direction, length } = ray;
  const line = clipLine(ray, size, 0);
  const [from, to] = [Math.max(ray.from, line[0]), Math.min(ray.to, line[1])];
  if (!(from < to)) return;
  const face = [0, 0, 0]; // the next face of each axis
  const next = [Infinity, Infinity, Infinity]; // where it is crossed
  const crossing = (axis: number) => (face[axis] - origin[axis]) / direction[axis];
  const advance = (axis: number) => {
    face[axis] += direction[axis] > 0 ? 1 : -1;
    next[axis] = crossing(axis);
  };
  let entered = -1; // the axis whose face bounds the segment at t, or -1 for an end of the ray
  for (let axis = 0; axis < 3; axis++) {
    if (direction[axis] === 0) continue;
    const position = origin[axis] + from * direction[axis];
    face[axis] = direction[axis] > 0 ? Math.floor(position) - 1 : Math.ceil(position) + 1;
    next[axis] = crossing(axis);
    while (next[axis] <= from) {
      if (next[axis] === from && from > ray.from) entered = axis;
      advance(axis);
    }
  }
  for (let t = from; t < to; ) {
    const axis = next[0] <= next[1] ? (next[0] <= next[2] ? 0 : 2) : next[1] <= next[2] ? 1 : 2;
    const end = Math.min(next[axis], to);
    const left: number = next[axis] <= to ? axis : -1;
    const middle = (t + end) / 2;
    const i = Math.floor(origin[0] + middle * direction[0]);
    const j = Math.floor(origin[1] + middle * direction[1]);
    const k = Math.floor(origin[2] + middle * direction[2]);
    const inside = i >= 0 && j >= 0 && k >= 0 && i < size[0] && j < size[1] && k < size[2];
    if (inside && end > t) {
      if (slope) {
        slope.fill(0);
        for (let c = 0; c < 3; c++) slope[3 + c] = ray.lengthSlope[c] * (end - t);
        if (left >= 0) move(slope, left, end, -length / direction[left]);
        if (entered >= 0) move(slope, entered, t, length / direction[entered]);
      }
      visit(i + size[0] * (j + size[1] * k), length * (end - t));
    }
    t = end;
    entered = left;
    advance(axis);
  }
};

function move(slope: Float64Array, axis: number, t: number, rate: number): void {
  slope[axis] += rate;
  slope[3 + axis] += rate * t;
}
