import { createProjector, toHost } from "tomograd";
import { displayWindow } from "tomograd/report";
import { band, coarse } from "../coarse";
import type { RenderedImage, RenderRequest } from "../protocol";
import { borrowReconstruction } from "../reconstructed";
import { compute, currentPatient } from "../session";
import { afterMessages } from "../turn";
import type { Context, Handlers } from "./types";

/** Rays between two looks at whether the picture is still wanted. */
const RAYS_AT_ONCE = 60_000;
/** Pixels that a coarse picture's window is judged by. */
const ENOUGH_PIXELS = 10_000;

export const renderHandlers: Pick<Handlers, "render"> = {
  render: (asked, context) => compute(() => render(asked, context)),
};

async function render(asked: RenderRequest, { signal, move }: Context<"render">): Promise<RenderedImage> {
  using borrowed = asked.shown === "reconstruction" ? await borrowReconstruction() : undefined;
  const { device } = borrowed ?? currentPatient();
  const backend = device.array.backend;
  const { view, detector } = coarse(asked.view, asked.detector, asked.coarsening);
  const { rows, columns } = detector;
  const values = new Float32Array(rows * columns);
  const rowsAtOnce = Math.max(1, Math.floor(RAYS_AT_ONCE / columns));
  const started = performance.now();
  for (let row = 0; row < rows; row += rowsAtOnce) {
    const part = band(view, detector, row, Math.min(rowsAtOnce, rows - row));
    using projector = createProjector({ backend, grid: device.grid, detector: part.detector, views: [part.view] });
    using image = projector.apply(device);
    values.set((await toHost(image)).values, row * columns);
    if (row + rowsAtOnce < rows) {
      await afterMessages();
      signal.throwIfAborted();
    }
  }
  const milliseconds = performance.now() - started;
  const judged = asked.coarsening > 1 ? thinned(values) : values;
  const windows = { film: displayWindow(judged, "radiograph"), plain: displayWindow(judged, "line-integral") };
  return { ...asked, rows, columns, values: move(values), windows, milliseconds };
}

function thinned(values: Float32Array): Float32Array {
  const step = Math.max(1, Math.floor(values.length / ENOUGH_PIXELS));
  return values.filter((_, i) => i % step === 0);
}
