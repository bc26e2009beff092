/** Rays of a call as the shaders take them, in batches that fit a binding and keep dispatches short. */
import { fault } from "../../../core/errors.js";
import { add, cross, dot, scale, subtract, type Vec3 } from "../../../core/linear.js";
import type { DeviceArray } from "../../backend.js";
import type { Discretization, FreeRays, Rays } from "../../kernels.js";
import { gpuArray, imagesOf, type Part, sizeOf } from "../array.js";
import type { Slot } from "../bufferPool.js";
import { dispatchElements, type KernelContext, onlySlot, partsOf, tableOf } from "../kernel.js";
import type { Shader } from "../shader.js";

/** What a dispatch over rays binds and counts; `first`: the first of its rays or views in the whole. */
export interface RayBatch {
  /** The part of the image that these rays belong to. */
  readonly part: Part;
  readonly first: number;
  readonly units: number;
  /** Rays. */
  readonly count: number;
  /** Voxels that a ray meets at most. */
  readonly voxels: number;
  readonly settings: { readonly [name: string]: number };
  readonly slots: { readonly [name: string]: Slot };
}

/** Voxels that the rays of one dispatch may read: a tenth of a second on a small GPU. */
const MOST_READS = 2 ** 31;
/** Bytes of tables and of what is kept between, of one dispatch. */
const MOST_BYTES = 2 ** 26;
const VIEW_FLOATS = 60;
const FREE_FLOATS = 16;

const centerOf = (volume: DeviceArray): Vec3 => {
  const [x, y, z] = sizeOf(volume);
  return [Math.floor(x / 2), Math.floor(y / 2), Math.floor(z / 2)];
};
/** Numbers of `Rays.views` or of `FreeRays.rays` as a vector. */
const vectorAt = (numbers: Float64Array, at: number): Vec3 => [numbers[at], numbers[at + 1], numbers[at + 2]];

/** aᵀ G b for the metric at a place of a table. */
function product(a: Vec3, b: Vec3, metric: ArrayLike<number>): number {
  const [xx, yy, zz, xy, xz, yz] = Array.from(metric);
  const mixed = (i: number, j: number) => a[i] * b[j] + a[j] * b[i];
  return (
    xx * a[0] * b[0] + yy * a[1] * b[1] + zz * a[2] * b[2] + xy * mixed(0, 1) + xz * mixed(0, 2) + yz * mixed(1, 2)
  );
}

/** Where the point o + t d is nearest to the center, in index coordinates; 0 for a ray of no length. */
const nearest = (o: Vec3, d: Vec3): number => -dot(o, d) / (dot(d, d) || 1);

/** The sample of an interval that is nearest to t, and where it lies: shared by all rays of a view. */
function nearestSample({ from, to, samples }: NonNullable<Discretization["interval"]>, t: number) {
  const part = (to - from) / (samples - 1);
  const sample = Math.min(Math.max(Math.round((t - from) / part) || 0, 0), samples - 1);
  return { sample, t: from + sample * part };
}

/**
 * Point, direction and moment at the central pixel, by column and by row, and the metric; then the point near the center
 * likewise, its distance in steps, and the length of the ray squared by column and row: 15 vectors of 4.
 */
function writeView(
  block: Float32Array,
  view: Float64Array,
  { beam, step = 1, interval }: Rays,
  center: Vec3,
  at: readonly number[],
) {
  const [byColumn, byRow] = [vectorAt(view, 6), vectorAt(view, 9)];
  const pixel = subtract(add(vectorAt(view, 3), add(scale(byColumn, at[0]), scale(byRow, at[1]))), center);
  const none: Vec3 = [0, 0, 0];
  const cone = beam === "cone";
  const source = cone ? subtract(vectorAt(view, 0), center) : none;
  const o = cone ? [source, none, none] : [pixel, byColumn, byRow];
  const d = cone ? [subtract(pixel, source), byColumn, byRow] : [vectorAt(view, 0), none, none];
  const m = cone ? d.map((each) => cross(source, each)) : o.map((each) => cross(each, d[0]));
  const sampled = interval && nearestSample(interval, nearest(o[0], d[0]));
  const t = sampled?.t ?? nearest(o[0], d[0]);
  const anchor = o.map((each, i) => add(each, scale(d[i], t)));
  [...o, ...d, ...m, vectorAt(view, 12), vectorAt(view, 15), ...anchor].forEach((vector, i) => {
    block.set(vector, 4 * i);
  });
  const squared = (i: number, j: number) => (i === j ? 1 : 2) * product(d[i], d[j], view.subarray(12, 18));
  const length = Math.sqrt(squared(0, 0));
  const steps = sampled?.sample ?? Math.round((t * length) / step);
  block[3] = steps;
  block[7] = (t * length) / step - steps;
  block[11] = t / step;
  block[51] = length;
  block[55] = squared(0, 1);
  block.set([squared(0, 2), squared(1, 1), squared(2, 2), squared(1, 2)], 56);
}

/** Source, direction, moment and the point near the center, its distance in steps in the gaps: 4 vectors of 4. */
function writeRay(block: Float32Array, table: Float64Array, { metric, step = 1, interval }: FreeRays, center: Vec3) {
  const source = subtract(vectorAt(table, 0), center);
  const direction = subtract(subtract(vectorAt(table, 3), center), source);
  const sampled = interval && nearestSample(interval, nearest(source, direction));
  const t = sampled?.t ?? nearest(source, direction);
  [source, direction, cross(source, direction), add(source, scale(direction, t))].forEach((vector, i) => {
    block.set(vector, 4 * i);
  });
  const distance = (t * Math.sqrt(Math.max(0, product(direction, direction, metric)))) / step;
  block[3] = sampled?.sample ?? Math.round(distance);
  block[7] = distance - Math.round(distance);
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

/** The most mm of a ray between two planes of cells along its largest step: |d| <= (1, 1, 1). */
export const longestStep = ([xx, yy, zz, xy, xz, yz]: readonly number[]): number =>
  Math.sqrt(xx + yy + zz + 2 * (Math.abs(xy) + Math.abs(xz) + Math.abs(yz)));

/** Voxels that a ray meets at most: 3 of Siddon in a plane of cells, 4 of Joseph, 8 of a sample. */
function voxelsOfRay({ model, step = 1, interval }: Discretization, volume: DeviceArray, metric: readonly number[]) {
  const planes = Math.max(...sizeOf(volume));
  if (model !== "trilinear") return (model === "siddon" ? 3 : 4) * planes;
  return 8 * (interval?.samples ?? (planes * longestStep(metric)) / step);
}

/** The rays of views, no more than fit a binding with `bytesEach`. @throws INVALID_ARGUMENT if a listed pixel is not in the image */
export function* viewBatches(
  rays: Rays,
  image: DeviceArray,
  volume: DeviceArray,
  context: KernelContext,
  bytesEach = 4 * VIEW_FLOATS,
) {
  const { rows, columns } = imagesOf(image);
  const pixels = rows * columns;
  const outside = rays.pixels ? (gpuArray(rays.pixels).largest ?? 0) : 0;
  if (outside >= pixels)
    throw fault("INVALID_ARGUMENT", `pixel ${outside} of a list is not in images of ${rows} x ${columns}`, { outside });
  const table = tableOf(rays.views);
  const each = rays.pixels?.length ?? pixels;
  const listed = rays.pixels?.length ?? 0;
  const most = mostUnits(context, Math.max(bytesEach, 4 * VIEW_FLOATS));
  const voxels = voxelsOfRay(rays, volume, [...table.subarray(12, 18)]);
  const list = rays.pixels ? onlySlot(rays.pixels) : context.upload(new Uint32Array(1));
  for (const part of partsOf(image))
    for (const [first, units] of chunks(part, most)) {
      const block = new Float32Array(VIEW_FLOATS * units);
      for (let view = 0; view < units; view++)
        writeView(
          block.subarray(VIEW_FLOATS * view),
          table.subarray(18 * (first + view), 18 * (first + view + 1)),
          rays,
          centerOf(volume),
          [Math.floor(columns / 2), Math.floor(rows / 2)],
        );
      const batch: RayBatch = {
        ...{ part, first, units, count: units * each, voxels },
        settings: { rows, columns, views: units, listed, firstPixel: (first - part.firstUnit) * pixels },
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
  const voxels = voxelsOfRay(args, volume, args.metric);
  for (const part of parts)
    for (const [first, units] of chunks(part, mostUnits(context, 4 * FREE_FLOATS))) {
      const block = new Float32Array(FREE_FLOATS * units);
      for (let ray = 0; ray < units; ray++)
        writeRay(
          block.subarray(FREE_FLOATS * ray),
          table.subarray(6 * (first + ray), 6 * (first + ray + 1)),
          args,
          center,
        );
      const batch: RayBatch = {
        ...{ part, first, units, count: units, voxels },
        settings: { firstPixel: first - part.firstUnit, xx, yy, zz, xy, xz, yz },
        slots: { rays: context.upload(block) },
      };
      yield batch;
    }
}

/** Views or rays of one batch. */
const mostUnits = ({ maxBindingBytes }: KernelContext, bytes: number): number =>
  Math.max(1, Math.floor(Math.min(maxBindingBytes, MOST_BYTES) / bytes));

/** Runs a shader over the rays of a batch; `most`: voxels that one dispatch may meet. */
export const dispatchRays = (
  context: KernelContext,
  shader: Shader,
  { count, voxels }: RayBatch,
  bound: Pick<RayBatch, "settings" | "slots">,
  most = MOST_READS,
): void => dispatchElements(context, shader, count, bound, most / voxels);

/** First and number of units of each chunk of a part. */
function* chunks({ firstUnit, units }: Part, most: number) {
  for (let done = 0; done < units; done += most) yield [firstUnit + done, Math.min(most, units - done)] as const;
}
