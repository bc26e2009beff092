import { createProjector, type DeviceVolume, toHost } from "tomograd";
import type { Model } from "tomograd/backend";
import { displayWindow } from "tomograd/report";
import { band, coarse } from "../coarse";
import { detailWithin, learn } from "../pace";
import { finestFirst } from "../placed";
import type { RenderedImage, RenderRequest } from "../protocol";
import { borrowReconstruction } from "../reconstructed";
import { compute, currentPatient } from "../session";
import { afterMessages } from "../turn";
import type { Context, Handlers } from "./types";

/** Rays between two looks at whether the picture is still wanted. */
const RAYS_AT_ONCE = 30_000;
/** Pixels that a coarse picture's window is judged by. */
const ENOUGH_PIXELS = 10_000;

export const renderHandlers: Pick<Handlers, "render"> = {
  render: (asked, context) => compute(() => render(asked, context)),
};

async function render(asked: RenderRequest, { signal, move }: Context<"render">): Promise<RenderedImage> {
  using borrowed = asked.shown === "reconstruction" ? await borrowReconstruction() : undefined;
  const volumes = borrowed?.volumes ?? finestFirst(currentPatient());
  const { model } = asked;
  const { volume, coarsening } =
    asked.within === undefined ? { volume: volumes[0], coarsening: 1 } : detailWithin(asked.within, asked, volumes);
  const { view, detector } = coarse(asked.view, asked.detector, coarsening);
  const { rows, columns } = detector;
  const values = new Float32Array(rows * columns);
  const rowsAtOnce = Math.max(1, Math.floor(RAYS_AT_ONCE / columns));
  const started = performance.now();
  for (let row = 0; row < rows; row += rowsAtOnce) {
    const part = band(view, detector, row, Math.min(rowsAtOnce, rows - row));
    await renderBand(volume, part, model, values.subarray(row * columns));
    if (row + rowsAtOnce < rows) {
      await afterMessages();
      signal.throwIfAborted();
    }
  }
  const milliseconds = performance.now() - started;
  learn(volume, model, rows * columns, milliseconds);
  const judged = coarsening > 1 ? thinned(values) : values;
  const windows = { film: displayWindow(judged, "radiograph"), plain: displayWindow(judged, "line-integral") };
  return { ...asked, coarsening, rows, columns, values: move(values), windows, milliseconds };
}

async function renderBand(
  volume: DeviceVolume,
  { view, detector }: ReturnType<typeof band>,
  model: Model,
  out: Float32Array,
): Promise<void> {
  const { grid, array } = volume;
  using projector = createProjector({ backend: array.backend, grid, detector, views: [view], model });
  using image = projector.apply(volume);
  out.set((await toHost(image)).values);
}

function thinned(values: Float32Array): Float32Array {
  const step = Math.max(1, Math.floor(values.length / ENOUGH_PIXELS));
  return values.filter((_, i) => i % step === 0);
}
