import { type Backend, createProjector, type Projections, psnr, ssim3d, toHost, type Volume } from "tomograd";
import { mse } from "tomograd/metric";
import { chooseMethod, type Keep, type Progress } from "tomograd/reconstruction";
import { createGrid, type Grid, gridCorners } from "tomograd/volume";
import { METHODS } from "../methods";
import type { GridChoice, MethodName, ReconstructionFacts, ReconstructionStep, ReconstructRequest } from "../protocol";
import { currentScan, inUnit, setReconstructed, truthOn } from "../reconstructed";
import { compute, currentPatient } from "../session";
import { modelOf, type RunnableMethod, settingsOf } from "../settings";
import { afterMessages } from "../turn";
import type { Context, Handlers } from "./types";

/** ms between two volumes that are shown while a method runs. */
const SHOWN_EVERY = 700;

let held: { readonly wait: Promise<void>; readonly release: () => void } | undefined;

export const reconstructHandlers: Pick<Handlers, "reconstruct" | "hold"> = {
  async reconstruct(asked, context) {
    const history: ReconstructionStep[] = [];
    return compute((backend, keep) => reconstruct(asked, context, history, backend, keep));
  },

  async hold(wanted) {
    held?.release();
    held = undefined;
    if (!wanted) return undefined;
    let release = () => {};
    const wait = new Promise<void>((resolve) => {
      release = resolve;
    });
    held = { wait, release };
    return undefined;
  },
};

async function reconstruct(
  asked: ReconstructRequest,
  { signal, progress }: Context<"reconstruct">,
  history: ReconstructionStep[],
  backend: Backend,
  keep: Keep,
): Promise<ReconstructionFacts> {
  const projections = currentScan();
  const { volume: scanned } = currentPatient();
  const { detector, views } = projections;
  const chosen = gridOf(asked.size);
  const grid = createGrid({ ...chosen, spacing: [chosen.spacing, chosen.spacing, chosen.spacing] });
  const { name, why, weights } = choose(asked.method, projections, grid, backend);
  const run = METHODS[name];
  const started = performance.now();
  let shownAt = Number.NEGATIVE_INFINITY;
  const show = (volume: Volume, finished: boolean) => {
    if (currentPatient().volume !== scanned) throw new Error("another volume is open than the one that was scanned");
    setReconstructed(volume, finished);
  };
  const onIteration = async (now: Progress) => {
    const last = now.iteration + 1 === now.iterations;
    const picture = !last && performance.now() - shownAt > SHOWN_EVERY;
    if (picture) {
      show(await now.volume(), false);
      shownAt = performance.now();
    }
    const { iteration, iterations, value, residual } = now;
    const step = { iteration, iterations, picture, value, ...(residual !== undefined && { residual }) };
    // where another backend goes on, the iterations since the state that was kept are done again
    const again = history.findIndex((before) => before.iteration >= iteration);
    if (again >= 0) history.length = again;
    history.push({ ...step, picture: false });
    progress(step);
    await afterMessages();
    if (held && !signal.aborted) await Promise.race([held.wait, aborted(signal)]);
  };
  using A = createProjector({ backend, grid, detector, views, model: modelOf(name) });
  const own = { ...settingsOf(name, views.length, asked.iterations), ...(weights && { weights }), signal };
  // filtered backprojection has no iterations, and nothing of it to keep for another backend
  const settings = name === "fdk" ? own : keep({ ...own, onIteration });
  try {
    const done = await run(A, projections, settings);
    using device = done.volume;
    const volume = await toHost(device);
    show(volume, true);
    const notes = done.warnings.map(({ defect, message }) => ({ defect, message }));
    const milliseconds = performance.now() - started;
    return {
      ...asked,
      method: name,
      ...(why && { why }),
      grid: chosen,
      stopped: done.stopped,
      history,
      milliseconds,
      notes,
      ...compare(volume),
    };
  } finally {
    held = undefined;
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));

interface Choice {
  readonly name: RunnableMethod;
  readonly why?: string;
  readonly weights?: Float32Array | Float64Array;
}

/** The method that suits, where none is asked for; its weights of the rays. */
function choose(asked: MethodName, { detector, views, ...scan }: Projections, grid: Grid, backend: Backend): Choice {
  if (asked !== "auto") return { name: asked };
  using A = createProjector({ backend, grid, detector, views });
  const choice = chooseMethod(A, { detector, views, ...scan }, {});
  return { name: choice.method, why: choice.why, ...(choice.weights && { weights: choice.weights }) };
}

/** Cubic voxels over the box around the volume, `count` along its longest side. */
function gridOf(count: number): GridChoice {
  const corners = gridCorners(currentPatient().volume.grid);
  const along = (axis: number) => corners.map((corner) => corner[axis]);
  const low = [0, 1, 2].map((axis) => Math.min(...along(axis)));
  const high = [0, 1, 2].map((axis) => Math.max(...along(axis)));
  const extents = high.map((value, axis) => value - low[axis]);
  // in hundredths of a mm, that a command line can say it
  const spacing = Math.ceil((100 * Math.max(...extents)) / count) / 100;
  const [nx, ny, nz] = extents.map((extent) => Math.max(1, Math.min(count, Math.ceil(extent / spacing))));
  const [x, y, z] = high.map((value, axis) => Math.round(500 * (value + low[axis])) / 1000);
  return { size: [nx, ny, nz], spacing, center: [x, y, z] };
}

/** Against the opened volume: in 1/mm as `tomograd reconstruct --truth` has it, the error in the volume's own unit. */
function compare(volume: Volume) {
  const truth = truthOn(volume.grid);
  const rmse = Math.sqrt(mse(inUnit(volume).values, inUnit(truth).values));
  const { size } = volume.grid;
  return { psnr: psnr(volume.values, truth.values), ssim: ssim3d(volume.values, truth.values, { size }), rmse };
}
