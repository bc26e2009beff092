/** The part of a ray inside the volume's box. */
import * as job from "./job";
import * as rays from "./rays";

/** [entry, exit] as fractions of the ray, and the axis of the face at the entry (-1: the source). */
export let entry: f64 = 0;
export let exit: f64 = 0;
export let entryAxis: i32 = -1;

/** Clips the ray aimed last, whole or from source to end, to the box [-margin, n + margin]. False if nothing is left. */
export function clip(margin: f64, whole: bool): bool {
  entry = whole ? -Infinity : 0;
  exit = whole ? Infinity : 1;
  entryAxis = -1;
  return (
    clipAxis(0, rays.sx, rays.dx, job.nx, margin) &&
    clipAxis(1, rays.sy, rays.dy, job.ny, margin) &&
    clipAxis(2, rays.sz, rays.dz, job.nz, margin) &&
    entry < exit && isFinite(entry) && isFinite(exit)
  );
}

function clipAxis(axis: i32, s: f64, d: f64, n: i32, margin: f64): bool {
  const top = <f64>n + margin;
  if (d == 0) return s >= -margin && s < top;
  const a = (-margin - s) / d;
  const b = (top - s) / d;
  const near = Math.min(a, b);
  if (near > entry) {
    entry = near;
    entryAxis = axis;
  }
  exit = Math.min(exit, Math.max(a, b));
  return true;
}
