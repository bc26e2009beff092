// Linear over whole allocations, padding included: 0 becomes 0, or `clearPadding` follows.
import { chunkEnd, chunkStart } from "./chunks";

/** A number, or the f32 at an address if that is not 0. */
function scalar(address: usize, value: f64): v128 {
  return f32x4.splat(address ? load<f32>(address) : <f32>value);
}

/** args: out, bytes, value. */
export function fill(task: i32, args: usize): void {
  const out = <usize>load<f64>(args);
  const end = out + chunkEnd(task, <usize>load<f64>(args, 8));
  const value = f32x4.splat(<f32>load<f64>(args, 16));
  for (let p = out + chunkStart(task); p < end; p += 16) v128.store(p, value);
}

/** args: x, y, bytes, address of a or 0, a, address of b or 0, b. */
export function axpby(task: i32, args: usize): void {
  const x = <usize>load<f64>(args);
  const y = <usize>load<f64>(args, 8);
  const a = scalar(<usize>load<f64>(args, 24), load<f64>(args, 32));
  const b = scalar(<usize>load<f64>(args, 40), load<f64>(args, 48));
  const end = chunkEnd(task, <usize>load<f64>(args, 16));
  for (let i = chunkStart(task); i < end; i += 16)
    v128.store(y + i, f32x4.add(f32x4.mul(a, v128.load(x + i)), f32x4.mul(b, v128.load(y + i))));
}

/** args: x, y, bytes. */
export function multiply(task: i32, args: usize): void {
  const x = <usize>load<f64>(args);
  const y = <usize>load<f64>(args, 8);
  const end = chunkEnd(task, <usize>load<f64>(args, 16));
  for (let i = chunkStart(task); i < end; i += 16)
    v128.store(y + i, f32x4.mul(v128.load(x + i), v128.load(y + i)));
}

/** args: x, bytes, lower, upper. NaN stays NaN. */
export function clamp(task: i32, args: usize): void {
  const x = <usize>load<f64>(args);
  const lower = f32x4.splat(<f32>load<f64>(args, 16));
  const upper = f32x4.splat(<f32>load<f64>(args, 24));
  const end = x + chunkEnd(task, <usize>load<f64>(args, 8));
  for (let p = x + chunkStart(task); p < end; p += 16)
    v128.store(p, f32x4.pmin(f32x4.pmax(v128.load(p), lower), upper));
}

/** args: x, bytes, threshold. */
export function reciprocalOrZero(task: i32, args: usize): void {
  const x = <usize>load<f64>(args);
  const threshold = f32x4.splat(<f32>load<f64>(args, 16));
  const one = f32x4.splat(1);
  const end = x + chunkEnd(task, <usize>load<f64>(args, 8));
  for (let p = x + chunkStart(task); p < end; p += 16) {
    const value = v128.load(p);
    v128.store(p, v128.and(f32x4.div(one, value), f32x4.gt(value, threshold)));
  }
}

/** args: x, bytes. */
export function sign(task: i32, args: usize): void {
  const x = <usize>load<f64>(args);
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  const minusOne = f32x4.splat(-1);
  const end = x + chunkEnd(task, <usize>load<f64>(args, 8));
  for (let p = x + chunkStart(task); p < end; p += 16) {
    const value = v128.load(p);
    const positive = v128.and(one, f32x4.gt(value, zero));
    v128.store(p, v128.or(positive, v128.and(minusOne, f32x4.lt(value, zero))));
  }
}

/** Bytes of a prepared segment: x0, y0 and slope, each as a vector. */
const SEGMENT: usize = 48;

/** Prepares the segments of a piecewise linear function. args: knots, number of segments, address of the segments. */
export function prepareSegments(_task: i32, args: usize): void {
  let knot = <usize>load<f64>(args);
  const segments = <usize>load<f64>(args, 16);
  const end = segments + SEGMENT * <usize>load<f64>(args, 8);
  for (let p = segments; p < end; p += SEGMENT, knot += 16) {
    const x0 = load<f64>(knot);
    const y0 = load<f64>(knot, 8);
    v128.store(p, f32x4.splat(<f32>x0));
    v128.store(p, f32x4.splat(<f32>y0), 16);
    v128.store(p, f32x4.splat(<f32>((load<f64>(knot, 24) - y0) / (load<f64>(knot, 16) - x0))), 32);
  }
}

/** args: x, bytes, address of the prepared segments, their number. */
export function mapPiecewise(task: i32, args: usize): void {
  const x = <usize>load<f64>(args);
  const segments = <usize>load<f64>(args, 16);
  const endSegment = segments + SEGMENT * <usize>load<f64>(args, 24);
  const end = x + chunkEnd(task, <usize>load<f64>(args, 8));
  for (let p = x + chunkStart(task); p < end; p += 16) {
    const value = v128.load(p);
    let result = v128.load(segments, 16);
    for (let s = segments; s < endSegment; s += SEGMENT) {
      const beyond = f32x4.sub(value, v128.load(s));
      const line = f32x4.add(v128.load(s, 16), f32x4.mul(v128.load(s, 32), beyond));
      result = v128.bitselect(line, result, f32x4.ge(beyond, f32x4.splat(0)));
    }
    v128.store(p, result);
  }
}

/** args: out, x, labels (bytes), bytes of x (a multiple of 64), label. */
export function selectLabel(task: i32, args: usize): void {
  const out = <usize>load<f64>(args);
  const x = <usize>load<f64>(args, 8);
  const labels = <usize>load<f64>(args, 16);
  const end = chunkEnd(task, <usize>load<f64>(args, 24));
  const label = i8x16.splat(<i8>load<f64>(args, 32));
  for (let i = chunkStart(task); i < end; i += 64) {
    const match = i8x16.eq(v128.load(labels + (i >> 2)), label);
    const low = i16x8.extend_low_i8x16_s(match);
    const high = i16x8.extend_high_i8x16_s(match);
    v128.store(out + i, v128.and(v128.load(x + i), i32x4.extend_low_i16x8_s(low)));
    v128.store(out + i, v128.and(v128.load(x + i, 16), i32x4.extend_high_i16x8_s(low)), 16);
    v128.store(out + i, v128.and(v128.load(x + i, 32), i32x4.extend_low_i16x8_s(high)), 32);
    v128.store(out + i, v128.and(v128.load(x + i, 48), i32x4.extend_high_i16x8_s(high)), 48);
  }
}
