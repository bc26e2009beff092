/** Registers the X-rays that move together. */
import { type Matrix4, multiply4, type Vec3 } from "../core/linear.js";
import { transformView, type View } from "../geometry/index.js";
import { type Registration, registerViews, type VolumePyramid } from "../registration/index.js";
import type { Landmark } from "./landmarkFile.js";
import { landmarkError, motionFromLandmarks } from "./landmarkStart.js";
import type { RegisterOptions } from "./registerOptions.js";
import type { Session } from "./session.js";
import type { PlacedXRay } from "./xrayViews.js";

/** X-rays that moved together, and where to. */
export interface RegisteredGroup {
  readonly xrays: readonly PlacedXRay[];
  /** The views that the search began with: as files and options give them, or moved to where landmarks place them. */
  readonly startViews: readonly View[];
  /** Its motions are those of `startViews`. */
  readonly result: Registration;
  /** World mm: of the views as given. */
  readonly motion: Matrix4;
  /** Pixels, see `landmarkError`; of the views as given, at the start of the search, and at its end. */
  readonly landmarkErrors?: { readonly given: number; readonly start: number; readonly found: number };
}

export interface GroupInput {
  readonly pyramid: VolumePyramid;
  readonly xrays: readonly PlacedXRay[];
  /** Their `xray` counts the X-rays of this group. */
  readonly landmarks: readonly Landmark[];
  readonly isocenter: Vec3;
  readonly options: RegisterOptions;
  readonly session: Session;
}

export async function registerGroup(input: GroupInput): Promise<RegisteredGroup> {
  const { pyramid, xrays, landmarks, isocenter, options, session } = input;
  const start = landmarks.length > 0 ? await motionFromLandmarks(xrays, landmarks) : undefined;
  const given = xrays.map(({ view }) => view);
  const startViews = start ? given.map((view) => transformView(view, start)) : given;
  if (start)
    session.say(
      `landmarks: ${landmarkError(given, landmarks).toFixed(1)} pixels off as given, ${landmarkError(startViews, landmarks).toFixed(1)} at the start`,
    );
  const { search, recipe, mask, refine, seed } = options;
  const result = await registerViews({
    volume: pyramid,
    xrays: xrays.map(({ image: { name, values }, detector }, i) => ({ name, values, detector, view: startViews[i] })),
    isocenter,
    ...(search && { search: { rotationDeg: search[0], translation: search[1] } }),
    ...(recipe && { recipe }),
    ...(mask && { mask }),
    ...(refine && { refine }),
    ...(seed !== undefined && { seed }),
    onIteration: ({ evaluations, score, rows, columns, similarity }) => {
      // How far it is nobody knows: the bar fills ever more slowly.
      const share = evaluations / (evaluations + 300);
      session.progress.update(
        share,
        `${evaluations} images, ${similarity} at ${rows} x ${columns}: ${score.toFixed(3)}`,
      );
      return session.signal.aborted ? "stop" : undefined;
    },
  });
  session.progress.done();
  if (result.stopped === "callback") session.say("stopped before the end: the best pose so far is kept");
  return {
    ...{ xrays, startViews, result },
    motion: start ? multiply4(result.motion, start) : result.motion,
    ...(landmarks.length > 0 && {
      landmarkErrors: {
        given: landmarkError(given, landmarks),
        start: landmarkError(startViews, landmarks),
        found: landmarkError(result.views, landmarks),
      },
    }),
  };
}
