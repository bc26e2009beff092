/**
 * Normalized cross correlation of views in three passes over tiles of pixels: sums; sums of products about the means;
 * derivatives. Each workgroup adds up what the tiles of its view left, in their order. With the digits of `wide.ts`,
 * since derivatives are a small difference of large numbers wherever images are much alike.
 */
import type { KernelName } from "../../kernels.js";
import { imagesOf, type Part } from "../array.js";
import { copyUnits, type Kernel, partsOf, pieces } from "../kernel.js";
import { linearGroups } from "../recorder.js";
import { GROUP_NUMBER, LINEAR_ENTRY, type Shader, shader } from "../shader.js";
import { joinLanes, LANES, TILE } from "./reductions.js";
import { WIDE, WIDE_SETTINGS } from "./wide.js";

export type CorrelationKernel = Extract<KernelName, "normalizedCrossCorrelation">;

const SETTINGS = {
  pixels: "u32",
  tiles: "u32",
  firstTile: "u32",
  count: "u32",
  epsilon: "f32",
  ...WIDE_SETTINGS,
} as const;
const IMAGES = { predicted: "read array<f32>", wanted: "read array<f32>" } as const;

/** Where an invocation stands: its view, the tile of the view, and its pixels from \`first\` on. */
const START = `
  let number = setting.firstTile + ${GROUP_NUMBER};
  if (number >= setting.count) { return; }
  let view = number / setting.tiles;
  let tile = number % setting.tiles;
  let start = view * setting.pixels;
  let first = tile * ${TILE}u + local;
  let stop = min((tile + 1u) * ${TILE}u, setting.pixels);`;

/** Two sums, or means, as wide numbers. */
const PAIR = `
struct Pair { predicted: Wide, wanted: Wide }
fn pairSum(a: Pair, b: Pair) -> Pair { return Pair(plus(a.predicted, b.predicted), plus(a.wanted, b.wanted)); }`;

const MEANS = `
fn meansOf(view: u32) -> Pair {
  var total = Pair();
  for (var tile = 0u; tile < setting.tiles; tile++) { total = pairSum(total, sums[view * setting.tiles + tile]); }
  let count = Wide(f32(setting.pixels), 0.0);
  return Pair(over(total.predicted, count), over(total.wanted, count));
}
fn aboutMeans(pixel: u32, means: Pair) -> Pair {
  return Pair(
    plus(Wide(predicted[pixel], 0.0), -means.predicted),
    plus(Wide(wanted[pixel], 0.0), -means.wanted));
}`;

/** Sums of squares and products about the means. */
const MOMENTS = `
struct Moments { predicted: Wide, wanted: Wide, both: Wide }
fn momentSum(a: Moments, b: Moments) -> Moments {
  return Moments(plus(a.predicted, b.predicted), plus(a.wanted, b.wanted), plus(a.both, b.both));
}`;

const SUMS = shader({
  name: "sums of images",
  settings: SETTINGS,
  buffers: { ...IMAGES, sums: "write array<Pair>" },
  code: `${WIDE}${PAIR}${joinLanes({ type: "Pair", neutral: "Pair()", join: "pairSum(a, b)" })}
@compute @workgroup_size(${LANES})
fn main(${LINEAR_ENTRY}) {${START}
  var total = Pair();
  for (var i = first; i < stop; i += ${LANES}u) {
    total = pairSum(total, Pair(Wide(predicted[start + i], 0.0), Wide(wanted[start + i], 0.0)));
  }
  joinLanes(local, total);
  if (local == 0u) { sums[view * setting.tiles + tile] = lanes[0]; }
}`,
});

const PRODUCTS = shader({
  name: "products about the means",
  settings: SETTINGS,
  buffers: { ...IMAGES, sums: "read array<Pair>", products: "write array<Moments>" },
  code: `${WIDE}${PAIR}${MEANS}${MOMENTS}${joinLanes({ type: "Moments", neutral: "Moments()", join: "momentSum(a, b)" })}
@compute @workgroup_size(${LANES})
fn main(${LINEAR_ENTRY}) {${START}
  let means = meansOf(view);
  var total = Moments();
  for (var i = first; i < stop; i += ${LANES}u) {
    let d = aboutMeans(start + i, means);
    total = momentSum(total, Moments(
      times(d.predicted, d.predicted), times(d.wanted, d.wanted), times(d.predicted, d.wanted)));
  }
  joinLanes(local, total);
  if (local == 0u) { products[view * setting.tiles + tile] = lanes[0]; }
}`,
});

/** (f - slope a) / (n s t) with the slope cov / (var a + eps), s and t the roots, a and f about their means. */
const DERIVATIVES = shader({
  name: "normalizedCrossCorrelation",
  settings: SETTINGS,
  buffers: {
    ...{ ...IMAGES, sums: "read array<Pair>", products: "read array<Moments>" },
    ...{ value: "write array<f32>", cotangent: "write array<f32>" },
  },
  code: `${WIDE}${PAIR}${MEANS}${MOMENTS}
@compute @workgroup_size(${LANES})
fn main(${LINEAR_ENTRY}) {${START}
  var total = Moments();
  for (var k = 0u; k < setting.tiles; k++) { total = momentSum(total, products[view * setting.tiles + k]); }
  let means = meansOf(view);
  let count = Wide(f32(setting.pixels), 0.0);
  let epsilon = Wide(setting.epsilon, 0.0);
  let square = plus(over(total.predicted, count), epsilon);
  let covariance = over(total.both, count);
  let slope = over(covariance, square);
  let roots = sqrt(square.x) * sqrt(plus(over(total.wanted, count), epsilon).x);
  let scale = 1.0 / (f32(setting.pixels) * roots);
  for (var i = first; i < stop; i += ${LANES}u) {
    let d = aboutMeans(start + i, means);
    cotangent[start + i] = plus(d.wanted, -times(slope, d.predicted)).x * scale;
  }
  if (tile == 0u && local == 0u) { value[view] = covariance.x / roots; }
}`,
});

/** Wide sums and products of a dispatch, some 20 operations each: a tenth of a second on a small GPU. */
const MOST_WIDE = 2 ** 30;
/** The most of a pass, at a pixel of a tile; and at a tile of the view, in every lane. */
const [WIDE_AT_PIXEL, WIDE_AT_TILE] = [8, 5];

export const correlationKernels: { readonly [K in CorrelationKernel]: Kernel<K> } = {
  normalizedCrossCorrelation: ({ value, cotangent, predicted, target, epsilon }, context) => {
    const { rows, columns } = imagesOf(predicted);
    const tiles = Math.ceil((rows * columns) / TILE);
    const { dispatch, temporary } = context;
    const runPart = ({ firstUnit, units }: Part, part: number) => {
      const [a, f, out] = [predicted, target, cotangent].map((array) => partsOf(array)[part].slot);
      const [sums, products, values] = [
        temporary(16 * tiles * units),
        temporary(24 * tiles * units),
        temporary(4 * units),
      ];
      const settings = { pixels: rows * columns, tiles, epsilon, zero: 0 };
      const slots = { predicted: a, wanted: f, sums, products, value: values, cotangent: out };
      const most = MOST_WIDE / (WIDE_AT_PIXEL * TILE + WIDE_AT_TILE * LANES * tiles);
      for (const pass of [SUMS, PRODUCTS, DERIVATIVES] as readonly Shader[])
        for (const { first, end, share } of pieces(context, tiles * units, most)) {
          const bound = { settings: { ...settings, firstTile: first, count: end }, slots };
          dispatch(pass, bound, linearGroups(end - first), share);
        }
      copyUnits(context, { slot: values, first: firstUnit, units }, value, "to array");
    };
    partsOf(predicted).forEach(runPart);
  },
};
