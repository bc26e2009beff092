/**
 * Numbers of twice the digits of float32 in WGSL: an unevaluated sum of two, the second at most half a unit in the last
 * place of the first. WGSL lets compilers reorder sums, which would undo this: every intermediate passes through an integer
 * operation with the setting `zero`, whose value they do not know.
 * Source: Dekker, Numerische Mathematik 18, 1971; Knuth, The Art of Computer Programming 2, 4.2.2.
 */

/** What a shader with `WIDE` needs; the number is 0. */
export const WIDE_SETTINGS = { zero: "u32" } as const;

export const WIDE = `
alias Wide = vec2f;
fn kept(x: f32) -> f32 { return bitcast<f32>(bitcast<u32>(x) ^ setting.zero); }
// a + b where |a| >= |b| or a = 0
fn settled(a: f32, b: f32) -> Wide {
  let sum = kept(a + b);
  return Wide(sum, b - kept(sum - a));
}
fn sumOf(a: f32, b: f32) -> Wide {
  let sum = kept(a + b);
  let part = kept(sum - a);
  return Wide(sum, kept(a - kept(sum - part)) + kept(b - part));
}
fn upperHalf(x: f32) -> f32 { return bitcast<f32>(bitcast<u32>(x) & 0xfffff000u); }
fn productOf(a: f32, b: f32) -> Wide {
  let product = kept(a * b);
  let a1 = upperHalf(a);
  let b1 = upperHalf(b);
  let a2 = kept(a - a1);
  let b2 = kept(b - b1);
  let left = kept(kept(kept(kept(a1 * b1) - product) + kept(a1 * b2)) + kept(a2 * b1));
  return Wide(product, left + a2 * b2);
}
fn plus(a: Wide, b: Wide) -> Wide {
  let sum = sumOf(a.x, b.x);
  return settled(sum.x, kept(sum.y + kept(a.y + b.y)));
}
fn times(a: Wide, b: Wide) -> Wide {
  let product = productOf(a.x, b.x);
  return settled(product.x, kept(product.y + kept(a.x * b.y + a.y * b.x)));
}
fn over(a: Wide, b: Wide) -> Wide {
  let quotient = a.x / b.x;
  let left = plus(a, -times(Wide(quotient, 0.0), b));
  return settled(quotient, left.x / b.x);
}`;
