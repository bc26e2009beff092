/**
 * Rays in WGSL. A ray is a point o, a direction d and its moment o x d, in index coordinates counted from the central
 * cell; the host computes all three in float64 as affine functions of the pixel, so that no float32 difference of distant
 * points is ever taken. Samples every step are counted from a point near the center, for the same reason. In the order u, v, w of its dominant axis it is (v, w) = c + s u with |s| <= 1.
 */

import type { BufferUse, NumberType } from "../shader.js";

/** How a shader comes by its rays. */
export interface RayText {
  readonly settings: { readonly [name: string]: NumberType };
  readonly buffers: { readonly [name: string]: BufferUse };
  readonly code: string;
}

/** Numbers of a dispatch that every walk needs; `lowZ` to `highZ`: the planes of this part of the volume. */
export const WALK_SETTINGS: RayText["settings"] = {
  ...{ nx: "u32", ny: "u32", nz: "u32", lowZ: "u32", highZ: "u32" },
  ...{ segment: "u32", step: "f32", samples: "u32", begin: "f32", part: "f32" },
};

/** `at` and `place` of cells, and the line of a ray. */
export const LINES = `
struct Line {
  axis: u32, o: vec3f, d: vec3f, c: vec2f, s: vec2f,
  ends: vec2f,    // of u
  length: f32,    // mm, of d
  unit: f32,      // mm per unit of u
  along: vec3f,   // derivative of length by d
}
// of samples every step: a point of the ray near the center, and how many steps it is from where they are counted,
// as a whole number and the rest; of samples of an interval: the sample nearest to the center, and its number
var<private> anchor: vec3f;
var<private> steps: f32;
var<private> rest: f32;
var<private> low: vec3i;
var<private> high: vec3i;
var<private> stride: vec3i;

fn turned(p: vec3f, axis: u32) -> vec3f {
  if (axis == 0u) { return p; }
  if (axis == 1u) { return p.yzx; }
  return p.zxy;
}
fn turnedBack(p: vec3f, axis: u32) -> vec3f {
  if (axis == 0u) { return p; }
  if (axis == 1u) { return p.zxy; }
  return p.yzx;
}
fn inside(cell: vec3i) -> bool { return all(cell >= low) && all(cell < high); }
fn place(cell: vec3i) -> u32 {
  let steps = (cell - low) * stride;
  return u32(steps.x + steps.y + steps.z);
}

fn lineOf(o: vec3f, d: vec3f, m: vec3f, squares: vec3f, products: vec3f) -> Line {
  let a = abs(d);
  var axis = 2u;
  if (a.x >= a.y && a.x >= a.z) { axis = 0u; } else if (a.y >= a.z) { axis = 1u; }
  let metric = squares * d + vec3f(
    products.x * d.y + products.y * d.z, products.x * d.x + products.z * d.z, products.y * d.x + products.z * d.y);
  var line: Line;
  line.axis = axis;
  line.o = turned(o, axis);
  line.d = turned(d, axis);
  let moment = turned(m, axis);
  line.c = vec2f(-moment.z, moment.y) / line.d.x;
  line.s = line.d.yz / line.d.x;
  line.length = sqrt(max(dot(d, metric), 0.0));
  line.unit = line.length / abs(line.d.x);
  line.along = turned(metric, axis) / line.length;
  line.ends = vec2f(-1e30, 1e30);
  if (setting.segment == 1u) {
    let end = line.o.x + line.d.x;
    line.ends = vec2f(min(line.o.x, end), max(line.o.x, end));
  }
  if (line.d.x == 0.0) { line.ends = vec2f(1.0, 0.0); }
  let size = vec3i(i32(setting.nx), i32(setting.ny), i32(setting.nz));
  let center = size / 2;
  low = vec3i(turned(vec3f(vec3i(0, 0, i32(setting.lowZ)) - center), axis));
  high = vec3i(turned(vec3f(vec3i(size.xy, i32(setting.highZ)) - center), axis));
  stride = vec3i(turned(vec3f(vec3i(1, size.x, size.x * size.y)), axis));
  return line;
}

// the part of u in which the line is in the box, grown by a margin
fn span(line: Line, margin: f32) -> vec2f {
  let lowest = vec3f(low) - margin;
  let highest = vec3f(high) + margin;
  var start = max(lowest.x, line.ends.x);
  var stop = min(highest.x, line.ends.y);
  for (var i = 0u; i < 2u; i++) {
    let c = line.c[i];
    let s = line.s[i];
    if (abs(s) > 1e-9) {
      let a = (lowest[i + 1u] - c) / s;
      let b = (highest[i + 1u] - c) / s;
      start = max(start, min(a, b));
      stop = min(stop, max(a, b));
    } else if (c < lowest[i + 1u] || c > highest[i + 1u]) {
      stop = start - 1.0;
    }
  }
  return vec2f(start, stop);
}`;

/**
 * `rayOf(i)`: ray i of the batch; sets `pixel`, its number in the part of the image. Rays go through row after row of all
 * views together, since the rows of neighboring workgroups then meet the same voxels; those of a list view by view.
 */
export const VIEW_RAYS: RayText = {
  settings: { rows: "u32", columns: "u32", views: "u32", listed: "u32", firstPixel: "u32" },
  buffers: { views: "read array<vec4f>", pixels: "read array<u32>" },
  code: `
var<private> pixel: u32;
fn rayOf(i: u32) -> Line {
  let all = setting.rows * setting.columns;
  let together = select(setting.columns, setting.listed, setting.listed > 0u);
  let view = (i / together) % setting.views;
  var inView = i / (together * setting.views) * together + i % together;
  if (setting.listed > 0u) { inView = pixels[inView]; }
  pixel = setting.firstPixel + view * all + inView;
  let at = 15u * view;
  let c = f32(i32(inView % setting.columns) - i32(setting.columns / 2u));
  let r = f32(i32(inView / setting.columns) - i32(setting.rows / 2u));
  let o = views[at].xyz + c * views[at + 1u].xyz + r * views[at + 2u].xyz;
  let d = views[at + 3u].xyz + c * views[at + 4u].xyz + r * views[at + 5u].xyz;
  let m = views[at + 6u].xyz + c * views[at + 7u].xyz + r * views[at + 8u].xyz;
  let line = lineOf(o, d, m, views[at + 9u].xyz, views[at + 10u].xyz);
  anchor = views[at + 11u].xyz + c * views[at + 12u].xyz + r * views[at + 13u].xyz;
  let q = views[at + 14u];
  let squares = c * (views[at + 13u].w + c * q.y) + r * (q.x + r * q.z) + c * r * q.w; // length squared, less the central one's
  steps = views[at].w;
  rest = views[at + 1u].w + views[at + 2u].w * squares / (line.length + views[at + 12u].w);
  return line;
}`,
};

export const FREE_RAYS: RayText = {
  settings: {
    ...{ firstPixel: "u32", xx: "f32", yy: "f32", zz: "f32" },
    ...{ xy: "f32", xz: "f32", yz: "f32" },
  },
  buffers: { rays: "read array<vec4f>" },
  code: `
var<private> pixel: u32;
fn rayOf(i: u32) -> Line {
  pixel = setting.firstPixel + i;
  anchor = rays[4u * i + 3u].xyz;
  steps = rays[4u * i].w;
  rest = rays[4u * i + 1u].w;
  return lineOf(rays[4u * i].xyz, rays[4u * i + 1u].xyz, rays[4u * i + 2u].xyz,
    vec3f(setting.xx, setting.yy, setting.zz), vec3f(setting.xy, setting.xz, setting.yz));
}`,
};
