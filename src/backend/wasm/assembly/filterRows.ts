import { clear } from "./bulk";
/**
 * Row filter by FFT. Four rows of a column of the detector are one vector, so a transform runs over vectors of four rows;
 * as the filter is real and even, four more rows ride along as imaginary parts.
 * Decimation in frequency leaves bit-reversed order, the response is stored in that order, decimation in time brings
 * natural order back: nothing is permuted. (Cooley and Tukey 1965; Gentleman and Sande 1966.)
 *
 * args: image, views, rows, columns, rowPitch, length L (a power of two), response (f64, L/2 + 1 numbers),
 * twiddles (16 L/2 bytes), reordered response (4 L bytes), scratch (32 L bytes a task), tasks.
 */

/**
 * Twiddles exp(-2 pi i k / L), k < L/2, as f64 pairs and then f32 pairs in the same place; and the response over L, f32.
 * Angles are halved from a quarter turn down, then every k is a product of at most log2(L) of those: errors of a few
 * 1e-16 without any sine of our own.
 */
export function prepareFilter(_task: i32, args: usize): void {
  const length = <i32>load<f64>(args, 40);
  const response = <usize>load<f64>(args, 48);
  const twiddles = <usize>load<f64>(args, 56);
  const reordered = <usize>load<f64>(args, 64);
  const half = length >> 1;
  store<f64>(twiddles, 1);
  store<f64>(twiddles, 0, 8);
  let c: f64 = 0;
  let s: f64 = 1;
  for (let m = length >> 2; m > 0; m >>= 1) {
    for (let k = 0; k < half; k += 2 * m) {
      const from = twiddles + 16 * <usize>k;
      const to = twiddles + 16 * <usize>(k + m);
      const re = load<f64>(from);
      const im = load<f64>(from, 8);
      store<f64>(to, re * c + im * s);
      store<f64>(to, im * c - re * s, 8);
    }
    c = Math.sqrt((1 + c) / 2);
    s = s / (2 * c);
  }
  for (let k = 0; k < half; k++) {
    const from = twiddles + 16 * <usize>k;
    const to = twiddles + 8 * <usize>k;
    const re = <f32>load<f64>(from);
    const im = <f32>load<f64>(from, 8);
    store<f32>(to, re);
    store<f32>(to, im, 4);
  }
  const scale: f64 = 1 / <f64>length;
  for (let p = 0, k = 0; p < length; p++) {
    const frequency = min(k, length - k);
    store<f32>(reordered + 4 * <usize>p, <f32>(load<f64>(response + 8 * <usize>frequency) * scale));
    let bit = half;
    while (bit > 0 && (k & bit) != 0) {
      k ^= bit;
      bit >>= 1;
    }
    k |= bit;
  }
}

/** Eight rows of a view at a time; task t takes every `tasks`-th such group. */
export function filterRows(task: i32, args: usize): void {
  const image = <usize>load<f64>(args);
  const views = <i32>load<f64>(args, 8);
  const columns = <i32>load<f64>(args, 24);
  const pitch = <i32>load<f64>(args, 32);
  const length = <i32>load<f64>(args, 40);
  const twiddles = <usize>load<f64>(args, 56);
  const reordered = <usize>load<f64>(args, 64);
  const scratch = <usize>load<f64>(args, 72) + 32 * <usize>length * <usize>task;
  const tasks = <i32>load<f64>(args, 80);
  const perView = (pitch + 7) >> 3;
  const stride = 4 * <usize>pitch;
  for (let group = task; group < views * perView; group += tasks) {
    const view = group / perView;
    const row = 8 * (group - view * perView);
    const first = image + stride * <usize>columns * <usize>view + 4 * <usize>row;
    const both = row + 4 < pitch;
    gatherRows(first, stride, columns, both, scratch, length);
    toFrequencies(scratch, twiddles, length);
    scaleBy(scratch, reordered, length);
    toPositions(scratch, twiddles, length);
    returnRows(first, stride, columns, both, scratch);
  }
}

function gatherRows(first: usize, stride: usize, columns: i32, both: bool, scratch: usize, length: i32): void {
  let p = scratch;
  let from = first;
  const zero = f32x4.splat(0);
  for (let c = 0; c < columns; c++, from += stride, p += 32) {
    v128.store(p, v128.load(from));
    v128.store(p, both ? v128.load(from, 16) : zero, 16);
  }
  clear(p, 32 * <usize>(length - columns));
}

function returnRows(first: usize, stride: usize, columns: i32, both: bool, scratch: usize): void {
  let p = scratch;
  let to = first;
  for (let c = 0; c < columns; c++, to += stride, p += 32) {
    v128.store(to, v128.load(p));
    if (both) v128.store(to, v128.load(p, 16), 16);
  }
}

function scaleBy(scratch: usize, response: usize, length: i32): void {
  for (let p = 0; p < length; p++) {
    const at = scratch + 32 * <usize>p;
    const r = v128.load32_splat(response + 4 * <usize>p);
    v128.store(at, f32x4.mul(v128.load(at), r));
    v128.store(at, f32x4.mul(v128.load(at, 16), r), 16);
  }
}

/** Natural order in, bit-reversed order out. */
function toFrequencies(x: usize, twiddles: usize, length: i32): void {
  for (let half = length >> 1, step = 8; half > 0; half >>= 1, step <<= 1) {
    const reach = 32 * <usize>half;
    for (let start = 0; start < length; start += 2 * half) {
      let a = x + 32 * <usize>start;
      let w = twiddles;
      for (let k = 0; k < half; k++, a += 32, w += step) {
        const re0 = v128.load(a), im0 = v128.load(a, 16);
        const re1 = v128.load(a + reach), im1 = v128.load(a + reach, 16);
        const c = v128.load32_splat(w), s = v128.load32_splat(w, 4);
        const re = f32x4.sub(re0, re1), im = f32x4.sub(im0, im1);
        v128.store(a, f32x4.add(re0, re1));
        v128.store(a, f32x4.add(im0, im1), 16);
        v128.store(a + reach, f32x4.sub(f32x4.mul(re, c), f32x4.mul(im, s)));
        v128.store(a + reach, f32x4.add(f32x4.mul(re, s), f32x4.mul(im, c)), 16);
      }
    }
  }
}

/** Bit-reversed order in, natural order out; not scaled. */
function toPositions(x: usize, twiddles: usize, length: i32): void {
  for (let half = 1, step = 4 * length; half < length; half <<= 1, step >>= 1) {
    const reach = 32 * <usize>half;
    for (let start = 0; start < length; start += 2 * half) {
      let a = x + 32 * <usize>start;
      let w = twiddles;
      for (let k = 0; k < half; k++, a += 32, w += step) {
        const re0 = v128.load(a), im0 = v128.load(a, 16);
        const reB = v128.load(a + reach), imB = v128.load(a + reach, 16);
        const c = v128.load32_splat(w), s = v128.load32_splat(w, 4);
        const re = f32x4.add(f32x4.mul(reB, c), f32x4.mul(imB, s));
        const im = f32x4.sub(f32x4.mul(imB, c), f32x4.mul(reB, s));
        v128.store(a, f32x4.add(re0, re));
        v128.store(a, f32x4.add(im0, im), 16);
        v128.store(a + reach, f32x4.sub(re0, re));
        v128.store(a + reach, f32x4.sub(im0, im), 16);
      }
    }
  }
}
