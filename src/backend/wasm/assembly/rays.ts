/**
 * Which rays there are: vectors of four rays, numbered per view, and the line of each ray in index coordinates (f64).
 *
 * The four lanes of a vector lie far apart (rows r, r + Q, r + 2Q, r + 3Q of one column, Q a quarter of the rows):
 * neighboring lanes would write to overlapping cells in the adjoint, which was measured to be more than twice as slow.
 */
import * as job from "./job";

/** A point of the ray (cone, free: the source; parallel: the pixel) and the vector from it to the ray's end. */
export let sx: f64 = 0;
export let sy: f64 = 0;
export let sz: f64 = 0;
export let dx: f64 = 0;
export let dy: f64 = 0;
export let dz: f64 = 0;

let view: usize = 0;
let sourceX: f64 = 0;
let sourceY: f64 = 0;
let sourceZ: f64 = 0;
/** First pixel (parallel) or first pixel minus source (cone). */
let originX: f64 = 0;
let originY: f64 = 0;
let originZ: f64 = 0;
/** Number of vectors of four rays of one view, and of those in one column (all pixels). */
export let vectors: i32 = 0;
export let quarter: i32 = 0;

/** Counts the vectors of a view. */
export function countVectors(): void {
  if (job.beam == job.FREE || job.pixels != 0) {
    quarter = vectors = (job.listed + 3) >> 2;
  } else {
    quarter = (job.rows + 3) >> 2;
    vectors = quarter * job.columns;
  }
}

export function beginView(index: i32): void {
  if (job.beam == job.FREE) return;
  view = job.table + (<usize>index) * 144;
  sourceX = load<f64>(view);
  sourceY = load<f64>(view, 8);
  sourceZ = load<f64>(view, 16);
  originX = load<f64>(view, 24);
  originY = load<f64>(view, 32);
  originZ = load<f64>(view, 40);
  if (job.beam == job.CONE) {
    originX -= sourceX;
    originY -= sourceY;
    originZ -= sourceZ;
  }
  job.setMetric(view + 96);
}

/** Column of all four rays of the vector, and row of the first; not for lists. */
let column: i32 = 0;
let topRow: i32 = 0;
let first: i32 = 0;

/** Chooses a vector of the view; `pixelOf` and `aim` then concern its rays. */
export function beginVector(vector: i32): void {
  first = vector;
  column = vector / quarter;
  topRow = vector - column * quarter;
}

/**
 * The m-th vector of whole columns [first, end), row by row: neighbors in a row mostly meet the same lines of the cache. Of
 * lists, in their order.
 */
export function acrossColumns(first: i32, end: i32, m: i32): i32 {
  if (job.beam == job.FREE || job.pixels != 0) return first + m;
  const columns = (end - first) / quarter;
  const row = m / columns;
  return first + (m - row * columns) * quarter + row;
}

/**
 * Number of the pixel of a lane within its view's image (as stored: columns of rowPitch), or -1 if there is none. Traps
 * if a list names a pixel outside the image.
 */
export function pixelOf(lane: i32): i32 {
  if (job.beam == job.FREE || job.pixels != 0) return listedPixel(first + lane * quarter);
  const row = topRow + lane * quarter;
  return row < job.rows ? column * job.rowPitch + row : -1;
}

function listedPixel(n: i32): i32 {
  if (n >= job.listed) return -1;
  if (job.beam == job.FREE) return n;
  const pixel = load<u32>(job.pixels + ((<usize>n) << 2));
  if (pixel >= <u32>(job.rows * job.columns)) unreachable();
  const row = pixel / job.columns;
  return <i32>((pixel - row * job.columns) * job.rowPitch + row);
}

/** Sets s and d to the ray of a pixel (as numbered by `pixelOf`). */
export function aim(pixel: i32): void {
  if (job.beam == job.FREE) {
    const ray = job.table + (<usize>pixel) * 48;
    sx = load<f64>(ray);
    sy = load<f64>(ray, 8);
    sz = load<f64>(ray, 16);
    dx = load<f64>(ray, 24) - sx;
    dy = load<f64>(ray, 32) - sy;
    dz = load<f64>(ray, 40) - sz;
    return;
  }
  const along = job.pixels != 0 ? pixel / job.rowPitch : column;
  const c: f64 = along;
  const r: f64 = pixel - along * job.rowPitch;
  const px = originX + c * load<f64>(view, 48) + r * load<f64>(view, 72);
  const py = originY + c * load<f64>(view, 56) + r * load<f64>(view, 80);
  const pz = originZ + c * load<f64>(view, 64) + r * load<f64>(view, 88);
  if (job.beam == job.CONE) {
    sx = sourceX;
    sy = sourceY;
    sz = sourceZ;
    dx = px;
    dy = py;
    dz = pz;
  } else {
    sx = px;
    sy = py;
    sz = pz;
    dx = sourceX;
    dy = sourceY;
    dz = sourceZ;
  }
}

/** Dominant axis of the ray (0, 1, 2 = x, y, z; ties: x before y before z). */
export function dominantAxis(): i32 {
  const ax = Math.abs(dx);
  const ay = Math.abs(dy);
  const az = Math.abs(dz);
  if (ax >= ay && ax >= az) return 0;
  return ay >= az ? 1 : 2;
}

/**
 * True if no ray of this column of the detector has the dominant axis `axis`: rays of one dominant axis and sign form
 * a convex cone, so the two ends of the column speak for all between them (with a margin for rounding).
 */
export function columnAvoids(index: i32, axis: i32): bool {
  if (job.beam == job.FREE || job.pixels != 0) return false;
  column = index;
  aim(column * job.rowPitch);
  const first = clearAxis();
  if (first < 0 || first >> 1 == axis) return false;
  aim(column * job.rowPitch + job.rows - 1);
  return clearAxis() == first;
}

/** 2 * axis + sign of a ray that is well away from a change of its dominant axis, else -1. */
function clearAxis(): i32 {
  const margin = 1 + 1e-9;
  const ax = Math.abs(dx);
  const ay = Math.abs(dy);
  const az = Math.abs(dz);
  if (ax > ay * margin && ax > az * margin) return dx > 0 ? 1 : 0;
  if (ay > ax * margin && ay > az * margin) return dy > 0 ? 3 : 2;
  if (az > ax * margin && az > ay * margin) return dz > 0 ? 5 : 4;
  return -1;
}
