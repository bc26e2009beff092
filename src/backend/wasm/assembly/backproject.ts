/**
 * Weighted backprojection of filtered views: bilinear, over W². A task owns a range of x. It goes through tiles of 16
 * lines of voxels along y, all views in each, four voxels along z (one line) at a time, so that a tile's voxels and the
 * columns of the detector that it needs stay in the caches.
 *
 * Upright views (U and W do not change along z) see a line of voxels in one detector column: that column is interpolated
 * once, with its weight, and the line reads from it. All other views take the general form. Which form a view has depends
 * on its matrix alone, and positions are counted from `firstSlice`: a slab has the bits of the whole.
 *
 * Views are read from a copy with a border of zeros (8 rows before and after, 1 column before, 2 after). Vectors may reach
 * up to three voxels beyond a line, where there is padding that the host clears afterwards.
 *
 * args: image, views, rows, columns, rowPitch, copy, its pitch, first voxel, nx, ny, nz, bytes from x to x + 1, from y to
 * y + 1, firstSlice, matrices (f64, 12 a view), voxels along x in a task, scratch lines, bytes of a scratch line.
 */
import { clear, move } from "./bulk";
import { at0, at1, at2, at3, highs, loadPairs, lows, ROUND, ROUND_BITS } from "./gather";

/** Rows of zeros before and after in the copy; the same in filteredPhases.ts. */
const BORDER: i32 = 8;
/** `NEAREST_DEPTH` of kernels.ts. */
const NEAREST: f64 = 1e-3;
const TILE_Y: i32 = 16;
/** Numbers of a scratch line before row 0, of which those that the copy does not reach stay 0. */
const MARGIN: i32 = 40;
/** Change of U and W along z, in columns a voxel, that is 0: below 1e-4 columns over a thousand voxels. */
const UPRIGHT: f64 = 1e-7;
/** Most rows a slice for which the rows of four slices, and the row after, lie within 4 or 8 neighbors. */
const FOUR: f64 = 0.999;
const EIGHT: f64 = 2.33;

let rows: i32 = 0;
let columns: i32 = 0;
let pitch: i32 = 0;
let nz: i32 = 0;
let firstSlice: i32 = 0;
let scratch: usize = 0;
/** Address of the copy's pixel (0, 0) of this view. */
let view: usize = 0;
/** The view's matrix, columns and rows counted from the middle pixel. */
let middleColumn: i32 = 0;
let middleRow: i32 = 0;
let ux: f64 = 0, uy: f64 = 0, uz: f64 = 0, uc: f64 = 0;
let vx: f64 = 0, vy: f64 = 0, vz: f64 = 0, vc: f64 = 0;
let wx: f64 = 0, wy: f64 = 0, wz: f64 = 0, wc: f64 = 0;

/** Task = view. */
export function addBorder(task: i32, args: usize): void {
  const columns = <usize>load<f64>(args, 24);
  const fromPitch = 4 * <usize>load<f64>(args, 32);
  const toPitch = 4 * <usize>load<f64>(args, 48);
  let from = <usize>load<f64>(args) + <usize>task * columns * fromPitch;
  let to = <usize>load<f64>(args, 40) + <usize>task * (columns + 3) * toPitch;
  clear(to, toPitch + 4 * BORDER);
  to += toPitch + 4 * BORDER;
  for (let c: usize = 0; c < columns; c++, from += fromPitch, to += toPitch) {
    move(to, from, fromPitch);
    clear(to + fromPitch, toPitch - fromPitch);
  }
  clear(to, 2 * toPitch - 4 * BORDER);
}

export function backproject(task: i32, args: usize): void {
  const views = <i32>load<f64>(args, 8);
  rows = <i32>load<f64>(args, 16);
  columns = <i32>load<f64>(args, 24);
  const copy = <usize>load<f64>(args, 40);
  pitch = <i32>load<f64>(args, 48);
  const nx = <i32>load<f64>(args, 64);
  const ny = <i32>load<f64>(args, 72);
  nz = <i32>load<f64>(args, 80);
  const strideX = <usize>load<f64>(args, 88);
  const strideY = <usize>load<f64>(args, 96);
  firstSlice = <i32>load<f64>(args, 104);
  const matrices = <usize>load<f64>(args, 112);
  const tile = <i32>load<f64>(args, 120);
  scratch = <usize>load<f64>(args, 128) + <usize>load<f64>(args, 136) * <usize>task;
  clear(scratch, <usize>load<f64>(args, 136));
  scratch += 4 * MARGIN;
  const firstX = task * tile;
  const endX = min(nx, firstX + tile);
  const voxels = <usize>load<f64>(args, 56);
  for (let firstY = 0; firstY < ny; firstY += TILE_Y) {
    const endY = min(ny, firstY + TILE_Y);
    for (let n = 0; n < views; n++) {
      beginView(matrices + 96 * <usize>n, copy + 4 * <usize>(n * (columns + 3) + 1) * <usize>pitch + 4 * BORDER);
      const upright = Math.abs(uz) <= UPRIGHT && Math.abs(wz) * <f64>columns <= UPRIGHT;
      for (let x = firstX; x < endX; x++) {
        let line = voxels + strideX * <usize>x + strideY * <usize>firstY;
        for (let y = firstY; y < endY; y++, line += strideY) {
          if (upright) uprightLine(line, <f64>x + 0.5, <f64>y + 0.5);
          else generalLine(line, <f64>x + 0.5, <f64>y + 0.5);
        }
      }
    }
  }
}

function beginView(matrix: usize, pixels: usize): void {
  view = pixels;
  middleColumn = columns >> 1;
  middleRow = rows >> 1;
  const u: f64 = middleColumn;
  const v: f64 = middleRow;
  wx = load<f64>(matrix, 64);
  wy = load<f64>(matrix, 72);
  wz = load<f64>(matrix, 80);
  wc = load<f64>(matrix, 88);
  ux = load<f64>(matrix) - u * wx;
  uy = load<f64>(matrix, 8) - u * wy;
  uz = load<f64>(matrix, 16) - u * wz;
  uc = load<f64>(matrix, 24) - u * wc;
  vx = load<f64>(matrix, 32) - v * wx;
  vy = load<f64>(matrix, 40) - v * wy;
  vz = load<f64>(matrix, 48) - v * wz;
  vc = load<f64>(matrix, 56) - v * wc;
}

// ---- general form --------------------------------------------------------------------------------------------------

/**
 * Lines that are seen well inside the detector need no clamps, with which their constants would not fit the registers:
 * 51 ms instead of 100 a view at 256³. The bits are the same.
 */
function generalLine(line: usize, x: f64, y: f64): void {
  const u = ux * x + uy * y + 0.5 * uz + uc;
  const v = vx * x + vy * y + 0.5 * vz + vc;
  const w = wx * x + wy * y + 0.5 * wz + wc;
  if (isInside(u, v, w, <f64>firstSlice) && isInside(u, v, w, <f64>(firstSlice + nz + 3))) readVoxels(line, u, v, w, false);
  else readVoxels(line, u, v, w, true);
}

/** True if slice k projects onto the detector, well away from its edges; so do all slices between two that do. */
function isInside(u0: f64, v0: f64, w0: f64, k: f64): bool {
  const w = w0 + k * wz;
  if (!(w > 2 * NEAREST)) return false;
  const u = (u0 + k * uz) / w + <f64>middleColumn;
  const v = (v0 + k * vz) / w + <f64>middleRow;
  return u > -0.9 && u < <f64>columns - 0.1 && v > -0.9 && v < <f64>rows - 0.1;
}

/** `edge`: some voxels may be seen outside the detector, or lie beside or behind the source. */
// @ts-ignore: decorator
@inline
function readVoxels(line: usize, u0: f64, v0: f64, w0: f64, edge: bool): void {
  const U = f32x4.splat(<f32>u0), U1 = f32x4.splat(<f32>uz);
  const V = f32x4.splat(<f32>v0), V1 = f32x4.splat(<f32>vz);
  const W = f32x4.splat(<f32>w0), W1 = f32x4.splat(<f32>wz);
  const lowU = f32x4.splat(<f32>-1 - <f32>middleColumn), highU = f32x4.splat(<f32>(columns - middleColumn));
  const lowV = f32x4.splat(<f32>-1 - <f32>middleRow), highV = f32x4.splat(<f32>(rows - middleRow));
  const one = f32x4.splat(1), four = f32x4.splat(4), nearest = f32x4.splat(<f32>NEAREST), round = f32x4.splat(ROUND);
  const stride = 4 * pitch;
  const origin = i32x4.splat(<i32>view + (middleColumn - ROUND_BITS) * stride + ((middleRow - ROUND_BITS) << 2));
  const strides = i32x4.splat(stride);
  const far = <usize>stride;
  let k = f32x4.add(f32x4.splat(<f32>firstSlice), f32x4(0, 1, 2, 3));
  const end = line + 4 * <usize>nz;
  for (let p = line; p < end; p += 16) {
    const w = f32x4.add(W, f32x4.mul(k, W1));
    let inverse = f32x4.div(one, w);
    if (edge) inverse = v128.and(inverse, f32x4.gt(w, nearest));
    let u = f32x4.mul(f32x4.add(U, f32x4.mul(k, U1)), inverse);
    let v = f32x4.mul(f32x4.add(V, f32x4.mul(k, V1)), inverse);
    if (edge) {
      u = f32x4.pmin(f32x4.pmax(u, lowU), highU);
      v = f32x4.pmin(f32x4.pmax(v, lowV), highV);
    }
    const c = f32x4.floor(u);
    const r = f32x4.floor(v);
    const fu = f32x4.sub(u, c);
    const fv = f32x4.sub(v, r);
    const inColumn = i32x4.shl(f32x4.add(r, round), 2);
    const A = i32x4.add(i32x4.add(i32x4.mul(f32x4.add(c, round), strides), inColumn), origin);
    const a0 = at0(A), a1 = at1(A), a2 = at2(A), a3 = at3(A);
    const near01 = loadPairs(a0, a1), near23 = loadPairs(a2, a3);
    const far01 = loadPairs(a0 + far, a1 + far), far23 = loadPairs(a2 + far, a3 + far);
    const low0 = lows(near01, near23), low1 = lows(far01, far23);
    const value0 = f32x4.add(low0, f32x4.mul(fv, f32x4.sub(highs(near01, near23), low0)));
    const value1 = f32x4.add(low1, f32x4.mul(fv, f32x4.sub(highs(far01, far23), low1)));
    const value = f32x4.add(value0, f32x4.mul(fu, f32x4.sub(value1, value0)));
    v128.store(p, f32x4.add(v128.load(p), f32x4.mul(value, f32x4.mul(inverse, inverse))));
    k = f32x4.add(k, four);
  }
}

// ---- upright form --------------------------------------------------------------------------------------------------

function uprightLine(line: usize, x: f64, y: f64): void {
  const w = wx * x + wy * y + 0.5 * wz + wc;
  if (!(w > NEAREST)) return;
  const inverse = 1 / w;
  const u = (ux * x + uy * y + 0.5 * uz + uc) * inverse + <f64>middleColumn;
  if (!(u > -1 && u < <f64>columns)) return;
  const start = (vx * x + vy * y + 0.5 * vz + vc) * inverse;
  const step = vz * inverse;
  // slices that see rows -1 to `rows`, both excluded; others would receive 0
  const low = <f64>(-1 - middleRow);
  const high = <f64>(rows - middleRow);
  let first: i32 = 0;
  let end = nz;
  if (Math.abs(step) > 1e-9) {
    const a = (low - start) / step - <f64>firstSlice;
    const b = (high - start) / step - <f64>firstSlice;
    const limit: f64 = nz;
    first = <i32>Math.max(0, Math.min(limit, Math.floor(Math.min(a, b))));
    end = <i32>Math.max(0, Math.min(limit, Math.ceil(Math.max(a, b)) + 1));
  } else if (!(start > low && start < high)) return;
  if (first >= end) return;
  const rowAtFirst = start + step * <f64>(firstSlice + first) + <f64>middleRow;
  const rowAtEnd = start + step * <f64>(firstSlice + end - 1) + <f64>middleRow;
  makeLine(u, inverse * inverse, Math.min(rowAtFirst, rowAtEnd), Math.max(rowAtFirst, rowAtEnd));
  const size = Math.abs(step);
  if (size <= FOUR) readLine(line, <f32>start, <f32>step, first, end, 4);
  else if (size <= EIGHT) readLine(line, <f32>start, <f32>step, first, end, 8);
  else readFar(line, <f32>start, <f32>step, first, end);
}

/**
 * scratch[r] <- weight * the view at column u, for the rows from `lowest` to `highest` and those that a vector of four
 * slices may touch beyond; beyond the copy's border there are zeros.
 */
function makeLine(u: f64, weight: f64, lowest: f64, highest: f64): void {
  const column = Math.floor(u);
  const fu = u - column;
  const near = f32x4.splat(<f32>((1 - fu) * weight));
  const far = f32x4.splat(<f32>(fu * weight));
  const limit: f64 = pitch - BORDER;
  const from = <i32>Math.max(<f64>-BORDER, Math.floor(lowest) - 8) & ~3;
  const end = <i32>Math.min(limit, Math.floor(highest) + 13);
  const stride = 4 * <usize>pitch;
  let p = view + <isize>(<i32>column * 4 * pitch) + <isize>(4 * from);
  let to = scratch + <isize>(4 * from);
  const last = scratch + <isize>(4 * end);
  for (; to < last; to += 16, p += 16)
    v128.store(to, f32x4.add(f32x4.mul(near, v128.load(p)), f32x4.mul(far, v128.load(p + stride))));
}

/** Adds scratch at rows start + step k to slices [first, end), `window` neighbors at a time. */
// @ts-ignore: decorator
@inline
function readLine(line: usize, start: f32, step: f32, first: i32, end: i32, window: i32): void {
  const V = f32x4.splat(start), V1 = f32x4.splat(step), four = f32x4.splat(4);
  // the lane with the lowest row comes first or last
  const down = step < 0;
  const fourEach = i32x4.splat(0x04040404);
  const within = i32x4.splat(0x03020100);
  const sixteen = i8x16.splat(16);
  let k = f32x4.add(f32x4.splat(<f32>(firstSlice + first)), f32x4(0, 1, 2, 3));
  const round = f32x4.splat(ROUND);
  const middle = scratch + <usize>((middleRow - ROUND_BITS) << 2);
  const last = line + 4 * <usize>end;
  for (let p = line + 4 * <usize>first; p < last; p += 16) {
    const v = f32x4.add(V, f32x4.mul(k, V1));
    const r = f32x4.floor(v);
    const f = f32x4.sub(v, r);
    const row = f32x4.add(r, round);
    const base = down ? i32x4.extract_lane(row, 3) : i32x4.extract_lane(row, 0);
    const at = middle + <usize>(base << 2);
    const offset = i32x4.sub(row, i32x4.splat(base));
    // the bytes of each lane's number: 4 offset + 0, 1, 2, 3
    const index = i32x4.add(i32x4.mul(offset, fourEach), within);
    let low = i8x16.swizzle(v128.load(at), index);
    let high = i8x16.swizzle(v128.load(at, 4), index);
    if (window == 8) {
      const beyond = i8x16.sub(index, sixteen);
      low = v128.or(low, i8x16.swizzle(v128.load(at, 16), beyond));
      high = v128.or(high, i8x16.swizzle(v128.load(at, 20), beyond));
    }
    const value = f32x4.add(low, f32x4.mul(f, f32x4.sub(high, low)));
    v128.store(p, f32x4.add(v128.load(p), value));
    k = f32x4.add(k, four);
  }
}

/** The same, slice by slice. */
function readFar(line: usize, start: f32, step: f32, first: i32, end: i32): void {
  const middle = scratch + 4 * <usize>middleRow;
  const low = <f32>-1 - <f32>middleRow, high = <f32>(rows - middleRow);
  for (let k = first; k < end; k++) {
    const v = start + <f32>(firstSlice + k) * step;
    if (!(v > low && v < high)) continue;
    const r = Mathf.floor(v);
    const f = v - r;
    const at = middle + <isize>(<i32>r << 2);
    const value = load<f32>(at);
    const p = line + 4 * <usize>k;
    store<f32>(p, load<f32>(p) + (value + f * (load<f32>(at, 4) - value)));
  }
}
