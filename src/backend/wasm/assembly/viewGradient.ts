/**
 * Cotangents of views from line Jacobians: sums over the pixels, in f64, in fixed tiles (columns) and a fixed order.
 * Arguments: jacobian, cotangent (at its first view), partial sums, out, columns, rows, rowPitch.
 */

/** Task = view * columns + column: 12 partial sums. */
export function viewGradientColumns(task: i32, args: usize): void {
  const columns = <i32>load<f64>(args, 32);
  const rows = <i32>load<f64>(args, 40);
  const pitch = <usize>load<f64>(args, 48);
  const view = task / columns;
  const column = task - view * columns;
  const image = <usize>columns * pitch * 4;
  const jacobian = <usize>load<f64>(args) + (<usize>(6 * view)) * image + <usize>column * pitch * 4;
  const cotangent = <usize>load<f64>(args, 8) + <usize>view * image + <usize>column * pitch * 4;
  const partial = <usize>load<f64>(args, 16) + <usize>task * 96;
  for (let c = 0; c < 3; c++) {
    let source: f64 = 0, pixel: f64 = 0, row: f64 = 0;
    const bySource = jacobian + c * image;
    const byPixel = jacobian + (c + 3) * image;
    for (let r = 0; r < rows; r++) {
      const at = <usize>r << 2;
      const y: f64 = load<f32>(cotangent + at);
      const g = y * <f64>load<f32>(byPixel + at);
      source += y * <f64>load<f32>(bySource + at);
      pixel += g;
      row += <f64>r * g;
    }
    const out = partial + (<usize>c << 3);
    store<f64>(out, source);
    store<f64>(out, pixel, 24);
    store<f64>(out, <f64>column * pixel, 48);
    store<f64>(out, row, 72);
  }
}

/** Task = view: adds its columns. */
export function viewGradientViews(task: i32, args: usize): void {
  const columns = <i32>load<f64>(args, 32);
  const partial = <usize>load<f64>(args, 16) + <usize>(task * columns) * 96;
  const out = <usize>load<f64>(args, 24) + <usize>task * 96;
  for (let c = 0; c < 12; c++) {
    let sum: f64 = 0;
    for (let column = 0; column < columns; column++) sum += load<f64>(partial + (<usize>(12 * column + c) << 3));
    store<f64>(out + (<usize>c << 3), sum);
  }
}
