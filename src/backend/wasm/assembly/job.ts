/**
 * What a projector task works on. The host writes the numbers (f64, in the order of `readJob`) once per call;
 * every task reads them into module globals, which are private to its thread.
 *
 * A volume is z fastest, then y, then x, in f32, padded with zeros by two cells before and after each axis.
 * Axes of a ray are renamed by its dominant axis: u (dominant), w, v. See `axes.ts`.
 */

export const SIDDON: i32 = 0;
export const JOSEPH: i32 = 1;
export const TRILINEAR: i32 = 2;

export const CONE: i32 = 0;
export const PARALLEL: i32 = 1;
export const FREE: i32 = 2;

/** Bytes before the first pixel of the image (or the first number of the flat array of free rays). */
export let image: usize = 0;
export let views: i32 = 0;
export let rows: i32 = 0;
export let columns: i32 = 0;
/** Pixels from column to column: rows, padded to a multiple of four. */
export let rowPitch: i32 = 0;
/** Address of voxel (0, 0, 0). */
export let volume: usize = 0;
export let nx: i32 = 0;
export let ny: i32 = 0;
export let nz: i32 = 0;
/** Bytes from x to x + 1, from y to y + 1; z to z + 1 is four bytes. */
export let strideX: i32 = 0;
export let strideY: i32 = 0;
/** 18 numbers a view, or 6 a free ray. */
export let table: usize = 0;
export let beam: i32 = CONE;
/** True if only what lies between source and end counts. */
export let segment: bool = true;
/** List of pixels to compute, 0 for all. */
export let pixels: usize = 0;
/** Number of pixels listed, or of free rays. */
export let listed: i32 = 0;
export let model: i32 = SIDDON;
/** Trilinear: mm; 0 if samples are spread over the interval [from, to]. */
export let step: f64 = 0;
export let from: f64 = 0;
export let to: f64 = 0;
export let samples: i32 = 0;
/** Vectors of four rays in one task of a forward kernel. */
export let chunk: i32 = 0;
export let jacobian: usize = 0;
export let accumulate: bool = false;
/** Blocks of planes; adjoint: one task each, for the rays whose dominant axis is `passAxis`. */
export let blocks: i32 = 1;
export let passAxis: i32 = 0;

/** Metric of index-to-world, mm²: |d|² = dᵀ G d. Set per view, or once for free rays. */
export let gxx: f64 = 0;
export let gyy: f64 = 0;
export let gzz: f64 = 0;
export let gxy: f64 = 0;
export let gxz: f64 = 0;
export let gyz: f64 = 0;

export function setMetric(address: usize): void {
  gxx = load<f64>(address);
  gyy = load<f64>(address, 8);
  gzz = load<f64>(address, 16);
  gxy = load<f64>(address, 24);
  gxz = load<f64>(address, 32);
  gyz = load<f64>(address, 40);
}

export function readJob(args: usize): void {
  image = <usize>load<f64>(args);
  views = <i32>load<f64>(args, 8);
  rows = <i32>load<f64>(args, 16);
  columns = <i32>load<f64>(args, 24);
  rowPitch = <i32>load<f64>(args, 32);
  volume = <usize>load<f64>(args, 40);
  nx = <i32>load<f64>(args, 48);
  ny = <i32>load<f64>(args, 56);
  nz = <i32>load<f64>(args, 64);
  strideX = <i32>load<f64>(args, 72);
  strideY = <i32>load<f64>(args, 80);
  table = <usize>load<f64>(args, 88);
  beam = <i32>load<f64>(args, 96);
  segment = load<f64>(args, 104) != 0;
  pixels = <usize>load<f64>(args, 112);
  listed = <i32>load<f64>(args, 120);
  model = <i32>load<f64>(args, 128);
  step = load<f64>(args, 136);
  from = load<f64>(args, 144);
  to = load<f64>(args, 152);
  samples = <i32>load<f64>(args, 160);
  chunk = <i32>load<f64>(args, 168);
  jacobian = <usize>load<f64>(args, 176);
  accumulate = load<f64>(args, 184) != 0;
  blocks = <i32>load<f64>(args, 192);
  passAxis = <i32>load<f64>(args, 200);
  setMetric(args + 208);
}
