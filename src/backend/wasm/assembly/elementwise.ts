export function fill(task: i32, args: usize): void {
  const out = <usize>load<f64>(args);
  const value = f32x4.splat(<f32>load<f64>(args, 8));
  const end = out + <usize>load<f64>(args, 16);
  for (let p = out + 65536 * task; p < end; p += 16) v128.store(p, value);
}
