/** Rays of a call as the shaders take them, in batches that fit a binding and keep dispatches short. */
import { fault } from "../../../core/errors.js";
import { cross, type Vec3 } from "../../../core/linear.js";
import type { DeviceArray } from "../../backend.js";
import type { Discretization, FreeRays, Rays } from "../../kernels.js";
import { gpuArray, imagesOf, type Part, sizeOf } from "../array.js";
import type { Slot } from "../bufferPool.js";
import { type KernelContext, onlySlot, partsOf, tableOf } from "../kernel.js";

/** What a dispatch over rays binds and counts; `first`: the first of its rays or views in the whole. */
export interface RayBatch {
  /** The part of the image that these rays belong to. */
  readonly part: Part;
  readonly first: number;
  readonly units: number;
  /** Rays. */
  readonly count: number;
  readonly settings: { readonly [name: string]: number };
  readonly slots: { readonly [name: string]: Slot };
}

/** Cells that the rays of one dispatch may pass: a tenth of a second on a small GPU. */
const MOST_CELLS = 2 ** 30;
const VIEW_FLOATS = 44;
const FREE_FLOATS = 12;

const minus = (a: Vec3, b: Vec3): Vec3 => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
const centerOf = (volume: DeviceArray): Vec3 => {
  const [x, y, z] = sizeOf(volume);
  return [Math.floor(x / 2), Math.floor(y / 2), Math.floor(z / 2)];
};
/** Numbers of `Rays.views` or of `FreeRays.rays` as a vector. */
const vectorAt = (numbers: Float64Array, at: number): Vec3 => [numbers[at], numbers[at + 1], numbers[at + 2]];

/** Point, direction and moment at the central pixel, by column and by row, and the metric: 11 vectors of 4. */
function writeView(
  block: Float32Array,
  view: Float64Array,
  beam: Rays["beam"],
  center: Vec3,
  [c, r]: readonly number[],
) {
  const [byColumn, byRow] = [vectorAt(view, 6), vectorAt(view, 9)];
  const first = vectorAt(view, 3);
  const pixel = minus([0, 1, 2].map((i) => first[i] + c * byColumn[i] + r * byRow[i]) as unknown as Vec3, center);
  const none: Vec3 = [0, 0, 0];
  const cone = beam === "cone";
  const source = cone ? minus(vectorAt(view, 0), center) : none;
  const o = cone ? [source, none, none] : [pixel, byColumn, byRow];
  const d = cone ? [minus(pixel, source), byColumn, byRow] : [vectorAt(view, 0), none, none];
  const m = cone ? d.map((each) => cross(source, each)) : o.map((each) => cross(each, d[0]));
  [...o, ...d, ...m, vectorAt(view, 12), vectorAt(view, 15)].forEach((vector, i) => {
    block.set(vector, 4 * i);
  });
}

/** Settings of a discretization on a part of a volume. */
export function walkSettings(
  { model, extent, step = 1, interval }: Discretization,
  beam: Rays["beam"],
  volume: DeviceArray,
  { firstUnit, units }: Part,
) {
  const [nx, ny, nz] = sizeOf(volume);
  const sampled = model === "trilinear" ? interval : undefined;
  return {
    ...{ nx, ny, nz, lowZ: firstUnit, highZ: firstUnit + units },
    segment: extent === "segment" && beam === "cone" ? 1 : 0,
    step,
    samples: sampled?.samples ?? 0,
    begin: sampled?.from ?? 0,
    part: sampled ? (sampled.to - sampled.from) / (sampled.samples - 1) : 0,
  };
}

/** The rays of views. @throws INVALID_ARGUMENT if a listed pixel is not in the image */
export function* viewBatches(rays: Rays, image: DeviceArray, volume: DeviceArray, context: KernelContext) {
  const { rows, columns } = imagesOf(image);
  const pixels = rows * columns;
  const outside = rays.pixels ? (gpuArray(rays.pixels).largest ?? 0) : 0;
  if (outside >= pixels)
    throw fault("INVALID_ARGUMENT", `pixel ${outside} of a list is not in images of ${rows} x ${columns}`, { outside });
  const table = tableOf(rays.views);
  const each = rays.pixels?.length ?? pixels;
  const listed = rays.pixels?.length ?? 0;
  const most = mostUnits(context, VIEW_FLOATS, each, volume);
  const list = rays.pixels ? onlySlot(rays.pixels) : context.upload(new Uint32Array(1));
  for (const part of partsOf(image))
    for (const [first, units] of chunks(part, most)) {
      const block = new Float32Array(VIEW_FLOATS * units);
      for (let view = 0; view < units; view++)
        writeView(
          block.subarray(VIEW_FLOATS * view),
          table.subarray(18 * (first + view), 18 * (first + view + 1)),
          rays.beam,
          centerOf(volume),
          [Math.floor(columns / 2), Math.floor(rows / 2)],
        );
      const batch: RayBatch = {
        ...{ part, first, units, count: units * each },
        settings: { rows, columns, listed, firstPixel: (first - part.firstUnit) * pixels },
        slots: { views: context.upload(block), pixels: list },
      };
      yield batch;
    }
}

/** Rays one by one; `values` is what holds a number for each. */
export function* freeBatches(args: FreeRays, parts: readonly Part[], volume: DeviceArray, context: KernelContext) {
  const table = tableOf(args.rays);
  const center = centerOf(volume);
  const [xx, yy, zz, xy, xz, yz] = args.metric;
  for (const part of parts)
    for (const [first, units] of chunks(part, mostUnits(context, FREE_FLOATS, 1, volume))) {
      const block = new Float32Array(FREE_FLOATS * units);
      for (let ray = 0; ray < units; ray++) {
        const source = minus(vectorAt(table, 6 * (first + ray)), center);
        const direction = minus(minus(vectorAt(table, 6 * (first + ray) + 3), center), source);
        [source, direction, cross(source, direction)].forEach((vector, i) => {
          block.set(vector, FREE_FLOATS * ray + 4 * i);
        });
      }
      const batch: RayBatch = {
        ...{ part, first, units, count: units },
        settings: { firstPixel: first - part.firstUnit, xx, yy, zz, xy, xz, yz },
        slots: { rays: context.upload(block) },
      };
      yield batch;
    }
}

/** Views or rays of one dispatch. */
function mostUnits({ maxBindingBytes }: KernelContext, floats: number, raysEach: number, volume: DeviceArray): number {
  const cells = raysEach * Math.max(...sizeOf(volume));
  return Math.max(1, Math.min(Math.floor(maxBindingBytes / (4 * floats)), Math.floor(MOST_CELLS / cells)));
}

/** First and number of units of each chunk of a part. */
function* chunks({ firstUnit, units }: Part, most: number) {
  for (let done = 0; done < units; done += most) yield [firstUnit + done, Math.min(most, units - done)] as const;
}
