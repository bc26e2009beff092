/** The volume that is open, its labels, and the point that the three slices go through. */
import { batch, computed, signal } from "@preact/signals";
import type { Vec3 } from "tomograd";
import { gridCenter, gridCorners } from "tomograd/volume";
import { CallError, request } from "../worker/client";
import type { LabelFacts, OpenChoices, OpenRequest, OpenSource, PatientFacts } from "../worker/protocol";
import { failure, report, task } from "./status";

export const patient = signal<PatientFacts | undefined>(undefined);
export const labels = signal<LabelFacts | undefined>(undefined);
/** World RAS mm: where the slices cross. */
export const crosshair = signal<Vec3>([0, 0, 0]);

/** Series or arrays to choose from, and what they were found in. */
export const choice = signal<{ readonly asked: OpenRequest; readonly choices: OpenChoices } | undefined>(undefined);
/** What the open volume was read from, to read it again under another meaning. */
let opened: OpenRequest | undefined;
/** What the labels were read from. */
let openedLabels: OpenRequest | undefined;

/** The corners of the box around the volume along the world's axes. */
export const bounds = computed(() => {
  const corners = patient.value ? gridCorners(patient.value.grid) : [];
  const along = (axis: number) => corners.map((corner) => corner[axis]);
  return {
    low: [0, 1, 2].map((axis) => Math.min(...along(axis))),
    high: [0, 1, 2].map((axis) => Math.max(...along(axis))),
  };
});

/** Moves the crosshair, within the volume. */
export function pointAt(point: Vec3): void {
  const { low, high } = bounds.value;
  crosshair.value = point.map((value, axis) => Math.min(high[axis], Math.max(low[axis], value))) as unknown as Vec3;
}

let running: AbortController | undefined;

/** Calls the worker with progress, cancel and a word on failure; undefined where there is no result. */
async function read<R>(what: string, call: (signal: AbortSignal, progress: (share: number) => void) => Promise<R>) {
  running?.abort();
  const controller = new AbortController();
  running = controller;
  const cancel = () => controller.abort();
  failure.value = undefined;
  task.value = { what, cancel };
  try {
    return await call(controller.signal, (share) => {
      if (running === controller) task.value = { what, share, cancel };
    });
  } catch (error) {
    if (error instanceof CallError && error.failure.choices) throw error;
    report(error);
    return undefined;
  } finally {
    if (running === controller) task.value = undefined;
  }
}

/** Opens a volume in place of the one before; where there are several the user is asked. */
export async function openVolume(asked: OpenRequest): Promise<void> {
  choice.value = undefined;
  try {
    const facts = await read(`Reading ${asked.name}`, (signal, progress) =>
      request("open", asked, { signal, onProgress: ({ done, total }) => progress(done / total) }),
    );
    if (!facts) return;
    opened = asked;
    batch(() => {
      const again =
        patient.value?.name === facts.name && patient.value.grid.size.every((n, i) => n === facts.grid.size[i]);
      patient.value = facts;
      labels.value = undefined;
      if (!again) crosshair.value = gridCenter(facts.grid);
    });
  } catch (error) {
    if (error instanceof CallError && error.failure.choices) choice.value = { asked, choices: error.failure.choices };
    else report(error);
  }
}

/** What the open volume and its labels were read from. */
export const openedFrom = (): OpenRequest | undefined => opened;
export const labelsFrom = (): OpenRequest | undefined => (labels.value ? openedLabels : undefined);

/** Reads the same input again with another meaning of its values, or another of its volumes. */
export const reopen = (change: Pick<OpenRequest, "quantity" | "frame">): Promise<void> =>
  opened ? openVolume({ ...opened, ...change }) : Promise.resolve();

/** Opens a label map over the volume. */
export async function openLabels(source: OpenSource, name: string): Promise<void> {
  const facts = await read(`Reading ${name}`, (signal, progress) =>
    request("openLabels", { source, name }, { signal, onProgress: ({ done, total }) => progress(done / total) }),
  ).catch(report);
  if (!facts) return;
  openedLabels = { source, name };
  labels.value = facts;
}

/** Takes the labels away. */
export async function closeLabels(): Promise<void> {
  await request("closeLabels", undefined);
  labels.value = undefined;
}

const SAMPLE = "data/chest-lidc-idri-0001-small.nii.gz";

/** Opens the chest that comes with the page. */
export const openSample = (): Promise<void> =>
  openVolume({
    source: { from: "address", address: new URL(SAMPLE, document.baseURI).href },
    name: "Chest, LIDC-IDRI-0001",
  });
