import { IDENTITY4 } from "../core/linear.js";
import { refuseUnknownOptions } from "../core/options.js";
import { gridCenter } from "../volume/gridFrame.js";
import { setUp } from "./problem.js";
import { runRegistration } from "./run.js";
import type { RegisterViewsOptions, Registration } from "./types.js";
import { backendOf, createVolumePyramid, type VolumePyramid } from "./volumePyramid.js";

export const REGISTER_OPTIONS: readonly (keyof RegisterViewsOptions)[] = [
  ...(["backend", "volume", "xrays", "recipe", "start", "search", "isocenter", "mask", "refine", "model"] as const),
  ...(["seed", "signal", "onIteration"] as const),
];

/**
 * Where were these X-rays taken from? Finds the rigid motion T of all of them together against the volume that makes the
 * rendered images most like the measured ones, and says whether the answer can be relied on.
 *
 * Levenberg-Marquardt with the exact derivative of the images, over images of about 32, 64 and 128 pixels: correlation of
 * whole images, then of their gradients (both without the 12 % of the pixels that fit worst), then of gradients in windows
 * of 8 pixels, the rendered images in the tone of the measured ones. Gain, offset, scatter, noise and foreign objects in
 * part of the image do little harm.
 *
 * Deterministic; the result does not depend on the number of threads. Joseph's line integrals jump where a ray changes its
 * dominant axis (45 degrees); the derivative is that of the fixed axis.
 *
 * X-rays may differ in size and pixels. Where their poses to each other are not known: `registerEach`.
 *
 * @throws SHAPE_MISMATCH (`length`), INVALID_GEOMETRY (`inconsistent-pixel-size`, `mixed-beams`, `volume-not-seen`),
 * INVALID_ARGUMENT (`constant-image`, `empty-mask`, `no-xrays`, `wrong-quantity`, `out-of-range`, `unknown-option`),
 * NOT_FINITE, ABORTED
 */
export async function registerViews(options: RegisterViewsOptions): Promise<Registration> {
  refuseUnknownOptions("registerViews", options, REGISTER_OPTIONS);
  const started = performance.now();
  return withPyramid(options, (pyramid) => registerIn(pyramid, options, started));
}

/** Runs on the pyramid given, or on one of the volume given that lives as long as the run. */
export async function withPyramid<T>(
  { volume, backend }: Pick<RegisterViewsOptions, "volume" | "backend">,
  run: (pyramid: VolumePyramid) => Promise<T>,
): Promise<T> {
  if ("levels" in volume) return run(volume);
  using pyramid = createVolumePyramid(backendOf({ volume, backend }), volume);
  return await run(pyramid);
}

/** @param started when the call began, as `performance.now()` tells it */
export async function registerIn(
  pyramid: VolumePyramid,
  options: Omit<RegisterViewsOptions, "volume" | "backend">,
  started: number,
): Promise<Registration> {
  const { xrays, isocenter = gridCenter(pyramid.grid), start = IDENTITY4 } = options;
  const problem = await setUp([{ levels: pyramid.levels, center: isocenter, start }], pyramid, xrays, options);
  const { motions, views, ...found } = await runRegistration(problem, xrays, options, started);
  return { ...found, motion: motions[0], views: views[0] };
}
