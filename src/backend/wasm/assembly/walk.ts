/**
 * One ray at a time, in f64: rays whose source or end lies inside the volume (clipped there), and maxima.
 * Everything works on the ray that `rays.aim` set last.
 */
import * as job from "./job";
import * as rays from "./rays";

/** What a walk does with the cells it meets. */
export const INTEGRATE: i32 = 0;
export const MAXIMUM: i32 = 1;
export const SCATTER: i32 = 2;
export const DIFFERENTIATE: i32 = 3;

/** Derivatives of the integral with respect to source and end (index coordinates), filled by DIFFERENTIATE. */
export let sourceX: f64 = 0;
export let sourceY: f64 = 0;
export let sourceZ: f64 = 0;
export let endX: f64 = 0;
export let endY: f64 = 0;
export let endZ: f64 = 0;

export function setGradient(ax: f64, ay: f64, az: f64, bx: f64, by: f64, bz: f64): void {
  sourceX = ax;
  sourceY = ay;
  sourceZ = az;
  endX = bx;
  endY = by;
  endZ = bz;
}

/** Length of the ray in mm. */
export function rayLength(): f64 {
  const dx = rays.dx, dy = rays.dy, dz = rays.dz;
  return Math.sqrt(
    job.gxx * dx * dx + job.gyy * dy * dy + job.gzz * dz * dz +
      2 * (job.gxy * dx * dy + job.gxz * dx * dz + job.gyz * dy * dz),
  );
}

/** Adds `scale` times the derivative of the ray's length to the gradient of source and end. */
export function addLengthGradient(scale: f64): void {
  const dx = rays.dx, dy = rays.dy, dz = rays.dz;
  const factor = scale / rayLength();
  const x = factor * (job.gxx * dx + job.gxy * dy + job.gxz * dz);
  const y = factor * (job.gxy * dx + job.gyy * dy + job.gyz * dz);
  const z = factor * (job.gxz * dx + job.gyz * dy + job.gzz * dz);
  setGradient(sourceX - x, sourceY - y, sourceZ - z, endX + x, endY + y, endZ + z);
}

// ---- the part of the ray inside a box ------------------------------------------------------------------------------

/** [entry, exit] as fractions of the ray, and the axes of the faces there (-1: the source or the end). */
export let entry: f64 = 0;
export let exit: f64 = 0;
let entryAxis: i32 = -1;
let exitAxis: i32 = -1;

/** Clips the whole line, or only the part from source to end, to the box [-margin, n + margin]. False if nothing is left. */
export function clip(margin: f64, whole: bool): bool {
  entry = whole ? -Infinity : 0;
  exit = whole ? Infinity : 1;
  entryAxis = exitAxis = -1;
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
  const far = Math.max(a, b);
  if (near > entry) {
    entry = near;
    entryAxis = axis;
  }
  if (far < exit) {
    exit = far;
    exitAxis = axis;
  }
  return true;
}

// ---- Siddon --------------------------------------------------------------------------------------------------------

/** Cell at the entry, on the side where the ray goes in. */
function startCell(axis: i32, s: f64, d: f64, n: i32): i32 {
  if (axis == entryAxis) return d > 0 ? 0 : n - 1;
  return max(0, min(n - 1, <i32>Math.floor(s + entry * d)));
}

// @ts-ignore: decorator
@inline
function nextFace(cell: i32, s: f64, d: f64): f64 {
  return d > 0 ? (<f64>(cell + 1) - s) / d : d < 0 ? (<f64>cell - s) / d : Infinity;
}

/**
 * Exact walk from cell to cell, clipped to the segment. `value`, `from`, `to`, `axis`: SCATTER adds value times mm to
 * the cells whose index along `axis` is in [from, to).
 */
export function siddon(action: i32, value: f64, axis: i32, from: i32, to: i32): f64 {
  if (action == DIFFERENTIATE) setGradient(0, 0, 0, 0, 0, 0);
  if (!clip(0, !job.segment || job.beam == job.PARALLEL)) return 0;
  const sx = rays.sx, sy = rays.sy, sz = rays.sz;
  const dx = rays.dx, dy = rays.dy, dz = rays.dz;
  let x = startCell(0, sx, dx, job.nx);
  let y = startCell(1, sy, dy, job.ny);
  let z = startCell(2, sz, dz, job.nz);
  let faceX = nextFace(x, sx, dx);
  let faceY = nextFace(y, sy, dy);
  let faceZ = nextFace(z, sz, dz);
  const length = rayLength();
  let alpha = entry;
  let sum: f64 = 0;
  let highest = -Infinity;
  let crossed = entryAxis;
  let before: f64 = 0;
  while (true) {
    const next = Math.min(faceX, Math.min(faceY, faceZ));
    const stop = Math.min(next, exit);
    const address = job.volume + (x * job.strideX + y * job.strideY + (z << 2));
    const here: f64 = load<f32>(address);
    if (action == DIFFERENTIATE && crossed >= 0) cross(crossed, alpha, length * (before - here));
    before = here;
    if (stop > alpha) {
      const part = stop - alpha;
      sum += part * here;
      highest = Math.max(highest, here);
      if (action == SCATTER) {
        const owned = axis == 0 ? x : axis == 1 ? y : z;
        if (owned >= from && owned < to) store<f32>(address, <f32>(here + part * length * value));
      }
      alpha = stop;
    }
    if (next >= exit) break;
    if (next == faceX) {
      x += dx > 0 ? 1 : -1;
      if (x < 0 || x >= job.nx) break;
      faceX = nextFace(x, sx, dx);
      crossed = 0;
    } else if (next == faceY) {
      y += dy > 0 ? 1 : -1;
      if (y < 0 || y >= job.ny) break;
      faceY = nextFace(y, sy, dy);
      crossed = 1;
    } else {
      z += dz > 0 ? 1 : -1;
      if (z < 0 || z >= job.nz) break;
      faceZ = nextFace(z, sz, dz);
      crossed = 2;
    }
  }
  if (action == MAXIMUM) return highest == -Infinity ? 0 : highest;
  if (action == DIFFERENTIATE) {
    if (exitAxis >= 0) cross(exitAxis, exit, length * before);
    addLengthGradient(sum);
  }
  return sum * length;
}

/** A crossing at alpha of a face of `axis`, where the integral changes by `jump` per unit of alpha. */
function cross(axis: i32, alpha: f64, jump: f64): void {
  if (axis == 0) {
    sourceX += (jump * (alpha - 1)) / rays.dx;
    endX -= (jump * alpha) / rays.dx;
  } else if (axis == 1) {
    sourceY += (jump * (alpha - 1)) / rays.dy;
    endY -= (jump * alpha) / rays.dy;
  } else {
    sourceZ += (jump * (alpha - 1)) / rays.dz;
    endZ -= (jump * alpha) / rays.dz;
  }
}

/** Adds to the components of one axis of the gradient of source and end. */
export function addToGradientAlong(axis: i32, atSource: f64, atEnd: f64): void {
  if (axis == 0) {
    sourceX += atSource;
    endX += atEnd;
  } else if (axis == 1) {
    sourceY += atSource;
    endY += atEnd;
  } else {
    sourceZ += atSource;
    endZ += atEnd;
  }
}
