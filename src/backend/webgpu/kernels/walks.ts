/**
 * The three models of a line integral in WGSL: `walk(line)` calls `visit(cell, weight)` for what a ray meets, cells counted
 * from the central one in the order u, v, w. With slopes, the derivatives of the integral by origin and direction of the
 * ray (u, v, w) are left in `byOrigin` and `byDirection`; `at(cell)` is then the value of a cell and `total` the integral.
 */
import type { Model } from "../../kernels.js";

const BY_ENDS = `
var<private> byOrigin: vec3f;
var<private> byDirection: vec3f;
// from the derivatives of F = integral / unit by c and s, and the values at the ends of u
fn slopesOf(line: Line, byC: vec2f, byS: vec2f, atEnds: vec2f) {
  let turn = (byS - line.o.x * byC) * line.unit / line.d.x;
  byOrigin = line.unit * vec3f(atEnds.y - atEnds.x - dot(byC, line.s), byC);
  byDirection = vec3f(-dot(turn, line.s), turn) + total * line.along / line.length;
  byDirection.x += line.unit * select(-atEnds.x, atEnds.y, line.d.x > 0.0) - total / line.d.x;
}`;

/**
 * Siddon by slabs between planes of u: at most one face of v and one of w is crossed in each, hence three cells at most.
 * A point in a face belongs to the upper cell (floor).
 */
const siddon = (slopes: boolean) => `${slopes ? BY_ENDS : ""}
fn walk(line: Line) {
  let range = span(line, 0.01);
  ${slopes ? "var byC = vec2f(0.0); var byS = vec2f(0.0); var atEnds = vec2f(0.0);" : ""}
  let last = min(i32(floor(range.y)), high.x - 1);
  let ahead = select(vec2f(0.0), vec2f(1.0), line.s >= vec2f(0.0));
  let turn = select(vec2i(-1), vec2i(1), line.s >= vec2f(0.0));
  let slope = select(line.s, 1e-12 * vec2f(turn), abs(line.s) < vec2f(1e-12));
  for (var k = max(i32(floor(range.x)), low.x); k <= last; k++) {
    let start = max(f32(k), line.ends.x);
    let whole = min(f32(k + 1), line.ends.y) - start;
    if (whole <= 0.0) { continue; }
    let p = fma(line.s, vec2f(start), line.c);
    let i = floor(p);
    let t = min(vec2f(whole), (i + ahead - p) / slope);
    let first = min(t.x, t.y);
    let second = max(t.x, t.y);
    let cell = vec2i(i);
    let a = vec3i(k, cell);
    let m = vec3i(k, cell + select(vec2i(0, turn.y), vec2i(turn.x, 0), t.x < t.y));
    let b = vec3i(k, cell + turn);
    if (first > 0.0) { visit(a, line.unit * first); }
    if (second > first) { visit(m, line.unit * (second - first)); }
    if (whole > second) { visit(b, line.unit * (whole - second)); }
    ${
      slopes
        ? `
    let values = vec3f(at(a), at(m), at(b));
    let crossed = select(t.yx, t.xy, t.x < t.y);
    var jumps = vec2f(values.x - values.y, values.y - values.z);
    jumps = select(vec2f(0.0), jumps, crossed < vec2f(whole));
    jumps = select(jumps.yx, jumps.xy, t.x < t.y);
    jumps = select(jumps, vec2f(0.0), abs(line.s) < vec2f(1e-12));
    byC -= jumps / slope;
    byS -= jumps / slope * (start + t);
    if (line.ends.x > f32(k)) { atEnds.x = select(select(values.z, values.y, second > first), values.x, first > 0.0); }
    if (line.ends.y < f32(k + 1)) {
      atEnds.y = select(select(values.x, values.y, second > first), values.z, whole > second);
    }`
        : ""
    }
  }
  ${slopes ? "slopesOf(line, byC, byS, atEnds);" : ""}
}`;

/** Joseph: bilinear in every plane of cell centers, times the part of the slab between the ends. */
const joseph = (slopes: boolean) => `${slopes ? BY_ENDS : ""}
fn walk(line: Line) {
  let range = span(line, 1.0);
  ${slopes ? "var byC = vec2f(0.0); var byS = vec2f(0.0); var atEnds = vec2f(0.0);" : ""}
  let last = min(i32(floor(range.y)), high.x - 1);
  for (var k = max(i32(floor(range.x)), low.x); k <= last; k++) {
    let part = min(f32(k + 1), line.ends.y) - max(f32(k), line.ends.x);
    if (part <= 0.0) { continue; }
    let p = fma(line.s, vec2f(f32(k) + 0.5), line.c) - 0.5;
    let i = floor(p);
    let f = p - i;
    let g = 1.0 - f;
    let cell = vec3i(k, vec2i(i));
    let weight = line.unit * part;
    visit(cell, weight * g.x * g.y);
    visit(cell + vec3i(0, 1, 0), weight * f.x * g.y);
    visit(cell + vec3i(0, 0, 1), weight * g.x * f.y);
    visit(cell + vec3i(0, 1, 1), weight * f.x * f.y);
    ${
      slopes
        ? `
    let near = vec2f(at(cell), at(cell + vec3i(0, 1, 0)));
    let far = vec2f(at(cell + vec3i(0, 0, 1)), at(cell + vec3i(0, 1, 1)));
    let across = part * vec2f((near.y - near.x) * g.y + (far.y - far.x) * f.y, (far.x - near.x) * g.x + (far.y - near.y) * f.x);
    byC += across;
    byS += across * (f32(k) + 0.5);
    let value = (near.x * g.x + near.y * f.x) * g.y + (far.x * g.x + far.y * f.x) * f.y;
    if (line.ends.x > f32(k)) { atEnds.x = value; }
    if (line.ends.y < f32(k + 1)) { atEnds.y = value; }`
        : ""
    }
  }
  ${slopes ? "slopesOf(line, byC, byS, atEnds);" : ""}
}`;

/** Samples every step from the origin of the ray, in the middle of the step; or those of an interval. */
const trilinear = (slopes: boolean) => `
${
  slopes
    ? `
var<private> byOrigin: vec3f;
var<private> byDirection: vec3f;
var<private> sideways: vec3f; // sums of weight times gradient, and these times the distance from the origin
var<private> farther: vec3f;
var<private> atEnd: f32;
fn slopesAt(cell: vec3i, f: vec3f, weight: f32, distance: f32, moves: f32) {
  var gradient = vec3f(0.0);
  var value = 0.0;
  for (var n = 0; n < 8; n++) {
    let up = vec3i(n & 1, (n >> 1) & 1, n >> 2);
    let part = select(1.0 - f, f, up == vec3i(1));
    let directed = at(cell + up) * select(vec3f(-1.0), vec3f(1.0), up == vec3i(1));
    gradient += directed * vec3f(part.y * part.z, part.x * part.z, part.x * part.y);
    value += at(cell + up) * part.x * part.y * part.z;
  }
  sideways += weight * gradient;
  farther += weight * distance * gradient;
  atEnd += moves * value;
}`
    : ""
}
fn takeSample(line: Line, u: f32, weight: f32, distance: f32, moves: f32) {
  let p = vec3f(u, fma(line.s, vec2f(u), line.c)) - 0.5;
  let i = floor(p);
  let f = p - i;
  let cell = vec3i(i);
  for (var n = 0; n < 8; n++) {
    let up = vec3i(n & 1, (n >> 1) & 1, n >> 2);
    let part = select(1.0 - f, f, up == vec3i(1));
    visit(cell + up, weight * part.x * part.y * part.z);
  }
  ${slopes ? "slopesAt(cell, f, weight, distance, moves);" : ""}
}
fn walk(line: Line) {
  if (line.length == 0.0) { return; }
  if (setting.samples > 0u) {
    let weight = setting.part * line.length;
    // counted from the sample near the center, where the host has put the anchor
    let nearest = turned(anchor, line.axis).x;
    for (var m = 0u; m < setting.samples; m++) {
      let t = setting.begin + setting.part * f32(m);
      takeSample(line, nearest + (f32(m) - steps) * setting.part * line.d.x, weight, t * line.length, setting.part);
    }
    ${slopes ? "byOrigin = sideways; byDirection = farther / line.length + atEnd * line.along;" : ""}
    return;
  }
  let range = span(line, 1.0);
  if (range.x >= range.y) { return; }
  // in steps along the ray, sample m counted as m - steps
  let each = line.unit / setting.step * sign(line.d.x);
  let near = turned(anchor, line.axis).x;
  let reach = (range - near) * each + rest;
  let end = line.length / setting.step - steps;
  let last = i32(ceil(max(reach.x, reach.y)));
  for (var m = i32(floor(min(reach.x, reach.y))) - 1; m <= last; m++) {
    var start = f32(m);
    var stop = f32(m + 1);
    if (setting.segment == 1u) { start = max(start, -steps); stop = min(stop, end); }
    if (stop <= start) { continue; }
    let middle = f32(m) + 0.5;
    let moves = select(0.0, 1.0, setting.segment == 1u && end > f32(m) && end < f32(m + 1));
    let distance = (steps + middle) * setting.step;
    takeSample(line, near + (middle - rest) / each, setting.step * (stop - start), distance, moves);
  }
  ${
    slopes
      ? `byOrigin = sideways;
  byDirection = (farther - dot(farther, line.d) * line.along / line.length) / line.length + atEnd * line.along;`
      : ""
  }
}`;

const WALKS: { readonly [M in Model]: (slopes: boolean) => string } = { siddon, joseph, trilinear };

/** WGSL of `walk`. */
export const walkOf = (model: Model, slopes = false): string => WALKS[model](slopes);
