/** The session in the browser's own files: kept as it goes on, brought back on request after a reload. */
import { batch, effect, signal } from "@preact/signals";
import { failureOf, request } from "../worker/client";
import type { KeptSession, ReconstructRequest, ScanRequest, SessionToKeep, XRayToKeep } from "../worker/protocol";
import { crosshairShown, enlarged, labelOpacity, panel, radiographed, sliced } from "./display";
import { latestWins } from "./latest";
import { linkHash, takeLink } from "./link";
import { labelsFrom, openedFrom, openLabels, openVolume, patient } from "./patient";
import { methodAsked, reconstruction, running, scan, scanAsked, steps, volumeShown } from "./reconstruction";
import { registering, restoreXRay, type XRay, type XRayWords, xray, xrayWords } from "./registration";
import { report } from "./status";

/** The last session, until it is brought back or put away. */
export const kept = signal<KeptSession | undefined>(undefined);
/** What is said about keeping: when it was done last, or why it is not. */
export const keeping = signal<{ readonly at?: Date; readonly problem?: string }>({});
const KEEP = "tomograd-keep-session";

const wanted = (): boolean => {
  try {
    return localStorage.getItem(KEEP) !== "no";
  } catch {
    return true; // storage may be forbidden
  }
};
/** Whether the user wants it. */
export const keepWanted = signal(wanted());

/** The page's own part of a session. */
interface PageWords {
  readonly view: string;
  readonly panel: string;
  readonly enlarged?: string;
  readonly sliced: typeof sliced.value;
  readonly radiographed: typeof radiographed.value;
  readonly labelOpacity: number;
  readonly crosshairShown: boolean;
  readonly scanAsked: ScanRequest;
  readonly methodAsked: ReconstructRequest;
  readonly xray?: XRayWords;
}

function words(): PageWords {
  const ofXRay = xrayWords();
  return {
    ...{ view: linkHash(), panel: panel.value, sliced: sliced.value, radiographed: radiographed.value },
    ...{ labelOpacity: labelOpacity.value, crosshairShown: crosshairShown.value },
    ...{ scanAsked: scanAsked.value, methodAsked: methodAsked.value },
    ...(enlarged.value !== undefined && { enlarged: enlarged.value }),
    ...(ofXRay && { xray: ofXRay }),
  };
}

function present(): SessionToKeep | undefined {
  const volume = patient.value && openedFrom();
  if (!volume) return undefined;
  const labels = labelsFrom();
  return {
    ...{ volume, page: JSON.stringify(words()) },
    ...(labels && { labels }),
    ...(scan.value && { scan: scan.value }),
    ...(reconstruction.value && { reconstruction: reconstruction.value }),
    ...(xray.value && { xray: bare(xray.value) }),
  };
}

/** What the worker keeps of an X-ray; the rest is in words. */
const bare = ({ name, rows, columns, values, source }: XRay): XRayToKeep => ({
  ...{ name, rows, columns, values },
  ...(source && { source }),
});

/** Tells sessions apart; pixels only by being others. */
function keyOf(session: SessionToKeep | undefined): string {
  const values = session?.xray?.values;
  if (values && !numbers.has(values)) numbers.set(values, ++counted);
  return JSON.stringify(session, (_, value) => (value instanceof Float32Array ? numbers.get(value) : value));
}
const numbers = new WeakMap<Float32Array, number>();
let counted = 0;

const save = latestWins(
  (session: SessionToKeep) => request("keepSession", session),
  () => {
    keeping.value = { at: new Date() };
  },
  (error) => {
    keeping.value = { problem: failureOf(error).message };
  },
);

/** ms without a change after which the session is kept. */
const RESTS = 800;

/** Looks for a last session, and keeps this one from its first change on. */
export async function beginKeeping(): Promise<void> {
  try {
    if (keepWanted.value) kept.value = await request("lastSession", undefined);
  } catch (error) {
    keeping.value = { problem: failureOf(error).message };
    return;
  }
  let timer: ReturnType<typeof setTimeout> | undefined;
  let before = keyOf(present());
  effect(() => {
    const session = present();
    const ready = keepWanted.value && !kept.value && !running.value && !registering.value;
    clearTimeout(timer);
    if (!session || !ready) return;
    timer = setTimeout(() => {
      const now = keyOf(session);
      if (now === before) return;
      before = now;
      save.ask(session);
    }, RESTS);
  });
}

/** Brings the last session back. */
export async function restoreSession(): Promise<void> {
  const session = kept.value;
  if (!session) return;
  try {
    await openVolume(session.volume);
    if (openedFrom() !== session.volume) return; // the reason is on the page
    if (session.labels) await openLabels(session.labels.source, session.labels.name);
    const results = await request("takeKeptResults", undefined);
    const { view, ...page } = JSON.parse(session.page) as PageWords;
    batch(() => {
      panel.value = page.panel;
      enlarged.value = page.enlarged;
      sliced.value = page.sliced;
      radiographed.value = page.radiographed;
      labelOpacity.value = page.labelOpacity;
      crosshairShown.value = page.crosshairShown;
      scanAsked.value = page.scanAsked;
      methodAsked.value = page.methodAsked;
      scan.value = session.scan;
      reconstruction.value = session.reconstruction;
      steps.value = session.reconstruction?.history ?? [];
      volumeShown.value++;
      if (results.xray && page.xray) restoreXRay(results.xray, page.xray);
      kept.value = undefined;
    });
    takeLink(view);
  } catch (error) {
    report(error);
  }
}

/** Deletes what is kept; this session is kept from its next change on. */
export async function forgetSession(): Promise<void> {
  try {
    await request("forgetSession", undefined);
    kept.value = undefined;
    keeping.value = {};
  } catch (error) {
    report(error);
  }
}

/** Says whether sessions are kept; those that are not are deleted. */
export async function wantKeeping(wanted: boolean): Promise<void> {
  keepWanted.value = wanted;
  try {
    localStorage.setItem(KEEP, wanted ? "yes" : "no");
  } catch {} // as above
  if (!wanted) await forgetSession();
}
