import { fault } from "../core/errors.js";
import { IDENTITY4 } from "../core/linear.js";
import { refuseUnknownOptions } from "../core/options.js";
import { bodyOf, checkLabels } from "./bodyOf.js";
import { setUp } from "./problem.js";
import { runRegistration } from "./run.js";
import type { FoundPoses, RegisterBodiesOptions } from "./types.js";
import { createVolumePyramid, type VolumePyramid } from "./volumePyramid.js";

const OPTIONS: readonly (keyof RegisterBodiesOptions)[] = [
  ...(["backend", "volume", "labels", "bodies", "starts", "xrays", "start", "search", "mask", "refine"] as const),
  ...(["model", "signal", "onIteration"] as const),
];

/**
 * Several rigid bodies in the same X-rays, as two bones at a joint: the image is the sum of the bodies' images, and each
 * has its own motion, which turns about its own center of mass. One search from one start for all of them: begin near, or
 * with the pose that `registerViews` found for the whole. The mask of cut faces follows the first body.
 *
 * @throws as `registerViews`, and SHAPE_MISMATCH (`grid-mismatch`) or `length` (of starts), INVALID_ARGUMENT
 * (`empty-body`, `shared-label`)
 */
export async function registerBodies(options: RegisterBodiesOptions): Promise<FoundPoses> {
  refuseUnknownOptions("registerBodies", options, OPTIONS);
  const { backend, volume, xrays, bodies, starts, start = IDENTITY4 } = options;
  const started = performance.now();
  checkBodies(options);
  const parts = bodies.map((labels) => bodyOf(volume, options.labels, labels));
  const pyramids: VolumePyramid[] = [];
  try {
    for (const { body } of parts) pyramids.push(createVolumePyramid(backend, body));
    const scenes = pyramids.map(({ levels }, i) => ({ levels, center: parts[i].center, start: starts?.[i] ?? start }));
    const problem = await setUp(scenes, pyramids[0], xrays, options);
    return await runRegistration(problem, xrays, { ...options, recipe: "one-start" }, started);
  } finally {
    for (const pyramid of pyramids) pyramid.dispose();
  }
}

function checkBodies({ volume, labels, bodies, starts }: RegisterBodiesOptions): void {
  checkLabels(volume, labels, bodies);
  if (starts && starts.length !== bodies.length)
    throw fault(
      "SHAPE_MISMATCH",
      `found ${starts.length} starts for ${bodies.length} bodies; expected one each; correct starts`,
      { defect: "length", expected: bodies.length, length: starts.length },
    );
}
