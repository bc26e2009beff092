import { fault, invariant } from "../core/errors.js";
import type { View } from "../geometry/view.js";
import { binImages, binTrajectory } from "../physics/binning.js";
import { zeros } from "../projector/arrays.js";
import { createProjector } from "../projector/createProjector.js";
import type { DeviceVolume } from "../projector/types.js";
import { coarserGrid } from "../reconstruction/region.js";
import type { Projections } from "../volume/grid.js";
import { gridCenter } from "../volume/gridFrame.js";
import type { GeometryNumbers } from "./geometrySystem.js";
import { jointStep } from "./jointStep.js";
import { type CalibrationIteration, type SelfCalibrationOptions, type Settings, settle } from "./options.js";
import { moveView } from "./viewMotion.js";

/** What a calibration found. The volume belongs to the caller. */
export interface SelfCalibration {
  /** The geometry, as many views as the projections have. */
  readonly views: readonly View[];
  /** Corrections of each view, summed over the rounds: mm and rad, by the names of `used.parameters`. */
  readonly corrections: readonly Readonly<Record<string, number>>[];
  /** Corrections that all views share, mm, by the names of `used.common`. */
  readonly common: Readonly<Record<string, number>>;
  /**
   * The volume of the last round, 1/mm: least squares without bounds, blurred as the metric is. For a volume to look at,
   * run a method of reconstruction with `views`.
   */
  readonly volume: DeviceVolume;
  readonly history: readonly CalibrationIteration[];
  /** "tolerance": the geometry no longer changes; "rise": the residual grew, and the geometry before is returned. */
  readonly stopped: "iterations" | "tolerance" | "rise" | "callback" | "aborted";
  /** Every option as it was used. */
  readonly used: Readonly<Record<string, unknown>>;
}

/**
 * Pixels that share one error of the model, about: the prior weighs as if the residual held that many times fewer
 * numbers. Without it depths along the rays follow the error of the voxels (docs/calibration.md).
 */
const CORRELATED_PIXELS = 100;

/**
 * Refines the geometry of all views together with a reconstruction, from the projections alone: rounds of Gauss-Newton on
 * |A(views) x - p|²_F + prior, volume and geometry solved together (`jointStep`), F a ramp along rows that ends where the
 * voxels' own errors begin (`sharpnessResponse`). The prior is normal, of mean 0 and the expected standard deviations; it
 * settles what projections cannot tell: the rigid motion and the scale of everything. Turns turn about the center of the
 * grid. For errors up to about a voxel; larger ones need `levels`. Same input, same result on a backend.
 * Memory: 5 volumes, and on the host about (numbers free in a view + 1) * 8 bytes a pixel.
 * @throws INVALID_ARGUMENT (defects `nothing-free`, `no-signal`), INVALID_GEOMETRY (defect `unobservable`),
 * SHAPE_MISMATCH, NOT_FINITE (defects `not-finite`, `diverged`), OUT_OF_MEMORY; what the callback throws passes through
 * @example const { views } = await selfCalibrate({ backend, grid, projections });
 */
export async function selfCalibrate(options: SelfCalibrationOptions): Promise<SelfCalibration> {
  const settings = settle(options);
  const { projections, backend, signal } = options;
  const started = performance.now();
  const history: CalibrationIteration[] = [];
  let state = initialState(projections, settings);
  let volume: DeviceVolume | undefined;
  let stopped: SelfCalibration["stopped"] = "iterations";
  let finished = false;
  try {
    for (let level = settings.levels - 1; level >= 0; level--) {
      const round = createLevel(options, settings, level);
      volume?.dispose();
      volume = zeros(backend, round.grid, "attenuation", "calibration");
      if (!signal?.aborted) await round.step(state, volume, false);
      stopped = "iterations";
      let before = { state, value: Infinity };
      for (let k = 0; k < settings.iterations && stopped === "iterations"; k++) {
        if (signal?.aborted) {
          stopped = "aborted";
          break;
        }
        const { next, value, residual, change } = await round.step(state, volume, true);
        if (!Number.isFinite(value) || !Number.isFinite(change))
          throw fault(
            "NOT_FINITE",
            "the calibration is no longer finite; check scale and geometry of the projections",
            {
              defect: "diverged",
            },
          );
        const iteration = history.length;
        const seconds = (performance.now() - started) / 1000;
        const record = { iteration, level, value, residual, change, seconds };
        history.push(record);
        if (value > before.value) {
          state = before.state;
          stopped = "rise";
        } else {
          before = { state, value };
          state = next;
          if (change < settings.tolerance) stopped = "tolerance";
        }
        const iterations = settings.levels * settings.iterations;
        const answer = await options.onIteration?.({ ...record, iterations, views: state.views });
        if (answer === "stop") stopped = "callback";
      }
      if (stopped === "aborted" || stopped === "callback") break;
    }
    finished = true;
    invariant(volume, "a calibration has a level");
    const { own, shared, levels, iterations, inner, model, tolerance, expected } = settings;
    return {
      views: state.views,
      corrections: state.numbers.perView.map((numbers) => Object.fromEntries(own.map((name, k) => [name, numbers[k]]))),
      common: Object.fromEntries(shared.map((name, k) => [name, state.numbers.common[k]])),
      volume,
      history,
      stopped,
      used: { parameters: own, common: shared, expected, levels, iterations, inner, model, tolerance },
    };
  } finally {
    if (!finished) volume?.dispose();
  }
}

interface State {
  readonly views: readonly View[];
  /** Corrections so far. */
  readonly numbers: GeometryNumbers;
}

const initialState = ({ views }: Projections, { own, shared }: Settings): State => ({
  views,
  numbers: { perView: views.map(() => new Float64Array(own.length)), common: new Float64Array(shared.length) },
});

/** The rounds of one level of resolution. */
function createLevel({ backend, grid, projections }: SelfCalibrationOptions, settings: Settings, level: number) {
  const factor = 2 ** level;
  const { detector, values } = projections;
  const stack = { views: projections.views.length, rows: detector.rows, columns: detector.columns, values };
  const measured = Float32Array.from(factor === 1 ? values : binImages(stack, [factor, factor]).values);
  const levelGrid = factor === 1 ? grid : coarserGrid(grid, factor);
  const pivot = gridCenter(grid);
  const { own, shared, inner, model } = settings;
  const precision = settings.expected.map((deviation) => CORRELATED_PIXELS / deviation ** 2);
  return {
    grid: levelGrid,
    /** A round; without `geometry` the volume alone moves. */
    async step(state: State, x: DeviceVolume, geometry: boolean) {
      const trajectory = { detector, views: state.views, about: "views" };
      const seen = factor === 1 ? trajectory : binTrajectory(trajectory, [factor, factor]);
      const A = createProjector({ backend, grid: levelGrid, detector: seen.detector, views: seen.views, model });
      try {
        const free = geometry ? { own, shared, soFar: state.numbers } : { own: [], shared: [], soFar: state.numbers };
        const found = await jointStep({ A, measured, x, pivot, inner, precision, ...free });
        return { ...found, ...(geometry ? applied(state, found.numbers) : { next: state, change: 0 }) };
      } finally {
        A.dispose();
      }
    },
  };

  function applied(state: State, { perView, common }: GeometryNumbers): { next: State; change: number } {
    const shifts = Object.fromEntries(shared.map((name, k) => [name, common[k]]));
    const views = state.views.map((view, v) =>
      moveView(view, { ...shifts, ...Object.fromEntries(own.map((name, k) => [name, perView[v][k]])) }, pivot),
    );
    const way = (value: number, name: string) =>
      (name === "roll" || name.startsWith("turn") ? value * settings.radius : value) ** 2;
    let squares = 0;
    for (const numbers of perView) {
      own.forEach((name, k) => {
        squares += way(numbers[k], name);
      });
      shared.forEach((name, k) => {
        squares += way(common[k], name);
      });
    }
    const sum = (a: Float64Array, b: Float64Array) => a.map((x, i) => x + b[i]);
    const numbers = {
      perView: state.numbers.perView.map((total, v) => sum(total, perView[v])),
      common: sum(state.numbers.common, common),
    };
    return { next: { views, numbers }, change: Math.sqrt(squares / perView.length) };
  }
}
