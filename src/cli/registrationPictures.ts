/** What a registration looks like: X-rays, renderings at the start and as found, and the way between. */
import type { Matrix4 } from "../core/linear.js";
import { type Detector, transformView, type View } from "../geometry/index.js";
import { createProjector, type DeviceVolume, toDevice, toHost } from "../projector/index.js";
import { binned, type LevelImage } from "../registration/imagePyramid.js";
import { createVolumePyramid, type VolumePyramid } from "../registration/index.js";
import { type Animation, type EdgeLetters, edgeOverlayImage, type Image } from "../report/index.js";
import type { RegisteredGroup } from "./registerGroups.js";
import { spread } from "./spread.js";
import type { PlacedXRay } from "./xrayViews.js";

/** Pixels of the longer side at most, in pictures and in animations. */
const PICTURE = 512;
const FRAME = 256;
/** Frames of an animation at most. */
const FRAMES = 24;

/** An X-ray and two renderings of the CT, all of one size. */
export interface XRayPictures {
  readonly measured: Image;
  readonly start: Image;
  readonly found: Image;
}

/** Pictures of every X-ray of a group, from whole voxels. */
export async function registrationPictures(
  { xrays, startViews, bodies }: RegisteredGroup,
  { backend }: VolumePyramid,
): Promise<XRayPictures[]> {
  const sums = xrays.map((): Float64Array[] => []);
  for (const body of bodies) {
    using x = toDevice(backend, body.volume);
    for (const [i, xray] of xrays.entries()) {
      const { detector } = levelOf(xray, PICTURE);
      const views = [startViews[i], body.views[i]].map((view) => levelOf({ ...xray, view }, PICTURE).view);
      addAll(sums[i], await renderings(x, detector, views));
    }
  }
  return xrays.map((xray, i) => {
    const reduced = levelOf(xray, PICTURE);
    const [start, found] = sums[i];
    const letters = patientLetters(reduced.view);
    return {
      measured: imageOf(reduced.detector, reduced.values, letters),
      start: imageOf(reduced.detector, start, letters),
      found: imageOf(reduced.detector, found, patientLetters(bodies[0].views[i])),
    };
  });
}

/** Adds images to their sums, or begins these. */
function addAll(sums: Float64Array[], images: readonly ArrayLike<number>[]): void {
  images.forEach((image, k) => {
    sums[k] ??= new Float64Array(image.length);
    const sum = sums[k];
    for (let i = 0; i < sum.length; i++) sum[i] += image[i];
  });
}

/** For each group the edges of the rendering over the X-rays, side by side, from the start to the end of the search. */
export async function registrationFrames(
  groups: readonly RegisteredGroup[],
  pyramid: VolumePyramid,
): Promise<Animation[]> {
  const animations: Animation[] = [];
  for (const group of groups) animations.push(await framesOf(group, pyramid));
  return animations;
}

async function framesOf({ xrays, startViews, bodies, result }: RegisteredGroup, pyramid: VolumePyramid) {
  const steps = spread(distinctMotions(result.trace.map(({ motions }) => motions)), FRAMES - 2);
  const sums = xrays.map((): Float64Array[] => []);
  for (const [b, body] of bodies.entries()) {
    using own = body.name === undefined ? undefined : createVolumePyramid(pyramid.backend, body.volume);
    const { levels } = own ?? pyramid;
    for (const [i, xray] of xrays.entries()) {
      const moved = steps.map((motions) => transformView(startViews[i], motions[b]));
      const views = [startViews[i], ...moved, body.views[i]].map((view) => levelOf({ ...xray, view }, FRAME).view);
      addAll(sums[i], await renderings(levels[levels.length - 1], levelOf(xray, FRAME).detector, views));
    }
  }
  const overlays = xrays.map((xray, i) => {
    const { detector, values } = levelOf(xray, FRAME);
    const measured = imageOf(detector, values);
    return sums[i].map((rendered) => edgeOverlayImage(measured, imageOf(detector, rendered)));
  });
  const sizes = xrays.map((xray) => levelOf(xray, FRAME).detector);
  const rows = Math.max(...sizes.map((size) => size.rows));
  const columns = sizes.reduce((sum, size) => sum + size.columns, 0);
  const frames = overlays[0].map((_, k) =>
    sideBySide(
      overlays.map((frames) => frames[k]),
      sizes,
      { rows, columns },
    ),
  );
  return { rows, columns, frames };
}

/** Motions of all bodies in order without those that follow equal ones. */
const distinctMotions = (steps: readonly (readonly Matrix4[])[]) =>
  steps.filter((motions, i) => i === 0 || motions.some((m, b) => m.some((value, k) => value !== steps[i - 1][b][k])));

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

/** An X-ray by means of whole pixels, so that its longer side has at most so many. */
function levelOf({ image, detector, view }: Omit<PlacedXRay, "about">, most: number): LevelImage {
  const values = Float64Array.from(image.values);
  const factor = Math.ceil(Math.max(detector.rows, detector.columns) / most);
  const level = { values, mask: undefined, detector, view };
  return factor > 1 ? binned(level, factor) : level;
}

/** Images of a volume in some views, along whole rays as registration has them. */
async function renderings(x: DeviceVolume, detector: Detector, views: readonly View[]): Promise<ArrayLike<number>[]> {
  const { backend } = x.array;
  using A = createProjector({ backend, grid: x.grid, detector, views, model: "joseph", extent: "line" });
  using y = A.apply(x);
  const { values } = await toHost(y);
  const count = detector.rows * detector.columns;
  return views.map((_, view) => values.subarray(view * count, (view + 1) * count));
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
