/** One golden case through the kernel seam: images, and gradients for voxels and views, on any backend. */
import type { Backend, DeviceArray } from "../../src/backend/backend.js";
import type { Rays } from "../../src/backend/kernels.js";
import {
  cotangentsToWorld,
  freeRayTable,
  metricOf,
  viewCotangentsToWorld,
  viewTable,
} from "../../src/geometry/indexFrame.js";
import type { ConeView, Detector } from "../../src/geometry/view.js";
import type { Volume } from "../../src/volume/grid.js";
import { largest } from "../helpers/golden.js";

/** Pixels with one discretization; a case without patches has one part with all pixels. */
export interface KernelPart {
  readonly discretization: Pick<Rays, "model" | "extent" | "interval">;
  readonly pixels?: Uint32Array;
}

export interface KernelScene {
  readonly volume: Volume;
  /** One channel per label. */
  readonly labels?: Volume;
  readonly detector: Detector;
  readonly views: readonly ConeView[];
  readonly voxelShift: number;
  readonly parts: readonly KernelPart[];
}

export interface KernelResult {
  /** [view][channel][row][column] */
  readonly values: Float64Array;
  /** [nz][ny][nx] */
  readonly volume: Float64Array;
  /** [view][12], world mm. */
  readonly views: Float64Array;
}

/** Projects, and pulls back `cotangent` ([view][channel][row][column]). */
export async function runKernels(
  backend: Backend,
  scene: KernelScene,
  cotangent: Float64Array | undefined,
): Promise<KernelResult> {
  const { volume, labels, detector, views } = scene;
  const { indexToWorld, size } = volume.grid;
  const pixels = detector.rows * detector.columns;
  const volumeShape = { kind: "volume", size } as const;
  const stack = (count: number) =>
    ({ kind: "projections", views: count, rows: detector.rows, columns: detector.columns }) as const;
  const channels = labels ? largest(labels.values) + 1 : 1;
  const held: DeviceArray[] = [];
  const hold = (array: DeviceArray): DeviceArray => {
    held.push(array);
    return array;
  };

  const table = hold(
    backend.upload(viewTable(views, indexToWorld, scene.voxelShift), { kind: "flat", length: 18 * views.length }),
  );
  const x = hold(backend.upload(Float64Array.from(volume.values), volumeShape, "volume", "real"));
  const labelArray = labels && hold(backend.upload(labels.values as Uint8Array, volumeShape, "labels"));
  const parts = scene.parts.map((part): Rays => {
    const list = part.pixels && hold(backend.upload(part.pixels, { kind: "flat", length: part.pixels.length }));
    return { ...part.discretization, beam: "cone", views: table, ...(list && { pixels: list }) };
  });
  const selected = hold(backend.allocate(volumeShape, "selected"));
  const back = hold(backend.allocate(volumeShape, "backprojection"));
  const total = hold(backend.allocate(volumeShape, "density gradient"));
  const image = hold(backend.allocate(stack(views.length), "image"));
  const jacobian = hold(backend.allocate(stack(6 * views.length), "jacobian"));
  const viewOut = hold(backend.allocate({ kind: "flat", length: 12 * views.length }, "view gradient", "f64"));

  const values = new Float64Array(views.length * channels * pixels);
  const viewGradient = new Float64Array(12 * views.length);
  const spread = (from: ArrayLike<number>, channel: number) => {
    for (let at = 0; at < from.length; at++)
      values[(Math.floor(at / pixels) * channels + channel) * pixels + (at % pixels)] = from[at];
  };
  const gather = (channel: number) =>
    Float64Array.from(
      { length: views.length * pixels },
      (_, at) => cotangent![(Math.floor(at / pixels) * channels + channel) * pixels + (at % pixels)],
    );
  for (let channel = 0; channel < channels; channel++) {
    const select = (out: DeviceArray, from: DeviceArray) =>
      labelArray
        ? backend.run("selectLabel", { out, x: from, labels: labelArray, label: channel })
        : backend.run("copy", { out, x: from });
    select(selected, x);
    for (const [n, rays] of parts.entries())
      backend.run("project", { ...rays, out: image, volume: selected, accumulate: n > 0 });
    spread(await backend.download(image), channel);
    if (!cotangent) continue;
    const w = hold(backend.upload(gather(channel), stack(views.length), "cotangent", "real"));
    for (const [n, rays] of parts.entries())
      backend.run("projectAdjoint", { ...rays, out: back, image: w, accumulate: n > 0 });
    select(selected, back);
    backend.run("axpby", { a: 1, x: selected, b: 1, y: total });
    select(selected, x);
    for (const rays of parts) {
      backend.run("projectLineJacobian", { ...rays, out: image, jacobian, volume: selected });
      backend.run("viewGradient", { out: viewOut, jacobian, cotangent: w, firstView: 0 });
      const part = await backend.download(viewOut);
      for (let at = 0; at < part.length; at++) viewGradient[at] += part[at];
    }
  }
  const gradient = Float64Array.from(await backend.download(total));
  for (const array of held) array.dispose();
  return { values, volume: gradient, views: viewCotangentsToWorld(viewGradient, indexToWorld) };
}

/** The same for rays one by one (world mm, 6 numbers each: source, end) without labels; `views` holds 6 numbers a ray. */
export async function runRays(
  backend: Backend,
  volume: Volume,
  rays: Float64Array,
  discretization: KernelPart["discretization"],
  cotangent: Float64Array,
): Promise<KernelResult> {
  const { indexToWorld, size } = volume.grid;
  const count = rays.length / 6;
  const volumeShape = { kind: "volume", size } as const;
  const table = backend.upload(freeRayTable(rays, indexToWorld), { kind: "flat", length: rays.length });
  const x = backend.upload(Float64Array.from(volume.values), volumeShape, "volume", "real");
  const w = backend.upload(cotangent, { kind: "flat", length: count }, "cotangent", "real");
  const out = backend.allocate({ kind: "flat", length: count }, "values");
  const back = backend.allocate(volumeShape, "density gradient");
  const jacobian = backend.allocate({ kind: "flat", length: rays.length }, "jacobian", "f64");
  const shared = { ...discretization, rays: table, metric: metricOf(indexToWorld) };
  backend.run("projectRays", { ...shared, out, volume: x, accumulate: false });
  backend.run("projectRaysAdjoint", { ...shared, out: back, values: w, accumulate: false });
  backend.run("projectRaysJacobian", { ...shared, out: jacobian, volume: x });
  const slopes = Float64Array.from(
    await backend.download(jacobian),
    (slope, at) => slope * cotangent[Math.floor(at / 6)],
  );
  const result = {
    values: Float64Array.from(await backend.download(out)),
    volume: Float64Array.from(await backend.download(back)),
    views: cotangentsToWorld(slopes, indexToWorld),
  };
  for (const array of [table, x, w, out, back, jacobian]) array.dispose();
  return result;
}

/** Rays of length sdd along the viewing direction, ending in the pixels: the kernels take them one by one. */
export interface OrthographicRays {
  /** [view][row][column][6], world mm: source, end. */
  readonly rays: Float64Array;
  /** From cotangents of the rays to those of the views that they were made from. */
  vjp(cotangent: Float64Array): Float64Array;
}

/** Source = end - d, d = the pixel on the axis of the camera minus the view's source: linear in the view. */
export function orthographicRays(
  detector: Detector,
  views: readonly ConeView[],
  [x0, y0]: readonly [number, number],
): OrthographicRays {
  const { rows, columns, pixelSize } = detector;
  const axisColumn = (columns - 1) / 2 + x0 / pixelSize[0];
  const axisRow = (rows - 1) / 2 + y0 / pixelSize[1];
  const rays = new Float64Array(6 * views.length * rows * columns);
  const each = (visit: (at: number, view: number, row: number, column: number, axis: number) => void) => {
    for (let ray = 0; ray < views.length * rows * columns; ray++)
      for (let axis = 0; axis < 3; axis++)
        visit(
          6 * ray + axis,
          Math.floor(ray / (rows * columns)),
          Math.floor(ray / columns) % rows,
          ray % columns,
          axis,
        );
  };
  each((at, view, row, column, axis) => {
    const { source, firstPixel, columnStep, rowStep } = views[view];
    rays[at + 3] = firstPixel[axis] + column * columnStep[axis] + row * rowStep[axis];
    rays[at] = (column - axisColumn) * columnStep[axis] + (row - axisRow) * rowStep[axis] + source[axis];
  });
  return {
    rays,
    vjp(cotangent) {
      const out = new Float64Array(12 * views.length);
      each((at, view, row, column, axis) => {
        const [ofSource, ofEnd] = [cotangent[at], cotangent[at + 3]];
        out[12 * view + axis] += ofSource;
        out[12 * view + 3 + axis] += ofEnd;
        out[12 * view + 6 + axis] += column * ofEnd + (column - axisColumn) * ofSource;
        out[12 * view + 9 + axis] += row * ofEnd + (row - axisRow) * ofSource;
      });
      return out;
    },
  };
}
