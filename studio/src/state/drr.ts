/** The live radiograph: coarse pictures follow the hand, the exact one comes when it rests. */
import { computed, effect, signal } from "@preact/signals";
import type { DisplayWindow } from "tomograd/report";
import { request } from "../worker/client";
import type { BackendFacts, PatientFacts, RenderedImage, RenderRequest } from "../worker/protocol";
import { drrPreset, heldWindow, radiographed } from "./display";
import { latestWins } from "./latest";
import { patient } from "./patient";
import { beam, detector } from "./pose";
import { volumeShown } from "./reconstruction";
import { backend, report } from "./status";

/** ms that a picture may take to follow the hand. */
const FOLLOWS = 16;
/** ms without a movement after which the hand rests. */
const RESTS = 140;
const COARSEST = 16;

/** A picture, the state of the volume that it is of, and the backend that made it. */
export interface Radiograph extends RenderedImage {
  readonly of: PatientFacts;
  readonly by: BackendFacts;
  readonly version: number;
}

/** What is rendered: a reconstruction has a new version whenever it has come further. */
const subject = computed(() => ({
  of: patient.value,
  by: backend.value,
  version: radiographed.value === "reconstruction" ? volumeShown.value : 0,
}));

/** The picture that is shown. */
export const drr = signal<Radiograph | undefined>(undefined);
/** Whether the picture shown is the exact one of the present view and volume. */
export const drrIsExact = computed(() => {
  const shown = drr.value;
  if (!shown || shown.coarsening > 1 || !("view" in beam.value)) return false;
  const { of, by, version } = subject.value;
  if (shown.of !== of || shown.by !== by || shown.version !== version || shown.shown !== radiographed.value)
    return false;
  return shown.view === beam.value.view && shown.detector === detector.value;
});

/** Black and white of the picture that is shown. */
export const drrWindow = computed<DisplayWindow>(() => {
  const { film, plain } = drr.value?.windows ?? { film: { low: 0, high: 1 }, plain: { low: 0, high: 1 } };
  return heldWindow.value ?? (drrPreset.value === "line-integral" ? plain : film);
});

/** Rays per ms, learned from the pictures so far; the first is coarse, to be quick anywhere. */
let pace = 300;

const coarseningFor = ({ rows, columns }: { rows: number; columns: number }): number =>
  Math.min(COARSEST, Math.max(1, Math.ceil(Math.sqrt((rows * columns) / (pace * FOLLOWS)))));

type Asked = RenderRequest & Pick<Radiograph, "of" | "by" | "version">;
/** Whether what was asked for still concerns the volume and the backend. */
const concerns = ({ of, by }: Asked): boolean => of === patient.value && by === backend.value;
let rest: ReturnType<typeof setTimeout> | undefined;
let exact: AbortController | undefined;

const follow = latestWins(
  (asked: Asked) => {
    exact = asked.coarsening === 1 ? new AbortController() : undefined;
    const { of: _, by: __, version: ___, ...payload } = asked;
    return request("render", payload, { signal: exact?.signal });
  },
  (image, asked) => {
    // small pictures are mostly overhead
    const seen = (image.rows * image.columns) / Math.max(0.5, image.milliseconds);
    pace = 0.7 * pace + 0.3 * seen;
    // what comes back is a copy: the view is known again by being the one that was asked for
    if (concerns(asked)) drr.value = { ...image, ...asked };
  },
  // volume or backend may have been replaced under a picture in the making
  (error, asked) => concerns(asked) && report(error),
);

/** Asks for the picture of the present view. */
function show(coarsening: number): void {
  const { of, by, version } = subject.value;
  const shown = radiographed.value;
  if (of && by && "view" in beam.value)
    follow.ask({ shown, of, by, version, view: beam.value.view, detector: detector.value, coarsening });
}

/** Begins to follow the C-arm and the volume. */
export function followBeam(): () => void {
  return effect(() => {
    if (!patient.value || !backend.value || !("view" in beam.value)) return;
    const coarsening = coarseningFor(detector.value);
    exact?.abort();
    clearTimeout(rest);
    show(coarsening);
    // the first picture of a volume has no hand to wait for
    if (coarsening > 1) rest = setTimeout(() => show(1), drr.peek()?.of === patient.value ? RESTS : 0);
  });
}

/** Resolves with the exact picture of the present view. */
export const exactDrr = (): Promise<Radiograph> =>
  new Promise((resolve) => {
    let stop: (() => void) | undefined;
    const look = () => {
      if (!drrIsExact.value) return;
      resolve(drr.value as Radiograph);
      queueMicrotask(() => stop?.());
    };
    stop = effect(look);
  });
