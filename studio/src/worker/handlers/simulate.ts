import { createProjector, toHost } from "tomograd";
import { addNoise } from "tomograd/physics";
import { displayWindow } from "tomograd/report";
import type { ScanFacts, ScanRequest } from "../protocol";
import { currentScan, setScan } from "../reconstructed";
import { compute, currentPatient } from "../session";
import { trajectoryOf } from "../trajectory";
import { afterMessages } from "../turn";
import type { Context, Handlers } from "./types";

/** Rays between two looks at whether the scan is still wanted. */
const RAYS_AT_ONCE = 250_000;
/** Float32 values of a scan that a page may hold; beyond it browsers refuse the array. */
const MOST_VALUES = 2 ** 29;

export const simulateHandlers: Pick<Handlers, "simulate" | "scanImage"> = {
  simulate: (asked, context) => compute(() => simulate(asked, context)),

  async scanImage({ view }, { move }) {
    const { detector, values } = currentScan();
    const { rows, columns } = detector;
    const image = values.slice(view * rows * columns, (view + 1) * rows * columns);
    return {
      rows,
      columns,
      window: displayWindow(image, "radiograph"),
      values: move(image as Float32Array<ArrayBuffer>),
    };
  },
};

async function simulate(asked: ScanRequest, { signal, progress }: Context<"simulate">): Promise<ScanFacts> {
  const { device } = currentPatient();
  const { views, rows, columns } = asked;
  if (views * rows * columns > MOST_VALUES)
    throw new RangeError("array length: these are more pixels than a page can hold");
  const started = performance.now();
  const trajectory = trajectoryOf(asked, device.grid);
  const { detector, about } = trajectory;
  const pixels = rows * columns;
  const values = new Float32Array(views * pixels);
  const atOnce = Math.max(1, Math.floor(RAYS_AT_ONCE / pixels));
  using whole = createProjector({
    backend: device.array.backend,
    grid: device.grid,
    detector,
    views: trajectory.views,
  });
  for (let view = 0; view < views; view += atOnce) {
    using part = whole.withViews(trajectory.views.slice(view, view + atOnce));
    using images = part.apply(device);
    values.set((await toHost(images)).values, view * pixels);
    progress(Math.min(1, (view + atOnce) / views));
    await afterMessages();
    signal.throwIfAborted();
  }
  const { photons, seed } = asked;
  const measured = photons === undefined ? values : addNoise(values, { photonsPerPixel: photons, seed });
  setScan({ ...trajectory, values: measured as Float32Array });
  return { ...asked, pixel: detector.pixelSize[0], about, milliseconds: performance.now() - started };
}
