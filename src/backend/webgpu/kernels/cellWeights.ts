/**
 * What a ray gives to cells, for each model: the transposes of `walks.ts`, by the same expressions in the same order, so
 * that a weight has the forward walk's bits, ties in faces included. A table holds what the weights need of each ray:
 * (c, s); the ends of u or of samples, the value times mm, the axis; of sampled rays also where the samples lie.
 */
import type { Model } from "../../kernels.js";

export interface CellWeights {
  /** Vectors of the table for each ray. */
  readonly vectors: number;
  /** WGSL: `value`, what a ray adds to a cell of weight 1, and `ends`, of a `line` with the pixel `y`. */
  readonly record: string;
  /** WGSL of `weights(at, line, ends, u, v, w)`, of the ray at `at` for four cells in the order of its axis. */
  readonly weights: string;
}

/** The stretch of the slab between planes of u in which the ray is in the cell, along v and along w. */
const siddon = `
struct Stretch { start: vec4f, stop: vec4f }
fn stretch(c: f32, s: f32, start: vec4f, whole: vec4f, cell: vec4f) -> Stretch {
  let up = s >= 0.0;
  let turn = select(-1.0, 1.0, up);
  let p = fma(vec4f(s), start, vec4f(c));
  let i = floor(p);
  let t = min(whole, (i + select(0.0, 1.0, up) - p) / select(s, 1e-12 * turn, abs(s) < 1e-12));
  let first = cell == i;
  let second = cell == i + turn;
  return Stretch(select(select(whole, t, second), vec4f(0.0), first), select(whole, t, first));
}
fn weights(at: u32, line: vec4f, ends: vec2f, u: vec4f, v: vec4f, w: vec4f) -> vec4f {
  let start = max(u, vec4f(ends.x));
  let whole = min(u + 1.0, vec4f(ends.y)) - start;
  let a = stretch(line.x, line.z, start, whole, v);
  let b = stretch(line.y, line.w, start, whole, w);
  return max(vec4f(0.0), min(a.stop, b.stop) - max(a.start, b.start));
}`;

const HAT = `
fn hat(distance: vec4f) -> vec4f { return max(vec4f(0.0), 1.0 - abs(distance)); }`;

const joseph = `${HAT}
fn weights(at: u32, line: vec4f, ends: vec2f, u: vec4f, v: vec4f, w: vec4f) -> vec4f {
  let part = max(vec4f(0.0), min(u + 1.0, vec4f(ends.y)) - max(u, vec4f(ends.x)));
  let p = fma(vec4f(line.z), u + 0.5, vec4f(line.x)) - 0.5;
  let q = fma(vec4f(line.w), u + 0.5, vec4f(line.y)) - 0.5;
  return part * hat(p - v) * hat(q - w);
}`;

/** Of the samples whose numbers are between the ends, those nearer than a cell. */
const trilinear = `${HAT}
fn weights(at: u32, line: vec4f, ends: vec2f, u: vec4f, v: vec4f, w: vec4f) -> vec4f {
  let samples = table[at + 2u]; // where they are counted from, samples for each unit of u, shift, and of an interval: u for each
  let sampled = setting.samples > 0u;
  let half = select(0.5, 0.0, sampled);
  let reach = (vec2f(u.x - 0.5, u.w + 1.5) - samples.x) * samples.y + samples.z - half;
  let last = i32(ceil(min(max(reach.x, reach.y), ends.y)));
  var sum = vec4f(0.0);
  for (var m = i32(floor(max(min(reach.x, reach.y), ends.x))); m <= last; m++) {
    let part = max(0.0, min(f32(m + 1), ends.y) - max(f32(m), ends.x));
    let number = f32(m) + half - samples.z;
    let position = samples.x + select(number / samples.y, number * samples.w, sampled);
    let p = vec3f(position, fma(line.zw, vec2f(position), line.xy)) - 0.5;
    sum += part * hat(p.x - u) * hat(p.y - v) * hat(p.z - w);
  }
  return sum;
}`;

export const CELL_WEIGHTS: { readonly [M in Model]: CellWeights } = {
  siddon: { vectors: 2, record: "value = y * line.unit; ends = line.ends;", weights: siddon },
  joseph: { vectors: 2, record: "value = y * line.unit; ends = line.ends;", weights: joseph },
  trilinear: {
    vectors: 3,
    record: `
  let near = turned(anchor, line.axis).x;
  if (setting.samples > 0u) {
    let pitch = setting.part * line.d.x;
    value = y * setting.part * line.length;
    ends = vec2f(0.0, f32(setting.samples));
    table[at + 2u] = vec4f(near, 1.0 / pitch, steps, pitch);
  } else {
    value = y * setting.step;
    ends = select(vec2f(-1e30, 1e30), vec2f(-steps, line.length / setting.step - steps), setting.segment == 1u);
    table[at + 2u] = vec4f(near, line.unit / setting.step * sign(line.d.x), rest, 0.0);
  }`,
    weights: trilinear,
  },
};
