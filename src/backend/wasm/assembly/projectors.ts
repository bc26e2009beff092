/**
 * Tasks of the projector kernels.
 *
 * Forward: a task is a chunk of vectors of one view; a ray is summed by one thread in the order of its planes.
 * Adjoint: a task owns planes of the dominant axis of its phase and walks all rays through these planes only, so no
 * cell is shared and each receives its terms in the order view, vector, plane, lane, whatever the number of blocks.
 */
import { clear } from "./bulk";
import { chain } from "./chain";
import { setGradient, storeGradient } from "./gradient";
import * as job from "./job";
import * as joseph from "./joseph";
import * as lines from "./lines";
import { maximum } from "./maximum";
import * as rays from "./rays";
import * as siddon from "./siddon";
import * as trilinear from "./trilinear";

// ---- forward -------------------------------------------------------------------------------------------------------

/** What a forward task writes. */
const IMAGE: i32 = 0;
const JACOBIAN: i32 = 1;
const HIGHEST: i32 = 2;

/** project, projectRays: chunk `task` of the vectors of all views. */
export function project(task: i32, args: usize): void {
  forward(task, args, IMAGE);
}

/** projectLineJacobian, projectRaysJacobian: the image (same bits as `project`, none if its address is 0), 6 numbers a ray. */
export function projectJacobian(task: i32, args: usize): void {
  forward(task, args, JACOBIAN);
}

export function projectMaximum(task: i32, args: usize): void {
  forward(task, args, HIGHEST);
}

// @ts-ignore: decorator
@inline
function forward(task: i32, args: usize, purpose: i32): void {
  job.readJob(args);
  rays.countVectors();
  const chunks = (rays.vectors + job.chunk - 1) / job.chunk;
  const view = task / chunks;
  const first = (task - view * chunks) * job.chunk;
  const end = min(first + job.chunk, rays.vectors);
  rays.beginView(view);
  if (purpose == IMAGE && job.blocks > 1) {
    for (let block = 0; block < job.blocks; block++)
      for (let m = 0; m < end - first; m++) partOfVector(view, rays.acrossColumns(first, end, m), block);
    return;
  }
  for (let m = 0; m < end - first; m++) {
    rays.beginVector(rays.acrossColumns(first, end, m));
    const p0 = rays.pixelOf(0), p1 = rays.pixelOf(1), p2 = rays.pixelOf(2), p3 = rays.pixelOf(3);
    const values =
      purpose == HIGHEST ? maxima(p0, p1, p2, p3)
      : job.model == job.TRILINEAR ? sampled(p0, p1, p2, p3, view, purpose == JACOBIAN)
      : integrals(p0, p1, p2, p3, view, purpose == JACOBIAN);
    if (job.image != 0) {
      put(view, p0, f32x4.extract_lane(values, 0));
      put(view, p1, f32x4.extract_lane(values, 1));
      put(view, p2, f32x4.extract_lane(values, 2));
      put(view, p3, f32x4.extract_lane(values, 3));
    }
  }
}

// @ts-ignore: decorator
@inline
function addressOf(view: i32, pixel: i32): usize {
  return job.image + ((<usize>(view * job.columns * job.rowPitch + pixel)) << 2);
}

// @ts-ignore: decorator
@inline
function put(view: i32, pixel: i32, value: f32): void {
  if (pixel < 0) return;
  const address = addressOf(view, pixel);
  store<f32>(address, job.accumulate ? load<f32>(address) + value : value);
}

function sampled(p0: i32, p1: i32, p2: i32, p3: i32, view: i32, jacobian: bool): v128 {
  if (!jacobian) return trilinear.forward(p0, p1, p2, p3);
  const values = trilinear.forwardJacobian(p0, p1, p2, p3);
  differentiateSamples(view, p0, 0, f32x4.extract_lane(values, 0));
  differentiateSamples(view, p1, 1, f32x4.extract_lane(values, 1));
  differentiateSamples(view, p2, 2, f32x4.extract_lane(values, 2));
  differentiateSamples(view, p3, 3, f32x4.extract_lane(values, 3));
  return values;
}

function differentiateSamples(view: i32, pixel: i32, lane: i32, integral: f64): void {
  if (pixel < 0) return;
  trilinear.differentiate(pixel, lane, integral);
  storeGradient(view, pixel);
}

function maxima(p0: i32, p1: i32, p2: i32, p3: i32): v128 {
  return f32x4(maximumOf(p0), maximumOf(p1), maximumOf(p2), maximumOf(p3));
}

function maximumOf(pixel: i32): f32 {
  if (pixel < 0) return 0;
  rays.aim(pixel);
  return maximum();
}

/** Siddon and Joseph: the rays of each dominant axis together. */
function integrals(p0: i32, p1: i32, p2: i32, p3: i32, view: i32, jacobian: bool): v128 {
  const kinds = lines.traceFour(p0, p1, p2, p3, -1);
  let values = f32x4.splat(0);
  for (let axis = 0; axis < 3; axis++) {
    if (!(kinds & (1 << axis))) continue;
    lines.useAxis(axis);
    lines.selectAxis(axis);
    values = v128.bitselect(jacobian ? planesJacobian(axis) : planesForward(axis), values, lines.mask);
    if (!jacobian) continue;
    if (lines.kind0 == axis) differentiateLane0(view, p0, axis);
    if (lines.kind1 == axis) differentiateLane1(view, p1, axis);
    if (lines.kind2 == axis) differentiateLane2(view, p2, axis);
    if (lines.kind3 == axis) differentiateLane3(view, p3, axis);
  }
  if (jacobian) {
    if (lines.kind0 == lines.MISS) storeZero(view, p0);
    if (lines.kind1 == lines.MISS) storeZero(view, p1);
    if (lines.kind2 == lines.MISS) storeZero(view, p2);
    if (lines.kind3 == lines.MISS) storeZero(view, p3);
  }
  return values;
}

// The flag of joseph and of the adjoints says whether v is contiguous in memory; it is a constant for the compiler.
function planesForward(axis: i32): v128 {
  if (job.model == job.JOSEPH) return f32x4.mul(lines.length, josephPlanes(axis, f32x4.splat(0), 0, lines.nu));
  return siddon.forward(job.volume);
}

// @ts-ignore: decorator
@inline
function josephPlanes(axis: i32, start: v128, from: i32, to: i32): v128 {
  return axis < 2
    ? joseph.forward(job.volume, start, from, to, true)
    : joseph.forward(job.volume, start, from, to, false);
}

/**
 * Joseph through block `block` of the planes. Until the last block the image holds the sums so far, without the mm per
 * plane: the same bits as in one go.
 */
function partOfVector(view: i32, vector: i32, block: i32): void {
  rays.beginVector(vector);
  const p0 = rays.pixelOf(0), p1 = rays.pixelOf(1), p2 = rays.pixelOf(2), p3 = rays.pixelOf(3);
  const start = block == 0 ? f32x4.splat(0) : f32x4(get(view, p0), get(view, p1), get(view, p2), get(view, p3));
  const kinds = lines.traceFour(p0, p1, p2, p3, -1);
  let values = start;
  for (let axis = 0; axis < 3; axis++) {
    if (!(kinds & (1 << axis))) continue;
    lines.useAxis(axis);
    lines.selectAxis(axis);
    const from = <i32>((<i64>lines.nu * block) / job.blocks);
    const to = <i32>((<i64>lines.nu * (block + 1)) / job.blocks);
    const sum = josephPlanes(axis, start, from, to);
    values = v128.bitselect(block == job.blocks - 1 ? f32x4.mul(lines.length, sum) : sum, values, lines.mask);
  }
  put(view, p0, f32x4.extract_lane(values, 0));
  put(view, p1, f32x4.extract_lane(values, 1));
  put(view, p2, f32x4.extract_lane(values, 2));
  put(view, p3, f32x4.extract_lane(values, 3));
}

let sum: v128 = i32x4.splat(0);
let sumV: v128 = i32x4.splat(0);
let sumSlopeV: v128 = i32x4.splat(0);
let sumW: v128 = i32x4.splat(0);
let sumSlopeW: v128 = i32x4.splat(0);
let atLow: v128 = i32x4.splat(0);
let atHigh: v128 = i32x4.splat(0);

function planesJacobian(axis: i32): v128 {
  if (job.model == job.JOSEPH) {
    if (axis < 2) joseph.forwardJacobian(job.volume, true);
    else joseph.forwardJacobian(job.volume, false);
    sum = joseph.sum;
    sumV = joseph.sumV;
    sumSlopeV = joseph.sumSlopeV;
    sumW = joseph.sumW;
    sumSlopeW = joseph.sumSlopeW;
    atLow = joseph.atLow;
    atHigh = joseph.atHigh;
  } else {
    siddon.forwardJacobian(job.volume);
    sum = siddon.sum;
    sumV = siddon.sumV;
    sumSlopeV = siddon.sumSlopeV;
    sumW = siddon.sumW;
    sumSlopeW = siddon.sumSlopeW;
    atLow = siddon.atLow;
    atHigh = siddon.atHigh;
  }
  return f32x4.mul(lines.length, sum);
}

// Lanes are literals in WebAssembly.
function differentiateLane0(view: i32, pixel: i32, axis: i32): void {
  differentiate(
    view, pixel, axis, f32x4.extract_lane(sum, 0), f32x4.extract_lane(sumV, 0), f32x4.extract_lane(sumSlopeV, 0),
    f32x4.extract_lane(sumW, 0), f32x4.extract_lane(sumSlopeW, 0),
    f32x4.extract_lane(atLow, 0), f32x4.extract_lane(atHigh, 0),
  );
}

function differentiateLane1(view: i32, pixel: i32, axis: i32): void {
  differentiate(
    view, pixel, axis, f32x4.extract_lane(sum, 1), f32x4.extract_lane(sumV, 1), f32x4.extract_lane(sumSlopeV, 1),
    f32x4.extract_lane(sumW, 1), f32x4.extract_lane(sumSlopeW, 1),
    f32x4.extract_lane(atLow, 1), f32x4.extract_lane(atHigh, 1),
  );
}

function differentiateLane2(view: i32, pixel: i32, axis: i32): void {
  differentiate(
    view, pixel, axis, f32x4.extract_lane(sum, 2), f32x4.extract_lane(sumV, 2), f32x4.extract_lane(sumSlopeV, 2),
    f32x4.extract_lane(sumW, 2), f32x4.extract_lane(sumSlopeW, 2),
    f32x4.extract_lane(atLow, 2), f32x4.extract_lane(atHigh, 2),
  );
}

function differentiateLane3(view: i32, pixel: i32, axis: i32): void {
  differentiate(
    view, pixel, axis, f32x4.extract_lane(sum, 3), f32x4.extract_lane(sumV, 3), f32x4.extract_lane(sumSlopeV, 3),
    f32x4.extract_lane(sumW, 3), f32x4.extract_lane(sumSlopeW, 3),
    f32x4.extract_lane(atLow, 3), f32x4.extract_lane(atHigh, 3),
  );
}

function differentiate(
  view: i32, pixel: i32, axis: i32, f: f64, v: f64, slopeV: f64, w: f64, slopeW: f64, low: f64, high: f64,
): void {
  rays.aim(pixel);
  chain(axis, job.model == job.JOSEPH ? 0.5 : 0, f, v, slopeV, w, slopeW, low, high);
  storeGradient(view, pixel);
}

function storeZero(view: i32, pixel: i32): void {
  if (pixel < 0) return;
  setGradient(0, 0, 0, 0, 0, 0);
  storeGradient(view, pixel);
}

// ---- adjoint -------------------------------------------------------------------------------------------------------

/** projectAdjoint, projectRaysAdjoint: block `task` of the planes of `passAxis` (trilinear: of x, all rays). */
export function projectAdjoint(task: i32, args: usize): void {
  job.readJob(args);
  rays.countVectors();
  const axis = job.passAxis;
  lines.useAxis(axis);
  const from = <i32>((<i64>lines.nu * task) / job.blocks);
  const to = <i32>((<i64>lines.nu * (task + 1)) / job.blocks);
  if (axis == 0 && !job.accumulate) {
    const plane = job.volume + from * job.strideX - 2 * job.strideY - 8;
    clear(plane, <usize>(to - from) * job.strideX);
  }
  const perColumn = rays.quarter;
  for (let view = 0; view < job.views; view++) {
    rays.beginView(view);
    for (let first = 0; first < rays.vectors; first += perColumn) {
      if (job.model != job.TRILINEAR && rays.columnAvoids(first / perColumn, axis)) continue;
      for (let n = first; n < first + perColumn; n++) adjointVector(view, n, axis, from, to);
    }
  }
}

function adjointVector(view: i32, vector: i32, axis: i32, from: i32, to: i32): void {
  rays.beginVector(vector);
  let p0 = rays.pixelOf(0), p1 = rays.pixelOf(1), p2 = rays.pixelOf(2), p3 = rays.pixelOf(3);
  const y0 = get(view, p0), y1 = get(view, p1), y2 = get(view, p2), y3 = get(view, p3);
  if (y0 == 0) p0 = -1;
  if (y1 == 0) p1 = -1;
  if (y2 == 0) p2 = -1;
  if (y3 == 0) p3 = -1;
  if ((p0 & p1 & p2 & p3) < 0) return;
  const values = f32x4(y0, y1, y2, y3);
  if (job.model == job.TRILINEAR) {
    trilinear.adjoint(p0, p1, p2, p3, values, from, to);
    return;
  }
  if (!(lines.traceFour(p0, p1, p2, p3, axis) & (1 << axis))) return;
  lines.selectAxis(axis);
  planesAdjoint(v128.and(f32x4.mul(values, lines.length), lines.mask), axis, from, to);
}

// @ts-ignore: decorator
@inline
function get(view: i32, pixel: i32): f32 {
  return pixel < 0 ? 0 : load<f32>(addressOf(view, pixel));
}

function planesAdjoint(values: v128, axis: i32, from: i32, to: i32): void {
  if (job.model == job.JOSEPH) {
    if (axis < 2) joseph.adjoint(job.volume, values, from, to, true);
    else joseph.adjoint(job.volume, values, from, to, false);
  } else {
    if (axis < 2) siddon.adjoint(job.volume, values, from, to, true);
    else siddon.adjoint(job.volume, values, from, to, false);
  }
}
