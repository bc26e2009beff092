/**
 * Joseph's line integral, four rays at once: for each plane of cell centers of the dominant axis u, bilinear
 * interpolation of the four cells around the ray, times the mm of ray per plane, times the part of the cells [k, k + 1]
 * between the ends of the ray.
 * Source: P. M. Joseph, IEEE Trans. Med. Imaging 1(3), 1982.
 */
import { addPairs, at0, at1, at2, at3, highs, loadFour, loadPairs, lows, ROUND, ROUND_BITS } from "./gather";
import * as lines from "./lines";

/** Bounds of positions (cell centers at integers): two cells outside, where all four cells are padding. */
let lowV: v128 = i32x4.splat(0);
let highV: v128 = i32x4.splat(0);
let lowW: v128 = i32x4.splat(0);
let highW: v128 = i32x4.splat(0);
/** Address of the center cell of plane 0, less the rounding bits of both indices. */
let origin: i32 = 0;

function prepare(volume: usize): void {
  const halfV = lines.nv >> 1;
  const halfW = lines.nw >> 1;
  lowV = f32x4.splat(<f32>-halfV - 2);
  highV = f32x4.splat(<f32>(lines.nv - halfV));
  lowW = f32x4.splat(<f32>-halfW - 2);
  highW = f32x4.splat(<f32>(lines.nw - halfW));
  origin = <i32>volume + (halfV - ROUND_BITS) * lines.strideV + (halfW - ROUND_BITS) * lines.strideW;
}

// @ts-ignore: decorator
@inline
function position(center: v128, slope: v128, plane: v128, low: v128, high: v128, edge: i32): v128 {
  const p = f32x4.add(center, f32x4.mul(slope, plane));
  return edge != lines.PLAIN ? f32x4.pmin(f32x4.pmax(p, low), high) : p;
}

/** Part of [k, k + 1] between the ends of the ray. */
// @ts-ignore: decorator
@inline
function share(low: v128, high: v128, kk: v128): v128 {
  return f32x4.sub(lines.cutAt(high, kk), lines.cutAt(low, kk));
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

/** `start` plus the values in planes [from, to) of the selected rays, without their mm per plane. */
export function forward(volume: usize, start: v128, from: i32, to: i32, contiguous: bool): v128 {
  prepare(volume);
  const first = max(lines.first, from);
  const end = min(lines.end, to);
  if (!contiguous) return planes(start, first, end, lines.ENDING, false);
  const a = max(first, min(end, lines.innerFirst));
  const b = max(a, min(end, lines.innerEnd));
  return edgePlanes(planes(edgePlanes(start, first, a), a, b, lines.PLAIN, true), b, end);
}

function edgePlanes(start: v128, from: i32, end: i32): v128 {
  if (lines.edge == lines.ENDING) return planes(start, from, end, lines.ENDING, true);
  return planes(start, from, end, lines.CLAMPED, true);
}

// @ts-ignore: decorator
@inline
function planes(start: v128, first: i32, end: i32, edge: i32, contiguous: bool): v128 {
  let sum = start;
  const v = lines.v, w = lines.w, slopeV = lines.slopeV, slopeW = lines.slopeW;
  const lv = lowV, hv = highV, lw = lowW, hw = highW, rayLow = lines.low, rayHigh = lines.high;
  const strideU = lines.strideU, strideV = lines.strideV, strideW = lines.strideW;
  const center = lines.nu >> 1;
  let plane = origin + first * strideU;
  for (let k = first; k < end; k++) {
    const kk = f32x4.splat(<f32>(k - center));
    const pv = position(v, slopeV, kk, lv, hv, edge);
    const pw = position(w, slopeW, kk, lw, hw, edge);
    const i = f32x4.floor(pv);
    const j = f32x4.floor(pw);
    const fv = f32x4.sub(pv, i);
    const fw = f32x4.sub(pw, j);
    const A = addressOf(i, j, strideV, strideW, plane, contiguous);
    let low0: v128, high0: v128, low1: v128, high1: v128;
    if (contiguous) {
      const a0 = at0(A), a1 = at1(A), a2 = at2(A), a3 = at3(A);
      const near01 = loadPairs(a0, a1), near23 = loadPairs(a2, a3);
      const far01 = loadPairs(a0 + strideW, a1 + strideW), far23 = loadPairs(a2 + strideW, a3 + strideW);
      low0 = lows(near01, near23);
      high0 = highs(near01, near23);
      low1 = lows(far01, far23);
      high1 = highs(far01, far23);
    } else {
      low0 = loadFour(A);
      high0 = loadFour(i32x4.add(A, i32x4.splat(strideV)));
      const B = i32x4.add(A, i32x4.splat(strideW));
      low1 = loadFour(B);
      high1 = loadFour(i32x4.add(B, i32x4.splat(strideV)));
    }
    const row0 = f32x4.add(low0, f32x4.mul(fv, f32x4.sub(high0, low0)));
    const row1 = f32x4.add(low1, f32x4.mul(fv, f32x4.sub(high1, low1)));
    const value = f32x4.add(row0, f32x4.mul(fw, f32x4.sub(row1, row0)));
    sum = f32x4.add(sum, edge == lines.ENDING ? f32x4.mul(value, share(rayLow, rayHigh, kk)) : value);
    plane += strideU;
  }
  return sum;
}

// ---- forward with the line Jacobian --------------------------------------------------------------------------------

/** Sum F over the planes (without the length) and its derivatives with respect to v, slopeV, w, slopeW at plane nu >> 1. */
export let sum: v128 = i32x4.splat(0);
export let sumV: v128 = i32x4.splat(0);
export let sumSlopeV: v128 = i32x4.splat(0);
export let sumW: v128 = i32x4.splat(0);
export let sumSlopeW: v128 = i32x4.splat(0);
/** Values in the planes whose cells the lower and the upper end of the ray cut, else 0. */
export let atLow: v128 = i32x4.splat(0);
export let atHigh: v128 = i32x4.splat(0);

/** The dominant axis is held fixed: derivatives are those of the bilinear interpolation in each plane. */
export function forwardJacobian(volume: usize, contiguous: bool): void {
  prepare(volume);
  sum = sumV = sumSlopeV = sumW = sumSlopeW = atLow = atHigh = f32x4.splat(0);
  if (contiguous) {
    edgePlanesJacobian(lines.first, lines.innerFirst);
    planesJacobian(lines.innerFirst, lines.innerEnd, lines.PLAIN, true);
    edgePlanesJacobian(lines.innerEnd, lines.end);
  } else {
    planesJacobian(lines.first, lines.end, lines.ENDING, false);
  }
}

function edgePlanesJacobian(from: i32, end: i32): void {
  if (lines.edge == lines.ENDING) planesJacobian(from, end, lines.ENDING, true);
  else planesJacobian(from, end, lines.CLAMPED, true);
}

// @ts-ignore: decorator
@inline
function planesJacobian(first: i32, end: i32, edge: i32, contiguous: bool): void {
  let total = sum, totalV = sumV, totalSlopeV = sumSlopeV, totalW = sumW, totalSlopeW = sumSlopeW;
  const v = lines.v, w = lines.w, slopeV = lines.slopeV, slopeW = lines.slopeW;
  const lv = lowV, hv = highV, lw = lowW, hw = highW, rayLow = lines.low, rayHigh = lines.high;
  const strideU = lines.strideU, strideV = lines.strideV, strideW = lines.strideW;
  const center = lines.nu >> 1;
  let plane = origin + first * strideU;
  for (let k = first; k < end; k++) {
    const kk = f32x4.splat(<f32>(k - center));
    const pv = position(v, slopeV, kk, lv, hv, edge);
    const pw = position(w, slopeW, kk, lw, hw, edge);
    const i = f32x4.floor(pv);
    const j = f32x4.floor(pw);
    const fv = f32x4.sub(pv, i);
    const fw = f32x4.sub(pw, j);
    const A = addressOf(i, j, strideV, strideW, plane, contiguous);
    let low0: v128, high0: v128, low1: v128, high1: v128;
    if (contiguous) {
      const a0 = at0(A), a1 = at1(A), a2 = at2(A), a3 = at3(A);
      const near01 = loadPairs(a0, a1), near23 = loadPairs(a2, a3);
      const far01 = loadPairs(a0 + strideW, a1 + strideW), far23 = loadPairs(a2 + strideW, a3 + strideW);
      low0 = lows(near01, near23);
      high0 = highs(near01, near23);
      low1 = lows(far01, far23);
      high1 = highs(far01, far23);
    } else {
      low0 = loadFour(A);
      high0 = loadFour(i32x4.add(A, i32x4.splat(strideV)));
      const B = i32x4.add(A, i32x4.splat(strideW));
      low1 = loadFour(B);
      high1 = loadFour(i32x4.add(B, i32x4.splat(strideV)));
    }
    const slope0 = f32x4.sub(high0, low0);
    const slope1 = f32x4.sub(high1, low1);
    const row0 = f32x4.add(low0, f32x4.mul(fv, slope0));
    const row1 = f32x4.add(low1, f32x4.mul(fv, slope1));
    let alongW = f32x4.sub(row1, row0);
    let alongV = f32x4.add(slope0, f32x4.mul(fw, f32x4.sub(slope1, slope0)));
    let value = f32x4.add(row0, f32x4.mul(fw, alongW));
    if (edge == lines.ENDING) {
      atLow = f32x4.add(atLow, v128.and(value, lines.inside(lines.cutAt(rayLow, kk))));
      atHigh = f32x4.add(atHigh, v128.and(value, lines.inside(lines.cutAt(rayHigh, kk))));
      const part = share(rayLow, rayHigh, kk);
      value = f32x4.mul(value, part);
      alongV = f32x4.mul(alongV, part);
      alongW = f32x4.mul(alongW, part);
    }
    total = f32x4.add(total, value);
    totalV = f32x4.add(totalV, alongV);
    totalSlopeV = f32x4.add(totalSlopeV, f32x4.mul(alongV, kk));
    totalW = f32x4.add(totalW, alongW);
    totalSlopeW = f32x4.add(totalSlopeW, f32x4.mul(alongW, kk));
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
function planesAdjoint(values: v128, first: i32, end: i32, edge: i32, contiguous: bool): void {
  const v = lines.v, w = lines.w, slopeV = lines.slopeV, slopeW = lines.slopeW;
  const lv = lowV, hv = highV, lw = lowW, hw = highW, rayLow = lines.low, rayHigh = lines.high;
  const strideU = lines.strideU, strideV = lines.strideV, strideW = lines.strideW;
  const center = lines.nu >> 1;
  let plane = origin + first * strideU;
  for (let k = first; k < end; k++) {
    const kk = f32x4.splat(<f32>(k - center));
    const pv = position(v, slopeV, kk, lv, hv, edge);
    const pw = position(w, slopeW, kk, lw, hw, edge);
    const i = f32x4.floor(pv);
    const j = f32x4.floor(pw);
    const fv = f32x4.sub(pv, i);
    const value = edge == lines.ENDING ? f32x4.mul(values, share(rayLow, rayHigh, kk)) : values;
    const far = f32x4.mul(f32x4.sub(pw, j), value);
    const near = f32x4.sub(value, far);
    const nearHigh = f32x4.mul(near, fv);
    const farHigh = f32x4.mul(far, fv);
    const A = addressOf(i, j, strideV, strideW, plane, contiguous);
    addPairs(A, f32x4.sub(near, nearHigh), nearHigh, contiguous, strideV);
    addPairs(i32x4.add(A, i32x4.splat(strideW)), f32x4.sub(far, farHigh), farHigh, contiguous, strideV);
    plane += strideU;
  }
}
