import { fault } from "../core/errors.js";
import { refuseUnknownOptions } from "../core/options.js";
import { gridCenter } from "../volume/gridFrame.js";
import { placed } from "./layout.js";
import { type Problem, setUp } from "./problem.js";
import { type RecipeResult, runMultiStart, runOneStart } from "./runRecipe.js";
import type { RegisterViewsOptions, Registration, RegistrationOptions, RegistrationStep } from "./types.js";
import { judge } from "./verdict.js";
import { createVolumePyramid } from "./volumePyramid.js";
import type { XRay } from "./xray.js";

const OPTIONS: readonly (keyof RegisterViewsOptions)[] = [
  ...(["backend", "volume", "xrays", "recipe", "start", "search", "isocenter", "mask", "refine", "model"] as const),
  ...(["seed", "signal", "onIteration"] as const),
];

/**
 * Where were these X-rays taken from? Finds the rigid motion T of all of them together against the volume that makes the
 * rendered images most like the measured ones, and says whether the answer can be relied on.
 *
 * Levenberg-Marquardt with the exact derivative of the images, over images of about 32, 64 and 128 pixels: correlation of
 * whole images, then of their gradients (both without the 12 % of the pixels that fit worst), then of gradients in windows
 * of 16 pixels. Gain, offset, scatter, noise and foreign objects in part of the image do little harm.
 *
 * Deterministic; the result does not depend on the number of threads. Joseph's line integrals jump where a ray changes its
 * dominant axis (45 degrees); the derivative is that of the fixed axis.
 *
 * @throws SHAPE_MISMATCH (`length`, `different-detectors`), INVALID_GEOMETRY (`inconsistent-pixel-size`, `volume-not-seen`),
 * INVALID_ARGUMENT (`constant-image`, `no-xrays`, `wrong-quantity`, `out-of-range`, `unknown-option`), NOT_FINITE, ABORTED
 */
export async function registerViews(options: RegisterViewsOptions): Promise<Registration> {
  refuseUnknownOptions("registerViews", options, OPTIONS);
  const { volume, xrays } = options;
  const started = performance.now();
  if ("levels" in volume) {
    const body = { levels: volume.levels, center: options.isocenter ?? gridCenter(volume.grid) };
    return run(await setUp([body], volume, xrays, options), xrays, options, started);
  }
  if (!options.backend)
    throw fault(
      "INVALID_ARGUMENT",
      "found a volume without a backend; expected both, or a volume pyramid; give backend",
      {
        defect: "no-backend",
      },
    );
  using pyramid = createVolumePyramid(options.backend, volume);
  const body = { levels: pyramid.levels, center: options.isocenter ?? gridCenter(pyramid.grid) };
  return await run(await setUp([body], pyramid, xrays, options), xrays, options, started);
}

async function run(
  problem: Problem,
  xrays: readonly XRay[],
  { recipe = "auto", signal, onIteration }: RegistrationOptions,
  started: number,
): Promise<Registration> {
  const trace: RegistrationStep[] = [];
  let evaluations = 0;
  let stopAsked = false;
  const input = {
    ...problem,
    ...(signal && { signal }),
    count: (rendered: number) => {
      evaluations += rendered;
    },
    report: (round: Omit<RegistrationStep, "iteration" | "seconds" | "evaluations">) => {
      const step = { ...round, evaluations, iteration: trace.length, seconds: (performance.now() - started) / 1000 };
      trace.push(step);
      if (!stopAsked) stopAsked = onIteration?.(step) === "stop";
      return stopAsked ? ("stop" as const) : undefined;
    },
  };
  let result = await (recipe === "multi-start" ? runMultiStart(input) : runOneStart(input));
  const judged = (found: RecipeResult) => judge(stopAsked ? { ...found, stopped: "callback" } : found);
  let judgment = judged(result);
  if (recipe === "auto" && judgment.verdict === "doubtful" && !stopAsked) {
    const more = await runMultiStart(input);
    if (more.best.score > result.best.score) {
      result = more;
      judgment = judged(more);
    }
  }
  const { candidate, score, share } = result.best;
  const { layout } = problem;
  const views = xrays.map(({ view }) => view);
  return {
    motion: candidate.motions[0],
    views: views.map((_, view) => placed(layout, candidate, views, view, 0).view),
    intrinsics: candidate.intrinsics.map((values) => ({
      ...(layout.refine.includes("sdd") && { sdd: values[0] }),
      ...(layout.refine.includes("principalPoint") && {
        principalPoint: [values[values.length - 2], values[values.length - 1]] as const,
      }),
    })),
    ...{ score, share, evaluations, trace, stopped: stopAsked ? "callback" : result.stopped },
    ...judgment,
    seconds: (performance.now() - started) / 1000,
  };
}
