/**
 * Siddon's line integral in slab form, four rays at once.
 *
 * Between two planes of the dominant axis u a ray moves by |sv|, |sw| <= 1 cells, so it crosses at most one face in v
 * and one in w. With the first cell A, the last cell B, and M, the cell between the two crossings at tv and tw
 * (fractions of the slab, 1 if there is none):
 *
 *   slab = min(tv, tw) A + |tv - tw| M + (1 - max(tv, tw)) B,   integral = mm per slab * sum of slabs.
 *
 * Where a ray begins or ends inside the slab, tv and tw are limited to the part between its ends.
 * There is no branch and no floor at the end of the slab; a crossing that does not happen has weight 0. Positions are
 * recomputed in every slab, never accumulated. Rays that fall along an axis are mirrored, so that all slopes are
 * positive or zero and the next cell is one step (of -stride bytes if mirrored) ahead.
 * Source: R. L. Siddon, Med. Phys. 12(2), 1985 (the integral); the slab form is our own.
 */
import { addPairs, loadFour, ROUND, ROUND_BITS } from "./gather";
import * as lines from "./lines";

/** Slopes below this count as this: their crossing lies beyond every slab. */
const FLATTEST: f32 = 1e-12;

/** The selected rays, mirrored where they fall. */
let v: v128 = i32x4.splat(0);
let w: v128 = i32x4.splat(0);
let slopeV: v128 = i32x4.splat(0);
let slopeW: v128 = i32x4.splat(0);
let inverseV: v128 = i32x4.splat(0);
let inverseW: v128 = i32x4.splat(0);
/** Bytes to the next cell along the ray. */
let stepV: v128 = i32x4.splat(0);
let stepW: v128 = i32x4.splat(0);
/** All ones where v is mirrored. */
let mirroredV: v128 = i32x4.splat(0);
/** Bounds of positions: the cell there and the next one along the ray are the box's, or padding. */
let lowV: v128 = i32x4.splat(0);
let highV: v128 = i32x4.splat(0);
let lowW: v128 = i32x4.splat(0);
let highW: v128 = i32x4.splat(0);
/** Address of cell 0 in plane 0, less the rounding bits of both indices. */
let origin: v128 = i32x4.splat(0);

function prepare(volume: usize): void {
  const zero = f32x4.splat(0);
  const sign = i32x4.splat(i32.MIN_VALUE);
  const flattest = f32x4.splat(FLATTEST);
  const one = f32x4.splat(1);
  mirroredV = f32x4.lt(lines.slopeV, zero);
  const mirroredW = f32x4.lt(lines.slopeW, zero);
  const signV = v128.and(sign, mirroredV);
  const signW = v128.and(sign, mirroredW);
  v = v128.xor(lines.v, signV);
  w = v128.xor(lines.w, signW);
  slopeV = f32x4.abs(lines.slopeV);
  slopeW = f32x4.abs(lines.slopeW);
  inverseV = f32x4.div(one, f32x4.pmax(slopeV, flattest));
  inverseW = f32x4.div(one, f32x4.pmax(slopeW, flattest));
  const halfV = lines.nv >> 1;
  const halfW = lines.nw >> 1;
  // A ray that has left the box stays in the first cell beyond it, one that has not come yet in the last cell before it.
  lowV = bound(-1 - halfV, -1 - lines.nv + halfV, mirroredV);
  highV = bound(lines.nv - halfV, halfV, mirroredV);
  lowW = bound(-1 - halfW, -1 - lines.nw + halfW, mirroredW);
  highW = bound(lines.nw - halfW, halfW, mirroredW);
  const strideV = lines.strideV;
  const strideW = lines.strideW;
  stepV = v128.bitselect(i32x4.splat(-strideV), i32x4.splat(strideV), mirroredV);
  stepW = v128.bitselect(i32x4.splat(-strideW), i32x4.splat(strideW), mirroredW);
  // Cell c of a mirrored axis is cell -1 - c.
  const center = i32x4.splat(<i32>volume + halfV * strideV + halfW * strideW);
  const back = i32x4.add(v128.and(stepV, mirroredV), v128.and(stepW, mirroredW));
  const bits = i32x4.mul(i32x4.add(stepV, stepW), i32x4.splat(ROUND_BITS));
  origin = i32x4.sub(i32x4.add(center, back), bits);
}

function bound(straight: i32, mirrored: i32, mask: v128): v128 {
  return v128.bitselect(f32x4.splat(<f32>mirrored), f32x4.splat(<f32>straight), mask);
}

/** Position along an axis at plane k. */
// @ts-ignore: decorator
@inline
function position(center: v128, slope: v128, plane: v128, low: v128, high: v128, edge: i32): v128 {
  const p = f32x4.add(center, f32x4.mul(slope, plane));
  return edge != lines.PLAIN ? f32x4.pmin(f32x4.pmax(p, low), high) : p;
}

/** Fraction of the slab until the next face, at most 1. */
// @ts-ignore: decorator
@inline
function crossing(p: v128, cell: v128, inverse: v128, one: v128): v128 {
  return f32x4.pmin(one, f32x4.mul(f32x4.sub(one, f32x4.sub(p, cell)), inverse));
}

// @ts-ignore: decorator
@inline
function within(t: v128, t0: v128, t1: v128): v128 {
  return f32x4.pmin(f32x4.pmax(t, t0), t1);
}

/** All ones where a face is crossed at t, in the slab and between the ends of the ray. */
// @ts-ignore: decorator
@inline
function crossed(t: v128, rayLow: v128, rayHigh: v128, kk: v128, one: v128, edge: i32): v128 {
  if (edge != lines.ENDING) return f32x4.lt(t, one);
  return v128.and(f32x4.lt(t, lines.cutAt(rayHigh, kk)), f32x4.ge(t, lines.cutAt(rayLow, kk)));
}

// @ts-ignore: decorator
@inline
function addressOf(cellV: v128, cellW: v128, plane: v128, dv: v128, dw: v128): v128 {
  const round = f32x4.splat(ROUND);
  const alongV = i32x4.mul(f32x4.add(cellV, round), dv);
  const alongW = i32x4.mul(f32x4.add(cellW, round), dw);
  return i32x4.add(i32x4.add(alongV, alongW), plane);
}

// @ts-ignore: decorator
@inline
function planeOf(k: i32): v128 {
  return i32x4.add(origin, i32x4.splat(k * lines.strideU));
}

// ---- forward -------------------------------------------------------------------------------------------------------

/** Sum of the slabs of the selected rays times their mm per slab. */
export function forward(volume: usize): v128 {
  prepare(volume);
  let sum = edgePlanes(f32x4.splat(0), lines.first, lines.innerFirst);
  sum = planes(sum, lines.innerFirst, lines.innerEnd, lines.PLAIN);
  sum = edgePlanes(sum, lines.innerEnd, lines.end);
  return f32x4.mul(lines.length, sum);
}

function edgePlanes(start: v128, from: i32, end: i32): v128 {
  if (lines.edge == lines.ENDING) return planes(start, from, end, lines.ENDING);
  return planes(start, from, end, lines.CLAMPED);
}

// @ts-ignore: decorator
@inline
function planes(start: v128, from: i32, end: i32, edge: i32): v128 {
  let sum = start;
  const cv = v, cw = w, sv = slopeV, sw = slopeW, iv = inverseV, iw = inverseW, dv = stepV, dw = stepW;
  const turn = v128.xor(dv, dw);
  const lv = lowV, hv = highV, lw = lowW, hw = highW, rayLow = lines.low, rayHigh = lines.high;
  const center = lines.nu >> 1;
  const one = f32x4.splat(1);
  const strideU = i32x4.splat(lines.strideU);
  let plane = planeOf(from);
  for (let k = from; k < end; k++) {
    const kk = f32x4.splat(<f32>(k - center));
    const pv = position(cv, sv, kk, lv, hv, edge);
    const pw = position(cw, sw, kk, lw, hw, edge);
    const i = f32x4.floor(pv);
    const j = f32x4.floor(pw);
    const tv = crossing(pv, i, iv, one);
    const tw = crossing(pw, j, iw, one);
    let early = f32x4.pmin(tv, tw);
    let late = f32x4.pmax(tv, tw);
    let before = early;
    let after = f32x4.sub(one, late);
    if (edge == lines.ENDING) {
      const t0 = lines.cutAt(rayLow, kk), t1 = lines.cutAt(rayHigh, kk);
      early = within(early, t0, t1);
      late = within(late, t0, t1);
      before = f32x4.sub(early, t0);
      after = f32x4.sub(t1, late);
    }
    const A = addressOf(i, j, plane, dv, dw);
    const M = i32x4.add(A, v128.xor(dw, v128.and(turn, f32x4.lt(tv, tw))));
    const B = i32x4.add(i32x4.add(A, dv), dw);
    const slab = f32x4.add(
      f32x4.add(f32x4.mul(before, loadFour(A)), f32x4.mul(f32x4.sub(late, early), loadFour(M))),
      f32x4.mul(after, loadFour(B)),
    );
    sum = f32x4.add(sum, slab);
    plane = i32x4.add(plane, strideU);
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
/** Cells at the lower and the upper end of the ray, 0 where these are outside the box. */
export let atLow: v128 = i32x4.splat(0);
export let atHigh: v128 = i32x4.splat(0);

/**
 * Crossings move, cells stay: each crossed face of v at t < 1 contributes -(1/sv) (before - after) to dF/dv, with the
 * two cells on its sides, and the same times (k - kc + t) to dF/dsv; likewise w.
 */
export function forwardJacobian(volume: usize): void {
  prepare(volume);
  sum = sumV = sumSlopeV = sumW = sumSlopeW = atLow = atHigh = f32x4.splat(0);
  edgePlanesJacobian(lines.first, lines.innerFirst);
  planesJacobian(lines.innerFirst, lines.innerEnd, lines.PLAIN);
  edgePlanesJacobian(lines.innerEnd, lines.end);
  // The derivatives are by the ray as it is, not mirrored.
  const sign = i32x4.splat(i32.MIN_VALUE);
  const minusV = f32x4.neg(v128.or(inverseV, v128.and(sign, lines.slopeV)));
  const minusW = f32x4.neg(v128.or(inverseW, v128.and(sign, lines.slopeW)));
  sumV = f32x4.mul(sumV, minusV);
  sumSlopeV = f32x4.mul(sumSlopeV, minusV);
  sumW = f32x4.mul(sumW, minusW);
  sumSlopeW = f32x4.mul(sumSlopeW, minusW);
}

function edgePlanesJacobian(from: i32, end: i32): void {
  if (lines.edge == lines.ENDING) planesJacobian(from, end, lines.ENDING);
  else planesJacobian(from, end, lines.CLAMPED);
}

// @ts-ignore: decorator
@inline
function planesJacobian(from: i32, end: i32, edge: i32): void {
  let total = sum, totalV = sumV, totalSlopeV = sumSlopeV, totalW = sumW, totalSlopeW = sumSlopeW;
  const cv = v, cw = w, sv = slopeV, sw = slopeW, iv = inverseV, iw = inverseW, dv = stepV, dw = stepW;
  const turn = v128.xor(dv, dw);
  const lv = lowV, hv = highV, lw = lowW, hw = highW, rayLow = lines.low, rayHigh = lines.high;
  const center = lines.nu >> 1;
  const one = f32x4.splat(1);
  const strideU = i32x4.splat(lines.strideU);
  let plane = planeOf(from);
  for (let k = from; k < end; k++) {
    const kk = f32x4.splat(<f32>(k - center));
    const pv = position(cv, sv, kk, lv, hv, edge);
    const pw = position(cw, sw, kk, lw, hw, edge);
    const i = f32x4.floor(pv);
    const j = f32x4.floor(pw);
    const tv = crossing(pv, i, iv, one);
    const tw = crossing(pw, j, iw, one);
    let early = f32x4.pmin(tv, tw);
    let late = f32x4.pmax(tv, tw);
    const vFirst = f32x4.lt(tv, tw);
    const A = addressOf(i, j, plane, dv, dw);
    const first = loadFour(A);
    const middle = loadFour(i32x4.add(A, v128.xor(dw, v128.and(turn, vFirst))));
    const last = loadFour(i32x4.add(i32x4.add(A, dv), dw));
    let t0 = early, t1 = one;
    if (edge == lines.ENDING) {
      t0 = lines.cutAt(rayLow, kk);
      t1 = lines.cutAt(rayHigh, kk);
      const atT0 = v128.bitselect(first, v128.bitselect(middle, last, f32x4.lt(t0, late)), f32x4.lt(t0, early));
      const atT1 = v128.bitselect(first, v128.bitselect(middle, last, f32x4.lt(t1, late)), f32x4.lt(t1, early));
      atLow = f32x4.add(atLow, v128.and(atT0, lines.inside(t0)));
      atHigh = f32x4.add(atHigh, v128.and(atT1, lines.inside(t1)));
      early = within(early, t0, t1);
      late = within(late, t0, t1);
    }
    const slab = f32x4.add(
      f32x4.add(
        f32x4.mul(edge == lines.ENDING ? f32x4.sub(early, t0) : early, first),
        f32x4.mul(f32x4.sub(late, early), middle),
      ),
      f32x4.mul(f32x4.sub(edge == lines.ENDING ? t1 : one, late), last),
    );
    total = f32x4.add(total, slab);
    // Where v is crossed first, A -> M at tv, then M -> B at tw; else A -> M at tw, then M -> B at tv.
    const enter = f32x4.sub(first, middle);
    const leave = f32x4.sub(middle, last);
    const swap = v128.and(v128.xor(enter, leave), vFirst);
    const jumpV = v128.and(v128.xor(leave, swap), crossed(tv, rayLow, rayHigh, kk, one, edge));
    const jumpW = v128.and(v128.xor(enter, swap), crossed(tw, rayLow, rayHigh, kk, one, edge));
    totalV = f32x4.add(totalV, jumpV);
    totalSlopeV = f32x4.add(totalSlopeV, f32x4.mul(jumpV, f32x4.add(kk, tv)));
    totalW = f32x4.add(totalW, jumpW);
    totalSlopeW = f32x4.add(totalSlopeW, f32x4.mul(jumpW, f32x4.add(kk, tw)));
    plane = i32x4.add(plane, strideU);
  }
  sum = total;
  sumV = totalV;
  sumSlopeV = totalSlopeV;
  sumW = totalW;
  sumSlopeW = totalSlopeW;
}

// ---- adjoint -------------------------------------------------------------------------------------------------------

/**
 * Adds the weights of the selected rays times `values` (lanes, mm included) to the cells of planes [from, to).
 * `contiguous`: cells are neighbors in memory along v.
 */
export function adjoint(volume: usize, values: v128, from: i32, to: i32, contiguous: bool): void {
  prepare(volume);
  const first = max(lines.first, from);
  const end = min(lines.end, to);
  const a = max(first, min(end, lines.innerFirst));
  const b = max(a, min(end, lines.innerEnd));
  if (contiguous) {
    edgePlanesAdjoint(values, first, a);
    planesAdjoint(values, a, b, lines.PLAIN, true);
    edgePlanesAdjoint(values, b, end);
  } else {
    planesAdjoint(values, first, end, lines.ENDING, false);
  }
}

function edgePlanesAdjoint(values: v128, from: i32, end: i32): void {
  if (lines.edge == lines.ENDING) planesAdjoint(values, from, end, lines.ENDING, true);
  else planesAdjoint(values, from, end, lines.CLAMPED, true);
}

// @ts-ignore: decorator
@inline
function planesAdjoint(values: v128, from: i32, end: i32, edge: i32, contiguous: bool): void {
  const cv = v, cw = w, sv = slopeV, sw = slopeW, iv = inverseV, iw = inverseW, dv = stepV, dw = stepW;
  const lv = lowV, hv = highV, lw = lowW, hw = highW, rayLow = lines.low, rayHigh = lines.high;
  const strideV = lines.strideV;
  const center = lines.nu >> 1;
  const one = f32x4.splat(1);
  const strideU = i32x4.splat(lines.strideU);
  const mirrored = mirroredV;
  // Pairs are stored from their lower cell on.
  let plane = i32x4.add(planeOf(from), v128.and(dv, mirrored));
  for (let k = from; k < end; k++) {
    const kk = f32x4.splat(<f32>(k - center));
    const pv = position(cv, sv, kk, lv, hv, edge);
    const pw = position(cw, sw, kk, lw, hw, edge);
    const i = f32x4.floor(pv);
    const j = f32x4.floor(pw);
    const tv = crossing(pv, i, iv, one);
    const tw = crossing(pw, j, iw, one);
    let early = f32x4.pmin(tv, tw);
    let late = f32x4.pmax(tv, tw);
    let before = early;
    let after = f32x4.sub(one, late);
    if (edge == lines.ENDING) {
      const t0 = lines.cutAt(rayLow, kk), t1 = lines.cutAt(rayHigh, kk);
      early = within(early, t0, t1);
      late = within(late, t0, t1);
      before = f32x4.sub(early, t0);
      after = f32x4.sub(t1, late);
    }
    const vFirst = f32x4.lt(tv, tw);
    const middle = f32x4.mul(f32x4.sub(late, early), values);
    // First row: A, then M if v is crossed first; second row: M if w is crossed first, then B.
    const a = f32x4.mul(before, values);
    const b = f32x4.mul(after, values);
    const middleA = v128.and(middle, vFirst);
    const middleB = v128.andnot(middle, vFirst);
    const swapA = v128.and(v128.xor(a, middleA), mirrored);
    const swapB = v128.and(v128.xor(b, middleB), mirrored);
    const A = addressOf(i, j, plane, dv, dw);
    addPairs(A, v128.xor(a, swapA), v128.xor(middleA, swapA), contiguous, strideV);
    addPairs(i32x4.add(A, dw), v128.xor(middleB, swapB), v128.xor(b, swapB), contiguous, strideV);
    plane = i32x4.add(plane, strideU);
  }
}
