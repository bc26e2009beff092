/**
 * Siddon's line integral in slab form, four rays at once.
 *
 * Between two planes of the dominant axis u a ray moves by |sv|, |sw| <= 1 cells, so it crosses at most one face in v
 * and one in w. With the first cell A, the last cell B, and M, the cell between the two crossings at tv and tw
 * (fractions of the slab, 1 if there is none):
 *
 *   slab = min(tv, tw) A + |tv - tw| M + (1 - max(tv, tw)) B,   integral = mm per slab * sum of slabs.
 *
 * There is no branch and no floor at the end of the slab; a crossing that does not happen has weight 0. Positions are
 * recomputed in every slab, never accumulated.
 * Source: R. L. Siddon, Med. Phys. 12(2), 1985 (the integral); the slab form is our own.
 */
import { addPairs, loadFour, ROUND, ROUND_BITS } from "./gather";
import * as lines from "./lines";

const FLATTEST: f32 = 1e-12;

let inverseV: v128 = i32x4.splat(0);
let inverseW: v128 = i32x4.splat(0);
/** 1 where the slope is positive or zero, else 0: the face that comes next, relative to the cell. */
let aheadV: v128 = i32x4.splat(0);
let aheadW: v128 = i32x4.splat(0);
/** Bytes to the next cell along the ray. */
let stepV: v128 = i32x4.splat(0);
let stepW: v128 = i32x4.splat(0);
/** Bounds of positions: one full cell outside the box. */
let lowV: v128 = i32x4.splat(0);
let highV: v128 = i32x4.splat(0);
let lowW: v128 = i32x4.splat(0);
let highW: v128 = i32x4.splat(0);
/** Address of the center cell of plane 0, less the rounding bits of both indices. */
let origin: i32 = 0;

function prepare(volume: usize): void {
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  const positiveV = f32x4.ge(lines.slopeV, zero);
  const positiveW = f32x4.ge(lines.slopeW, zero);
  inverseV = inverseSlope(lines.slopeV, positiveV);
  inverseW = inverseSlope(lines.slopeW, positiveW);
  aheadV = v128.and(one, positiveV);
  aheadW = v128.and(one, positiveW);
  stepV = v128.bitselect(i32x4.splat(lines.strideV), i32x4.splat(-lines.strideV), positiveV);
  stepW = v128.bitselect(i32x4.splat(lines.strideW), i32x4.splat(-lines.strideW), positiveW);
  const halfV = lines.nv >> 1;
  const halfW = lines.nw >> 1;
  lowV = f32x4.splat(<f32>-halfV - 1);
  highV = f32x4.splat(<f32>(lines.nv + 1 - halfV));
  lowW = f32x4.splat(<f32>-halfW - 1);
  highW = f32x4.splat(<f32>(lines.nw + 1 - halfW));
  origin = <i32>volume + (halfV - ROUND_BITS) * lines.strideV + (halfW - ROUND_BITS) * lines.strideW;
}

/** 1/slope, with ±1e12 for slopes that are nearly 0: their crossing lies beyond every slab. */
function inverseSlope(slope: v128, positive: v128): v128 {
  const flattest = f32x4.splat(FLATTEST);
  const least = v128.bitselect(flattest, f32x4.neg(flattest), positive);
  const usable = f32x4.ge(f32x4.abs(slope), flattest);
  return f32x4.div(f32x4.splat(1), v128.bitselect(slope, least, usable));
}

/** Position along an axis at plane k. */
// @ts-ignore: decorator
@inline
function position(center: v128, slope: v128, plane: v128, low: v128, high: v128, clamp: bool): v128 {
  const p = f32x4.add(center, f32x4.mul(slope, plane));
  return clamp ? f32x4.pmin(f32x4.pmax(p, low), high) : p;
}

/** Fraction of the slab until the next face, at most 1. */
// @ts-ignore: decorator
@inline
function crossing(p: v128, cell: v128, ahead: v128, inverse: v128): v128 {
  return f32x4.pmin(f32x4.splat(1), f32x4.mul(f32x4.sub(f32x4.add(cell, ahead), p), inverse));
}

// @ts-ignore: decorator
@inline
function addressOf(cellV: v128, cellW: v128, strideV: i32, strideW: i32, plane: i32, contiguous: bool): v128 {
  const round = f32x4.splat(ROUND);
  const bitsV = f32x4.add(cellV, round);
  const bitsW = f32x4.add(cellW, round);
  const offsetV = contiguous ? i32x4.shl(bitsV, 2) : i32x4.mul(bitsV, i32x4.splat(strideV));
  return i32x4.add(i32x4.add(offsetV, i32x4.mul(bitsW, i32x4.splat(strideW))), i32x4.splat(plane));
}

// ---- forward -------------------------------------------------------------------------------------------------------

/** Sum of the slabs of the selected rays times their mm per slab. */
export function forward(volume: usize, contiguous: bool): v128 {
  prepare(volume);
  let sum = f32x4.splat(0);
  const a = lines.innerFirst;
  const b = lines.innerEnd;
  if (contiguous) {
    sum = planes(sum, lines.first, a, true, true);
    sum = planes(sum, a, b, false, true);
    sum = planes(sum, b, lines.end, true, true);
  } else {
    sum = planes(sum, lines.first, lines.end, true, false);
  }
  return f32x4.mul(lines.length, sum);
}

// @ts-ignore: decorator
@inline
function planes(start: v128, first: i32, end: i32, clamp: bool, contiguous: bool): v128 {
  let sum = start;
  const v = lines.v, w = lines.w, slopeV = lines.slopeV, slopeW = lines.slopeW;
  const iv = inverseV, iw = inverseW, av = aheadV, aw = aheadW, dv = stepV, dw = stepW;
  const lv = lowV, hv = highV, lw = lowW, hw = highW;
  const strideU = lines.strideU, strideV = lines.strideV, strideW = lines.strideW;
  const center = lines.nu >> 1;
  const one = f32x4.splat(1);
  let plane = origin + first * strideU;
  for (let k = first; k < end; k++) {
    const kk = f32x4.splat(<f32>(k - center));
    const pv = position(v, slopeV, kk, lv, hv, clamp);
    const pw = position(w, slopeW, kk, lw, hw, clamp);
    const i = f32x4.floor(pv);
    const j = f32x4.floor(pw);
    const tv = crossing(pv, i, av, iv);
    const tw = crossing(pw, j, aw, iw);
    const early = f32x4.pmin(tv, tw);
    const late = f32x4.pmax(tv, tw);
    const A = addressOf(i, j, strideV, strideW, plane, contiguous);
    const M = i32x4.add(A, v128.bitselect(dv, dw, f32x4.lt(tv, tw)));
    const B = i32x4.add(A, i32x4.add(dv, dw));
    const slab = f32x4.add(
      f32x4.add(f32x4.mul(early, loadFour(A)), f32x4.mul(f32x4.sub(late, early), loadFour(M))),
      f32x4.mul(f32x4.sub(one, late), loadFour(B)),
    );
    sum = f32x4.add(sum, slab);
    plane += strideU;
  }
  return sum;
}

// ---- forward with the line Jacobian --------------------------------------------------------------------------------

/** Sum F of the slabs (without the length) and its derivatives with respect to v, slopeV, w, slopeW at plane nu >> 1. */
export let sum: v128 = i32x4.splat(0);
export let sumV: v128 = i32x4.splat(0);
export let sumSlopeV: v128 = i32x4.splat(0);
export let sumW: v128 = i32x4.splat(0);
export let sumSlopeW: v128 = i32x4.splat(0);

/**
 * Crossings move, cells stay: each crossed face of v at t < 1 contributes -(1/sv) (first - second) to dF/dv, with the
 * two cells of the row that is in force at t, and the same times (k - kc + t) to dF/dsv; likewise w.
 */
export function forwardJacobian(volume: usize, contiguous: bool): void {
  prepare(volume);
  sum = sumV = sumSlopeV = sumW = sumSlopeW = f32x4.splat(0);
  const a = lines.innerFirst;
  const b = lines.innerEnd;
  if (contiguous) {
    planesJacobian(lines.first, a, true, true);
    planesJacobian(a, b, false, true);
    planesJacobian(b, lines.end, true, true);
  } else {
    planesJacobian(lines.first, lines.end, true, false);
  }
  const minusV = f32x4.neg(inverseV);
  const minusW = f32x4.neg(inverseW);
  sumV = f32x4.mul(sumV, minusV);
  sumSlopeV = f32x4.mul(sumSlopeV, minusV);
  sumW = f32x4.mul(sumW, minusW);
  sumSlopeW = f32x4.mul(sumSlopeW, minusW);
}

// @ts-ignore: decorator
@inline
function planesJacobian(from: i32, end: i32, clamp: bool, contiguous: bool): void {
  let total = sum, totalV = sumV, totalSlopeV = sumSlopeV, totalW = sumW, totalSlopeW = sumSlopeW;
  const v = lines.v, w = lines.w, slopeV = lines.slopeV, slopeW = lines.slopeW;
  const iv = inverseV, iw = inverseW, av = aheadV, aw = aheadW, dv = stepV, dw = stepW;
  const lv = lowV, hv = highV, lw = lowW, hw = highW;
  const strideU = lines.strideU, strideV = lines.strideV, strideW = lines.strideW;
  const center = lines.nu >> 1;
  const one = f32x4.splat(1);
  let plane = origin + from * strideU;
  for (let k = from; k < end; k++) {
    const kk = f32x4.splat(<f32>(k - center));
    const pv = position(v, slopeV, kk, lv, hv, clamp);
    const pw = position(w, slopeW, kk, lw, hw, clamp);
    const i = f32x4.floor(pv);
    const j = f32x4.floor(pw);
    const tv = crossing(pv, i, av, iv);
    const tw = crossing(pw, j, aw, iw);
    const early = f32x4.pmin(tv, tw);
    const late = f32x4.pmax(tv, tw);
    const A = addressOf(i, j, strideV, strideW, plane, contiguous);
    const vFirst = f32x4.lt(tv, tw);
    const B = i32x4.add(A, i32x4.add(dv, dw));
    const first = loadFour(A);
    const middle = loadFour(i32x4.add(A, v128.bitselect(dv, dw, vFirst)));
    const last = loadFour(B);
    const slab = f32x4.add(
      f32x4.add(f32x4.mul(early, first), f32x4.mul(f32x4.sub(late, early), middle)),
      f32x4.mul(f32x4.sub(one, late), last),
    );
    total = f32x4.add(total, slab);
    // Where v is crossed first, A -> M at tv, then M -> B at tw; else A -> M at tw, then M -> B at tv.
    const enter = f32x4.sub(first, middle);
    const leave = f32x4.sub(middle, last);
    const jumpV = v128.and(v128.bitselect(enter, leave, vFirst), f32x4.lt(tv, one));
    const jumpW = v128.and(v128.bitselect(leave, enter, vFirst), f32x4.lt(tw, one));
    totalV = f32x4.add(totalV, jumpV);
    totalSlopeV = f32x4.add(totalSlopeV, f32x4.mul(jumpV, f32x4.add(kk, tv)));
    totalW = f32x4.add(totalW, jumpW);
    totalSlopeW = f32x4.add(totalSlopeW, f32x4.mul(jumpW, f32x4.add(kk, tw)));
    plane += strideU;
  }
  sum = total;
  sumV = totalV;
  sumSlopeV = totalSlopeV;
  sumW = totalW;
  sumSlopeW = totalSlopeW;
}

// ---- adjoint -------------------------------------------------------------------------------------------------------

/** Adds the weights of the selected rays times `values` (lanes, mm included) to the cells of planes [from, to). */
export function adjoint(volume: usize, values: v128, from: i32, to: i32, contiguous: bool): void {
  prepare(volume);
  const first = max(lines.first, from);
  const end = min(lines.end, to);
  if (contiguous) {
    const a = max(first, min(end, lines.innerFirst));
    const b = max(a, min(end, lines.innerEnd));
    planesAdjoint(values, first, a, true, true);
    planesAdjoint(values, a, b, false, true);
    planesAdjoint(values, b, end, true, true);
  } else {
    planesAdjoint(values, first, end, true, false);
  }
}

// @ts-ignore: decorator
@inline
function planesAdjoint(values: v128, first: i32, end: i32, clamp: bool, contiguous: bool): void {
  const v = lines.v, w = lines.w, slopeV = lines.slopeV, slopeW = lines.slopeW;
  const iv = inverseV, iw = inverseW, av = aheadV, aw = aheadW, dv = stepV, dw = stepW;
  const lv = lowV, hv = highV, lw = lowW, hw = highW;
  const strideU = lines.strideU, strideV = lines.strideV, strideW = lines.strideW;
  const center = lines.nu >> 1;
  const one = f32x4.splat(1);
  const forwards = f32x4.gt(av, f32x4.splat(0));
  const down = v128.andnot(dv, forwards);
  let plane = origin + first * strideU;
  for (let k = first; k < end; k++) {
    const kk = f32x4.splat(<f32>(k - center));
    const pv = position(v, slopeV, kk, lv, hv, clamp);
    const pw = position(w, slopeW, kk, lw, hw, clamp);
    const i = f32x4.floor(pv);
    const j = f32x4.floor(pw);
    const tv = crossing(pv, i, av, iv);
    const tw = crossing(pw, j, aw, iw);
    const early = f32x4.pmin(tv, tw);
    const late = f32x4.pmax(tv, tw);
    const middle = f32x4.mul(f32x4.sub(late, early), values);
    const vFirst = f32x4.lt(tv, tw);
    const A0 = f32x4.mul(early, values);
    const A1 = v128.and(middle, vFirst);
    const B0 = v128.andnot(middle, vFirst);
    const B1 = f32x4.mul(f32x4.sub(one, late), values);
    const A = i32x4.add(addressOf(i, j, strideV, strideW, plane, contiguous), down);
    addPairs(A, v128.bitselect(A0, A1, forwards), v128.bitselect(A1, A0, forwards), contiguous, strideV);
    addPairs(i32x4.add(A, dw), v128.bitselect(B0, B1, forwards), v128.bitselect(B1, B0, forwards), contiguous, strideV);
    plane += strideU;
  }
}
