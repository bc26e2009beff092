/** The live radiograph: coarse pictures follow the hand, the exact one comes when it rests. */
import { computed, effect, signal } from "@preact/signals";
import type { DisplayWindow } from "tomograd/report";
import { request } from "../worker/client";
import type { BackendFacts, PatientFacts, RenderedImage, RenderRequest } from "../worker/protocol";
import { drrPreset, heldWindow, radiographed, rayModel } from "./display";
import { latestWins } from "./latest";
import { patient } from "./patient";
import { beam, detector } from "./pose";
import { volumeShown } from "./reconstruction";
import { backend, report } from "./status";

/** ms that the rays of a picture may take to follow the hand. */
const FOLLOWS = 10;
/** ms without a movement after which the hand rests. */
const RESTS = 140;

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
  return shown.view === beam.value.view && shown.detector === detector.value && shown.model === rayModel.value;
});

/** Black and white of the picture that is shown. */
export const drrWindow = computed<DisplayWindow>(() => {
  const { film, plain } = drr.value?.windows ?? { film: { low: 0, high: 1 }, plain: { low: 0, high: 1 } };
  return heldWindow.value ?? (drrPreset.value === "line-integral" ? plain : film);
});

type Asked = RenderRequest & Pick<Radiograph, "of" | "by" | "version">;
/** Whether what was asked for still concerns the volume and the backend. */
const concerns = ({ of, by }: Asked): boolean => of === patient.value && by === backend.value;
let rest: ReturnType<typeof setTimeout> | undefined;
let exact: AbortController | undefined;

const follow = latestWins(
  (asked: Asked) => {
    exact = asked.within === undefined ? new AbortController() : undefined;
    const { of: _, by: __, version: ___, ...payload } = asked;
    return request("render", payload, { signal: exact?.signal });
  },
  (image, asked) => {
    // what comes back is a copy: the view is known again by being the one that was asked for
    if (concerns(asked)) drr.value = { ...image, ...asked };
  },
  // volume or backend may have been replaced under a picture in the making
  (error, asked) => concerns(asked) && report(error),
);

/** Asks for the picture of the present view: within some ms, or the exact one. */
function show(within?: number): void {
  const { of, by, version } = subject.value;
  if (!of || !by || !("view" in beam.value)) return;
  const exposure = { view: beam.value.view, detector: detector.value, model: rayModel.value };
  follow.ask({ shown: radiographed.value, of, by, version, ...exposure, ...(within !== undefined && { within }) });
}

/** Begins to follow the C-arm and the volume. */
export function followBeam(): () => void {
  return effect(() => {
    if (!patient.value || !backend.value || !("view" in beam.value)) return;
    exact?.abort();
    clearTimeout(rest);
    show(FOLLOWS);
    const finish = () => drrIsExact.peek() || show();
    // the first picture of a volume has no hand to wait for
    rest = setTimeout(finish, drr.peek()?.of === patient.value ? RESTS : 0);
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
