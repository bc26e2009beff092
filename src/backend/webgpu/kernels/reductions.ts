import type { DeviceArray } from "../../backend.js";
import type { KernelName } from "../../kernels.js";
import type { Part } from "../array.js";
import type { Slot } from "../bufferPool.js";
import { type Kernel, type KernelContext, MOST_ELEMENTS, onlySlot, partsOf, pieces } from "../kernel.js";
import { linearGroups } from "../recorder.js";
import { type BufferUse, GROUP_NUMBER, LINEAR_ENTRY, type NumberType, type Shader, shader } from "../shader.js";

export type ReductionKernel = Extract<
  KernelName,
  "sum" | "sumAbsolute" | "sumSquares" | "dot" | "dotDifferences" | "kullbackLeibler" | "extrema"
>;

/** Invocations of a workgroup, and elements of its tile: each invocation takes every 64th. */
export const LANES = 64;
export const TILE = 4096;
/** Elements that the lanes add up before they begin another sum: 16 each, so that float32 loses little. */
const BLOCK = 16 * LANES;

/** How values are joined; `neutral` changes nothing. */
interface Join {
  /** Of WGSL. */
  readonly type: string;
  readonly neutral: string;
  readonly join: string;
}
export const SUM: Join = { type: "f32", neutral: "0.0", join: "a + b" };
const EXTREMA: Join = {
  type: "vec2f",
  neutral: "vec2f(3.4028234e38, -3.4028234e38)",
  join: "vec2f(min(a.x, b.x), max(a.y, b.y))",
};

/** WGSL that joins `total` of all lanes, eight at a time: two barriers; the result is in `lanes[0]`. */
export const joinLanes = ({ type, neutral, join }: Join): string => `
var<workgroup> lanes: array<${type}, ${LANES}>;
fn neutral() -> ${type} { return ${neutral}; }
fn join(a: ${type}, b: ${type}) -> ${type} { return ${join}; }
fn joinLanes(local: u32, total: ${type}) {
  lanes[local] = total;
  workgroupBarrier();
  if (local < ${LANES / 8}u) {
    for (var k = 1u; k < 8u; k++) { lanes[local] = join(lanes[local], lanes[local + ${LANES / 8}u * k]); }
  }
  workgroupBarrier();
  if (local == 0u) {
    for (var k = 1u; k < ${LANES / 8}u; k++) { lanes[0] = join(lanes[0], lanes[k]); }
  }
}`;

/** WGSL that leaves the terms of elements `first` to `end` in `lanes[0]`. */
export const joinTerms = (first: string, end: string, term: string): string =>
  `
  var total = neutral();
  for (var block = ${first}; block < ${end}; block += ${BLOCK}u) {
    var sum = neutral();
    for (var i = block + local; i < min(block + ${BLOCK}u, ${end}); i += ${LANES}u) { sum = join(sum, ${term}); }
    total = join(total, sum);
  }
  joinLanes(local, total);`.trimStart();

/** Joins `term(i)` over tiles from `setting.firstTile` on, below `setting.count` elements, into partial[setting.first + tile]. */
export function tiles<N extends string, B extends string>(
  join: Join,
  { name, settings, buffers, code }: Shader<N, B>,
): Shader<N | "count" | "first" | "firstTile", B | "partial"> {
  return shader({
    name,
    // what the term needs, and what the tiles need
    settings: { ...settings, count: "u32", first: "u32", firstTile: "u32" } as {
      readonly [name in N | "count" | "first" | "firstTile"]: NumberType;
    },
    buffers: { ...buffers, partial: `write array<${join.type}>` } as { readonly [name in B | "partial"]: BufferUse },
    code: `${joinLanes(join)}
${code}
@compute @workgroup_size(${LANES})
fn main(${LINEAR_ENTRY}) {
  let tile = setting.firstTile + ${GROUP_NUMBER};
  let end = min((tile + 1u) * ${TILE}u, setting.count);
  ${joinTerms(`tile * ${TILE}u`, "end", "term(i)")}
  if (local == 0u && tile * ${TILE}u < setting.count) { partial[setting.first + tile] = lanes[0]; }
}`,
  });
}

/** Joins the partial results of all tiles in one workgroup: 8192 for each lane where a tile is left of 2^31 elements. */
const finish = (name: string, join: Join, store: string) =>
  shader({
    name,
    settings: { count: "u32" },
    buffers: { out: "write array<f32>", partial: `read array<${join.type}>` },
    code: `${joinLanes(join)}
@compute @workgroup_size(${LANES})
fn main(@builtin(local_invocation_index) local: u32) {
  ${joinTerms("0u", "setting.count", "partial[i]")}
  if (local == 0u) { ${store} }
}`,
  });

export const FINISH_SUM = finish("addPartialSums", SUM, "out[0] = lanes[0];");
const FINISH_EXTREMA = finish("joinExtrema", EXTREMA, "out[0] = lanes[0].x; out[1] = lanes[0].y;");

const term = <B extends "x" | "y" | "z" | "weights">(
  name: string,
  names: readonly B[],
  expression: string,
  code = "",
) =>
  shader({
    name,
    settings: {},
    buffers: Object.fromEntries(names.map((each) => [each, "read array<f32>"])) as { readonly [name in B]: BufferUse },
    code: `${code}fn term(i: u32) -> f32 { return ${expression}; }`,
  });

/** As in `wasm/assembly/reductions.ts`. */
const DIVERGENCE = `
fn divergence(p: f32, q: f32) -> f32 {
  let excess = q - p;
  let s = excess / max(q + p, 1.2e-38);
  let t = s * s;
  if (abs(s) < 1.0 / 3.0) {
    let series = 1.0/3.0 + t * (1.0/5.0 + t * (1.0/7.0 + t * (1.0/9.0 + t * (1.0/11.0 + t * (1.0/13.0 + t / 15.0)))));
    return s * (excess - 2.0 * p * t * series);
  }
  if (p > 0.0) { return excess + p * log(p / q); }
  return excess;
}
`;

const TERMS = {
  sum: tiles(SUM, term("sum", ["x"], "x[i]")),
  sumAbsolute: tiles(SUM, term("sumAbsolute", ["x"], "abs(x[i])")),
  sumSquares: tiles(SUM, term("sumSquares", ["x"], "x[i] * x[i]")),
  dot: tiles(SUM, term("dot", ["x", "y"], "x[i] * y[i]")),
  dotDifferences: tiles(SUM, term("dotDifferences", ["x", "y", "z"], "(x[i] - y[i]) * (y[i] - z[i])")),
  kullbackLeibler: tiles(SUM, term("kullbackLeibler", ["x", "y"], "divergence(x[i], y[i])", DIVERGENCE)),
  weightedKullbackLeibler: tiles(
    SUM,
    term("weightedKullbackLeibler", ["x", "y", "weights"], "weights[i] * divergence(x[i], y[i])", DIVERGENCE),
  ),
  extrema: tiles(
    EXTREMA,
    shader({
      name: "extrema",
      settings: {},
      buffers: { x: "read array<f32>" },
      code: "fn term(i: u32) -> vec2f { return vec2f(x[i], x[i]); }",
    }),
  ),
} as const;

/** What a shader of `tiles` binds for one part, without the numbers and the buffer that `reduceParts` adds. */
export interface Bindings {
  readonly settings: { readonly [name: string]: number };
  readonly slots: { readonly [name: string]: Slot };
}

/** Reduces what `each` says of the parts of a shape into `out`: tiles of every part, then the partial results in order. */
export function reduceParts(
  context: KernelContext,
  each: Shader,
  last: typeof FINISH_SUM,
  parts: readonly Part[],
  bind: (part: number) => Bindings,
  out: Slot,
): void {
  const tilesOf = (length: number) => Math.ceil(length / TILE);
  const count = parts.reduce((sum, { length }) => sum + tilesOf(length), 0);
  const partial = context.temporary(8 * count);
  let first = 0;
  parts.forEach(({ length }, part) => {
    const { settings, slots } = bind(part);
    for (const { first: firstTile, end, share } of pieces(context, tilesOf(length), MOST_ELEMENTS / TILE)) {
      const tiles = { count: Math.min(length, end * TILE), first, firstTile };
      const bound = { settings: { ...settings, ...tiles }, slots: { ...slots, partial } };
      context.dispatch(each, bound, linearGroups(end - firstTile), share);
    }
    first += tilesOf(length);
  });
  context.dispatch(last, { settings: { count }, slots: { out, partial } }, [1], count / MOST_ELEMENTS);
}

/** Reduces arrays of one shape into `out`. */
export function reduce<B extends string>(
  context: KernelContext,
  each: Shader<"count" | "first" | "firstTile", B | "partial">,
  last: typeof FINISH_SUM,
  arrays: { readonly [name in B]: DeviceArray },
  out: Slot,
): void {
  const entries = Object.entries<DeviceArray>(arrays);
  const slotsOf = (part: number) =>
    Object.fromEntries(entries.map(([name, array]) => [name, partsOf(array)[part].slot]));
  reduceParts(context, each, last, partsOf(entries[0][1]), (part) => ({ settings: {}, slots: slotsOf(part) }), out);
}

/** Minimum and maximum of an array, in a buffer for this call. */
export function extremaOf(context: KernelContext, x: DeviceArray): Slot {
  const out = context.temporary(8);
  reduce(context, TERMS.extrema, FINISH_EXTREMA, { x }, out);
  return out;
}

export const reductionKernels: { readonly [K in ReductionKernel]: Kernel<K> } = {
  sum: ({ out, x }, context) => reduce(context, TERMS.sum, FINISH_SUM, { x }, onlySlot(out)),
  sumAbsolute: ({ out, x }, context) => reduce(context, TERMS.sumAbsolute, FINISH_SUM, { x }, onlySlot(out)),
  sumSquares: ({ out, x }, context) => reduce(context, TERMS.sumSquares, FINISH_SUM, { x }, onlySlot(out)),
  dot: ({ out, x, y }, context) => reduce(context, TERMS.dot, FINISH_SUM, { x, y }, onlySlot(out)),
  dotDifferences: ({ out, x, y, z }, context) =>
    reduce(context, TERMS.dotDifferences, FINISH_SUM, { x, y, z }, onlySlot(out)),
  kullbackLeibler: ({ out, x, y, weights }, context) =>
    weights
      ? reduce(context, TERMS.weightedKullbackLeibler, FINISH_SUM, { x, y, weights }, onlySlot(out))
      : reduce(context, TERMS.kullbackLeibler, FINISH_SUM, { x, y }, onlySlot(out)),
  extrema: ({ out, x }, context) => reduce(context, TERMS.extrema, FINISH_EXTREMA, { x }, onlySlot(out)),
};
