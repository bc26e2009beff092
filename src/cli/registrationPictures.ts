/** What a registration looks like: X-rays, renderings at the start and as found, and the way between. */
import type { Detector, View } from "../geometry/index.js";
import { type RegistrationStep, type RenderTraceOptions, renderTrace } from "../registration/index.js";
import { type Animation, type EdgeLetters, edgeOverlayImage, type Image } from "../report/index.js";
import { type RegisteredGroup, xraysOf } from "./registerGroups.js";
import { spread } from "./spread.js";

/** Pixels of the longer side at most, in pictures and in animations. */
const PICTURE = 512;
const FRAME = 256;
/** Frames of an animation at most. */
const FRAMES = 24;

/** What is rendered: the CT or several bodies of it. */
export type Rendered = Pick<RenderTraceOptions, "backend" | "volume" | "labels" | "bodies">;

/** An X-ray and two renderings of the CT, all of one size. */
export interface XRayPictures {
  readonly measured: Image;
  readonly start: Image;
  readonly found: Image;
}

/** Pictures of every X-ray of a group. */
export async function registrationPictures(group: RegisteredGroup, rendered: Rendered): Promise<XRayPictures[]> {
  const trace = [atStart(group), asFound(group)];
  const images = await renderTrace({ ...rendered, xrays: xraysOf(group), trace, longerSide: PICTURE });
  return images.map(({ detector, measured, rendered: [start, found] }, i) => {
    const letters = patientLetters(group.startViews[i]);
    return {
      measured: imageOf(detector, measured, letters),
      start: imageOf(detector, start, letters),
      found: imageOf(detector, found, patientLetters(group.bodies[0].views[i])),
    };
  });
}

type Step = Pick<RegistrationStep, "views">;

const atStart = ({ bodies, startViews }: RegisteredGroup): Step => ({ views: bodies.map(() => startViews) });

const asFound = ({ bodies }: RegisteredGroup): Step => ({ views: bodies.map(({ views }) => views) });

/** For each group the edges of the rendering over the X-rays, side by side, from the start to the end of the search. */
export async function registrationFrames(groups: readonly RegisteredGroup[], rendered: Rendered): Promise<Animation[]> {
  const animations: Animation[] = [];
  for (const group of groups) animations.push(await framesOf(group, rendered));
  return animations;
}

async function framesOf(group: RegisteredGroup, rendered: Rendered): Promise<Animation> {
  const steps = spread(distinctSteps(group.result.trace), FRAMES - 2);
  const trace = [atStart(group), ...steps, asFound(group)];
  const images = await renderTrace({ ...rendered, xrays: xraysOf(group), trace, longerSide: FRAME });
  const overlays = images.map(({ detector, measured, rendered }) =>
    rendered.map((values) => edgeOverlayImage(imageOf(detector, measured), imageOf(detector, values))),
  );
  const sizes = images.map(({ detector }) => detector);
  const rows = Math.max(...sizes.map((size) => size.rows));
  const columns = sizes.reduce((sum, size) => sum + size.columns, 0);
  const frames = trace.map((_, k) =>
    sideBySide(
      overlays.map((frames) => frames[k]),
      sizes,
      { rows, columns },
    ),
  );
  return { rows, columns, frames };
}

/** Steps without those that follow one of equal motions. */
const distinctSteps = (steps: readonly RegistrationStep[]) =>
  steps.filter(
    ({ motions }, i) => i === 0 || motions.some((m, b) => m.some((value, k) => value !== steps[i - 1].motions[b][k])),
  );

function sideBySide(
  pictures: readonly Uint8Array[],
  sizes: readonly { readonly rows: number; readonly columns: number }[],
  whole: { readonly rows: number; readonly columns: number },
): Uint8Array {
  const out = new Uint8Array(3 * whole.rows * whole.columns);
  let left = 0;
  pictures.forEach((picture, i) => {
    const width = 3 * sizes[i].columns;
    for (let row = 0; row < sizes[i].rows; row++)
      out.set(picture.subarray(row * width, (row + 1) * width), 3 * (row * whole.columns + left));
    left += sizes[i].columns;
  });
  return out;
}

const imageOf = ({ rows, columns, pixelSize }: Detector, values: ArrayLike<number>, letters?: EdgeLetters): Image => ({
  ...{ rows, columns, pixelSize, values },
  ...(letters && { letters }),
});

/** World axes: [towards larger values, towards smaller ones]. */
const LETTERS = ["RL", "AP", "SI"];

/** Where the edges of an image lie in the patient, by the axis that each is nearest to. */
function patientLetters({ columnStep, rowStep }: View): EdgeLetters {
  const ends = (step: readonly number[]) => {
    const axis = [0, 1, 2].reduce((a, b) => (Math.abs(step[b]) > Math.abs(step[a]) ? b : a));
    const [plus, minus] = LETTERS[axis];
    return step[axis] > 0 ? [minus, plus] : [plus, minus];
  };
  const [left, right] = ends(columnStep);
  const [top, bottom] = ends(rowStep);
  return { left, right, top, bottom };
}
