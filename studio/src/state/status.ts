/** What the page says of itself: what runs, what is under way, what went wrong. */
import { batch, signal } from "@preact/signals";
import { CallError, failureOf, isCancelled, onTakeover, request } from "../worker/client";
import type { BackendChoice, BackendFacts, Failure } from "../worker/protocol";

/** Something that takes its time. */
export interface Task {
  readonly what: string;
  /** 0 to 1, if it is known. */
  readonly share?: number;
  readonly cancel?: () => void;
}

export const backend = signal<BackendFacts | undefined>(undefined);
/** What the user asked to compute on. */
export const backendAsked = signal<BackendChoice["prefer"]>("auto");
export const task = signal<Task | undefined>(undefined);
/** The last thing that went wrong, until it is put away or something new is begun. */
export const failure = signal<Failure | undefined>(undefined);

/** Tells the user what went wrong; a cancelled call is none. */
export function report(error: unknown): void {
  if (isCancelled(error)) return;
  if (!(error instanceof CallError)) console.error(error);
  failure.value = failureOf(error);
}

/** Starts a backend or changes to another one. */
export async function startBackend(choice: BackendChoice): Promise<void> {
  task.value = { what: "Starting the backend" };
  try {
    backend.value = await request("start", choice);
    backendAsked.value = choice.prefer;
  } catch (error) {
    report(error);
  } finally {
    task.value = undefined;
  }
}

onTakeover(({ backend: next, because }) =>
  batch(() => {
    backend.value = next;
    backendAsked.value = next.name as BackendChoice["prefer"];
    failure.value = because;
  }),
);
