/** Loads and stores of four lanes, each at its own address. Addresses are u32. */

/** 1.5 * 2^23: f32 values within ±2^22 plus this have their integer part in the low bits. */
export const ROUND: f32 = 12582912;
/** The bits of ROUND. */
export const ROUND_BITS: i32 = 0x4b400000;

// @ts-ignore: decorator
@inline
export function at0(addresses: v128): usize {
  return <usize>(<u32>i32x4.extract_lane(addresses, 0));
}

// @ts-ignore: decorator
@inline
export function at1(addresses: v128): usize {
  return <usize>(<u32>i32x4.extract_lane(addresses, 1));
}

// @ts-ignore: decorator
@inline
export function at2(addresses: v128): usize {
  return <usize>(<u32>i32x4.extract_lane(addresses, 2));
}

// @ts-ignore: decorator
@inline
export function at3(addresses: v128): usize {
  return <usize>(<u32>i32x4.extract_lane(addresses, 3));
}

// @ts-ignore: decorator
@inline
export function loadFour(addresses: v128): v128 {
  let out = v128.load32_splat(at0(addresses));
  out = v128.load_lane<f32>(at1(addresses), out, 1);
  out = v128.load_lane<f32>(at2(addresses), out, 2);
  return v128.load_lane<f32>(at3(addresses), out, 3);
}

/** Two pairs of neighbors (at the address, four bytes on). */
// @ts-ignore: decorator
@inline
export function loadPairs(first: usize, second: usize): v128 {
  return v128.load_lane<u64>(second, v128.load_zero<u64>(first), 1);
}

// @ts-ignore: decorator
@inline
export function lows(pairs01: v128, pairs23: v128): v128 {
  return v128.shuffle<f32>(pairs01, pairs23, 0, 2, 4, 6);
}

// @ts-ignore: decorator
@inline
export function highs(pairs01: v128, pairs23: v128): v128 {
  return v128.shuffle<f32>(pairs01, pairs23, 1, 3, 5, 7);
}

/**
 * Adds (low, high) of each lane to the pair of cells at its address, lane after lane: two lanes may meet in a cell.
 * `contiguous`: the second cell follows the first, else it lies `stride` bytes away.
 */
// @ts-ignore: decorator
@inline
export function addPairs(addresses: v128, low: v128, high: v128, contiguous: bool, stride: i32): void {
  if (contiguous) {
    const pairs01 = v128.shuffle<f32>(low, high, 0, 4, 1, 5);
    const pairs23 = v128.shuffle<f32>(low, high, 2, 6, 3, 7);
    addFirst(at0(addresses), pairs01);
    addSecond(at1(addresses), pairs01);
    addFirst(at2(addresses), pairs23);
    addSecond(at3(addresses), pairs23);
  } else {
    addTwo(at0(addresses), stride, f32x4.extract_lane(low, 0), f32x4.extract_lane(high, 0));
    addTwo(at1(addresses), stride, f32x4.extract_lane(low, 1), f32x4.extract_lane(high, 1));
    addTwo(at2(addresses), stride, f32x4.extract_lane(low, 2), f32x4.extract_lane(high, 2));
    addTwo(at3(addresses), stride, f32x4.extract_lane(low, 3), f32x4.extract_lane(high, 3));
  }
}

// @ts-ignore: decorator
@inline
function addFirst(address: usize, pairs: v128): void {
  v128.store_lane<u64>(address, f32x4.add(v128.load_zero<u64>(address), pairs), 0);
}

// @ts-ignore: decorator
@inline
function addSecond(address: usize, pairs: v128): void {
  v128.store_lane<u64>(address, f32x4.add(v128.load_splat<u64>(address), pairs), 1);
}

// @ts-ignore: decorator
@inline
function addTwo(address: usize, stride: i32, low: f32, high: f32): void {
  const second = address + stride;
  store<f32>(address, load<f32>(address) + low);
  store<f32>(second, load<f32>(second) + high);
}
