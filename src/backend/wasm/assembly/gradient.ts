/** Derivatives of one integral with respect to source and end of its ray, index coordinates, f64. */
import * as job from "./job";
import * as rays from "./rays";

export let sourceX: f64 = 0;
export let sourceY: f64 = 0;
export let sourceZ: f64 = 0;
export let endX: f64 = 0;
export let endY: f64 = 0;
export let endZ: f64 = 0;

export function setGradient(ax: f64, ay: f64, az: f64, bx: f64, by: f64, bz: f64): void {
  sourceX = ax;
  sourceY = ay;
  sourceZ = az;
  endX = bx;
  endY = by;
  endZ = bz;
}

/** Length in mm of the ray aimed last. */
export function rayLength(): f64 {
  const dx = rays.dx, dy = rays.dy, dz = rays.dz;
  return Math.sqrt(
    job.gxx * dx * dx + job.gyy * dy * dy + job.gzz * dz * dz +
      2 * (job.gxy * dx * dy + job.gxz * dx * dz + job.gyz * dy * dz),
  );
}

/** Adds `scale` times the derivative of the ray's length. */
export function addLengthGradient(scale: f64): void {
  const dx = rays.dx, dy = rays.dy, dz = rays.dz;
  const factor = scale / rayLength();
  const x = factor * (job.gxx * dx + job.gxy * dy + job.gxz * dz);
  const y = factor * (job.gxy * dx + job.gyy * dy + job.gyz * dz);
  const z = factor * (job.gxz * dx + job.gyz * dy + job.gzz * dz);
  setGradient(sourceX - x, sourceY - y, sourceZ - z, endX + x, endY + y, endZ + z);
}

/** Stores it: six images a view by source (or direction) and pixel, or six f64 a free ray. */
export function storeGradient(view: i32, pixel: i32): void {
  if (job.beam == job.FREE) {
    const ray = job.jacobian + <usize>pixel * 48;
    store<f64>(ray, sourceX);
    store<f64>(ray, sourceY, 8);
    store<f64>(ray, sourceZ, 16);
    store<f64>(ray, endX, 24);
    store<f64>(ray, endY, 32);
    store<f64>(ray, endZ, 40);
    return;
  }
  const count = job.columns * job.rowPitch;
  const between = <usize>count << 2;
  let address = job.jacobian + (<usize>(6 * view * count + pixel) << 2);
  // The line of a parallel beam starts at the pixel: moving the pixel moves both ends, the direction only the far one.
  const parallel = job.beam == job.PARALLEL;
  store<f32>(address, <f32>(parallel ? endX : sourceX));
  store<f32>((address += between), <f32>(parallel ? endY : sourceY));
  store<f32>((address += between), <f32>(parallel ? endZ : sourceZ));
  store<f32>((address += between), <f32>(parallel ? sourceX + endX : endX));
  store<f32>((address += between), <f32>(parallel ? sourceY + endY : endY));
  store<f32>((address += between), <f32>(parallel ? sourceZ + endZ : endZ));
}
