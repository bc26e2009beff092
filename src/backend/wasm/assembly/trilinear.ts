/**
 * Sums of trilinearly interpolated samples along the ray, four rays at once. Only samples inside the box grown by half
 * a cell (where the interpolation is not zero) are visited. Cell (x, y, z) has its center at integers here.
 */
import { clip, entry, exit } from "./box";
import { addPairs, at0, at1, at2, at3, highs, loadPairs, lows, ROUND, ROUND_BITS } from "./gather";
import { addLengthGradient, rayLength, setGradient } from "./gradient";
import * as job from "./job";
import * as rays from "./rays";

// ---- one ray -------------------------------------------------------------------------------------------------------

/** Fractions of the ray: sample m lies at start + m * spread. */
let start: f64 = 0;
let spread: f64 = 0;
/** mm per sample. */
let weight: f64 = 0;
/** First sample visited, number of whole samples, part of one more that the end of the ray cuts. */
let firstSample: i32 = 0;
let wholes: i32 = 0;
let rest: f64 = 0;
/** Sample in the middle of those visited, to which positions are relative in f32. */
let middle: i32 = 0;

/** Finds the samples of the ray aimed last; false if there are none. */
function traceSamples(): bool {
  const length = rayLength();
  if (length == 0 || !clip(0.5, true)) return false;
  let low: f64 = -Infinity, high: f64 = Infinity;
  rest = 0;
  if (job.step > 0) {
    spread = job.step / length;
    start = 0.5 * spread;
    weight = job.step;
    if (job.segment && job.beam != job.PARALLEL) {
      low = 0;
      high = Math.floor(length / job.step);
      rest = length / job.step - high;
    }
  } else {
    spread = (job.to - job.from) / <f64>(job.samples - 1);
    start = job.from;
    weight = spread * length;
    low = 0;
    high = job.samples;
    if (spread == 0) return false;
  }
  const a = (entry - start) / spread;
  const b = (exit - start) / spread;
  const first = Math.max(low, Math.ceil(Math.min(a, b)));
  const end = Math.floor(Math.max(a, b)) + 1;
  if (end <= high) rest = 0;
  firstSample = <i32>first;
  wholes = <i32>(Math.min(end, high) - first);
  middle = wholes >> 1;
  return wholes > 0 || (wholes == 0 && rest > 0);
}

// ---- four rays -----------------------------------------------------------------------------------------------------

let mask: v128 = i32x4.splat(0);
let x: v128 = i32x4.splat(0);
let y: v128 = i32x4.splat(0);
let z: v128 = i32x4.splat(0);
let stepX: v128 = i32x4.splat(0);
let stepY: v128 = i32x4.splat(0);
let stepZ: v128 = i32x4.splat(0);
let weights: v128 = i32x4.splat(0);
let rests: v128 = i32x4.splat(0);
let middles: v128 = i32x4.splat(0);
let counts: v128 = i32x4.splat(0);
/** Samples [0, inner) are whole for all lanes, [inner, end) for some. */
let inner: i32 = 0;
let end: i32 = 0;

/** Sets up four rays (pixel -1: none), those without samples parked on one that has some, with weight 0. */
function traceFour(p0: i32, p1: i32, p2: i32, p3: i32): bool {
  mask = i32x4.splat(0);
  inner = i32.MAX_VALUE;
  end = 0;
  traceLane(p0, i32x4(-1, 0, 0, 0));
  traceLane(p1, i32x4(0, -1, 0, 0));
  traceLane(p2, i32x4(0, 0, -1, 0));
  traceLane(p3, i32x4(0, 0, 0, -1));
  return end > 0;
}

/** Keeps a ray in its lane, and the first one in all lanes. */
function traceLane(pixel: i32, lane: v128): void {
  if (pixel < 0) return;
  rays.aim(pixel);
  if (!traceSamples()) return;
  const at = start + <f64>(firstSample + middle) * spread;
  const fill = v128.any_true(mask) ? lane : i32x4.splat(-1);
  x = place(x, rays.sx + at * rays.dx - 0.5 - <f64>(job.nx >> 1), fill);
  y = place(y, rays.sy + at * rays.dy - 0.5 - <f64>(job.ny >> 1), fill);
  z = place(z, rays.sz + at * rays.dz - 0.5 - <f64>(job.nz >> 1), fill);
  stepX = place(stepX, spread * rays.dx, fill);
  stepY = place(stepY, spread * rays.dy, fill);
  stepZ = place(stepZ, spread * rays.dz, fill);
  weights = v128.and(place(weights, weight, fill), v128.or(mask, lane));
  rests = place(rests, rest, fill);
  middles = place(middles, middle, fill);
  counts = place(counts, wholes, fill);
  mask = v128.or(mask, lane);
  inner = min(inner, wholes);
  end = max(end, wholes + (rest > 0 ? 1 : 0));
}

// @ts-ignore: decorator
@inline
function place(lanes: v128, value: f64, lane: v128): v128 {
  return v128.bitselect(f32x4.splat(<f32>value), lanes, lane);
}

/** Weight of sample t in each lane: 1, the cut part, or 0. */
// @ts-ignore: decorator
@inline
function share(t: v128): v128 {
  const whole = v128.and(f32x4.splat(1), f32x4.lt(t, counts));
  return v128.bitselect(rests, whole, f32x4.eq(t, counts));
}

// @ts-ignore: decorator
@inline
function position(center: v128, step: v128, t: v128, n: i32, clamp: bool): v128 {
  const p = f32x4.add(center, f32x4.mul(step, t));
  if (!clamp) return p;
  const half = n >> 1;
  return f32x4.pmin(f32x4.pmax(p, f32x4.splat(<f32>-half - 2)), f32x4.splat(<f32>(n - half)));
}

/** Address of voxel (0, 0, 0) relative to the center cell, less the rounding bits of the three indices. */
function originOf(volume: usize): i32 {
  return (
    <i32>volume +
    ((job.nx >> 1) - ROUND_BITS) * job.strideX +
    ((job.ny >> 1) - ROUND_BITS) * job.strideY +
    (((job.nz >> 1) - ROUND_BITS) << 2)
  );
}

// @ts-ignore: decorator
@inline
function addressOf(i: v128, j: v128, k: v128, origin: i32): v128 {
  const round = f32x4.splat(ROUND);
  const alongX = i32x4.mul(f32x4.add(i, round), i32x4.splat(job.strideX));
  const alongY = i32x4.mul(f32x4.add(j, round), i32x4.splat(job.strideY));
  const alongZ = i32x4.shl(f32x4.add(k, round), 2);
  return i32x4.add(i32x4.add(alongX, alongY), i32x4.add(alongZ, i32x4.splat(origin)));
}

// ---- forward -------------------------------------------------------------------------------------------------------

export function forward(p0: i32, p1: i32, p2: i32, p3: i32): v128 {
  if (!traceFour(p0, p1, p2, p3)) return f32x4.splat(0);
  let sum = samples(f32x4.splat(0), 0, inner, false);
  sum = samples(sum, inner, end, true);
  return f32x4.mul(weights, sum);
}

// @ts-ignore: decorator
@inline
function samples(begin: v128, first: i32, last: i32, edge: bool): v128 {
  let sum = begin;
  const cx = x, cy = y, cz = z, dx = stepX, dy = stepY, dz = stepZ, m = middles;
  const strideX = <usize>job.strideX, strideY = <usize>job.strideY;
  const origin = originOf(job.volume);
  for (let n = first; n < last; n++) {
    const t = f32x4.splat(<f32>n);
    const tau = f32x4.sub(t, m);
    const px = position(cx, dx, tau, job.nx, edge);
    const py = position(cy, dy, tau, job.ny, edge);
    const pz = position(cz, dz, tau, job.nz, edge);
    const i = f32x4.floor(px), j = f32x4.floor(py), k = f32x4.floor(pz);
    const fx = f32x4.sub(px, i), fy = f32x4.sub(py, j), fz = f32x4.sub(pz, k);
    const A = addressOf(i, j, k, origin);
    const a0 = at0(A), a1 = at1(A), a2 = at2(A), a3 = at3(A);
    const near = face(a0, a1, a2, a3, strideY, fy, fz);
    const far = face(a0 + strideX, a1 + strideX, a2 + strideX, a3 + strideX, strideY, fy, fz);
    const value = f32x4.add(near, f32x4.mul(fx, f32x4.sub(far, near)));
    sum = f32x4.add(sum, edge ? f32x4.mul(value, share(t)) : value);
  }
  return sum;
}

/** Bilinear interpolation in a plane of x. */
// @ts-ignore: decorator
@inline
function face(a0: usize, a1: usize, a2: usize, a3: usize, strideY: usize, fy: v128, fz: v128): v128 {
  const row0 = row(a0, a1, a2, a3, fz);
  const row1 = row(a0 + strideY, a1 + strideY, a2 + strideY, a3 + strideY, fz);
  return f32x4.add(row0, f32x4.mul(fy, f32x4.sub(row1, row0)));
}

// @ts-ignore: decorator
@inline
function row(a0: usize, a1: usize, a2: usize, a3: usize, fz: v128): v128 {
  const a = loadPairs(a0, a1), b = loadPairs(a2, a3);
  const low = lows(a, b);
  return f32x4.add(low, f32x4.mul(fz, f32x4.sub(highs(a, b), low)));
}

// ---- forward with the derivatives ----------------------------------------------------------------------------------

/** Sums over the samples: gradient of the interpolation, the same times (t - middle), value of the cut sample. */
let gradX: v128 = i32x4.splat(0);
let gradY: v128 = i32x4.splat(0);
let gradZ: v128 = i32x4.splat(0);
let turnX: v128 = i32x4.splat(0);
let turnY: v128 = i32x4.splat(0);
let turnZ: v128 = i32x4.splat(0);
let cut: v128 = i32x4.splat(0);

/** The same bits as `forward`; `differentiate` then gives the derivatives of each lane. */
export function forwardJacobian(p0: i32, p1: i32, p2: i32, p3: i32): v128 {
  gradX = gradY = gradZ = turnX = turnY = turnZ = cut = f32x4.splat(0);
  if (!traceFour(p0, p1, p2, p3)) return f32x4.splat(0);
  let sum = samplesJacobian(f32x4.splat(0), 0, inner, false);
  sum = samplesJacobian(sum, inner, end, true);
  return f32x4.mul(weights, sum);
}

// @ts-ignore: decorator
@inline
function samplesJacobian(begin: v128, first: i32, last: i32, edge: bool): v128 {
  let sum = begin, gx = gradX, gy = gradY, gz = gradZ, tx = turnX, ty = turnY, tz = turnZ;
  const cx = x, cy = y, cz = z, dx = stepX, dy = stepY, dz = stepZ, m = middles;
  const strideX = <usize>job.strideX, strideY = <usize>job.strideY;
  const origin = originOf(job.volume);
  for (let n = first; n < last; n++) {
    const t = f32x4.splat(<f32>n);
    const tau = f32x4.sub(t, m);
    const px = position(cx, dx, tau, job.nx, edge);
    const py = position(cy, dy, tau, job.ny, edge);
    const pz = position(cz, dz, tau, job.nz, edge);
    const i = f32x4.floor(px), j = f32x4.floor(py), k = f32x4.floor(pz);
    const fx = f32x4.sub(px, i), fy = f32x4.sub(py, j), fz = f32x4.sub(pz, k);
    const A = addressOf(i, j, k, origin);
    const a0 = at0(A), a1 = at1(A), a2 = at2(A), a3 = at3(A);
    const a01 = loadPairs(a0, a1), a23 = loadPairs(a2, a3);
    const b01 = loadPairs(a0 + strideY, a1 + strideY), b23 = loadPairs(a2 + strideY, a3 + strideY);
    const c01 = loadPairs(a0 + strideX, a1 + strideX), c23 = loadPairs(a2 + strideX, a3 + strideX);
    const diagonal = strideX + strideY;
    const d01 = loadPairs(a0 + diagonal, a1 + diagonal), d23 = loadPairs(a2 + diagonal, a3 + diagonal);
    const a = lows(a01, a23), b = lows(b01, b23), c = lows(c01, c23), d = lows(d01, d23);
    const az = f32x4.sub(highs(a01, a23), a), bz = f32x4.sub(highs(b01, b23), b);
    const cz2 = f32x4.sub(highs(c01, c23), c), dz2 = f32x4.sub(highs(d01, d23), d);
    const rowA = f32x4.add(a, f32x4.mul(fz, az)), rowB = f32x4.add(b, f32x4.mul(fz, bz));
    const rowC = f32x4.add(c, f32x4.mul(fz, cz2)), rowD = f32x4.add(d, f32x4.mul(fz, dz2));
    const nearY = f32x4.sub(rowB, rowA), farY = f32x4.sub(rowD, rowC);
    const near = f32x4.add(rowA, f32x4.mul(fy, nearY));
    const far = f32x4.add(rowC, f32x4.mul(fy, farY));
    const nearZ = f32x4.add(az, f32x4.mul(fy, f32x4.sub(bz, az)));
    const farZ = f32x4.add(cz2, f32x4.mul(fy, f32x4.sub(dz2, cz2)));
    let alongX = f32x4.sub(far, near);
    let alongY = f32x4.add(nearY, f32x4.mul(fx, f32x4.sub(farY, nearY)));
    let alongZ = f32x4.add(nearZ, f32x4.mul(fx, f32x4.sub(farZ, nearZ)));
    let value = f32x4.add(near, f32x4.mul(fx, alongX));
    if (edge) {
      const part = share(t);
      cut = f32x4.add(cut, v128.and(value, f32x4.eq(t, counts)));
      value = f32x4.mul(value, part);
      alongX = f32x4.mul(alongX, part);
      alongY = f32x4.mul(alongY, part);
      alongZ = f32x4.mul(alongZ, part);
    }
    sum = f32x4.add(sum, value);
    gx = f32x4.add(gx, alongX);
    gy = f32x4.add(gy, alongY);
    gz = f32x4.add(gz, alongZ);
    tx = f32x4.add(tx, f32x4.mul(alongX, tau));
    ty = f32x4.add(ty, f32x4.mul(alongY, tau));
    tz = f32x4.add(tz, f32x4.mul(alongZ, tau));
  }
  gradX = gx;
  gradY = gy;
  gradZ = gz;
  turnX = tx;
  turnY = ty;
  turnZ = tz;
  return sum;
}

/**
 * Sets the gradient of source and end of one ray after `forwardJacobian`; `integral` is its value. With x = s + a d:
 * dI/ds (d fixed) = weight sum grad f, dI/dd = weight sum a grad f, and what follows from the ray's length L: steps of
 * fixed mm have a = (m + 1/2) step / L, and the cut sample's weight grows with L; of an interval all weights do.
 */
export function differentiate(pixel: i32, lane: i32, integral: f64): void {
  setGradient(0, 0, 0, 0, 0, 0);
  rays.aim(pixel);
  if (!traceSamples()) return;
  const gx = weight * pick(gradX, lane), gy = weight * pick(gradY, lane), gz = weight * pick(gradZ, lane);
  const at = start + <f64>(firstSample + middle) * spread;
  const ex = at * gx + spread * weight * pick(turnX, lane);
  const ey = at * gy + spread * weight * pick(turnY, lane);
  const ez = at * gz + spread * weight * pick(turnZ, lane);
  setGradient(gx - ex, gy - ey, gz - ez, ex, ey, ez);
  const length = rayLength();
  if (job.step > 0) {
    const along = ex * rays.dx + ey * rays.dy + ez * rays.dz;
    addLengthGradient((rest > 0 ? pick(cut, lane) : 0) - along / length);
  } else {
    addLengthGradient(integral / length);
  }
}

function pick(lanes: v128, lane: i32): f64 {
  if (lane == 0) return f32x4.extract_lane(lanes, 0);
  if (lane == 1) return f32x4.extract_lane(lanes, 1);
  return lane == 2 ? f32x4.extract_lane(lanes, 2) : f32x4.extract_lane(lanes, 3);
}

// ---- adjoint -------------------------------------------------------------------------------------------------------

/**
 * Adds the weights times `values` to the planes of x in [from, to): visits the samples whose lower plane is in
 * [from - 1, to) and adds to own planes only; what belongs to others goes to a cell of the padding.
 */
export function adjoint(p0: i32, p1: i32, p2: i32, p3: i32, values: v128, from: i32, to: i32): void {
  if (!traceFour(p0, p1, p2, p3)) return;
  const scaled = f32x4.mul(values, weights);
  // Range of samples over all lanes, a sample wider than needed; rays nearly in a plane of x visit all.
  const half: f32 = <f32>(job.nx >> 1);
  const a = f32x4.div(f32x4.sub(f32x4.splat(<f32>from - 1 - half), x), stepX);
  const b = f32x4.div(f32x4.sub(f32x4.splat(<f32>to - half), x), stepX);
  const low = f32x4.sub(f32x4.add(f32x4.floor(f32x4.min(a, b)), middles), f32x4.splat(1));
  const high = f32x4.add(f32x4.add(f32x4.ceil(f32x4.max(a, b)), middles), f32x4.splat(2));
  const moving = f32x4.gt(f32x4.abs(stepX), f32x4.splat(1e-3));
  const lowest = v128.bitselect(low, f32x4.splat(0), moving);
  const highest = v128.bitselect(high, f32x4.splat(<f32>end), moving);
  const first = <i32>Mathf.max(0, Mathf.min(<f32>end, least(lowest)));
  const last = <i32>Mathf.max(0, Mathf.min(<f32>end, -least(f32x4.neg(highest))));
  const middle = max(first, min(last, inner));
  // In between both planes of every lane's samples are own, a sample narrower than it is: no lane asks.
  let ownFirst = middle, ownLast = middle;
  if (v128.all_true<i32>(moving)) {
    const c = f32x4.div(f32x4.sub(f32x4.splat(<f32>from - half), x), stepX);
    const d = f32x4.div(f32x4.sub(f32x4.splat(<f32>to - 1 - half), x), stepX);
    const enter = f32x4.add(f32x4.add(f32x4.ceil(f32x4.min(c, d)), middles), f32x4.splat(2));
    const leave = f32x4.sub(f32x4.add(f32x4.floor(f32x4.max(c, d)), middles), f32x4.splat(1));
    ownFirst = <i32>Mathf.max(<f32>first, Mathf.min(<f32>middle, -least(f32x4.neg(enter))));
    ownLast = <i32>Mathf.max(<f32>ownFirst, Mathf.min(<f32>middle, least(leave)));
  }
  samplesAdjoint(scaled, first, ownFirst, from, to, false, false);
  samplesAdjoint(scaled, ownFirst, ownLast, from, to, false, true);
  samplesAdjoint(scaled, ownLast, middle, from, to, false, false);
  samplesAdjoint(scaled, max(first, inner), last, from, to, true, false);
}

function least(lanes: v128): f32 {
  const pairs = f32x4.min(lanes, v128.shuffle<f32>(lanes, lanes, 2, 3, 0, 1));
  return Mathf.min(f32x4.extract_lane(pairs, 0), f32x4.extract_lane(pairs, 1));
}

// @ts-ignore: decorator
@inline
function samplesAdjoint(values: v128, first: i32, last: i32, from: i32, to: i32, edge: bool, own: bool): void {
  const cx = x, cy = y, cz = z, dx = stepX, dy = stepY, dz = stepZ, m = middles;
  const strideX = i32x4.splat(job.strideX), strideY = i32x4.splat(job.strideY);
  const origin = originOf(job.volume);
  const lowest = f32x4.splat(<f32>(from - (job.nx >> 1)));
  const highest = f32x4.splat(<f32>(to - 1 - (job.nx >> 1)));
  const below = f32x4.sub(lowest, f32x4.splat(1));
  const padding = i32x4.splat(<i32>job.volume + from * job.strideX - 2 * job.strideY - 8);
  for (let n = first; n < last; n++) {
    const t = f32x4.splat(<f32>n);
    const tau = f32x4.sub(t, m);
    const px = position(cx, dx, tau, job.nx, edge);
    const i = f32x4.floor(px);
    const ownNear = v128.and(f32x4.ge(i, lowest), f32x4.le(i, highest));
    const ownFar = v128.and(f32x4.ge(i, below), f32x4.lt(i, highest));
    if (!own && !v128.any_true(v128.or(ownNear, ownFar))) continue;
    const py = position(cy, dy, tau, job.ny, edge);
    const pz = position(cz, dz, tau, job.nz, edge);
    const j = f32x4.floor(py), k = f32x4.floor(pz);
    const fy = f32x4.sub(py, j), fz = f32x4.sub(pz, k);
    const value = edge ? f32x4.mul(values, share(t)) : values;
    const far = f32x4.mul(f32x4.sub(px, i), value);
    const A = addressOf(i, j, k, origin);
    addFace(f32x4.sub(value, far), A, strideY, fy, fz, own, ownNear, padding);
    addFace(far, i32x4.add(A, strideX), strideY, fy, fz, own, ownFar, padding);
  }
}

// @ts-ignore: decorator
@inline
function addFace(value: v128, A: v128, strideY: v128, fy: v128, fz: v128, all: bool, own: v128, padding: v128): void {
  const far = f32x4.mul(fy, value);
  const near = f32x4.sub(value, far);
  const nearHigh = f32x4.mul(near, fz);
  const farHigh = f32x4.mul(far, fz);
  const B = i32x4.add(A, strideY);
  addPairs(all ? A : v128.bitselect(A, padding, own), f32x4.sub(near, nearHigh), nearHigh, true, 4);
  addPairs(all ? B : v128.bitselect(B, padding, own), f32x4.sub(far, farHigh), farHigh, true, 4);
}
