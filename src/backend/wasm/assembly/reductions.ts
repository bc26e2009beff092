// Fixed tiles into partial results, then one task that adds these in order: the same bytes for any number of threads.
import { chunkEnd, chunkStart } from "./chunks";
import { high, low, total } from "./vectors";

/** args: x, bytes, partial sums (f64). */
export function sum(task: i32, args: usize): void {
  const x = <usize>load<f64>(args);
  const end = x + chunkEnd(task, <usize>load<f64>(args, 8));
  let a = f64x2.splat(0);
  let b = f64x2.splat(0);
  for (let p = x + chunkStart(task); p < end; p += 16) {
    const value = v128.load(p);
    a = f64x2.add(a, low(value));
    b = f64x2.add(b, high(value));
  }
  store<f64>(<usize>load<f64>(args, 16) + 8 * task, total(f64x2.add(a, b)));
}

/** args: x, bytes, partial sums (f64). */
export function sumAbsolute(task: i32, args: usize): void {
  const x = <usize>load<f64>(args);
  const end = x + chunkEnd(task, <usize>load<f64>(args, 8));
  let a = f64x2.splat(0);
  let b = f64x2.splat(0);
  for (let p = x + chunkStart(task); p < end; p += 16) {
    const value = f32x4.abs(v128.load(p));
    a = f64x2.add(a, low(value));
    b = f64x2.add(b, high(value));
  }
  store<f64>(<usize>load<f64>(args, 16) + 8 * task, total(f64x2.add(a, b)));
}

/** args: x, bytes, partial sums (f64), y. */
export function dot(task: i32, args: usize): void {
  const x = <usize>load<f64>(args);
  const y = <usize>load<f64>(args, 24);
  const end = chunkEnd(task, <usize>load<f64>(args, 8));
  let a = f64x2.splat(0);
  let b = f64x2.splat(0);
  for (let i = chunkStart(task); i < end; i += 16) {
    const p = v128.load(x + i);
    const q = v128.load(y + i);
    a = f64x2.add(a, f64x2.mul(low(p), low(q)));
    b = f64x2.add(b, f64x2.mul(high(p), high(q)));
  }
  store<f64>(<usize>load<f64>(args, 16) + 8 * task, total(f64x2.add(a, b)));
}

/** args: x, bytes, partial sums (f64), y, z. */
export function dotDifferences(task: i32, args: usize): void {
  const x = <usize>load<f64>(args);
  const y = <usize>load<f64>(args, 24);
  const z = <usize>load<f64>(args, 32);
  const end = chunkEnd(task, <usize>load<f64>(args, 8));
  let a = f64x2.splat(0);
  let b = f64x2.splat(0);
  for (let i = chunkStart(task); i < end; i += 16) {
    const middle = v128.load(y + i);
    const p = f32x4.sub(v128.load(x + i), middle);
    const q = f32x4.sub(middle, v128.load(z + i));
    a = f64x2.add(a, f64x2.mul(low(p), low(q)));
    b = f64x2.add(b, f64x2.mul(high(p), high(q)));
  }
  store<f64>(<usize>load<f64>(args, 16) + 8 * task, total(f64x2.add(a, b)));
}

/**
 * q - p + p ln(p / q) without cancellation where q is within a factor of 2 of p: with s = (q - p) / (q + p) it is
 * (q - p) s - 2 p s³ (1/3 + s²/5 + s⁴/7 + ...), by ln(q / p) = 2 artanh s. What is left out is below 5e-9.
 */
function divergence(p: f64, q: f64): f64 {
  const excess = q - p;
  if (p == 0) return excess;
  const s = excess / (q + p);
  if (Math.abs(s) >= 1.0 / 3) return excess - p * Math.log1p(excess / p);
  const t = s * s;
  const series = 1.0 / 3 + t * (1.0 / 5 + t * (1.0 / 7 + t * (1.0 / 9 + t * (1.0 / 11 + t * (1.0 / 13 + t / 15)))));
  return s * (excess - 2 * p * t * series);
}

/** args: x, bytes, partial sums (f64), y, weights or 0. */
export function kullbackLeibler(task: i32, args: usize): void {
  const x = <usize>load<f64>(args);
  const y = <usize>load<f64>(args, 24);
  const weights = <usize>load<f64>(args, 32);
  const end = chunkEnd(task, <usize>load<f64>(args, 8));
  let sum: f64 = 0;
  for (let i = chunkStart(task); i < end; i += 4) {
    const term = divergence(load<f32>(x + i), load<f32>(y + i));
    sum += weights ? <f64>load<f32>(weights + i) * term : term;
  }
  store<f64>(<usize>load<f64>(args, 16) + 8 * task, sum);
}

/** args: out (f32), partial sums, their number. */
export function addPartialSums(_task: i32, args: usize): void {
  const partial = <usize>load<f64>(args, 8);
  const end = partial + 8 * <usize>load<f64>(args, 16);
  let sum: f64 = 0;
  for (let p = partial; p < end; p += 8) sum += load<f64>(p);
  store<f32>(<usize>load<f64>(args), <f32>sum);
}

/**
 * Minimum and maximum of the lines of one plane.
 * args: first element, bytes a plane, lines a plane, bytes a line, elements a line, elements of the lines of the last
 * plane, planes, partial results (two f32 a plane).
 */
export function extrema(task: i32, args: usize): void {
  const lines = <i32>load<f64>(args, 16);
  const lineBytes = <usize>load<f64>(args, 24);
  const last = task == <i32>load<f64>(args, 48) - 1;
  const count = <i32>(last ? load<f64>(args, 40) : load<f64>(args, 32));
  let least = f32x4.splat(f32.MAX_VALUE * 2);
  let most = f32x4.splat(-f32.MAX_VALUE * 2);
  let line = <usize>load<f64>(args) + <usize>load<f64>(args, 8) * <usize>task;
  for (let j = 0; j < lines; j++, line += lineBytes) {
    const end = line + 4 * <usize>count;
    let p = line;
    for (; p + 16 <= end; p += 16) {
      const value = v128.load(p);
      least = f32x4.pmin(least, value);
      most = f32x4.pmax(most, value);
    }
    for (; p < end; p += 4) {
      const value = v128.load32_splat(p);
      least = f32x4.pmin(least, value);
      most = f32x4.pmax(most, value);
    }
  }
  const out = <usize>load<f64>(args, 56) + 8 * task;
  store<f32>(out, smallest(least));
  store<f32>(out, -smallest(f32x4.neg(most)), 4);
}

function smallest(x: v128): f32 {
  const a = f32x4.pmin(x, i32x4.shuffle(x, x, 2, 3, 0, 1));
  return f32x4.extract_lane(f32x4.pmin(a, i32x4.shuffle(a, a, 1, 0, 3, 2)), 0);
}

/** args: out (two f32), partial results, their number. */
export function joinExtrema(_task: i32, args: usize): void {
  const out = <usize>load<f64>(args);
  const partial = <usize>load<f64>(args, 8);
  const end = partial + 8 * <usize>load<f64>(args, 16);
  let least = load<f32>(partial);
  let most = load<f32>(partial, 4);
  for (let p = partial; p < end; p += 8) {
    const a = load<f32>(p);
    const b = load<f32>(p, 4);
    if (a < least) least = a;
    if (b > most) most = b;
  }
  store<f32>(out, least);
  store<f32>(out, most, 4);
}
