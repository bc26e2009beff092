/** The loop of filtered backprojection over batches of views. */
import type { DeviceArray } from "../backend/backend.js";
import { nextPowerOfTwo } from "../core/fft.js";
import type { DeviceVolume, Projector } from "../projector/types.js";
import { type FlatRows, fanAngles, flatRowsFor, flattenRow, flatView } from "./equiangular.js";
import { anchorOf, matricesOf } from "./fdkMatrices.js";
import { type WeightedScan, weighView } from "./fdkViews.js";
import { type RampOptions, rampResponse } from "./ramp.js";
import { seenDetector } from "./scanWeights.js";
import type { Run } from "./types.js";

/** A batch of views as it is reported. */
export interface FdkProgress {
  /** Batches done, less one. */
  readonly iteration: number;
  readonly iterations: number;
  /** Views done. */
  readonly views: number;
  /** Since the start of the run. */
  readonly seconds: number;
}

interface BatchOptions {
  readonly signal?: AbortSignal;
  // biome-ignore lint/suspicious/noConfusingVoidType: a callback that returns nothing goes on
  readonly onIteration?: (progress: FdkProgress) => "stop" | undefined | void | Promise<"stop" | undefined | void>;
}

/** Bytes of a batch of filtered views, unless these are fewer than 8 or more than 32 views. */
const BATCH_BYTES = 32 * 2 ** 20;

/** Views that are filtered and backprojected together. */
export const viewsPerBatch = (views: number, rows: number, width: number): number =>
  Math.min(views, 32, Math.max(8, Math.floor(BATCH_BYTES / (4 * rows * width))));

/**
 * Adds all views to x. The host weighs and uploads a batch while the device works on the one before, so that two exist
 * at a time; the volume does not depend on how views are batched.
 */
export async function backprojectBatches(
  A: Projector,
  weighted: WeightedScan,
  window: Pick<RampOptions, "filter" | "cut">,
  x: DeviceVolume,
  { signal, onIteration }: BatchOptions,
): Promise<Run["stopped"]> {
  const { backend } = A;
  const { scan, widening, columnAngle, projections } = weighted;
  const started = performance.now();
  const { rows, columns } = seenDetector(scan.views[0], A.detector);
  const width = widening.before + columns + widening.after;
  const response = rampResponse({ ...window, length: nextPowerOfTwo(2 * width), columns: width, columnAngle });
  using filter = backend.upload(response, { kind: "flat", length: response.length }, "ramp filter", "f64");
  const anchor = anchorOf(A.grid, scan.isocenter, A.discretization.voxelShift);
  const fan = columnAngle > 0 ? openFan(weighted) : undefined;
  const count = scan.views.length;
  const perBatch = viewsPerBatch(count, rows, width);
  const each = rows * width;
  const Values = projections.values instanceof Float64Array ? Float64Array : Float32Array;
  const values = new Values(perBatch * each);
  const iterations = Math.ceil(count / perBatch);
  for (let iteration = 0; iteration < iterations; iteration++) {
    if (signal?.aborted) return "aborted";
    const first = iteration * perBatch;
    const views = scan.views.slice(first, first + perBatch);
    for (let n = 0; n < views.length; n++) weighView(weighted, first + n, values.subarray(n * each, (n + 1) * each));
    const shape = { kind: "projections", views: views.length, rows, columns: width } as const;
    using image = backend.upload(values.subarray(0, views.length * each), shape, "filtered views", "real");
    const seen = fan ? views.map((view) => flatView(view, scan.axis, fan.rows)) : views;
    const table = matricesOf(seen, anchor, fan ? 0 : widening.before);
    using matrices = backend.upload(table, { kind: "flat", length: table.length }, "matrices", "f64");
    await backend.idle();
    backend.run("filterRows", { image, response: filter });
    using flat = fan && (await flatten(image, fan, first));
    const { firstSlice } = anchor;
    backend.run("backproject", { out: x.array, image: flat ?? image, matrices, firstSlice, accumulate: true });
    const seconds = (performance.now() - started) / 1000;
    const answer = await onIteration?.({ iteration, iterations, views: first + views.length, seconds });
    if (answer === "stop" && iteration + 1 < iterations) return "callback";
  }
  return "iterations";
}

/** An equiangular fan: the angles of its columns in every view, and the flat rows that stand for them. */
interface Fan {
  readonly angles: readonly Float64Array[];
  readonly radii: readonly number[];
  readonly rows: FlatRows;
}

function openFan({ scan, detector, widening, columnAngle }: WeightedScan): Fan {
  const { columns } = seenDetector(scan.views[0], detector);
  const angles = scan.views.map((_, view) =>
    fanAngles(scan, view, columns, columnAngle, widening.before, widening.after),
  );
  return { angles, radii: scan.views.map(({ radius }) => radius), rows: flatRowsFor(angles, columnAngle) };
}

/** The filtered rows of an equiangular fan, read at the columns of flat rows. */
async function flatten(image: DeviceArray, { angles, radii, rows }: Fan, firstView: number): Promise<DeviceArray> {
  const { backend, shape } = image;
  const filtered = (await backend.download(image)) as Float32Array | Float64Array;
  const views = shape.kind === "projections" ? shape.views : 0;
  const width = filtered.length / views;
  const values =
    filtered instanceof Float64Array ? new Float64Array(views * rows.columns) : new Float32Array(views * rows.columns);
  for (let n = 0; n < views; n++) {
    const own = filtered.subarray(n * width, (n + 1) * width);
    const out = values.subarray(n * rows.columns, (n + 1) * rows.columns);
    flattenRow(own, angles[firstView + n], radii[firstView + n], rows, out);
  }
  return backend.upload(values, { kind: "projections", views, rows: 1, columns: rows.columns }, "flat rows", "real");
}
