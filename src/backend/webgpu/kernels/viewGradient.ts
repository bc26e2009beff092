/** Sums of jacobian times cotangent over the pixels of each view: over tiles of pixels, then over the tiles of a view. */
import type { KernelName } from "../../kernels.js";
import { imagesOf } from "../array.js";
import { copyUnits, type Kernel, MOST_ELEMENTS, pieces } from "../kernel.js";
import { linearGroups } from "../recorder.js";
import { GROUP_NUMBER, LINEAR_ENTRY, shader } from "../shader.js";
import { joinLanes, joinTerms, LANES, TILE } from "./reductions.js";

export type GradientKernel = Extract<KernelName, "viewGradient">;

/** Of a vector. */
const SUMS = joinLanes({ type: "vec3f", neutral: "vec3f()", join: "a + b" });

/**
 * One workgroup a tile of pixels of one of the four vectors of a view: slopes by the source; by the pixel's place; those
 * times column; times row.
 */
const OF_TILES = shader({
  name: "viewGradient of tiles",
  settings: { pixels: "u32", columns: "u32", tiles: "u32", first: "u32", count: "u32" },
  buffers: { slopes: "read array<f32>", cotangent: "read array<f32>", partial: "write array<vec3f>" },
  code: `${SUMS}
fn term(vector: u32, i: u32) -> vec3f {
  let view = vector / 4u;
  let kind = vector % 4u;
  let all = setting.pixels;
  let at = (6u * view + select(3u, 0u, kind == 0u)) * all + i;
  var y = cotangent[view * all + i];
  if (kind == 2u) { y *= f32(i % setting.columns); }
  if (kind == 3u) { y *= f32(i / setting.columns); }
  return y * vec3f(slopes[at], slopes[at + all], slopes[at + 2u * all]);
}
@compute @workgroup_size(${LANES})
fn main(${LINEAR_ENTRY}) {
  let number = setting.first + ${GROUP_NUMBER};
  if (number >= setting.count) { return; }
  let vector = number / setting.tiles;
  let first = number % setting.tiles * ${TILE}u;
  let end = min(first + ${TILE}u, setting.pixels);
  ${joinTerms("first", "end", "term(vector, i)")}
  if (local == 0u) { partial[number] = lanes[0]; }
}`,
});

/** One workgroup a vector of a view. */
const OF_VIEWS = shader({
  name: "viewGradient",
  settings: { tiles: "u32", first: "u32", count: "u32" },
  buffers: { partial: "read array<vec3f>", out: "write array<f32>" },
  code: `${SUMS}
@compute @workgroup_size(${LANES})
fn main(${LINEAR_ENTRY}) {
  let number = setting.first + ${GROUP_NUMBER};
  if (number >= setting.count) { return; }
  let first = number * setting.tiles;
  let end = first + setting.tiles;
  ${joinTerms("first", "end", "partial[i]")}
  if (local == 0u) {
    for (var c = 0u; c < 3u; c++) { out[3u * number + c] = lanes[0][c]; }
  }
}`,
});

/** Of the slopes that one dispatch sums, which are copied. */
const MOST_BYTES = 2 ** 26;
/** Of vectors: of a view, and of one on the device. */
const [SUMS_OF_VIEW, SUM_BYTES] = [4, 16];

export const gradientKernels: { readonly [K in GradientKernel]: Kernel<K> } = {
  viewGradient: ({ out, jacobian, cotangent, firstView }, context) => {
    const { rows, columns, views: slopeViews } = imagesOf(jacobian);
    const views = slopeViews / 6;
    const pixels = rows * columns;
    const tiles = Math.ceil(pixels / TILE);
    const bytes = 24 * pixels;
    const most = Math.min(views, Math.max(1, Math.floor(Math.min(context.maxBindingBytes, MOST_BYTES) / bytes)));
    context.tableOutput(out);
    const slopes = context.temporary(bytes * most);
    const weights = context.temporary(4 * pixels * most);
    const partial = context.temporary(SUM_BYTES * SUMS_OF_VIEW * tiles * most);
    const sums = context.temporary(48 * most);
    for (let view = 0; view < views; view += most) {
      const units = Math.min(most, views - view);
      copyUnits(context, { slot: slopes, first: 6 * view, units: 6 * units }, jacobian, "from array");
      copyUnits(context, { slot: weights, first: firstView + view, units }, cotangent, "from array");
      for (const { first, end, share } of pieces(context, SUMS_OF_VIEW * tiles * units, MOST_ELEMENTS / TILE))
        context.dispatch(
          OF_TILES,
          { settings: { pixels, columns, tiles, first, count: end }, slots: { slopes, cotangent: weights, partial } },
          linearGroups(end - first),
          share,
        );
      for (const { first, end, share } of pieces(context, SUMS_OF_VIEW * units, MOST_ELEMENTS / tiles))
        context.dispatch(
          OF_VIEWS,
          { settings: { tiles, first, count: end }, slots: { partial, out: sums } },
          linearGroups(end - first),
          share,
        );
      copyUnits(context, { slot: sums, first: 12 * view, units: 12 * units }, out, "to array");
    }
  },
};
