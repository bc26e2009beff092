// The dual of total variation in the metric of a curvature: one step of fast gradient projection in a single sweep, and
// the primal volume of a dual one.
//
// A task owns a slab of planes of x and writes q and r there. The step needs r just outside: of the plane before (x only)
// and, for x(r), of the plane after. `totalVariationDualEdges` saves both before any task writes, so slabs do not
// depend on each other, and every voxel gets the same operations whatever the slabs. 14 volumes are read or written once a
// step; separate passes for x(r), the step and the extrapolation would need 24.
import { move } from "./bulk";
import { before } from "./vectors";

/** First elements of y, curvature, q and r. */
let y: usize = 0, curvature: usize = 0;
let qx: usize = 0, qy: usize = 0, qz: usize = 0;
let rx: usize = 0, ry: usize = 0, rz: usize = 0;
let nx: i32 = 0, ny: i32 = 0, nz: i32 = 0;
let strideX: usize = 0, strideY: usize = 0;
let weight: v128 = i32x4.splat(0), lower: v128 = i32x4.splat(0), upper: v128 = i32x4.splat(0);
let step: v128 = i32x4.splat(0), momentum: v128 = i32x4.splat(0);
/** Planes of this task, and its scratch: four planes of `ny` lines of `scratchLine` bytes. */
let from: i32 = 0, end: i32 = 0;
let xAfter: usize = 0, rxBefore: usize = 0, x0: usize = 0, x1: usize = 0;
let scratchLine: usize = 0;

/**
 * args: y, curvature, qx, qy, qz, rx, ry, rz (first elements), nx, ny, nz, bytes from x to x + 1, bytes from y to y + 1,
 * weight, lower, upper, step, momentum, slabs, scratch, bytes of a line of scratch.
 */
function readStep(task: i32, args: usize): void {
  y = <usize>load<f64>(args);
  curvature = <usize>load<f64>(args, 8);
  qx = <usize>load<f64>(args, 16);
  qy = <usize>load<f64>(args, 24);
  qz = <usize>load<f64>(args, 32);
  rx = <usize>load<f64>(args, 40);
  ry = <usize>load<f64>(args, 48);
  rz = <usize>load<f64>(args, 56);
  readVolume(args + 64);
  step = f32x4.splat(<f32>load<f64>(args, 128));
  momentum = f32x4.splat(<f32>load<f64>(args, 136));
  const slabs = <i32>load<f64>(args, 144);
  from = <i32>(<i64>task * nx / slabs);
  end = <i32>((<i64>task + 1) * nx / slabs);
  scratchLine = <usize>load<f64>(args, 160);
  const plane = scratchLine * <usize>ny;
  xAfter = <usize>load<f64>(args, 152) + (plane << 2) * <usize>task;
  rxBefore = xAfter + plane;
  x0 = rxBefore + plane;
  x1 = x0 + plane;
}

function readVolume(args: usize): void {
  nx = <i32>load<f64>(args);
  ny = <i32>load<f64>(args, 8);
  nz = <i32>load<f64>(args, 16);
  strideX = <usize>load<f64>(args, 24);
  strideY = <usize>load<f64>(args, 32);
  weight = f32x4.splat(<f32>load<f64>(args, 40));
  lower = f32x4.splat(<f32>load<f64>(args, 48));
  upper = f32x4.splat(<f32>load<f64>(args, 56));
}

/** y - weight gradᵀ r / curvature within the bounds, four voxels; `previousX` is the address of rx one plane before. */
// @ts-ignore: decorator
@inline
function primal(p: usize, toX: usize, toY: usize, toZ: usize, toCurvature: usize, previousX: usize): v128 {
  const alongX = f32x4.sub(v128.load(p + toX), v128.load(previousX));
  const alongY = f32x4.sub(v128.load(p + toY), v128.load(p + toY - strideY));
  const alongZ = f32x4.sub(v128.load(p + toZ), v128.load(p + toZ - 4));
  const divergence = f32x4.add(f32x4.add(alongX, alongY), alongZ);
  const change = f32x4.div(f32x4.mul(weight, divergence), v128.load(p + toCurvature));
  return f32x4.pmin(f32x4.pmax(f32x4.add(v128.load(p), change), lower), upper);
}

/** x(r) of a line, from the line of rx one plane before, to `out`. */
function primalLine(line: usize, previousX: usize, out: usize): void {
  const toX = rx - y, toY = ry - y, toZ = rz - y, toCurvature = curvature - y;
  const bytes: usize = <usize>nz << 2;
  for (let at: usize = 0; at < bytes; at += 16)
    v128.store(out + at, primal(line + at, toX, toY, toZ, toCurvature, previousX + at));
}

/** Saves what a slab needs from outside: x(r) of the plane after it, rx of the plane before it. */
export function totalVariationDualEdges(task: i32, args: usize): void {
  readStep(task, args);
  let previous = rx + strideX * <usize>from - strideX;
  let line = y + strideX * <usize>end;
  for (let j = 0; j < ny; j++, line += strideY, previous += strideY) {
    const at = scratchLine * <usize>j;
    move(rxBefore + at, previous, <usize>nz << 2);
    if (end < nx) primalLine(line, line + (rx - y) - strideX, xAfter + at);
  }
}

/** In place of infinity, so that a step along no difference is 0. */
const MOST_CURVATURE: f32 = 1e30;
/** Bytes from a voxel to its successors along x and y, 0 at the far faces. */
let toNextX: usize = 0, toNextY: usize = 0;

/** q and r of four voxels; without `masked` all four lie before the last of the line. */
// @ts-ignore: decorator
@inline
function dual(q: usize, here: usize, nextX: usize, nextY: usize, z: i32, masked: bool): void {
  const f = v128.load(here);
  const D = q + curvature;
  const own = v128.load(D);
  let alongZ = f32x4.sub(v128.load(here, 4), f);
  let nextD = v128.load(D, 4);
  if (masked) {
    const inside = before(nz - 1, z);
    alongZ = v128.and(alongZ, inside);
    nextD = v128.bitselect(nextD, own, inside);
  }
  nextD = f32x4.pmin(f32x4.pmin(nextD, v128.load(D + toNextX)), f32x4.pmin(v128.load(D + toNextY), own));
  const local = f32x4.mul(step, f32x4.pmin(nextD, f32x4.splat(MOST_CURVATURE)));
  const vx = f32x4.add(v128.load(q + rx), f32x4.mul(local, f32x4.sub(v128.load(nextX), f)));
  const vy = f32x4.add(v128.load(q + ry), f32x4.mul(local, f32x4.sub(v128.load(nextY), f)));
  const vz = f32x4.add(v128.load(q + rz), f32x4.mul(local, alongZ));
  const one = f32x4.splat(1);
  const length2 = f32x4.add(f32x4.add(f32x4.mul(vx, vx), f32x4.mul(vy, vy)), f32x4.mul(vz, vz));
  const scale = f32x4.div(one, f32x4.sqrt(f32x4.pmax(one, length2)));
  advance(q + qx, q + rx, f32x4.mul(vx, scale), z, masked);
  advance(q + qy, q + ry, f32x4.mul(vy, scale), z, masked);
  advance(q + qz, q + rz, f32x4.mul(vz, scale), z, masked);
}

// @ts-ignore: decorator
@inline
function advance(q: usize, r: usize, next: v128, z: i32, masked: bool): void {
  const ahead = f32x4.add(next, f32x4.mul(momentum, f32x4.sub(next, v128.load(q))));
  v128.store(q, masked ? v128.and(next, before(nz, z)) : next);
  v128.store(r, masked ? v128.and(ahead, before(nz, z)) : ahead);
}

/** One step; see `readStep` for args. */
export function totalVariationDualStep(task: i32, args: usize): void {
  readStep(task, args);
  let own = x0;
  let next = x1;
  const toRx = rx - y;
  let plane = y + strideX * <usize>from;
  for (let j = 0; j < ny; j++)
    primalLine(plane + strideY * <usize>j, rxBefore + scratchLine * <usize>j, own + scratchLine * <usize>j);
  for (let k = from; k < end; k++, plane += strideX) {
    if (k + 1 == end) next = k + 1 < nx ? xAfter : own;
    for (let j = 0; j < ny; j++) {
      const at = scratchLine * <usize>j;
      const line = plane + strideY * <usize>j;
      if (k + 1 < end) primalLine(line + strideX, line + toRx, next + at);
      const here = own + at;
      const nextX = next + at;
      const nextY = j + 1 < ny ? here + scratchLine : here;
      toNextX = k + 1 < nx ? strideX : 0;
      toNextY = j + 1 < ny ? strideY : 0;
      const q = line - y;
      let z = 0;
      for (; z + 4 < nz; z += 4) dual(q + 4 * z, here + 4 * z, nextX + 4 * z, nextY + 4 * z, z, false);
      for (; z < nz; z += 4) dual(q + 4 * z, here + 4 * z, nextX + 4 * z, nextY + 4 * z, z, true);
    }
    const swap = own;
    own = next;
    next = swap;
  }
}

/**
 * x <- x - weight gradᵀ q / curvature within the bounds, one plane a task.
 * args: x, curvature, qx, qy, qz (first elements), then nx to upper as in `readStep`.
 */
export function totalVariationPrimal(task: i32, args: usize): void {
  readVolume(args + 40);
  const x = <usize>load<f64>(args);
  const toCurvature = <usize>load<f64>(args, 8) - x;
  const toX = <usize>load<f64>(args, 16) - x;
  const toY = <usize>load<f64>(args, 24) - x;
  const toZ = <usize>load<f64>(args, 32) - x;
  let line = x + strideX * <usize>task;
  for (let j = 0; j < ny; j++, line += strideY)
    for (let z = 0; z < nz; z += 4) {
      const p = line + 4 * z;
      v128.store(p, v128.and(primal(p, toX, toY, toZ, toCurvature, p + toX - strideX), before(nz, z)));
    }
}
