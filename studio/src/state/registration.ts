/** A measured X-ray, or one with a hidden pose, and the search for where it was taken from. */
import { batch, computed, effect, signal } from "@preact/signals";
import { type ConeView, positionerView, viewToProjectionMatrix } from "tomograd/geometry";
import { isCancelled, request } from "../worker/client";
import type { Overlay } from "../worker/painting";
import type {
  Meaning,
  Registered,
  RegistrationFacts,
  RegistrationRound,
  XRayFile,
  XRayImage,
  XRayToKeep,
} from "../worker/protocol";
import { type RegistrationStart, registrationStart } from "./commands";
import { drr } from "./drr";
import { patient } from "./patient";
import { arm, beam, detector, FRONTAL, isocenter, steer, steerByMatrix } from "./pose";
import { failure, report, task } from "./status";

/** An X-ray: what its file says, or where a hidden one was taken from. */
export interface XRay extends XRayToKeep {
  readonly file?: Omit<XRayFile, keyof XRayImage>;
  readonly truth?: ConeView;
}

export const xray = signal<XRay | undefined>(undefined);
export const overlay = signal<Overlay>("edges");
/** Degrees and mm to each side of the C-arm as it stands. */
export const search = signal({ rotationDeg: 45, translation: 30 });
export const rounds = signal<readonly RegistrationRound[]>([]);
export const registration = signal<RegistrationFacts | undefined>(undefined);
/** What `registration` is the result of. */
export const registered = signal<(Registered & { readonly start: RegistrationStart }) | undefined>(undefined);
export const registering = signal(false);
/** Whether the last search was cancelled. */
export const registrationCancelled = signal(false);

/** The rendering that the X-ray is compared with, perhaps coarser; undefined: its detector is another one. */
export const rendered = computed(() => {
  const [image, measured] = [drr.value, xray.value];
  if (!image || !measured) return undefined;
  const { rows, columns } = image.detector;
  return rows === measured.rows && columns === measured.columns ? image : undefined;
});

let controller: AbortController | undefined;

// an X-ray is of one volume
effect(() => {
  void patient.value;
  dropXRay();
});

/** Puts the X-ray away; a search for its pose is given up, and heard of no more. */
export function dropXRay(): void {
  const mine = controller;
  controller = undefined;
  mine?.abort();
  batch(() => {
    if (mine) rest();
    registrationCancelled.value = false;
    xray.value = undefined;
    registration.value = undefined;
    registered.value = undefined;
    rounds.value = [];
  });
}

/** No search is under way. */
function rest(): void {
  registering.value = false;
  task.value = undefined;
}

/** How far a hidden pose is from the frontal one: to each side, degrees and mm. */
const HIDDEN = { degrees: 20, millimeters: 15 };
/** Pixels along a side of a hidden X-ray. */
const HIDDEN_SIZE = 256;

/** Takes an X-ray of the volume from a place that only `truth` knows, and leaves the C-arm in front. */
export async function hideXRay(draw: () => number = Math.random): Promise<void> {
  const between = (side: number) => (2 * draw() - 1) * side;
  const pixel = Math.round((100 * arm.value.pixel * arm.value.columns) / HIDDEN_SIZE) / 100;
  steer({ ...FRONTAL, rows: HIDDEN_SIZE, columns: HIDDEN_SIZE, pixel });
  const { sid, sdd } = arm.value;
  const moved = isocenter.value.map(
    (value) => value + between(HIDDEN.millimeters),
  ) as unknown as typeof isocenter.value;
  const [lao, cran] = [between(HIDDEN.degrees), between(HIDDEN.degrees)];
  const view = positionerView({ detector: detector.value, sid, sdd, isocenter: moved }, lao, cran);
  try {
    const { rows, columns, values } = await request("render", {
      ...{ shown: "volume", view, detector: detector.value, model: "siddon" },
    });
    batch(() => {
      dropXRay();
      xray.value = { name: "hidden X-ray", rows, columns, values, truth: view };
    });
  } catch (error) {
    report(error);
  }
}

/** Opens a measured X-ray; the C-arm takes its detector and what the file says of the pose. */
export async function openXRay(file: File, meaning?: Meaning): Promise<void> {
  failure.value = undefined;
  try {
    const read = await request("readXRay", { file, ...(meaning && { meaning }) });
    const { name, rows, columns, values, ...facts } = read;
    const { pixel, laoDeg, cranDeg, sid, sdd, view } = facts;
    const width = arm.value.pixel * arm.value.columns;
    batch(() => {
      dropXRay();
      steer({
        ...{ rows, columns, pixel: pixel ?? width / columns },
        ...(laoDeg !== undefined && cranDeg !== undefined && { laoDeg, cranDeg }),
        ...(sid && { sid }),
        ...(sdd && { sdd }),
      });
      if (view) steerByMatrix(viewToProjectionMatrix(view));
      xray.value = { name, rows, columns, values, source: file, file: facts };
    });
  } catch (error) {
    report(error);
  }
}

/** Takes the values of the file for something else. */
export async function rereadXRay(meaning: Meaning): Promise<void> {
  const source = xray.value?.source;
  if (source) await openXRay(source, meaning);
}

/** What of an X-ray and its registration is kept besides its pixels. */
export interface XRayWords extends Pick<XRay, "file" | "truth"> {
  readonly search: typeof search.value;
  readonly overlay: Overlay;
  readonly start?: RegistrationStart;
  readonly found?: RegistrationFacts;
}

export const xrayWords = (): XRayWords | undefined =>
  xray.value && {
    ...{ file: xray.value.file, truth: xray.value.truth, search: search.value, overlay: overlay.value },
    ...{ start: registered.value?.start, found: registration.value },
  };

/** Brings back an X-ray, and what was found of it. */
export function restoreXRay(image: XRayToKeep, { file, truth, start, found, ...words }: XRayWords): void {
  const { source: _, ...bare } = image;
  batch(() => {
    xray.value = { ...image, ...(file && { file }), ...(truth && { truth }) };
    search.value = words.search;
    overlay.value = words.overlay;
    registration.value = found;
    registered.value = start && found && { xray: bare, start, found };
    rounds.value = found?.rounds ?? [];
  });
}

/** Registers from the C-arm as it stands, and puts it where the X-ray was taken from. */
export async function register(): Promise<RegistrationFacts | undefined> {
  const measured = xray.value;
  if (!measured || !patient.value || !("view" in beam.value) || registering.value) return undefined;
  const mine = new AbortController();
  controller = mine;
  const cancel = () => mine.abort();
  batch(() => {
    failure.value = undefined;
    registration.value = undefined;
    registered.value = undefined;
    rounds.value = [];
    registrationCancelled.value = false;
    registering.value = true;
    task.value = { what: "Registering", cancel };
  });
  const { file: _, source: __, truth, ...image } = measured;
  const { view } = beam.value;
  const start = registrationStart({ view, detector: detector.value, grid: patient.value.grid }, search.value);
  try {
    const found = await request(
      "register",
      {
        ...{ xray: image, detector: start.detector, view: start.view, search: start.search },
        ...(truth && { truth }),
      },
      {
        signal: mine.signal,
        onProgress: (round) => {
          if (!mine.signal.aborted) rounds.value = [...rounds.value, round];
        },
      },
    );
    if (controller !== mine) return undefined;
    steerByMatrix(viewToProjectionMatrix(found.view));
    batch(() => {
      registration.value = found;
      registered.value = { xray: image, start, found };
    });
    return found;
  } catch (error) {
    if (controller !== mine) return undefined;
    registrationCancelled.value = isCancelled(error);
    report(error);
    return undefined;
  } finally {
    if (controller === mine) {
      controller = undefined;
      batch(rest);
    }
  }
}
