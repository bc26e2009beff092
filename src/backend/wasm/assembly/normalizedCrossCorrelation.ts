import { before, high, low, total } from "./vectors";

let rows: i32 = 0;
let columns: i32 = 0;
let lineBytes: usize = 0;

/** Of one image; padding rows are 0. */
function mean(image: usize): f64 {
  let sums = f64x2.splat(0);
  const end = image + lineBytes * <usize>columns;
  for (let p = image; p < end; p += 16) {
    const x = v128.load(p);
    sums = f64x2.add(sums, f64x2.add(low(x), high(x)));
  }
  return total(sums) / (<f64>rows * <f64>columns);
}

/** Mean of (a - meanA)(b - meanB). */
function covariance(a: usize, meanA: f64, b: usize, meanB: f64): f64 {
  const shiftA = f64x2.splat(meanA);
  const shiftB = f64x2.splat(meanB);
  let sums = f64x2.splat(0);
  for (let column = 0; column < columns; column++) {
    const line = lineBytes * <usize>column;
    for (let row = 0; row < rows; row += 4) {
      const mask = before(rows, row);
      const x = v128.load(a + line + 4 * row);
      const y = v128.load(b + line + 4 * row);
      const first = f64x2.mul(
        f64x2.sub(low(x), shiftA),
        f64x2.sub(low(y), shiftB),
      );
      const second = f64x2.mul(f64x2.sub(high(x), shiftA), f64x2.sub(high(y), shiftB));
      sums = f64x2.add(sums, v128.and(first, i64x2.extend_low_i32x4_s(mask)));
      sums = f64x2.add(sums, v128.and(second, i64x2.extend_high_i32x4_s(mask)));
    }
  }
  return total(sums) / (<f64>rows * <f64>columns);
}

/**
 * One view a task: value = mean of â f̂ and cotangent = (f̂ - value â) / (n s), with â = (a - mean) / s and
 * s = sqrt(variance + epsilon).
 * args: value (f32 a view), cotangent, predicted, target, rows, columns, bytes a column, epsilon.
 */
export function normalizedCrossCorrelation(task: i32, args: usize): void {
  rows = <i32>load<f64>(args, 32);
  columns = <i32>load<f64>(args, 40);
  lineBytes = <usize>load<f64>(args, 48);
  const epsilon = load<f64>(args, 56);
  const image = lineBytes * <usize>columns * <usize>task;
  const cotangent = <usize>load<f64>(args, 8) + image;
  const a = <usize>load<f64>(args, 16) + image;
  const f = <usize>load<f64>(args, 24) + image;
  const meanA = mean(a);
  const meanF = mean(f);
  const rootA = Math.sqrt(covariance(a, meanA, a, meanA) + epsilon);
  const rootF = Math.sqrt(covariance(f, meanF, f, meanF) + epsilon);
  const value = covariance(a, meanA, f, meanF) / (rootA * rootF);
  store<f32>(<usize>load<f64>(args) + 4 * task, <f32>value);
  // (f - meanF) * byF - (a - meanA) * byA, means in f64 before rounding
  const pixels = <f64>rows * <f64>columns;
  const byF = f64x2.splat(1 / (pixels * rootA * rootF));
  const byA = f64x2.splat(value / (pixels * rootA * rootA));
  const shiftA = f64x2.splat(meanA);
  const shiftF = f64x2.splat(meanF);
  for (let column = 0; column < columns; column++) {
    const line = lineBytes * <usize>column;
    for (let row = 0; row < rows; row += 4) {
      const x = v128.load(a + line + 4 * row);
      const y = v128.load(f + line + 4 * row);
      const first = f64x2.sub(
        f64x2.mul(f64x2.sub(low(y), shiftF), byF),
        f64x2.mul(f64x2.sub(low(x), shiftA), byA),
      );
      const second = f64x2.sub(
        f64x2.mul(f64x2.sub(high(y), shiftF), byF),
        f64x2.mul(f64x2.sub(high(x), shiftA), byA),
      );
      const both = i32x4.shuffle(f32x4.demote_f64x2_zero(first), f32x4.demote_f64x2_zero(second), 0, 1, 4, 5);
      v128.store(cotangent + line + 4 * row, v128.and(both, before(rows, row)));
    }
  }
}
