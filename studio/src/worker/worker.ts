/** The thread that owns backend, volume and projectors. */
import { failureOf } from "./failure";
import { exportHandlers } from "./handlers/export";
import { labelHandlers } from "./handlers/labels";
import { lastSessionHandlers } from "./handlers/lastSession";
import { openHandlers } from "./handlers/open";
import { profileHandlers } from "./handlers/profile";
import { reconstructHandlers } from "./handlers/reconstruct";
import { registerHandlers } from "./handlers/register";
import { renderHandlers } from "./handlers/render";
import { runFileHandlers } from "./handlers/runFile";
import { simulateHandlers } from "./handlers/simulate";
import { sliceHandlers } from "./handlers/slice";
import { factsOf, startHandlers } from "./handlers/start";
import type { Context, Handlers } from "./handlers/types";
import { takeoverWords } from "./memory";
import type { CallKind, FromWorker, ToWorker } from "./protocol";
import { onTakeover, withEachPatient } from "./session";

const handlers: Handlers = {
  ...startHandlers,
  ...openHandlers,
  ...labelHandlers,
  ...sliceHandlers,
  ...renderHandlers,
  ...simulateHandlers,
  ...reconstructHandlers,
  ...profileHandlers,
  ...registerHandlers,
  ...exportHandlers,
  ...runFileHandlers,
  ...lastSessionHandlers,
};

const running = new Map<number, { readonly kind: CallKind; readonly controller: AbortController }>();
// what these make of a volume is of no use to the next one
withEachPatient(() => {
  for (const { kind, controller } of running.values())
    if (["simulate", "reconstruct", "register"].includes(kind)) controller.abort();
});
const post = (message: FromWorker, transfer: readonly Transferable[] = []) =>
  self.postMessage(message, { transfer: [...transfer] });

onTakeover((event) => post({ backend: factsOf(event.backend), because: takeoverWords(event) }));

async function answer(id: number, kind: CallKind, payload: unknown): Promise<void> {
  const controller = new AbortController();
  running.set(id, { kind, controller });
  const transfer: Transferable[] = [];
  const context: Context<CallKind> = {
    signal: controller.signal,
    progress: (progress) => post({ id, progress }),
    move: (array) => {
      transfer.push(array.buffer);
      return array;
    },
  };
  try {
    const handle = handlers[kind] as (payload: unknown, context: Context<CallKind>) => Promise<unknown>;
    const result = await handle(payload, context);
    post({ id, result }, transfer);
  } catch (error) {
    post({ id, failure: failureOf(error, kind, controller.signal) });
  } finally {
    running.delete(id);
  }
}

self.addEventListener("message", ({ data }: MessageEvent<ToWorker>) => {
  if ("cancel" in data) running.get(data.id)?.controller.abort();
  else void answer(data.id, data.kind, data.payload);
});
