/** The story of few views, in six steps that set the page up and run it. */
import { batch, effect, signal } from "@preact/signals";
import { gantryView, viewToProjectionMatrix } from "tomograd/geometry";
import { gridCenter } from "tomograd/volume";
import type { MethodName } from "../worker/protocol";
import { radiographed, SLICE_WINDOWS, type SliceWindow, sliced, sliceLevel } from "./display";
import { patient } from "./patient";
import { detector, steer, steerByMatrix } from "./pose";
import { methodAsked, reconstruct, reconstruction, scan, scanAsked, simulate } from "./reconstruction";

export interface TourStep {
  readonly title: string;
  readonly text: string;
  readonly show: () => Promise<void>;
}

/** Voxels along the longest side, pixels along the detector's: seconds a step on two threads. */
const SIZE = 48;
const PIXELS = 96;

const DISTANCES = { sid: 850, sdd: 1020 };
const OBLIQUE = { laoDeg: 50, cranDeg: 0 };

/** Looks from where the first image of a scan is taken: with the source in front (AP). */
function lookAsScanned(): void {
  if (!patient.value) return;
  const gantry = { detector: detector.value, isocenter: gridCenter(patient.value.grid), ...DISTANCES };
  steerByMatrix(viewToProjectionMatrix(gantryView(gantry, 0)));
}

async function measure(views: number): Promise<boolean> {
  scanAsked.value = { trajectory: "circular", views, rows: PIXELS, columns: PIXELS, ...DISTANCES, seed: 0 };
  return simulate();
}

/** PSNR (dB) that the tour has come to with a number of views, the fewest first. */
export const tourPsnr = signal<readonly { readonly views: number; readonly psnr: number }[]>([]);

effect(() => {
  void patient.value;
  tourPsnr.value = [];
});

async function rebuild(method: MethodName, iterations?: number): Promise<void> {
  methodAsked.value = { method, size: SIZE, seed: 0, ...(iterations !== undefined && { iterations }) };
  if (!(await reconstruct())) return;
  radiographed.value = "reconstruction";
  const { views } = scanAsked.value;
  const { psnr = 0, stopped } = reconstruction.value ?? {};
  if (stopped === "aborted") return;
  tourPsnr.value = [...tourPsnr.value.filter((other) => other.views !== views), { views, psnr }].sort(
    (a, b) => a.views - b.views,
  );
}

/** Overfits one view. */
async function fitOne(): Promise<void> {
  if (await measure(1)) await rebuild("fit", 101);
}

/** Of total variation: within 0.2 dB of what it converges to with 120 views, in half the time. */
const ITERATIONS = 24;

/** The same method for all: what more views bring is theirs alone. */
const manyViews = (views: number) => async () => {
  showIn(SOFT_TISSUE);
  steer(OBLIQUE);
  if (await measure(views)) await rebuild("auto-tv", ITERATIONS);
};

const [LUNG, , SOFT_TISSUE] = SLICE_WINDOWS;

function showIn(chosen: SliceWindow): void {
  if (patient.value?.quantity === "hounsfield") sliceLevel.value = chosen;
}

export const TOUR: readonly TourStep[] = [
  {
    title: "One X-ray",
    text: "One picture of the chest, with the source in front (AP). Every point of it is a sum along a ray: how dense, but not where.",
    show: async () => {
      batch(() => {
        lookAsScanned();
        showIn(SOFT_TISSUE);
        sliced.value = "volume";
        radiographed.value = "volume";
      });
      await measure(1);
    },
  },
  {
    title: "Fit it",
    text: "Start from nothing and follow the gradient through the renderer, 101 steps of Adam. The X-ray is now that of the result: from the front, it is the same. Switch it to Truth and back.",
    show: async () => {
      // one view spreads tissue thinly: lung's window shows it
      showIn(LUNG);
      lookAsScanned();
      await fitOne();
    },
  },
  {
    title: "Look from the side",
    text: "The same result from another side, and its slices: smears along the rays. One view fits, and knows nothing of depth.",
    show: async () => {
      // who comes back from more views finds another result
      if (scan.value?.views !== 1 || reconstruction.value?.method !== "fit") await fitOne();
      batch(() => {
        showIn(LUNG);
        steer(OBLIQUE);
        sliced.value = "reconstruction";
        radiographed.value = "reconstruction";
      });
    },
  },
  {
    title: "10 views",
    text: "Ten views around the patient, and a prior: between edges, tissue hardly changes (total variation). The body appears; small things are missing.",
    show: manyViews(10),
  },
  {
    title: "25 views",
    text: "Twenty-five views: ribs, vessels and heart stand where they are. Under Display, switch Slices to Truth or Difference.",
    show: manyViews(25),
  },
  {
    title: "120 views",
    text: "A hundred and twenty views, the same method: closest to the truth. With so many, filtered backprojection (FDK, under Method) takes a moment and needs no prior, but stays further off.",
    show: manyViews(120),
  },
];

/** The step that is shown; undefined: no tour is on. */
export const tourStep = signal<number | undefined>(undefined);

/** Goes to a step. */
export async function goTo(step: number | undefined): Promise<void> {
  tourStep.value = step;
  if (step !== undefined) await TOUR[step].show();
}
