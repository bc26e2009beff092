/** The simulated scan, its reconstruction, and how far that has come. */
import { batch, effect, signal } from "@preact/signals";
import type { Vec3 } from "tomograd";
import { request } from "../worker/client";
import type {
  Profile,
  ReconstructionFacts,
  ReconstructionStep,
  ReconstructRequest,
  ScanFacts,
  ScanRequest,
} from "../worker/protocol";
import { radiographed, sliced } from "./display";
import { latestWins } from "./latest";
import { crosshair, patient } from "./patient";
import { failure, report, task } from "./status";

/** What is to be measured, and how it is to be reconstructed. */
export const scanAsked = signal<ScanRequest>({
  ...{ trajectory: "circular", views: 60, rows: 128, columns: 128, sid: 850, sdd: 1020, seed: 0 },
});
export const methodAsked = signal<ReconstructRequest>({ method: "auto", size: 64, seed: 0 });

export const scan = signal<ScanFacts | undefined>(undefined);
export const reconstruction = signal<ReconstructionFacts | undefined>(undefined);
/** Iterations so far, of the run under way or of the last one. */
export const steps = signal<readonly ReconstructionStep[]>([]);
/** Counts the volumes that the worker has had to show. */
export const volumeShown = signal(0);
export const running = signal<"simulate" | "reconstruct" | undefined>(undefined);
export const paused = signal(false);
export const profile = signal<Profile | undefined>(undefined);
export const profileAxis = signal<0 | 1 | 2>(0);

/** World points and settings that a profile is cut for. */
const cutProfile = latestWins(
  (asked: { readonly through: Vec3; readonly axis: 0 | 1 | 2 }) => request("profile", asked),
  (next) => {
    profile.value = next;
  },
  (error) => {
    // one that was asked for before another volume was opened
    if (reconstruction.value) report(error);
  },
);

effect(() => {
  void volumeShown.value;
  if (reconstruction.value) cutProfile.ask({ through: crosshair.value, axis: profileAxis.value });
});

let controller: AbortController | undefined;

// a scan is of one volume: what is under way for the one before is given up, and heard of no more
effect(() => {
  void patient.value;
  const mine = controller;
  controller = undefined;
  mine?.abort();
  batch(() => {
    if (mine) rest();
    sliced.value = "volume";
    radiographed.value = "volume";
    scan.value = undefined;
    reconstruction.value = undefined;
    profile.value = undefined;
    steps.value = [];
  });
});

/** Nothing is under way. */
function rest(): void {
  running.value = undefined;
  paused.value = false;
  task.value = undefined;
}

/** Runs one job with its share and a way to end it; undefined where it is cancelled, fails, or another volume is opened. */
async function working<R>(
  kind: "simulate" | "reconstruct",
  what: string,
  call: (signal: AbortSignal, share: (done: number) => void) => Promise<R>,
): Promise<R | undefined> {
  if (running.value) return undefined;
  const mine = new AbortController();
  controller = mine;
  const cancel = () => mine.abort();
  batch(() => {
    failure.value = undefined;
    running.value = kind;
    task.value = { what, cancel };
  });
  try {
    const result = await call(mine.signal, (share) => {
      if (!mine.signal.aborted) task.value = { what, share, cancel };
    });
    return controller === mine ? result : undefined;
  } catch (error) {
    if (controller === mine) report(error);
    return undefined;
  } finally {
    if (controller === mine) {
      controller = undefined;
      batch(rest);
    }
  }
}

/** Measures the scan that is asked for. */
export async function simulate(): Promise<boolean> {
  const asked = scanAsked.value;
  const facts = await working("simulate", "Simulating the scan", (signal, share) =>
    request("simulate", asked, { signal, onProgress: share }),
  );
  if (facts)
    batch(() => {
      scan.value = facts;
      steps.value = [];
      reconstruction.value = undefined;
    });
  return facts !== undefined;
}

/** Reconstructs the scan by the method that is asked for. */
export async function reconstruct(): Promise<boolean> {
  if (running.value) return false;
  const asked = methodAsked.value;
  batch(() => {
    steps.value = [];
    reconstruction.value = undefined;
    sliced.value = "reconstruction";
  });
  const facts = await working("reconstruct", "Reconstructing", (signal, share) =>
    request("reconstruct", asked, {
      signal,
      onProgress: (step) => {
        if (signal.aborted) return;
        batch(() => {
          steps.value = [...steps.value.filter(({ iteration }) => iteration < step.iteration), step];
          if (step.picture) volumeShown.value++;
          share((step.iteration + 1) / step.iterations);
        });
      },
    }),
  );
  batch(() => {
    // also where the run was ended: the worker shows what was done so far
    volumeShown.value++;
    if (!facts) return;
    reconstruction.value = facts;
    steps.value = facts.history;
  });
  return facts !== undefined;
}

/** Stops the run between two iterations, or lets it go on. */
export async function hold(wanted: boolean): Promise<void> {
  paused.value = wanted;
  await request("hold", wanted).catch(report);
}

/** Ends what is under way. */
export const cancel = (): void => controller?.abort();
