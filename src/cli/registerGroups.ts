/** Registers X-rays: together or each by itself, to the CT or to several bodies of it. */
import type { Backend } from "../backend/backend.js";
import type { Matrix4, Vec3 } from "../core/linear.js";
import { transformView, type View } from "../geometry/index.js";
import {
  type RegistrationFacts,
  type RegistrationStep,
  registerBodies,
  registerEach,
  registerViews,
  type VolumePyramid,
  type XRay,
} from "../registration/index.js";
import { GOOD_SCORE } from "../registration/verdict.js";
import type { Volume } from "../volume/grid.js";
import type { Landmark } from "./landmarkFile.js";
import { landmarkError, looksLikeLps, motionFromLandmarks } from "./landmarkStart.js";
import type { Body, LabeledBodies } from "./registeredBodies.js";
import type { RegisterOptions } from "./registerOptions.js";
import type { Session } from "./session.js";
import type { PlacedXRay } from "./xrayViews.js";

/** A body, and where X-rays that moved together were taken from, seen from it. */
export interface RegisteredBody extends Body {
  /** Of `startViews`, world mm. */
  readonly motion: Matrix4;
  readonly views: readonly View[];
}

/** X-rays that moved together, and where to. */
export interface RegisteredGroup {
  readonly xrays: readonly PlacedXRay[];
  /** The views that the search began with: as files and options give them, or moved to where landmarks place them. */
  readonly startViews: readonly View[];
  readonly bodies: readonly RegisteredBody[];
  readonly result: RegistrationFacts;
  /** Pixels, see `landmarkError`; of the views as given, at the start of the search, and at its end. */
  readonly landmarkErrors?: { readonly given: number; readonly start: number; readonly found: number };
}

export interface RegisterInput {
  readonly backend: Backend;
  readonly ct: Volume;
  /** Of the CT. */
  readonly pyramid: VolumePyramid;
  /** Several bodies instead of the CT. */
  readonly labeled: LabeledBodies | undefined;
  readonly placed: readonly PlacedXRay[];
  readonly landmarks: readonly Landmark[];
  readonly isocenter: Vec3;
  readonly options: RegisterOptions;
  readonly session: Session;
}

/** X-rays that will move together, where the search begins. */
interface Start {
  readonly xrays: readonly PlacedXRay[];
  /** Their `xray` counts the X-rays of this group. */
  readonly landmarks: readonly Landmark[];
  readonly startViews: readonly View[];
}

export async function registerGroups(input: RegisterInput): Promise<RegisteredGroup[]> {
  const { placed, landmarks, options, session } = input;
  const members = options.independent ? placed.map((xray) => [xray]) : [placed];
  const starts: Start[] = [];
  let first = 0;
  for (const xrays of members) {
    const from = first;
    const own = landmarks.filter(({ xray }) => xray >= from && xray < from + xrays.length);
    starts.push(
      await startOf(
        xrays,
        own.map((landmark) => ({ ...landmark, xray: landmark.xray - from })),
        session,
      ),
    );
    first += xrays.length;
  }
  const found = await search(input, starts);
  session.progress.done();
  if (found.some(({ result }) => result.stopped === "callback"))
    session.say("stopped before the end: the best pose so far is kept");
  return found.map(({ result, bodies }, i) => {
    const { xrays, landmarks, startViews } = starts[i];
    const given = xrays.map(({ view }) => view);
    return {
      ...{ xrays, startViews, bodies, result },
      ...(landmarks.length > 0 && {
        landmarkErrors: {
          given: landmarkError(given, landmarks),
          start: landmarkError(startViews, landmarks),
          found: landmarkError(bodies[0].views, landmarks),
        },
      }),
    };
  });
}

async function startOf(xrays: readonly PlacedXRay[], landmarks: readonly Landmark[], session: Session): Promise<Start> {
  const given = xrays.map(({ view }) => view);
  if (landmarks.length === 0) return { xrays, landmarks, startViews: given };
  const motion = await motionFromLandmarks(xrays, landmarks);
  if (looksLikeLps(motion))
    session.warn({
      defect: "landmarks-turned",
      message: `the landmarks put ${xrays[0].image.name} on the other side of the patient than it was given; with the signs of x and y changed they would not: are they LPS, as DICOM and ITK have it?`,
    });
  const startViews = given.map((view) => transformView(view, motion));
  session.say(
    `landmarks: ${landmarkError(given, landmarks).toFixed(1)} pixels off as given, ${landmarkError(startViews, landmarks).toFixed(1)} at the start`,
  );
  return { xrays, landmarks, startViews };
}

type Found = Pick<RegisteredGroup, "result" | "bodies">;

async function search(input: RegisterInput, starts: readonly Start[]): Promise<Found[]> {
  const { backend, ct, pyramid, labeled, isocenter, options, session } = input;
  const { search, recipe, mask, refine, seed } = options;
  const common = {
    ...(search && { search: { rotationDeg: search[0], translation: search[1] } }),
    ...(mask && { mask }),
    ...(refine && { refine }),
    onIteration: follower(session),
  };
  const groups = starts.map(xraysOf);
  if (labeled) {
    const found: Found[] = [];
    for (const xrays of groups) {
      const { labels, wanted } = labeled;
      const { motions, views, ...result } = await registerBodies({
        ...{ ...common, backend, volume: ct, labels, bodies: wanted, xrays },
      });
      found.push({
        result,
        bodies: labeled.bodies.map((body, b) => ({ ...body, motion: motions[b], views: views[b] })),
      });
    }
    return found;
  }
  const whole = {
    ...common,
    ...(recipe && { recipe }),
    ...(seed !== undefined && { seed }),
    volume: pyramid,
    isocenter,
  };
  const results = options.independent
    ? await registerEach({ ...whole, xrays: groups.flat() })
    : [await registerViews({ ...whole, xrays: groups[0] })];
  return results.map(({ motion, views, ...result }) => ({
    result,
    bodies: [{ center: isocenter, motion, views }],
  }));
}

/** X-rays as the library takes them, where the search begins. */
export const xraysOf = ({ xrays, startViews }: Pick<RegisteredGroup, "xrays" | "startViews">): XRay[] =>
  xrays.map(({ image: { name, values, mask }, detector }, i) => ({
    ...{ name, values, detector, view: startViews[i] },
    ...(mask && { mask }),
  }));

/** Tells how far a search is, and that it begins anew because what it reached is in doubt; ends it at Ctrl-C. */
function follower({ progress, signal, say }: Session) {
  let last: RegistrationStep | undefined;
  return (step: RegistrationStep): "stop" | undefined => {
    const { evaluations, score, rows, columns, similarity } = step;
    if (last && step.iteration > 0 && rows < last.rows) say(anew(last, step));
    last = step;
    // How far it is nobody knows: the bar fills ever more slowly.
    const share = evaluations / (evaluations + 300);
    progress.update(share, `${evaluations} images, ${similarity} at ${rows} x ${columns}: ${score.toFixed(3)}`);
    return signal.aborted ? "stop" : undefined;
  };
}

/** Why a search goes back to the coarsest images. */
const anew = ({ score }: RegistrationStep, { starts, seconds }: RegistrationStep) =>
  `after ${seconds.toFixed(1)} s the correlation of gradients is ${score.toFixed(2)}, right poses have ${GOOD_SCORE} and more: trying ${starts} starts; are --pixel, --sdd and --image right? Ctrl-C keeps the best pose so far`;
