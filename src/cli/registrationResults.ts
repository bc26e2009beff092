/** What `register` prints: as JSON, and in lines for people. */
import { IDENTITY4, type Vec3 } from "../core/linear.js";
import type { RegisteredBody, RegisteredGroup } from "./registerGroups.js";
import { type FoundPose, foundPose, motionDistance } from "./registrationPoses.js";

/** Everything that was registered. */
export interface FoundViews {
  readonly groups: readonly RegisteredGroup[];
  /** RAS mm: what poses turn about. */
  readonly isocenter: Vec3;
  readonly orientation?: "AP" | "PA" | "none";
}

/** One X-ray with its group and its pose, seen from one body. */
export interface RegisteredXRay {
  /** The X-ray's, with the body's where there are several. */
  readonly name: string;
  readonly group: RegisteredGroup;
  readonly body: RegisteredBody;
  /** Its number in the group. */
  readonly index: number;
  readonly pose: FoundPose;
}

/** The X-rays of all groups in the order of the command line, for one body after the other. */
export const registeredXRays = ({ groups, isocenter, orientation }: FoundViews): RegisteredXRay[] =>
  groups.flatMap((group) =>
    group.bodies.flatMap((body) =>
      group.xrays.map(({ image, detector }, index) => ({
        ...{ name: of(image.name, body), group, body, index },
        pose: foundPose(body.views[index], detector, isocenter, orientation),
      })),
    ),
  );

/** What is said of a body: `name` alone where the CT is the only one. */
export const of = (name: string, body: RegisteredBody): string =>
  body.name === undefined ? name : `${name}, body ${body.name}`;

/** How far the X-rays moved from where the search began, seen from a body. */
export const movedBy = ({ motion, center }: RegisteredBody) => motionDistance(motion, IDENTITY4, center);

/** "body 71 moved by 3.10 degrees and 4.22 mm", as people read it. */
export function movedLine(body: RegisteredBody): string {
  const { degrees, mm } = movedBy(body);
  const who = body.name === undefined ? "" : `body ${body.name} `;
  return `${who}moved by ${degrees.toFixed(2)} degrees and ${mm.toFixed(2)} mm`;
}

/** What a sentence about a group begins with: the X-ray it is about, where there are several groups. */
export const whose = ({ xrays }: RegisteredGroup, groups: readonly RegisteredGroup[]): string =>
  groups.length > 1 ? `${xrays[0].image.name}: ` : "";

/** The weakest verdict, all reasons, all renderings: of several groups as of one. */
function overall(groups: readonly RegisteredGroup[]) {
  const results = groups.map(({ result }) => result);
  const worst = results.reduce((a, b) => (b.score < a.score ? b : a));
  const stoppedEarly = results.find(({ stopped }) => stopped === "callback");
  return {
    score: worst.score,
    verdict: results.some(({ verdict }) => verdict === "doubtful") ? "doubtful" : "certain",
    evaluations: results.reduce((sum, { evaluations }) => sum + evaluations, 0),
    seconds: results.reduce((sum, { seconds }) => sum + seconds, 0),
    stopped: stoppedWord((stoppedEarly ?? worst).stopped),
  };
}

/** The only callback that stops a search here is Ctrl-C. */
const stoppedWord = (stopped: RegisteredGroup["result"]["stopped"]) => (stopped === "callback" ? "aborted" : stopped);

/** Plain data: `matrices` are the poses [R | R t] as 3 rows of 4 (null where a view is no C-arm's). */
export function registrationResults(found: FoundViews): Record<string, unknown> {
  const { groups } = found;
  const xrays = registeredXRays(found);
  return {
    poses: xrays.map(({ group, body, index, pose: { matrix, ...pose } }) => ({
      name: group.xrays[index].image.name,
      ...(body.name !== undefined && { body: body.name }),
      ...pose,
      intrinsics: group.result.intrinsics[index],
    })),
    matrices: xrays.map(({ pose }) => pose.matrix ?? null),
    ...overall(groups),
    reasons: groups.flatMap((group) => group.result.reasons.map((reason) => `${whose(group, groups)}${reason}`)),
    groups: groups.map((group) => ({
      xrays: group.xrays.map(({ image }) => image.name),
      bodies: group.bodies.map((body) => ({
        ...(body.name !== undefined && { labels: body.name }),
        motion: body.motion,
        moved: movedBy(body),
      })),
      score: group.result.score,
      share: group.result.share,
      evidence: group.result.evidence,
      verdict: group.result.verdict,
      reasons: group.result.reasons,
      evaluations: group.result.evaluations,
      seconds: group.result.seconds,
      stopped: stoppedWord(group.result.stopped),
      ...(group.landmarkErrors && { landmarkErrors: group.landmarkErrors }),
    })),
  };
}

export function registrationSummary(found: FoundViews): string[] {
  const poses = registeredXRays(found).map(({ name, pose: { cArm } }) =>
    cArm
      ? `${name}: --rotation ${cArm.rotationDeg.map((x) => x.toFixed(3)).join(",")} --translation ${cArm.translation.map((x) => x.toFixed(2)).join(",")} --orientation ${cArm.orientation}`
      : `${name}: no C-arm has this view; the geometry file and the projection matrix describe it`,
  );
  const lines = found.groups.flatMap((group) => {
    const { result, landmarkErrors, bodies } = group;
    const who = whose(group, found.groups);
    return [
      `${who}${result.verdict}: ${result.reasons.join("; ")}`,
      ...bodies.map((body) => `${who}${movedLine(body)} from the start`),
      `${who}${result.evaluations} images in ${result.seconds.toFixed(2)} s`,
      ...(landmarkErrors
        ? [
            `${who}landmarks: ${landmarkErrors.given.toFixed(2)} pixels off as given, ${landmarkErrors.start.toFixed(2)} at the start, ${landmarkErrors.found.toFixed(2)} as found`,
          ]
        : []),
    ];
  });
  return [...poses, ...lines];
}
