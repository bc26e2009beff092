/**
 * Set-up of the slab (Siddon) and plane (Joseph) forms: each ray as v and w against planes of its dominant axis u,
 * computed in f64 and rounded to f32 once.
 *
 * Positions are relative to the center cell (nv >> 1, nw >> 1) at the center plane kc = nu >> 1, so that f32 keeps
 * about 1e-5 of a cell: v(k) = vc + sv (k - kc). Siddon's planes are the lower faces of cells, Joseph's their centers.
 */
import * as job from "./job";
import * as rays from "./rays";

// ---- axes: x-dominant rays have (u, w, v) = (x, y, z), y-dominant (y, x, z), z-dominant (z, x, y) ------------------

export let nu: i32 = 0;
export let nv: i32 = 0;
export let nw: i32 = 0;
/** Bytes from cell to cell. */
export let strideU: i32 = 0;
export let strideV: i32 = 0;
export let strideW: i32 = 0;

export function useAxis(axis: i32): void {
  if (axis == 0) {
    nu = job.nx;
    strideU = job.strideX;
  } else if (axis == 1) {
    nu = job.ny;
    strideU = job.strideY;
  } else {
    nu = job.nz;
    strideU = 4;
  }
  if (axis == 0) {
    nw = job.ny;
    strideW = job.strideY;
  } else {
    nw = job.nx;
    strideW = job.strideX;
  }
  if (axis == 2) {
    nv = job.ny;
    strideV = job.strideY;
  } else {
    nv = job.nz;
    strideV = 4;
  }
}

// ---- one ray -------------------------------------------------------------------------------------------------------

/** What becomes of a ray: 0, 1, 2 = planes of that axis, or nothing. */
export const MISS: i32 = 3;

/** Line, mm per plane, lower and upper end along u (relative to the center plane), planes of the ray traced last. */
let laneV: f64 = 0;
let laneSlopeV: f64 = 0;
let laneW: f64 = 0;
let laneSlopeW: f64 = 0;
let laneLength: f64 = 0;
let laneLow: f64 = 0;
let laneHigh: f64 = 0;
let laneFirst: i32 = 0;
let laneEnd: i32 = 0;
let laneEnding: bool = false;

/** Stands for the ends of a ray without ends; exact in f32. */
const ENDLESS: f64 = 1073741824;

/** Slopes below this count as 0: over 4096 planes they move a ray by less than f32 can say. */
const FLAT: f64 = 1e-12;

function traceRay(pixel: i32, only: i32): i32 {
  if (pixel < 0) return MISS;
  rays.aim(pixel);
  const axis = rays.dominantAxis();
  if (only >= 0 && axis != only) return MISS;
  if (axis == 0)
    return trace(
      0, rays.sx, rays.sz, rays.sy, rays.dx, rays.dz, rays.dy, job.nx, job.nz, job.ny,
      job.gxx, job.gzz, job.gyy, job.gxz, job.gxy, job.gyz,
    );
  if (axis == 1)
    return trace(
      1, rays.sy, rays.sz, rays.sx, rays.dy, rays.dz, rays.dx, job.ny, job.nz, job.nx,
      job.gyy, job.gzz, job.gxx, job.gyz, job.gxy, job.gxz,
    );
  return trace(
    2, rays.sz, rays.sy, rays.sx, rays.dz, rays.dy, rays.dx, job.nz, job.ny, job.nx,
    job.gzz, job.gyy, job.gxx, job.gyz, job.gxz, job.gxy,
  );
}

// biome-ignore format: one line per group of arguments
function trace(
  axis: i32, su: f64, sv: f64, sw: f64, du: f64, dv: f64, dw: f64, nu: i32, nv: i32, nw: i32,
  guu: f64, gvv: f64, gww: f64, guv: f64, guw: f64, gvw: f64,
): i32 {
  if (du == 0) return MISS;
  const inverse = 1 / du;
  const mv = dv * inverse;
  const mw = dw * inverse;
  const joseph = job.model == job.JOSEPH;
  const offset: f64 = joseph ? 0.5 : 0;
  // The part of u where the ray is inside the box, which Joseph's ramps make wider by half a cell in v and w.
  let low: f64 = 0;
  let high: f64 = nu;
  if (Math.abs(mv) > FLAT) {
    const inverseV = du / dv;
    const a = su + (-offset - sv) * inverseV;
    const b = su + (<f64>nv + offset - sv) * inverseV;
    const near = mv > 0 ? a : b;
    const far = mv > 0 ? b : a;
    low = near > low ? near : low;
    high = far < high ? far : high;
  } else {
    const at = sv + (0.5 * <f64>nu - su) * mv;
    if (!(at >= -offset && at < <f64>nv + offset)) return MISS;
  }
  if (Math.abs(mw) > FLAT) {
    const inverseW = du / dw;
    const a = su + (-offset - sw) * inverseW;
    const b = su + (<f64>nw + offset - sw) * inverseW;
    const near = mw > 0 ? a : b;
    const far = mw > 0 ? b : a;
    low = near > low ? near : low;
    high = far < high ? far : high;
  } else {
    const at = sw + (0.5 * <f64>nu - su) * mw;
    if (!(at >= -offset && at < <f64>nw + offset)) return MISS;
  }
  if (!(low < high)) return MISS;
  let from = -ENDLESS;
  let to = ENDLESS;
  if (job.segment && job.beam != job.PARALLEL) {
    from = du > 0 ? su : su + du;
    to = du > 0 ? su + du : su;
    if (from >= nu || to <= 0) return MISS;
  }
  // Cells [k, k + 1] along u: Siddon's where the ray is in the box, Joseph's whose center planes it meets in the box.
  const begin = joseph ? Math.ceil(low - 0.5) : Math.floor(low);
  const finish = Math.floor(high - offset);
  laneFirst = max(0, <i32>Math.max(begin, Math.floor(from)));
  laneEnd = min(nu, <i32>Math.min(finish, Math.floor(to)) + 1);
  if (laneFirst >= laneEnd) return MISS;
  laneEnding = from > laneFirst || to < laneEnd;
  const center = nu >> 1;
  laneLow = Math.max(from - <f64>center, -ENDLESS);
  laneHigh = Math.min(to - <f64>center, ENDLESS);
  const height = <f64>center + offset - su;
  laneV = sv - offset - <f64>(nv >> 1) + height * mv;
  laneW = sw - offset - <f64>(nw >> 1) + height * mw;
  laneSlopeV = mv;
  laneSlopeW = mw;
  laneLength = Math.sqrt(guu + mv * mv * gvv + mw * mw * gww + 2 * (mv * guv + mw * guw + mv * mw * gvw));
  return axis;
}

// ---- four rays -----------------------------------------------------------------------------------------------------

/** Kind of each ray: an axis or MISS. */
export let kind0: i32 = 0;
export let kind1: i32 = 0;
export let kind2: i32 = 0;
export let kind3: i32 = 0;
let traceV: v128 = i32x4.splat(0);
let traceSlopeV: v128 = i32x4.splat(0);
let traceW: v128 = i32x4.splat(0);
let traceSlopeW: v128 = i32x4.splat(0);
let traceLength: v128 = i32x4.splat(0);
let traceLow: v128 = i32x4.splat(0);
let traceHigh: v128 = i32x4.splat(0);
let traceFirst: v128 = i32x4.splat(0);
let traceEnd: v128 = i32x4.splat(0);

/** The selected rays: line, mm per plane (0 for lanes that are parked), ranges of planes. */
export let v: v128 = i32x4.splat(0);
export let slopeV: v128 = i32x4.splat(0);
export let w: v128 = i32x4.splat(0);
export let slopeW: v128 = i32x4.splat(0);
export let length: v128 = i32x4.splat(0);
/** Lower and upper end of the rays along u, relative to the center plane. */
export let low: v128 = i32x4.splat(0);
export let high: v128 = i32x4.splat(0);
/** All ones in the lanes that are selected. */
export let mask: v128 = i32x4.splat(0);
/**
 * [first, end) is visited by some lane; in [innerFirst, innerEnd) all lanes are inside the box and between their ends for
 * the whole of each cell.
 */
export let first: i32 = 0;
export let end: i32 = 0;
export let innerFirst: i32 = 0;
export let innerEnd: i32 = 0;
/** CLAMPED or ENDING: what the planes outside [innerFirst, innerEnd) need. */
export let edge: i32 = 0;

/** How a loop over planes treats positions: as they are, held near the box, or with the ends of rays inside as well. */
export const PLAIN: i32 = 0;
export const CLAMPED: i32 = 1;
export const ENDING: i32 = 2;

/** Traces four pixels (-1: none), or those of one dominant axis (-1: all). Returns the kinds that occur, as bits. */
export function traceFour(pixel0: i32, pixel1: i32, pixel2: i32, pixel3: i32, only: i32): i32 {
  edge = CLAMPED;
  kind0 = traceRay(pixel0, only);
  if (kind0 < MISS) keepLane(i32x4(-1, 0, 0, 0));
  kind1 = traceRay(pixel1, only);
  if (kind1 < MISS) keepLane(i32x4(0, -1, 0, 0));
  kind2 = traceRay(pixel2, only);
  if (kind2 < MISS) keepLane(i32x4(0, 0, -1, 0));
  kind3 = traceRay(pixel3, only);
  if (kind3 < MISS) keepLane(i32x4(0, 0, 0, -1));
  return (1 << kind0) | (1 << kind1) | (1 << kind2) | (1 << kind3);
}

/** Keeps the ray traced last in the lanes of `lane` (all ones there). */
// @ts-ignore: decorator
@inline
function keepLane(lane: v128): void {
  traceV = v128.bitselect(f32x4.splat(<f32>laneV), traceV, lane);
  traceSlopeV = v128.bitselect(f32x4.splat(<f32>laneSlopeV), traceSlopeV, lane);
  traceW = v128.bitselect(f32x4.splat(<f32>laneW), traceW, lane);
  traceSlopeW = v128.bitselect(f32x4.splat(<f32>laneSlopeW), traceSlopeW, lane);
  traceLength = v128.bitselect(f32x4.splat(<f32>laneLength), traceLength, lane);
  if (laneEnding) edge = ENDING;
  traceLow = v128.bitselect(f32x4.splat(<f32>laneLow), traceLow, lane);
  traceHigh = v128.bitselect(f32x4.splat(<f32>laneHigh), traceHigh, lane);
  traceFirst = v128.bitselect(i32x4.splat(laneFirst), traceFirst, lane);
  traceEnd = v128.bitselect(i32x4.splat(laneEnd), traceEnd, lane);
}

/**
 * Selects the traced rays of one axis. The other lanes are parked: they follow the first selected ray with length 0,
 * so that they neither widen the range of planes nor leave the box.
 */
export function selectAxis(axis: i32): void {
  const mask0 = kind0 == axis;
  const mask1 = kind1 == axis;
  const mask2 = kind2 == axis;
  const mask3 = kind3 == axis;
  mask = i32x4(mask0 ? -1 : 0, mask1 ? -1 : 0, mask2 ? -1 : 0, mask3 ? -1 : 0);
  let ranges = traceFirst;
  let ends = traceEnd;
  if (mask0 && mask1 && mask2 && mask3) {
    v = traceV;
    slopeV = traceSlopeV;
    w = traceW;
    slopeW = traceSlopeW;
    length = traceLength;
    low = traceLow;
    high = traceHigh;
  } else {
    const leader = mask0 ? 0 : mask1 ? 1 : mask2 ? 2 : 3;
    const lanes = i32x4(mask0 ? 0 : leader, mask1 ? 1 : leader, mask2 ? 2 : leader, mask3 ? 3 : leader);
    const bytes = i32x4.add(i32x4.mul(lanes, i32x4.splat(0x04040404)), i32x4.splat(0x03020100));
    v = i8x16.swizzle(traceV, bytes);
    slopeV = i8x16.swizzle(traceSlopeV, bytes);
    w = i8x16.swizzle(traceW, bytes);
    slopeW = i8x16.swizzle(traceSlopeW, bytes);
    length = v128.and(traceLength, mask);
    low = i8x16.swizzle(traceLow, bytes);
    high = i8x16.swizzle(traceHigh, bytes);
    ranges = i8x16.swizzle(ranges, bytes);
    ends = i8x16.swizzle(ends, bytes);
  }
  const f0 = i32x4.extract_lane(ranges, 0);
  const f1 = i32x4.extract_lane(ranges, 1);
  const f2 = i32x4.extract_lane(ranges, 2);
  const f3 = i32x4.extract_lane(ranges, 3);
  const e0 = i32x4.extract_lane(ends, 0);
  const e1 = i32x4.extract_lane(ends, 1);
  const e2 = i32x4.extract_lane(ends, 2);
  const e3 = i32x4.extract_lane(ends, 3);
  first = min(min(f0, f1), min(f2, f3));
  end = max(max(e0, e1), max(e2, e3));
  innerFirst = max(max(f0, f1), max(f2, f3)) + 1;
  innerEnd = min(min(e0, e1), min(e2, e3)) - 1;
  if (innerFirst >= innerEnd) innerFirst = innerEnd = end;
}

/** Where an end of the ray cuts the cell of plane kk (relative to the center plane): 0 before it, 1 after it. */
// @ts-ignore: decorator
@inline
export function cutAt(end: v128, kk: v128): v128 {
  return f32x4.pmin(f32x4.pmax(f32x4.sub(end, kk), f32x4.splat(0)), f32x4.splat(1));
}

/** All ones where a cut lies strictly inside the cell. */
// @ts-ignore: decorator
@inline
export function inside(cut: v128): v128 {
  return v128.and(f32x4.gt(cut, f32x4.splat(0)), f32x4.lt(cut, f32x4.splat(1)));
}
