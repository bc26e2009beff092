import { isTomogradError, type Vec3 } from "tomograd";
import { type ConeView, viewToPinhole } from "tomograd/geometry";
import { type Radiograph, radiographProjections, radiographTrajectory, readImage, readRadiograph } from "tomograd/io";
import { registerViews } from "tomograd/registration";
import { gridCenter, innerCorners } from "tomograd/volume";
import type {
  Meaning,
  RegisterRequest,
  RegistrationFacts,
  RegistrationRound,
  XRayFile,
  XRayRequest,
} from "../protocol";
import { compute, currentPatient } from "../session";
import { squarePixels } from "../squarePixels";
import { inPageWords } from "../words";
import type { Context, Handlers } from "./types";

export const registerHandlers: Pick<Handlers, "readXRay" | "register"> = {
  async readXRay(asked, { move }) {
    const file = await readXRay(asked);
    return { ...file, values: move(file.values as Float32Array<ArrayBuffer>) };
  },

  register: (asked, context) => compute(() => register(asked, context)),
};

async function register(
  { xray, detector, view, search, truth }: RegisterRequest,
  { signal, progress }: Context<"register">,
): Promise<RegistrationFacts> {
  const { volume, pyramid } = currentPatient();
  const center = gridCenter(volume.grid);
  const rounds: RegistrationRound[] = [];
  const started = performance.now();
  const found = await registerViews({
    volume: pyramid,
    xrays: [{ values: xray.values, detector, view, name: xray.name }],
    search,
    signal,
    onIteration: ({ iteration, similarity, rows, starts, score, motions: [motion] }) => {
      const round = { iteration, similarity, rows, starts, score, ...moved(motion, center) };
      rounds.push(round);
      progress(round);
    },
  });
  const { score, verdict, reasons, evaluations, stopped } = found;
  const reached = found.views[0] as ConeView;
  const points = innerCorners(volume.grid);
  const off = (one: ConeView, other: ConeView) => meanDistance(inCamera(one, points), inCamera(other, points));
  return {
    ...{ view: reached, score, verdict, reasons, evaluations, stopped, rounds },
    milliseconds: performance.now() - started,
    ...(truth && { error: { before: off(view, truth), after: off(reached, truth) } }),
  };
}

/** How far a rigid motion carries a point, and how far it turns. */
function moved(m: readonly number[], center: Vec3): { readonly shift: number; readonly turnDeg: number } {
  const to = [0, 1, 2].map(
    (r) => m[4 * r] * center[0] + m[4 * r + 1] * center[1] + m[4 * r + 2] * center[2] + m[4 * r + 3],
  );
  const cosine = (m[0] + m[5] + m[10] - 1) / 2;
  return {
    shift: Math.hypot(...to.map((value, axis) => value - center[axis])),
    turnDeg: (Math.acos(Math.min(1, Math.max(-1, cosine))) * 180) / Math.PI,
  };
}

/** World points in the frame of a view's camera, mm. */
function inCamera(view: ConeView, points: readonly Vec3[]): Vec3[] {
  const m = viewToPinhole(view).extrinsics;
  return points.map(
    (p) => [0, 4, 8].map((r) => m[r] * p[0] + m[r + 1] * p[1] + m[r + 2] * p[2] + m[r + 3]) as unknown as Vec3,
  );
}

const meanDistance = (a: readonly Vec3[], b: readonly Vec3[]): number =>
  a.reduce((sum, p, i) => sum + Math.hypot(p[0] - b[i][0], p[1] - b[i][1], p[2] - b[i][2]), 0) / a.length;

/** A radiograph of DICOM with what it says of the C-arm, else any picture; a slice of a scan is neither. */
async function readXRay({ file, meaning }: XRayRequest): Promise<XRayFile> {
  const radiograph = await readRadiograph(file).catch((error: unknown) => {
    if (isTomogradError(error) && error.code === "UNSUPPORTED_FORMAT" && !error.detail.slice) return undefined;
    throw error;
  });
  if (radiograph) return ofRadiograph(radiograph, file.name, meaning);
  const image = await readImage(file);
  const taken = meaning ?? "attenuation";
  const { rows, columns, pixelSize } = image;
  return {
    ...{ name: file.name, meaning: taken },
    ...squarePixels({ rows, columns, values: rising(image.values, taken) }, pixelSize),
    ...(pixelSize && { pixel: pixelSize[0] }),
    notes: notesOf(image.warnings),
  };
}

/** What stands in for distances that the file does not say; the page lets them be set. */
const STANDARD = { sid: 850, sdd: 1020 };

/** The first frame in square pixels, and the C-arm as far as it is known. */
function ofRadiograph(radiograph: Radiograph, name: string, meaning: Meaning | undefined): XRayFile {
  const { rows, columns, pixelSize, pixelSizeAt, sid, sdd, anglesDeg } = radiograph;
  const frame = (values: ArrayLike<number>) => Float32Array.from({ length: rows * columns }, (_, i) => values[i]);
  const told = meaning
    ? { values: rising(frame(radiograph.values), meaning), warnings: radiograph.warnings }
    : radiographProjections(radiograph, {
        sdd: sdd ?? STANDARD.sdd,
        sid: sid ?? STANDARD.sid,
        pixelSize: pixelSize ?? [1, 1],
        anglesDeg: anglesDeg ?? Array.from({ length: radiograph.frames }, () => [0, 0] as const),
      });
  const [angles] = anglesDeg ?? [];
  const pixel = pixelSize && pixelSizeAt !== "detector" && sid && sdd ? (pixelSize[0] * sdd) / sid : pixelSize?.[0];
  const image = squarePixels({ rows, columns, values: frame(told.values) }, pixelSize);
  const view = angles || !pixel ? undefined : viewOf({ ...radiograph, rows: image.rows }, pixel);
  const notes = notesOf(told.warnings);
  if (radiograph.frames > 1)
    notes.push({ defect: "several-pages", message: `${name} has ${radiograph.frames} frames; the first is shown` });
  return {
    ...{ name, ...image, meaning: meaning ?? "attenuation", notes },
    ...(pixel && { pixel }),
    ...(angles && { laoDeg: angles[0], cranDeg: angles[1] }),
    ...(sid && { sid }),
    ...(sdd && { sdd }),
    ...(view && { view }),
  };
}

/** Where an X-ray was taken from that does not say angles of a C-arm; undefined where it does not say it at all. */
function viewOf(facts: Radiograph, pixel: number): ConeView | undefined {
  const { rtImage, sdd = STANDARD.sdd, sid = STANDARD.sid } = facts;
  try {
    return radiographTrajectory(facts, {
      ...{ sdd, sid, pixelSize: [pixel, pixel] },
      isocenter: rtImage?.isocenter ?? gridCenter(currentPatient().volume.grid),
    }).views[0] as ConeView;
  } catch (error) {
    if (isTomogradError(error)) return undefined;
    throw error;
  }
}

const notesOf = (warnings: readonly { readonly defect: string; readonly message: string }[]) =>
  warnings.map(({ defect, message }) => ({ defect, message: inPageWords(message) }));

/** Values that rise with attenuation: turned over, or -ln of the intensities over the largest. */
function rising(values: ArrayLike<number>, meaning: Meaning): Float32Array {
  if (meaning === "attenuation") return Float32Array.from(values);
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, values[i]);
  if (meaning === "inverted") return Float32Array.from(values, (value) => largest - value);
  return Float32Array.from(values, (value) => -Math.log(Math.max(value, 1e-6 * largest) / largest));
}
