// Smoothed isotropic total variation: forward differences along x, y and z (the line), 0 at the far faces.
// One plane of x a task. Differences beyond a face come out as 0 because the line is compared with itself, those along
// z are masked.
import { before, high, low, total } from "./vectors";

/**
 * args: first element, nx, ny, nz, bytes from x to x + 1, bytes from y to y + 1, delta, partial sums (f64).
 * Terms are g²/(sqrt(g² + delta²) + delta), which loses nothing where the gradient g is small.
 */
export function totalVariation(task: i32, args: usize): void {
  const nx = <i32>load<f64>(args, 8);
  const ny = <i32>load<f64>(args, 16);
  const nz = <i32>load<f64>(args, 24);
  const strideX = <usize>load<f64>(args, 32);
  const strideY = <usize>load<f64>(args, 40);
  const delta = f32x4.splat(<f32>load<f64>(args, 48));
  const delta2 = f32x4.mul(delta, delta);
  // without delta a gradient of 0 must not give 0 / 0
  const smallest = f32x4.splat(f32.MIN_NORMAL_VALUE);
  const nextX = task < nx - 1 ? strideX : 0;
  let line = <usize>load<f64>(args) + strideX * <usize>task;
  let sums = f64x2.splat(0);
  for (let y = 0; y < ny; y++, line += strideY) {
    const nextY = y < ny - 1 ? strideY : 0;
    for (let z = 0; z < nz; z += 4) {
      const p = line + 4 * z;
      const f = v128.load(p);
      const dx = f32x4.sub(v128.load(p + nextX), f);
      const dy = f32x4.sub(v128.load(p + nextY), f);
      const dz = v128.and(f32x4.sub(v128.load(p, 4), f), before(nz - 1, z));
      const g2 = f32x4.add(f32x4.add(f32x4.mul(dx, dx), f32x4.mul(dy, dy)), f32x4.mul(dz, dz));
      const root = f32x4.add(f32x4.sqrt(f32x4.add(g2, delta2)), delta);
      const term = f32x4.div(g2, f32x4.pmax(root, smallest));
      const counted = v128.and(term, before(nz, z));
      sums = f64x2.add(sums, f64x2.add(low(counted), high(counted)));
    }
  }
  store<f64>(<usize>load<f64>(args, 56) + 8 * task, total(sums));
}

/** Writes 1/sqrt(g² + delta²) of a line to `out`, with a 0 before it. */
function inverseNorms(line: usize, nextX: usize, nextY: usize, nz: i32, delta2: v128, out: usize): void {
  store<f32>(out - 4, 0);
  for (let z = 0; z < nz; z += 4) {
    const p = line + 4 * z;
    const f = v128.load(p);
    const dx = f32x4.sub(v128.load(p + nextX), f);
    const dy = f32x4.sub(v128.load(p + nextY), f);
    const dz = v128.and(f32x4.sub(v128.load(p, 4), f), before(nz - 1, z));
    const g2 = f32x4.add(f32x4.add(f32x4.mul(dx, dx), f32x4.mul(dy, dy)), f32x4.mul(dz, dz));
    v128.store(out + 4 * z, f32x4.div(f32x4.splat(1), f32x4.sqrt(f32x4.add(g2, delta2))));
  }
}

/**
 * out += weight * (the differences to the three predecessors over their norms - the three forward differences over the
 * voxel's own norm). Norms of the line, of the line before (y - 1) and of the plane before (x - 1) are kept in scratch.
 * args: first element of x, nx, ny, nz, bytes from x to x + 1, bytes from y to y + 1, delta, first element of out,
 * weight, scratch, bytes of scratch a task (3 lines).
 */
export function totalVariationGradient(task: i32, args: usize): void {
  const nx = <i32>load<f64>(args, 8);
  const ny = <i32>load<f64>(args, 16);
  const nz = <i32>load<f64>(args, 24);
  const strideX = <usize>load<f64>(args, 32);
  const strideY = <usize>load<f64>(args, 40);
  const delta = f32x4.splat(<f32>load<f64>(args, 48));
  const delta2 = f32x4.mul(delta, delta);
  const plane = strideX * <usize>task;
  const toOut = <usize>load<f64>(args, 56) - <usize>load<f64>(args);
  const weight = f32x4.splat(<f32>load<f64>(args, 64));
  const scratchBytes = <usize>load<f64>(args, 80);
  const scratch = <usize>load<f64>(args, 72) + scratchBytes * <usize>task;
  const scratchLine = scratchBytes / 3;
  const planeBefore = scratch + 16;
  let own = scratch + scratchLine + 16;
  let lineBefore = scratch + 2 * scratchLine + 16;
  const nextX = task < nx - 1 ? strideX : 0;
  const previousX = task > 0 ? strideX : 0;
  let line = <usize>load<f64>(args) + plane;
  for (let y = 0; y < ny; y++, line += strideY) {
    const nextY = y < ny - 1 ? strideY : 0;
    const previousY = y > 0 ? strideY : 0;
    inverseNorms(line, nextX, nextY, nz, delta2, own);
    if (previousX) inverseNorms(line - previousX, previousX, nextY, nz, delta2, planeBefore);
    for (let z = 0; z < nz; z += 4) {
      const p = line + 4 * z;
      const f = v128.load(p);
      const forward = f32x4.add(
        f32x4.add(f32x4.sub(v128.load(p + nextX), f), f32x4.sub(v128.load(p + nextY), f)),
        v128.and(f32x4.sub(v128.load(p, 4), f), before(nz - 1, z)),
      );
      let sum = f32x4.mul(f32x4.sub(f, v128.load(p - 4)), v128.load(own + 4 * z - 4));
      if (previousX)
        sum = f32x4.add(sum, f32x4.mul(f32x4.sub(f, v128.load(p - previousX)), v128.load(planeBefore + 4 * z)));
      if (previousY)
        sum = f32x4.add(sum, f32x4.mul(f32x4.sub(f, v128.load(p - previousY)), v128.load(lineBefore + 4 * z)));
      sum = f32x4.sub(sum, f32x4.mul(forward, v128.load(own + 4 * z)));
      const change = v128.and(f32x4.mul(weight, sum), before(nz, z));
      v128.store(p + toOut, f32x4.add(v128.load(p + toOut), change));
    }
    const swap = own;
    own = lineBefore;
    lineBefore = swap;
  }
}

/**
 * out <- at - (scale out + weight g) / (curvature + weight c) within the bounds: g as in `totalVariationGradient`, c twice
 * the sum of the norms' reciprocals over the differences in which a voxel takes part.
 * args: those of `totalVariationGradient`, then first element of the curvature, scale, lower, upper.
 */
export function surrogateStep(task: i32, args: usize): void {
  const nx = <i32>load<f64>(args, 8);
  const ny = <i32>load<f64>(args, 16);
  const nz = <i32>load<f64>(args, 24);
  const strideX = <usize>load<f64>(args, 32);
  const strideY = <usize>load<f64>(args, 40);
  const delta = f32x4.splat(<f32>load<f64>(args, 48));
  const delta2 = f32x4.mul(delta, delta);
  const x = <usize>load<f64>(args);
  const toOut = <usize>load<f64>(args, 56) - x;
  const weight = f32x4.splat(<f32>load<f64>(args, 64));
  const penalized = load<f64>(args, 64) != 0;
  const scratchBytes = <usize>load<f64>(args, 80);
  const scratch = <usize>load<f64>(args, 72) + scratchBytes * <usize>task;
  const toCurvature = <usize>load<f64>(args, 88) - x;
  const scale = f32x4.splat(<f32>load<f64>(args, 96));
  const lower = f32x4.splat(<f32>load<f64>(args, 104));
  const upper = f32x4.splat(<f32>load<f64>(args, 112));
  const scratchLine = scratchBytes / 3;
  const planeBefore = scratch + 16;
  let own = scratch + scratchLine + 16;
  let lineBefore = scratch + 2 * scratchLine + 16;
  const nextX = task < nx - 1 ? strideX : 0;
  const previousX = task > 0 ? strideX : 0;
  const two = f32x4.splat(2);
  let line = x + strideX * <usize>task;
  for (let y = 0; y < ny; y++, line += strideY) {
    const nextY = y < ny - 1 ? strideY : 0;
    const previousY = y > 0 ? strideY : 0;
    const forwardXY = f32x4.splat((nextX ? <f32>1 : <f32>0) + (nextY ? <f32>1 : <f32>0));
    if (penalized) {
      inverseNorms(line, nextX, nextY, nz, delta2, own);
      if (previousX) inverseNorms(line - previousX, previousX, nextY, nz, delta2, planeBefore);
    }
    for (let z = 0; z < nz; z += 4) {
      const p = line + 4 * z;
      const f = v128.load(p);
      let slope = f32x4.mul(scale, v128.load(p + toOut));
      let bend = v128.load(p + toCurvature);
      if (penalized) {
        const norm = v128.load(own + 4 * z);
        const forward = f32x4.add(
          f32x4.add(f32x4.sub(v128.load(p + nextX), f), f32x4.sub(v128.load(p + nextY), f)),
          v128.and(f32x4.sub(v128.load(p, 4), f), before(nz - 1, z)),
        );
        const forwardZ = v128.and(f32x4.splat(1), before(nz - 1, z));
        const normZ = v128.load(own + 4 * z - 4);
        let g = f32x4.mul(f32x4.sub(f, v128.load(p - 4)), normZ);
        let c = f32x4.add(f32x4.mul(f32x4.add(forwardXY, forwardZ), norm), normZ);
        if (previousX) {
          const normX = v128.load(planeBefore + 4 * z);
          g = f32x4.add(g, f32x4.mul(f32x4.sub(f, v128.load(p - previousX)), normX));
          c = f32x4.add(c, normX);
        }
        if (previousY) {
          const normY = v128.load(lineBefore + 4 * z);
          g = f32x4.add(g, f32x4.mul(f32x4.sub(f, v128.load(p - previousY)), normY));
          c = f32x4.add(c, normY);
        }
        slope = f32x4.add(slope, f32x4.mul(weight, f32x4.sub(g, f32x4.mul(forward, norm))));
        bend = f32x4.add(bend, f32x4.mul(weight, f32x4.mul(two, c)));
      }
      const moved = f32x4.pmin(f32x4.pmax(f32x4.sub(f, f32x4.div(slope, bend)), lower), upper);
      v128.store(p + toOut, v128.and(moved, before(nz, z)));
    }
    const swap = own;
    own = lineBefore;
    lineBefore = swap;
  }
}
