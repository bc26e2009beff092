import { chunkEnd, chunkStart } from "./chunks";

/**
 * Elements with g = m = v = 0 keep their x. Where 16 elements of g, m and v are 0, which is most of a volume that few
 * rays meet, x is not read and nothing is written.
 * args: x, m, v, g, bytes, beta1, beta2, rate / (1 - beta1^step), 1 / (1 - beta2^step), epsilon, lower.
 */
export function adamStep(task: i32, args: usize): void {
  const x = <usize>load<f64>(args);
  const m = <usize>load<f64>(args, 8);
  const v = <usize>load<f64>(args, 16);
  const g = <usize>load<f64>(args, 24);
  const end = chunkEnd(task, <usize>load<f64>(args, 32));
  const keep1 = f32x4.splat(<f32>load<f64>(args, 40));
  const add1 = f32x4.splat(<f32>(1 - load<f64>(args, 40)));
  const keep2 = f32x4.splat(<f32>load<f64>(args, 48));
  const add2 = f32x4.splat(<f32>(1 - load<f64>(args, 48)));
  const rate = f32x4.splat(<f32>load<f64>(args, 56));
  const correction = f32x4.splat(<f32>load<f64>(args, 64));
  const epsilon = f32x4.splat(<f32>load<f64>(args, 72));
  const lower = f32x4.splat(<f32>load<f64>(args, 80));
  const zero = f32x4.splat(0);
  // bytes of an allocation are a multiple of 64
  for (let line = chunkStart(task); line < end; line += 64) {
    if (!v128.any_true(anyOf(g + line)) && !v128.any_true(v128.or(anyOf(m + line), anyOf(v + line)))) continue;
    for (let i = line; i < line + 64; i += 16) {
      const gradient = v128.load(g + i);
      const oldM = v128.load(m + i);
      const oldV = v128.load(v + i);
      const used = f32x4.ne(v128.or(gradient, v128.or(oldM, oldV)), zero);
      const newM = f32x4.add(f32x4.mul(keep1, oldM), f32x4.mul(add1, gradient));
      const newV = f32x4.add(f32x4.mul(keep2, oldV), f32x4.mul(add2, f32x4.mul(gradient, gradient)));
      const root = f32x4.add(f32x4.sqrt(f32x4.mul(newV, correction)), epsilon);
      const oldX = v128.load(x + i);
      const newX = f32x4.pmax(f32x4.sub(oldX, f32x4.div(f32x4.mul(rate, newM), root)), lower);
      v128.store(m + i, newM);
      v128.store(v + i, newV);
      v128.store(x + i, v128.bitselect(newX, oldX, used));
    }
  }
}

/** The bits of 16 numbers, joined. */
// @ts-ignore: decorator
@inline
function anyOf(p: usize): v128 {
  return v128.or(v128.or(v128.load(p), v128.load(p, 16)), v128.or(v128.load(p, 32), v128.load(p, 48)));
}

/** args: x, velocity, g, bytes, rate, momentum, lower. */
export function sgdStep(task: i32, args: usize): void {
  const x = <usize>load<f64>(args);
  const velocity = <usize>load<f64>(args, 8);
  const g = <usize>load<f64>(args, 16);
  const end = chunkEnd(task, <usize>load<f64>(args, 24));
  const rate = f32x4.splat(<f32>load<f64>(args, 32));
  const momentum = f32x4.splat(<f32>load<f64>(args, 40));
  const lower = f32x4.splat(<f32>load<f64>(args, 48));
  for (let i = chunkStart(task); i < end; i += 16) {
    const speed = f32x4.add(f32x4.mul(momentum, v128.load(velocity + i)), v128.load(g + i));
    v128.store(velocity + i, speed);
    v128.store(x + i, f32x4.pmax(f32x4.sub(v128.load(x + i), f32x4.mul(rate, speed)), lower));
  }
}
