/**
 * Adjoints by scattering, for all rays: one invocation a ray, the weights of the forward walk. WGSL adds integers atomically, not floats:
 * contributions are added as fixed-point numbers of 64 bits, in two words with a carry. Integer sums have the same bits in
 * any order. The unit is set by the largest contribution, 2^10, so that 2^21 of them fit and each has its float32 digits.
 */
import type { DeviceArray } from "../../backend.js";
import type { Discretization, FreeRays, KernelArguments, Model, Rays } from "../../kernels.js";
import { imagesOf } from "../array.js";
import { dispatchElements, type KernelContext, partsOf, tableOf } from "../kernel.js";
import { perElement, type Shader } from "../shader.js";
import { FREE_RAYS, LINES, type RayText, VIEW_RAYS, WALK_SETTINGS } from "./line.js";
import { forModels } from "./project.js";
import { dispatchRays, freeBatches, longestStep, type RayBatch, viewBatches, walkSettings } from "./rays.js";
import { extremaOf } from "./reductions.js";
import { walkOf } from "./walks.js";

/** A power of two: what a contribution is multiplied with. `setting.weight`: the largest weight of a voxel. */
const UNIT = `
fn largest() -> u32 { return bitcast<u32>(max(-extrema[0], extrema[1]) * setting.weight); }
fn unitExponent() -> i32 {
  let exponent = i32((largest() >> 23u) & 255u) - 127; // the largest < 2^(exponent + 1)
  return 9 - clamp(exponent, -100, 120);
}
fn powerOfTwo(exponent: i32) -> f32 { return bitcast<f32>(u32(exponent + 127) << 23u); }`;

const scatter = (name: string, rays: RayText, model: Model): Shader =>
  perElement({
    name: `${name}, ${model}`,
    settings: { ...WALK_SETTINGS, ...rays.settings, weight: "f32" },
    buffers: {
      ...{ image: "read array<f32>", extrema: "read array<f32>" },
      ...{ wholes: "write array<atomic<u32>>", fractions: "write array<atomic<u32>>" },
      ...rays.buffers,
    },
    code: `${LINES}${rays.code}${UNIT}
var<private> value: f32;
fn visit(cell: vec3i, weight: f32) {
  if (!inside(cell)) { return; }
  let contribution = weight * value;
  if (contribution == 0.0) { return; }
  let whole = floor(contribution);
  // the largest float32 below 1: what rounds to 1 must not leave the word
  let fraction = u32(min(contribution - whole, 0.99999994) * 4294967296.0);
  let at = place(cell);
  let before = atomicAdd(&fractions[at], fraction);
  let carry = select(0u, 1u, before > 0xffffffffu - fraction);
  let word = bitcast<u32>(i32(whole)) + carry;
  if (word != 0u) { atomicAdd(&wholes[at], word); }
}
${walkOf(model)}`,
    body: `
  let line = rayOf(i);
  value = image[pixel] * powerOfTwo(unitExponent());
  if (value != 0.0) { walk(line); }`,
  });

const VIEWS = forModels((model) => scatter("projectAdjoint", VIEW_RAYS, model));
const FREE = forModels((model) => scatter("projectRaysAdjoint", FREE_RAYS, model));

/** out <- [out +] the sums as float32; NaN where a contribution is beyond float32, beside which the others are lost. */
const CONVERT = perElement({
  name: "fixed point to float32",
  settings: { weight: "f32", keep: "u32" },
  buffers: {
    ...{ out: "write array<f32>", extrema: "read array<f32>" },
    ...{ wholes: "read array<u32>", fractions: "read array<u32>" },
  },
  code: UNIT,
  body: `
  if ((largest() & 0x7f800000u) == 0x7f800000u) {
    out[i] = bitcast<f32>(largest() | 0x00400000u);
    return;
  }
  var whole = wholes[i];
  var fraction = fractions[i];
  let negative = (whole >> 31u) == 1u;
  if (negative) {
    fraction = ~fraction + 1u;
    whole = ~whole + select(0u, 1u, fraction == 0u);
  }
  let size = (f32(whole) + f32(fraction) / 4294967296.0) * powerOfTwo(-unitExponent());
  out[i] = select(0.0, out[i], setting.keep == 1u) + select(size, -size, negative);`,
});

/** Voxels that the rays of one dispatch may add to: a tenth of a second on a small GPU, whose atomics are slow. */
const MOST_ADDITIONS = 2 ** 26;

/** The largest mm that a voxel can get from a ray. */
function largestWeight(
  { step = 1, interval, model }: Discretization,
  metrics: readonly (readonly number[])[],
  lengths: () => number,
) {
  if (model === "trilinear" && !interval) return step;
  if (interval) return (Math.abs(interval.to - interval.from) / (interval.samples - 1)) * lengths();
  return Math.max(...metrics.map(longestStep));
}

const lengthOf = ([x, y, z]: readonly number[], [xx, yy, zz, xy, xz, yz]: ArrayLike<number> & Iterable<number>) =>
  Math.sqrt(Math.max(0, xx * x * x + yy * y * y + zz * z * z + 2 * (xy * x * y + xz * x * z + yz * y * z)));

/** mm from source to pixel: largest at a corner. */
function longestOfViews({ views }: Rays, image: DeviceArray): number {
  const { rows, columns } = imagesOf(image);
  const table = tableOf(views);
  let longest = 0;
  for (let at = 0; at < table.length; at += 18)
    for (const c of [0, columns - 1])
      for (const r of [0, rows - 1]) {
        const d = [0, 1, 2].map(
          (i) => table[at + 3 + i] + c * table[at + 6 + i] + r * table[at + 9 + i] - table[at + i],
        );
        longest = Math.max(longest, lengthOf(d, table.subarray(at + 12, at + 18)));
      }
  return longest;
}

function longestOfRays({ rays, metric }: FreeRays): number {
  const table = tableOf(rays);
  let longest = 0;
  for (let at = 0; at < table.length; at += 6) {
    const d = [0, 1, 2].map((i) => table[at + 3 + i] - table[at + i]);
    longest = Math.max(longest, lengthOf(d, metric as number[]));
  }
  return longest;
}

interface Scattering {
  readonly shader: Shader;
  readonly discretization: Discretization & { readonly beam: Rays["beam"] };
  readonly image: DeviceArray;
  readonly out: DeviceArray;
  readonly weight: number;
  readonly accumulate: boolean;
}

/** Scatters all batches into each part of the volume. */
function scatterInto(context: KernelContext, batches: readonly RayBatch[], call: Scattering): void {
  const { shader, discretization, image, out, weight, accumulate } = call;
  const { temporary, clear } = context;
  const extrema = extremaOf(context, image);
  for (const part of partsOf(out)) {
    const [wholes, fractions] = [temporary(4 * part.length), temporary(4 * part.length)];
    clear(wholes);
    clear(fractions);
    const walk = walkSettings(discretization, discretization.beam, out, part);
    for (const batch of batches) {
      const settings = { ...batch.settings, ...walk, weight };
      const slots = { ...batch.slots, image: batch.part.slot, extrema, wholes, fractions };
      dispatchRays(context, shader, batch, { settings, slots }, MOST_ADDITIONS);
    }
    dispatchElements(context, CONVERT, part.length, {
      settings: { weight, keep: accumulate ? 1 : 0 },
      slots: { out: part.slot, extrema, wholes, fractions },
    });
  }
}

/** Aᵀ of views. */
export function scatterViews(
  { out, image, accumulate, ...rays }: KernelArguments["projectAdjoint"],
  context: KernelContext,
): void {
  const table = tableOf(rays.views);
  const metrics = Array.from({ length: table.length / 18 }, (_, v) => [...table.subarray(18 * v + 12, 18 * v + 18)]);
  const weight = largestWeight(rays, metrics, () => longestOfViews(rays, image));
  const call = { shader: VIEWS[rays.model], discretization: rays, image, out, weight, accumulate };
  scatterInto(context, [...viewBatches(rays, image, out, context)], call);
}

/** Aᵀ of rays one by one. */
export function scatterRays(
  { out, values, accumulate, ...rays }: KernelArguments["projectRaysAdjoint"],
  context: KernelContext,
): void {
  const discretization = { ...rays, beam: "cone" } as const;
  const weight = largestWeight(rays, [rays.metric], () => longestOfRays(rays));
  const call = { shader: FREE[rays.model], discretization, image: values, out, weight, accumulate };
  scatterInto(context, [...freeBatches(rays, partsOf(values), out, context)], call);
}
