/** Lanes 0 and 1 in f64. */
// @ts-ignore: decorator
@inline
export function low(x: v128): v128 {
  return f64x2.promote_low_f32x4(x);
}

/** Lanes 2 and 3 in f64. */
// @ts-ignore: decorator
@inline
export function high(x: v128): v128 {
  return f64x2.promote_low_f32x4(i32x4.shuffle(x, x, 2, 3, 2, 3));
}

/** Sum of two lanes. */
// @ts-ignore: decorator
@inline
export function total(sums: v128): f64 {
  return f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
}

/** -1 in the lanes of indices below `end`, for the 4 from `index` on. */
// @ts-ignore: decorator
@inline
export function before(end: i32, index: i32): v128 {
  return i32x4.lt_s(i32x4.add(i32x4.splat(index), i32x4(0, 1, 2, 3)), i32x4.splat(end));
}
