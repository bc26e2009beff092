/** The largest voxel that a ray meets: an exact walk from cell to cell, one ray at a time, in f64. */
import { clip, entry, entryAxis, exit } from "./box";
import * as job from "./job";
import * as rays from "./rays";

/** Cell at the entry, on the side where the ray goes in. */
function startCell(axis: i32, s: f64, d: f64, n: i32): i32 {
  if (axis == entryAxis) return d > 0 ? 0 : n - 1;
  return max(0, min(n - 1, <i32>Math.floor(s + entry * d)));
}

/** Fraction of the ray at which it leaves a cell along an axis. */
// @ts-ignore: decorator
@inline
function nextFace(cell: i32, s: f64, d: f64): f64 {
  return d > 0 ? (<f64>(cell + 1) - s) / d : d < 0 ? (<f64>cell - s) / d : Infinity;
}

/** Of the ray aimed last; 0 if it meets no voxel. Each crossing is computed from its face, never accumulated. */
export function maximum(): f32 {
  if (!clip(0, !job.segment || job.beam == job.PARALLEL)) return 0;
  const sx = rays.sx, sy = rays.sy, sz = rays.sz;
  const dx = rays.dx, dy = rays.dy, dz = rays.dz;
  let x = startCell(0, sx, dx, job.nx);
  let y = startCell(1, sy, dy, job.ny);
  let z = startCell(2, sz, dz, job.nz);
  let faceX = nextFace(x, sx, dx);
  let faceY = nextFace(y, sy, dy);
  let faceZ = nextFace(z, sz, dz);
  let alpha = entry;
  let highest: f32 = -Infinity;
  while (alpha < exit) {
    const next = Math.min(faceX, Math.min(faceY, faceZ));
    if (next > alpha) {
      highest = max(highest, load<f32>(job.volume + (x * job.strideX + y * job.strideY + (z << 2))));
      alpha = next;
    }
    if (next == faceX) {
      x += dx > 0 ? 1 : -1;
      if (x < 0 || x >= job.nx) break;
      faceX = nextFace(x, sx, dx);
    } else if (next == faceY) {
      y += dy > 0 ? 1 : -1;
      if (y < 0 || y >= job.ny) break;
      faceY = nextFace(y, sy, dy);
    } else {
      z += dz > 0 ? 1 : -1;
      if (z < 0 || z >= job.nz) break;
      faceZ = nextFace(z, sz, dz);
    }
  }
  return highest == -Infinity ? 0 : highest;
}
