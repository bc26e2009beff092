import type { Answer, CallKind, Failure, FromWorker, Payload, Progress, Result, Takeover, ToWorker } from "./protocol";

/** A failed call. */
export class CallError extends Error {
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.message);
    this.name = "CallError";
    this.failure = failure;
  }
}

/** True for a call that was given up on purpose. */
export const isCancelled = (error: unknown): boolean => error instanceof CallError && error.failure.code === "ABORTED";

/** What any error says, in words. */
export const failureOf = (error: unknown): Failure =>
  error instanceof CallError
    ? error.failure
    : { code: "INVARIANT", message: error instanceof Error ? error.message : String(error) };

export interface CallOptions<K extends CallKind> {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress<K>) => void;
  /** Buffers that the worker takes over. */
  readonly transfer?: readonly Transferable[];
}

interface Pending {
  readonly settle: (message: Answer) => void;
}

const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module", name: "tomograd" });
const pending = new Map<number, Pending>();
let last = 0;

/** Is told when the GPU has failed and something else goes on. */
let whenTaken: (takeover: Takeover) => void = () => undefined;
export const onTakeover = (tell: (takeover: Takeover) => void): void => {
  whenTaken = tell;
};

worker.addEventListener("message", ({ data }: MessageEvent<FromWorker>) => {
  if ("because" in data) whenTaken(data);
  else pending.get(data.id)?.settle(data);
});
worker.addEventListener("error", (event) => {
  const message = `the worker stopped (${event.message || "no reason is given"}): reload the page`;
  for (const [id, { settle }] of pending) settle({ id, failure: { code: "BACKEND_FAULT", message } });
});

const post = (message: ToWorker, transfer: readonly Transferable[] = []) => worker.postMessage(message, [...transfer]);

/** Asks the worker. @throws CallError, ABORTED where `signal` ends it */
export function request<K extends CallKind>(
  kind: K,
  payload: Payload<K>,
  { signal, onProgress, transfer }: CallOptions<K> = {},
): Promise<Result<K>> {
  const id = ++last;
  return new Promise((resolve, reject) => {
    const cancel = () => post({ id, cancel: true });
    const end = () => {
      pending.delete(id);
      signal?.removeEventListener("abort", cancel);
    };
    pending.set(id, {
      settle(message) {
        if ("progress" in message) return onProgress?.(message.progress as Progress<K>);
        end();
        if ("failure" in message) reject(new CallError(message.failure));
        else resolve(message.result as Result<K>);
      },
    });
    post({ id, kind, payload }, transfer);
    if (signal?.aborted) cancel();
    else signal?.addEventListener("abort", cancel, { once: true });
  });
}
